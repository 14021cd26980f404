"""baresip over TCP and over IPv6: signalling and media take the same way."""
import time
import unittest

import audio
from harness import Baresip, InteropTest, Rotunda, measured
from probe import Probe


class Transports(InteropTest):
    @measured
    def test_baresip_over_tcp(self):
        server = self.start(Rotunda)
        probe = Probe(server.port)
        probe.invite()
        phone = self.start(Baresip, "anna", "opus", self.tone_file(440))
        phone.dial(server.uri("1000", transport="tcp"))
        time.sleep(3)
        level = audio.level_db(audio.middle(probe.heard(), 8000, 1.0, 0.8), 8000, 440)
        phone.hang_up()
        time.sleep(0.5)
        probe.bye()
        probe.close()
        self.assertGreater(level, -23)
        self.assertEqual({event["cause"] for event in server.events("call.ended")}, {"bye"})

    @measured
    def test_two_baresips_over_ipv6(self):
        server = self.start(Rotunda, host="::1")
        phones = [self.start(Baresip, name, codec, self.tone_file(hz), host="[::1]")
                  for name, codec, hz in (("anna", "PCMU", 440), ("boris", "G722", 660))]
        for phone in phones:
            phone.dial(server.uri("1000"))
        time.sleep(4)
        for phone in phones:
            phone.hang_up()
        time.sleep(0.5)
        for phone, other in zip(phones, (660, 440)):
            rate, samples = phone.heard()
            self.assertGreater(audio.level_db(audio.middle(samples, rate, 2.0, 1.0), rate, other), -23)


if __name__ == "__main__":
    unittest.main()
