"""Each kind of phone alone with the probe: it is heard with its codec's own quality, and hears what the probe says."""
import time
import unittest

import audio
from harness import Baresip, InteropTest, Linphone, Rotunda, measured
from probe import Probe

RATE = 8000
# SINAD of a 440 Hz tone at -20 dB through the codec alone and then PCMU, which the probe listens in; less 1 dB is allowed.
OWN_SINAD_DB = {"PCMU": 36.0, "PCMA": 36.0, "G722": 34.0, "opus": 30.0}


class Alone(InteropTest):
    def converse(self, phone, name):
        """Gains both ways in dB, and the SINAD of what the probe heard of the phone's 440 Hz."""
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
        said_rate, said = phone.said()
        said = audio.level_db(audio.middle(said, said_rate, 3.0, 1.0), said_rate, 440)
        return (audio.level_db(heard, RATE, 440) - said, audio.level_db(theirs, rate, 930) - -20,
                audio.sinad_db(heard, RATE, 440))

    def check(self, phone, name, codec):
        ours, theirs, sinad = self.converse(phone, name)
        print(f"{codec}: towards the probe {ours:+.2f} dB, SINAD {sinad:.1f} dB; towards the phone {theirs:+.2f} dB")
        self.assertLess(abs(ours), 1.0)
        self.assertLess(abs(theirs), 1.0)
        self.assertGreater(sinad, OWN_SINAD_DB[codec] - 1.0)

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
