"""Phones ask the focus to call somebody else (REFER), blind or after talking to him, and hand their place to another (Replaces)."""
import json
import unittest
import urllib.request

from harness import Baresip, InteropTest, Linphone, Rotunda, free_port, wait_until


class Talks(InteropTest):
    def hears(self, phone, hz):
        """Waits until what the phone heard last is this tone, by 20 dB."""
        wait_until(lambda: phone.level_db(hz) - max(phone.level_db(other) for other in (hz * 0.7, hz * 1.4)) > 20, 8, f"{hz} Hz to be heard")


class Transfer(Talks):
    def setUp(self):
        super().setUp()
        self.server = self.start(Rotunda, calls__ring_limit="3s")

    def outcome(self, event, seconds=15):
        wait_until(lambda: self.server.events(event), seconds, event)
        return self.server.events(event)[-1]

    def test_baresip_transfers_another_baresip_into_the_room(self):
        anna = self.start(Baresip, "anna")
        boris = self.start(Baresip, "boris", "PCMA")
        clara = self.start(Baresip, "clara", "G722", self.tone_file(660), answers=True)
        anna.dial(self.server.uri("1000"))
        boris.dial(self.server.uri("1000"))
        anna.command("transfer", f"sip:clara@127.0.0.1:{clara.port}")
        self.assertEqual(self.outcome("dial.answered")["room"], "1000")
        # Anna hears that it is done and leaves; Boris and Clara talk on.
        wait_until(lambda: len(self.server.events("call.ended")) == 1, 10, "anna to hang up by herself")
        self.hears(boris, 660)

    def test_linphonec_transfers_a_linphonec_into_the_room(self):
        anna = self.start(Linphone, "anna", self.tone_file(440, 16000))
        boris = self.start(Baresip, "boris")
        clara = self.start(Linphone, "clara", self.tone_file(930, 16000))
        clara.say("autoanswer enable")
        boris.dial(self.server.uri("1000"))
        anna.dial(self.server.uri("1000"))
        anna.say(f"transfer sip:clara@127.0.0.1:{clara.port}")
        self.outcome("dial.answered")
        self.hears(boris, 930)


class AfterTalking(Talks):
    """RFC 5589 7. linphonec names the others without their port, so the server knows Clara as one behind a trunk, and Clara's phone
    has the server as its proxy."""

    def three_phones(self, trusted):
        """Boris and Lena in the room; Lena talks to Clara meanwhile. `trusted`: as they are behind a trunk, else as strangers."""
        port = free_port()
        route = f"<sip:127.0.0.1:{port};lr>"
        self.clara = self.start(Linphone, "clara", self.tone_file(930, 16000), account=(
            f"[proxy_0]\nreg_proxy={route}\nreg_route={route}\nreg_identity=<sip:clara@127.0.0.1>\nreg_sendregister=0\n"))
        self.clara.say("autoanswer enable")
        trunk = f'{{name: clara, proxy: "sip:127.0.0.1:{self.clara.port}", numbers: clara}}'
        self.server = self.start(Rotunda, port=port, **({"trunks": f"[{trunk}]"} if trusted else {}))
        self.boris = self.start(Baresip, "boris")
        self.lena = self.start(Linphone, "lena", self.tone_file(440, 16000))
        self.boris.dial(self.server.uri("1000"))
        self.lena.dial(self.server.uri("1000"))
        self.lena.say("pause")
        wait_until(lambda: "now paused" in self.lena.log(), 5, "the first call to be on hold")
        self.lena.dial(f"sip:clara@127.0.0.1:{self.clara.port}")

    def test_linphonec_brings_somebody_in_whom_it_has_talked_to(self):
        """The room calls Clara with Replaces, who takes that call in place of the one with Lena."""
        self.three_phones(trusted=True)
        self.lena.say("transfer 1 --to-call 2")
        wait_until(lambda: self.server.events("dial.answered"), 10, "Clara to be in the room")
        wait_until(lambda: "ended" in self.clara.log(), 5, "the call with Lena to be replaced")
        self.hears(self.boris, 930)

    def test_linphonec_hands_its_place_to_another_where_both_are_trusted(self):
        """Clara's phone calls the room with Replaces."""
        self.three_phones(trusted=True)
        self.lena.say("transfer 2 --to-call 1")
        wait_until(lambda: self.server.events("call.replaced"), 10, "Clara to take the place")
        wait_until(lambda: self.server.events("call.ended"), 5, "Lena's leg to end")
        self.hears(self.boris, 930)

    def test_nobody_takes_the_place_of_an_anonymous_caller(self):
        self.three_phones(trusted=False)
        self.lena.say("transfer 2 --to-call 1")
        wait_until(lambda: self.server.events("call.refused"), 10, "Clara to be refused")
        self.assertEqual(self.server.events("call.refused")[0]["status"], "403")
        self.assertEqual(self.server.events("call.replaced"), [])


class Moving(Talks):
    """RFC 4579 5.8: the focus sends REFER, and the phone calls another focus instead."""

    def moves(self, phone):
        here = self.start(Rotunda)
        (self.folder / "elsewhere").mkdir()
        there = Rotunda(self.folder / "elsewhere")
        self.started.append(there)
        phone.dial(here.uri("1000"))
        who = wait_until(lambda: here.events("call.joined"), 5, "the phone in the room")[0]["participant"]
        request = urllib.request.Request(
            f"http://{here.events('server.started')[0]['http']}/v1/rooms/1000/participants/{who}/refer", method="POST",
            data=json.dumps({"target": there.uri("2000")}).encode(), headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=5):
            pass
        wait_until(lambda: there.events("call.joined"), 10, "the phone to be in the other room")
        wait_until(lambda: here.events("call.ended"), 10, "the first call to end")
        self.assertEqual(wait_until(lambda: here.events("call.moved"), 5, "the move to be told")[0]["status"], "200")
        self.assertEqual(there.events("call.joined")[0]["room"], "2000")

    def test_baresip_is_moved_to_another_focus(self):
        self.moves(self.start(Baresip, "anna"))

    def test_linphonec_is_moved_to_another_focus(self):
        self.moves(self.start(Linphone, "lena", self.tone_file(440, 16000)))


if __name__ == "__main__":
    unittest.main()
