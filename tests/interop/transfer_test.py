"""Phones ask the focus to call somebody else (REFER): he joins the room, or they hear why not."""
import subprocess
import time
import unittest

import audio
from harness import HERE, Baresip, InteropTest, Linphone, Rotunda, free_port, wait_until


class Transfer(InteropTest):
    def setUp(self):
        super().setUp()
        self.server = self.start(Rotunda, calls__ring_limit="3s")

    def outcome(self, event, seconds=15):
        wait_until(lambda: self.server.events(event), seconds, event)
        return self.server.events(event)[-1]

    def hears(self, phone, hz, seconds=3):
        time.sleep(seconds)
        phone.hang_up()
        time.sleep(0.5)
        rate, samples = phone.heard()
        tail = samples[-int(1.5 * rate):-int(0.3 * rate)]
        others = max(audio.level_db(tail, rate, other) for other in (hz * 0.7, hz * 1.4))
        return audio.level_db(tail, rate, hz) - others

    def callee(self, scenario, response="486 Busy Here", moved=""):
        """A SIPp that is called once: (process, URI)."""
        port = free_port()
        played = self.folder / f"{scenario}-{port}.xml"
        played.write_text((HERE / "sipp" / f"{scenario}.xml").read_text().replace("486 Busy Here", response))
        child = subprocess.Popen(["sipp", "-sf", str(played), "-i", "127.0.0.1", "-p", str(port), "-m", "1", "-nostdin",
                                  "-timeout", "20", "-timeout_error", "-key", "moved", moved or "<sip:nobody@127.0.0.1>"],
                                 cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(child.kill)
        time.sleep(0.5)
        return child, f"sip:callee@127.0.0.1:{port}"

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
        self.assertGreater(self.hears(boris, 660), 20)

    def test_linphonec_transfers_a_linphonec_into_the_room(self):
        anna = self.start(Linphone, "anna", self.tone_file(440, 16000))
        boris = self.start(Baresip, "boris")
        clara = self.start(Linphone, "clara", self.tone_file(930, 16000))
        clara.say("autoanswer enable")
        boris.dial(self.server.uri("1000"))
        anna.dial(self.server.uri("1000"))
        anna.say(f"transfer sip:clara@127.0.0.1:{clara.port}")
        self.outcome("dial.answered")
        self.assertGreater(self.hears(boris, 930), 20)

    def told(self, anna, uri, event):
        """What becomes of it; baresip ends its own call when a transfer fails, so each has a call of its own."""
        known = len(self.server.events(event))
        anna.dial(self.server.uri("1000"))
        anna.command("transfer", uri)
        wait_until(lambda: len(self.server.events(event)) > known, 15, event)
        return self.server.events(event)[-1]

    def test_who_is_busy_moved_or_silent_is_told(self):
        clara = self.start(Baresip, "clara", answers=True)
        child, uri = self.callee("callee_refuses")
        self.assertEqual(self.told(self.start(Baresip, "anna"), uri, "dial.failed")["status"], "486")
        self.assertEqual(child.wait(5), 0)
        child, uri = self.callee("callee_silent")
        self.assertEqual(self.told(self.start(Baresip, "boris"), uri, "dial.failed")["status"], "408")
        self.assertEqual(child.wait(5), 0)
        moved = f"<sip:clara@127.0.0.1:{clara.port}>"
        child, uri = self.callee("callee_refuses", "302 Moved Temporarily", moved)
        self.told(self.start(Baresip, "dora"), uri, "dial.answered")
        self.assertEqual(child.wait(5), 0)


if __name__ == "__main__":
    unittest.main()
