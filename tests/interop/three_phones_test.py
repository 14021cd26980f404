"""Three different phones with three codecs talk in one room: each hears the two others equally loud and not himself."""
import time
import unittest

import audio
from harness import Baresip, InteropTest, Linphone, Rotunda, measured, wait_until

TONES = {"anna": 440, "boris": 660, "clara": 930}


class ThreePhones(InteropTest):
    @measured
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
        wait_until(lambda: len(server.events("call.ended")) == 3, 5, "the end of each call")
        time.sleep(1)
        phones = {"anna": anna, "boris": boris, "clara": clara}
        self.said = {name: self.level(*phone.said(), TONES[name]) for name, phone in phones.items()}
        for name, phone in phones.items():
            self.check(name, *phone.heard())

    @staticmethod
    def level(rate, samples, hz):
        return audio.steady_level_db(audio.middle(samples, rate, 3.5, 2.0), rate, hz)

    def check(self, listener, rate, samples):
        heard = {name: self.level(rate, samples, hz) for name, hz in TONES.items()}
        own = heard.pop(listener)
        gains = {name: level - self.said[name] for name, level in heard.items()}
        self.assertLess(max(gains.values()) - min(gains.values()), 1.0, f"{listener} hears {gains} of what was said")
        self.assertGreater(min(heard.values()) - own, 45.0, f"{listener} hears himself: {own:.1f} dB beside {heard}")
        print(f"{listener}: {({name: round(gain, 2) for name, gain in gains.items()})} dB, himself {own:.0f} dB")


if __name__ == "__main__":
    unittest.main()
