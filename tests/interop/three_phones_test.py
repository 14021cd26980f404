"""Three different phones with three codecs talk in one room: each hears the two others equally loud and not himself."""
import time
import unittest

import audio
from harness import Baresip, InteropTest, Linphone, Rotunda

TONES = {"anna": 440, "boris": 660, "clara": 930}


class ThreePhones(InteropTest):
    def test_each_hears_the_others_and_not_himself(self):
        server = self.start(Rotunda)
        anna = self.start(Baresip, "anna", "G722", self.tone_file(TONES["anna"]))
        boris = self.start(Baresip, "boris", "PCMU", self.tone_file(TONES["boris"]))
        clara = self.start(Linphone, "clara", self.tone_file(TONES["clara"], 16000))
        for phone in (anna, boris, clara):
            phone.dial(server.uri("1000"))
        time.sleep(6)
        for phone in (clara, boris, anna):
            phone.hang_up()
        time.sleep(1)
        for name, phone in (("anna", anna), ("boris", boris), ("clara", clara)):
            with self.subTest(listener=name):
                self.check(name, *phone.heard())

    def check(self, listener, rate, samples):
        part = audio.middle(samples, rate, 3.5, 2.0)
        levels = {name: audio.level_db(part, rate, hz) for name, hz in TONES.items()}
        own = levels.pop(listener)
        loudest, faintest = max(levels.values()), min(levels.values())
        self.assertLess(loudest - faintest, 1.0, f"{listener} hears {levels}")
        self.assertGreater(faintest - own, 45.0, f"{listener} hears himself: {own:.1f} dB beside {levels}")


if __name__ == "__main__":
    unittest.main()
