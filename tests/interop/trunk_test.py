"""Kamailio as the carrier: it challenges our registration and our calls, and brings the calls for our numbers."""
import unittest

from harness import Baresip, InteropTest, Rotunda, wait_until
from kamailio import Kamailio
from referrer import Referrer


class Trunk(InteropTest):
    def carried(self, transport, algorithm, options_first=False):
        boris = self.start(Baresip, "boris", "PCMA", self.tone_file(660), answers=True)
        carrier = self.start(Kamailio, "trunk", PHONE=f"127.0.0.1:{boris.port}", ALGORITHM=algorithm)
        trunk = (f'{{name: carrier, proxy: "sip:127.0.0.1:{carrier.port};transport={transport}", domain: carrier.example, '
                 'user: "4930", password: secret, register: true, expires: 60s, numbers: "0[0-9]+", caller_id: "+4930", '
                 f'codecs: [PCMA], options_first: {str(options_first).lower()}, dids: {{"4930": "1000"}}}}')
        server = self.start(Rotunda, trunks=f"[{trunk}]")
        wait_until(lambda: server.events("trunk.registered"), 10, "the trunk to be registered")
        carrier.said("registered 4930")

        # In: the carrier's number is a room, found by where we registered. The trunk's codecs hold this way too.
        anna = self.start(Baresip, "anna", "PCMA")
        anna.dial(f"sip:4930@127.0.0.1:{carrier.port}")
        self.assertEqual(wait_until(lambda: server.events("call.joined"), 5, "anna in the room")[0]["room"], "1000")
        # Out: a number goes to the carrier, who wants credentials, and on to Boris.
        clara = Referrer(server.port, host="127.0.0.9", server_host="127.0.0.1")  # whoever calls from 127.0.0.1 is the carrier
        self.addCleanup(clara.close)
        clara.invite()
        self.assertEqual(clara.refer(f"<sip:0301234@127.0.0.1:{server.port}>"), 202)
        self.assertEqual(clara.outcome(), "200 OK")
        wait_until(lambda: "PCMA" in server.events("call.joined")[-1]["codec"], 5, "boris in the room by the trunk's codec")
        wait_until(lambda: "Call established" in boris.log(), 5, "boris to be in the call")
        carrier.said("asserted sip:+4930@carrier.example")
        # What we send inside that call goes the carrier's way too.
        server.stop()
        wait_until(lambda: "terminated" in boris.log() or "closed" in boris.log(), 5, "boris to be hung up")
        carrier.said("unregistered 4930")

    def test_over_udp(self):
        self.carried("udp", "MD5")

    def test_over_tcp(self):
        self.carried("tcp", "SHA-256", options_first=True)

    def test_a_wrong_password_is_told_and_not_tried_again_at_once(self):
        carrier = self.start(Kamailio, "trunk", PHONE="127.0.0.1:9", ALGORITHM="MD5")
        trunk = (f'{{name: carrier, proxy: "sip:127.0.0.1:{carrier.port}", domain: carrier.example, user: "4930", '
                 'password: guessed, register: true}')
        server = self.start(Rotunda, trunks=f"[{trunk}]")
        wait_until(lambda: server.events("trunk.not_registered"), 10, "the refusal to be told")
        self.assertEqual(server.events("trunk.not_registered")[0]["status"], "401")
        self.assertNotIn("registered 4930", carrier.log())


if __name__ == "__main__":
    unittest.main()
