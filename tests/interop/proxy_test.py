"""Kamailio between the phones and us, over UDP and TCP: what belongs to a call follows its Record-Route, in both directions."""
import json
import unittest
import urllib.request

from harness import Baresip, InteropTest, Linphone, Rotunda, wait_until
from kamailio import Kamailio


class Proxy(InteropTest):
    def api(self, path, method="GET"):
        base = "http://" + self.server.events("server.started")[0]["http"]
        with urllib.request.urlopen(urllib.request.Request(base + path, method=method), timeout=5) as response:
            return json.loads(response.read() or b"{}")

    def through(self, to_proxy, to_server):
        """Calls by `to_proxy` from phone to proxy and by `to_server` from there to the server."""
        self.server = self.start(Rotunda)
        self.proxy = self.start(Kamailio, "proxy", SERVER=f"127.0.0.1:{self.server.port};transport={to_server}")
        room = f"sip:1000@127.0.0.1:{self.proxy.port};transport={to_proxy}"
        anna = self.start(Baresip, "anna", play=self.tone_file(440))
        lena = self.start(Linphone, "lena", self.tone_file(660, 16000))
        anna.dial(room)
        lena.dial(room)
        wait_until(lambda: len(self.server.events("call.media")) == 2, 5, "sound of both")
        for change, directions in (("hold", ["hold"]), ("resume", ["hold", "sendrecv"])):
            anna.command(change)
            wait_until(lambda: [event["direction"] for event in self.server.events("call.changed")] == directions, 5, change)
        self.proxy.said("followed INVITE", 2)
        # Anna has Clara called and hangs up when she hears that it is done.
        clara = self.start(Baresip, "clara", answers=True)
        anna.command("transfer", f"sip:clara@127.0.0.1:{clara.port}")
        wait_until(lambda: self.server.events("call.ended"), 10, "anna to be gone")
        wait_until(lambda: "Call established" in clara.log(), 5, "clara to be in the call")
        for method in ("REFER", "NOTIFY", "BYE"):
            self.proxy.said(f"followed {method}")
        # And now the server hangs up.
        participants = self.api("/v1/rooms/1000/participants")["participants"]
        second = next(p["id"] for p in participants if p["audio"]["codec"] != "PCMU")
        self.api(f"/v1/rooms/1000/participants/{second}", "DELETE")
        self.proxy.said("followed BYE", 2)
        wait_until(lambda: "ended" in lena.log(), 5, "linphonec to be hung up")
        self.assertNotIn("astray", self.proxy.log())
        # Nothing in the calls came by another way: ACK and INVITE of both calls included.
        self.assertGreaterEqual(self.proxy.log().count("followed ACK"), 3)

    def test_over_udp(self):
        self.through("udp", "udp")

    def test_over_tcp(self):
        self.through("tcp", "tcp")

    def test_from_udp_to_tcp(self):
        self.through("udp", "tcp")


if __name__ == "__main__":
    unittest.main()
