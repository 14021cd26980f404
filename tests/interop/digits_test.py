"""Digits pressed on a phone are reported, each once, whatever the clock of its telephone-event (interop rule 24)."""
import time
import unittest

from harness import Baresip, InteropTest, Rotunda, wait_until


class Digits(InteropTest):
    def test_each_key_is_one_digit(self):
        server = self.start(Rotunda)
        for room, codec in (("1", "PCMU"), ("2", "opus")):
            phone = self.start(Baresip, f"phone-{codec}", codec, self.tone_file(440))
            phone.dial(server.uri(room))
            time.sleep(1)
            for key in "19#":
                phone.command("sndcode", key)
                time.sleep(0.6)
            wait_until(lambda: len(self.pressed(server, room)) >= 3, 5, "three digits")
            time.sleep(0.5)
            self.assertEqual("".join(self.pressed(server, room)), "19#", codec)

    @staticmethod
    def pressed(server, room):
        return [event["digit"] for event in server.events("call.digit") if event["room"] == room]


if __name__ == "__main__":
    unittest.main()
