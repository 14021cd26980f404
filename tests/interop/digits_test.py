"""Digits pressed on a phone are reported, whatever the clock of its telephone-event (interop rule 24), and each but once."""
import itertools
import time
import unittest

from harness import Baresip, InteropTest, Rotunda, wait_until
from probe import Probe


class Digits(InteropTest):
    def test_three_ends_and_duplicates_are_one_digit(self):
        server = self.start(Rotunda)
        probe = Probe(server.port)
        probe.invite()
        probe.press("1199#*0")
        wait_until(lambda: len(self.pressed(server, "1000")) >= 7, 5, "seven digits")
        time.sleep(0.5)
        self.assertEqual("".join(self.pressed(server, "1000")), "1199#*0")
        probe.bye()
        probe.close()

    def test_baresips_keys_are_reported(self):
        server = self.start(Rotunda)
        for room, codec in (("1", "PCMU"), ("2", "opus")):
            phone = self.start(Baresip, f"phone-{codec}", codec, self.tone_file(440))
            phone.dial(server.uri(room))
            time.sleep(1)
            for key in "19#":
                phone.command("sndcode", key)
                time.sleep(0.6)
            wait_until(lambda: "#" in self.pressed(server, room), 5, "the last digit")
            # On a starved machine baresip may send one key as two whole events, a second time stamp and all.
            self.assertEqual("".join(key for key, _ in itertools.groupby(self.pressed(server, room))), "19#", codec)

    @staticmethod
    def pressed(server, room):
        return [event["digit"] for event in server.events("call.digit") if event["room"] == room]


if __name__ == "__main__":
    unittest.main()
