"""Each kind of phone alone with the probe: it is heard with its codec's own quality, and hears what the probe says."""
import time
import unittest

import audio
from harness import Baresip, InteropTest, Linphone, Rotunda
from probe import Probe

RATE = 8000
# SINAD of a 440 Hz tone at -20 dB through the codec alone and then PCMU, which the probe listens in; less 1 dB is allowed.
OWN_SINAD_DB = {"PCMU": 36.0, "PCMA": 36.0, "G722": 34.0, "opus": 30.0}


class Alone(InteropTest):
    def converse(self, phone, name):
        """Levels both ways and the SINAD of what the probe heard of the phone's 440 Hz."""
        server = self.server
        probe = Probe(server.port, name)
        probe.invite()
        phone.dial(server.uri(name))
        probe.talk(audio.tone(RATE, 930, 5))
        time.sleep(5.5)
        heard = audio.middle(probe.heard(), RATE, 3.0, 2.0)
        phone.hang_up()
        probe.bye()
        probe.close()
        time.sleep(0.5)
        rate, samples = phone.heard()
        theirs = audio.middle(samples, rate, 3.0, 1.0)
        return (audio.level_db(heard, RATE, 440), audio.level_db(theirs, rate, 930), audio.sinad_db(heard, RATE, 440))

    def check(self, phone, name, codec):
        ours, theirs, sinad = self.converse(phone, name)
        print(f"{name}: probe hears {ours:.1f} dB, SINAD {sinad:.1f} dB; the phone hears {theirs:.1f} dB")
        self.assertAlmostEqual(ours, -20, delta=1.0)
        self.assertAlmostEqual(theirs, -20, delta=1.0)
        self.assertGreater(sinad, OWN_SINAD_DB[codec] - 1.0)

    def test_baresip_with_each_codec(self):
        self.server = self.start(Rotunda)
        for number, codec in enumerate(("PCMU", "PCMA", "G722", "opus")):
            with self.subTest(codec):
                phone = self.start(Baresip, f"b{codec}", codec, self.tone_file(440))
                self.check(phone, str(100 + number), codec)

    def test_linphonec(self):
        self.server = self.start(Rotunda)
        phone = self.start(Linphone, "linphone", self.tone_file(440, 16000))
        self.check(phone, "200", "opus")


if __name__ == "__main__":
    unittest.main()
