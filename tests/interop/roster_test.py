"""A roster client follows a room through joins, holds and leaves of real phones; what is said by MESSAGE reaches them; the factory
opens rooms that can be watched and joined by their own name."""
import re
import unittest

from harness import Baresip, InteropTest, Rotunda, measured, run_sipp, wait_until
from probe import Probe
from roster import NS, RosterClient, header


class Roster(InteropTest):
    def watch(self, server, room):
        client = RosterClient(server, room)
        self.addCleanup(client.close)
        return client

    def wait_for(self, client, statuses, what):
        try:
            wait_until(lambda: client.statuses() == statuses, 5, what)
        except AssertionError:
            self.fail(f"{what}: {client.statuses()}")

    @measured
    def test_follows_a_room_through_joins_holds_and_leaves(self):
        server = self.start(Rotunda, rooms__roster_interval="200ms")
        self.assertEqual(self.watch(server, "nobody").subscribe(), 404)
        self.assertEqual(self.watch(server, "1000").subscribe(), 480)
        anna = self.start(Baresip, "anna")
        boris = self.start(Baresip, "boris", "G722")
        anna.dial(server.uri("1000"))
        self.assertEqual(self.watch(server, "1000").subscribe(event="presence"), 489)
        watcher = self.watch(server, "1000")
        self.assertEqual(watcher.subscribe(expires=30), 423)
        self.assertEqual(watcher.subscribe(), 200)
        self.wait_for(watcher, {"anna": ["connected"]}, "the first document")
        self.assertEqual(watcher.documents[0].get("state"), "full")
        self.assertEqual(watcher.documents[0].get("entity"), server.uri("1000"))
        boris.dial(server.uri("1000"))
        self.wait_for(watcher, {"anna": ["connected"], "boris": ["connected"]}, "boris to be told")
        self.assertEqual(watcher.documents[-1].get("state"), "partial")
        self.assertEqual(watcher.count, 2)
        boris.command("hold")
        self.wait_for(watcher, {"anna": ["connected"], "boris": ["on-hold"]}, "the hold to be told")
        boris.command("resume")
        self.wait_for(watcher, {"anna": ["connected"], "boris": ["connected"]}, "the end of the hold to be told")
        boris.hang_up()
        self.wait_for(watcher, {"anna": ["connected"]}, "boris to be gone")
        # Asked again, everything is told again, and it is the same.
        documents = len(watcher.documents)
        self.assertEqual(watcher.subscribe(), 200)
        wait_until(lambda: len(watcher.documents) > documents, 5, "the answer to the refresh")
        self.assertEqual(watcher.documents[-1].get("state"), "full")
        self.assertEqual(watcher.statuses(), {"anna": ["connected"]})
        anna.hang_up()
        wait_until(lambda: watcher.ended, 5, "the end of the room to be told")
        self.assertEqual(watcher.ended, "noresource")
        self.assertEqual(watcher.broken, [])

    @measured
    def test_the_factory_opens_a_room_that_is_reached_by_its_own_name(self):
        server = self.start(Rotunda, rooms__roster_interval="200ms")
        first, second = Probe(server.port, "conference"), Probe(server.port, "conference")
        for probe in (first, second):
            self.addCleanup(probe.close)
        self.assertIn(";isfocus", header(first.invite(), "Contact"))
        second.invite()
        names = [re.match(r"sip:(.*)@", probe.contact).group(1) for probe in (first, second)]
        self.assertNotEqual(names[0], names[1])
        self.assertEqual(server.state()["rooms"], 2)
        watcher = self.watch(server, names[0])
        self.assertEqual(watcher.subscribe(), 200)
        anna = self.start(Baresip, "anna")
        anna.dial(server.uri(names[0]))
        self.wait_for(watcher, {"probe": ["connected"], "anna": ["connected"]}, "anna to be in the new room")
        self.assertEqual(first.bye(), 200)
        anna.hang_up()
        wait_until(lambda: watcher.ended == "noresource", 5, "the end of the new room to be told")
        self.assertEqual(self.watch(server, names[0]).subscribe(), 404)
        second.bye()

    @measured
    def test_a_message_reaches_who_is_in_the_room_with_its_senders_name(self):
        server = self.start(Rotunda)
        anna = self.start(Baresip, "anna", console=True)
        anna.dial(server.uri("1000"))
        screen = anna.console()
        self.addCleanup(screen.close)
        # Who is not in the room may not speak in it.
        self.assertEqual(self.watch(server, "1000").message("let me in"), 403)
        self.assertEqual(self.watch(server, "2000").message("nobody there"), 404)
        run_sipp(self, server, "message", ["1000"])
        shown = ""
        while "only the text" not in shown:
            shown += screen.recv(4096).decode()
        self.assertIn("Hello from SIPp", shown)
        self.assertNotIn("<b>", shown)
        anna.hang_up()


if __name__ == "__main__":
    unittest.main()
