"""SIPp plays the rules of signalling against the server, over UDP and TCP, IPv4 and IPv6."""
import pathlib
import unittest

from harness import InteropTest, Rotunda, run_sipp, wait_until


class Scenarios(InteropTest):
    def play(self, scenario, room="1000", **how):
        run_sipp(self, self.server, scenario, [room], **how)

    def test_over_udp(self):
        self.server = self.start(Rotunda)
        for scenario in ("call", "delayed_offer", "hold", "many_media", "options", "info", "update", "session_timer",
                         "reliable", "cancel_late"):
            with self.subTest(scenario):
                self.play(scenario)
        self.play("no_room", room="nobody")
        wait_until(lambda: len(self.server.events("call.joined")) == len(self.server.events("call.ended")), 5, "the end of each call")
        self.assertEqual([event["digit"] for event in self.server.events("call.digit")], ["5", "#"])

    def test_over_tcp(self):
        self.server = self.start(Rotunda)
        for scenario in ("call", "delayed_offer", "hold", "many_media", "update", "reliable", "session_timer", "info", "cancel_late"):
            with self.subTest(scenario):
                self.play(scenario, transport="t1")

    def test_a_gateway_hears_it_ring_reliably_before_it_is_answered(self):
        self.server = self.start(Rotunda, trunks='[{name: gateway, proxy: "sip:127.0.0.1:9", ring: 2s}]')
        for transport in ("u1", "t1"):
            with self.subTest(transport):
                self.play("reliable_ringing", transport=transport)
        self.assertEqual(len(self.server.events("call.joined")), 2)

    def test_a_call_is_joined_by_who_may(self):
        self.server = self.start(Rotunda, auth__trusted="[{name: carrier, address: 127.0.0.1}]")
        self.play("join")
        self.assertEqual([event["room"] for event in self.server.events("call.joined")], ["1000", "1000"])

    def test_a_stranger_joins_nobody(self):
        self.server = self.start(Rotunda)
        self.play("join_stranger")
        self.assertEqual(len(self.server.events("call.joined")), 1)

    def test_over_ipv6(self):
        if not pathlib.Path("/proc/net/if_inet6").exists():
            self.skipTest("this machine has no IPv6")
        self.server = self.start(Rotunda, host="::1")
        for scenario in ("call", "delayed_offer", "hold"):
            with self.subTest(scenario):
                self.play(scenario)


if __name__ == "__main__":
    unittest.main()
