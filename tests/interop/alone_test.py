"""Each kind of phone alone with the probe: it is heard with its codec's own quality, and hears what the probe says."""
import time
import unittest

import numpy as np

import audio
from harness import Baresip, InteropTest, Linphone, Rotunda, measured
from probe import Probe, ulaw_decode, ulaw_encode

RATE = 8000


# SINAD of each codec by itself on such a tone (tests/codecs holds them); PCMU is measured here, and applied twice is as once.
OWN_SINAD_DB = {"PCMU": 200.0, "PCMA": 36.5, "G722": 47.0, "opus": 36.0}


def tandem_db(*sinads):
    return -10 * np.log10(sum(10 ** (-sinad / 10) for sinad in sinads))


class Alone(InteropTest):
    def converse(self, phone, name, codec):
        """Gains both ways in dB, and by how much the SINAD of what the probe heard of the phone's 440 Hz falls short of what
        its codec and then PCMU, in which the probe listens, do to that tone by themselves."""
        server = self.server
        probe = Probe(server.port, name)
        probe.invite()
        phone.dial(server.uri(name))
        # A phone may send one of its first packets late, and its schedule comes back within four seconds: measured is what follows.
        probe.talk(audio.tone(RATE, 930, 9))
        time.sleep(9.5)
        heard = audio.middle(probe.heard(), RATE, 5.0, 4.0)
        phone.hang_up()
        probe.bye()
        probe.close()
        time.sleep(0.5)
        rate, samples = phone.heard()
        theirs = audio.middle(samples, rate, 3.0, 1.0)
        # One late packet of the phone's and the walk back from it are four seconds' worst third; a splice that comes again is more.
        quality = audio.parts(audio.sinad_db, heard, RATE, 440)
        self.assertGreater(np.percentile(quality, 35), np.median(quality) - 3, f"{codec}: it comes and goes: {np.round(quality, 1)}")
        said_rate, said = phone.said()
        said = audio.steady_level_db(audio.middle(said, said_rate, 3.0, 1.0), said_rate, 440)
        own = ulaw_decode(ulaw_encode(audio.tone(RATE, 440, 2, 10 ** (said / 20))))
        return (audio.steady_level_db(heard, RATE, 440) - said, audio.steady_level_db(theirs, rate, 930) - -20,
                tandem_db(audio.sinad_db(own, RATE, 440), OWN_SINAD_DB[codec]) - np.median(quality))

    def check(self, phone, name, codec):
        ours, theirs, lost = self.converse(phone, name, codec)
        print(f"{codec}: towards the probe {ours:+.2f} dB, {lost:+.2f} dB of SINAD lost; towards the phone {theirs:+.2f} dB")
        self.assertLess(abs(ours), 1.0)
        self.assertLess(abs(theirs), 1.0)
        self.assertLess(lost, 1.0)

    @measured
    def test_baresip_with_each_codec(self):
        self.server = self.start(Rotunda)
        for number, codec in enumerate(("PCMU", "PCMA", "G722", "opus")):
            phone = self.start(Baresip, f"b{codec}", codec, self.tone_file(440))
            self.check(phone, str(100 + number), codec)

    @measured
    def test_linphonec(self):
        self.server = self.start(Rotunda)
        phone = self.start(Linphone, "linphone", self.tone_file(440, 16000))
        self.check(phone, "200", "opus")


if __name__ == "__main__":
    unittest.main()
