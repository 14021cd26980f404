"""baresip over TCP and over IPv6: signalling and media take the same way."""
import unittest

from harness import Baresip, InteropTest, Rotunda, measured, wait_until
from probe import Probe


class Transports(InteropTest):
    @measured
    def test_baresip_over_tcp(self):
        server = self.start(Rotunda)
        probe = Probe(server.port)
        probe.invite()
        phone = self.start(Baresip, "anna", "opus", self.tone_file(440))
        phone.dial(server.uri("1000", transport="tcp"))
        wait_until(lambda: probe.level_db(440) > -23, 5, "his tone")
        phone.hang_up()
        wait_until(lambda: server.events("call.ended"), 5, "his end")
        probe.bye()
        probe.close()
        self.assertEqual({event["cause"] for event in server.events("call.ended")}, {"bye"})

    @measured
    def test_two_baresips_over_ipv6(self):
        server = self.start(Rotunda, host="::1")
        phones = [self.start(Baresip, name, codec, self.tone_file(hz), host="[::1]")
                  for name, codec, hz in (("anna", "PCMU", 440), ("boris", "G722", 660))]
        for phone in phones:
            phone.dial(server.uri("1000"))
        for phone, other in zip(phones, (660, 440)):
            wait_until(lambda: phone.level_db(other) > -23, 8, f"{other} Hz to be heard")
        self.assertEqual({event["source"].rsplit(":", 1)[0] for event in server.events("call.media")}, {"[::1]"})


if __name__ == "__main__":
    unittest.main()
