"""Ways to those the focus calls: by TLS with proof of who is there (RFC 5922), by sips (RFC 5630), by name (RFC 3263), over a browser's
WebSocket (RFC 7118)."""
import unittest

from certificates import Authority
from domain_names import A, SRV, NameServer
from harness import Baresip, InteropTest, Rotunda, free_port, wait_until
from probe import Probe
from referrer import Referrer
from roster import header
from tls_stream import TlsStream


class Reaching(InteropTest):
    def setUp(self):
        super().setUp()
        self.authority = Authority(self.folder)

    def start_server(self, **settings):
        port, self.tls = free_port(), free_port()
        server = self.start(Rotunda, port=port, calls__ring_limit="5s", sip__tls__ca=self.authority.certificate,
                            sip__listen=f"udp://127.0.0.1:{port},tcp://127.0.0.1:{port},tls://127.0.0.1:{self.tls}", **settings)
        self.anna = Referrer(server.port)
        self.addCleanup(self.anna.close)
        self.anna.invite()
        return server

    def phone(self, name, alternative):
        return self.start(Baresip, name, answers=True, certificate=self.authority.issue(name, alternative))

    def outcome(self, uri):
        self.assertEqual(self.anna.refer(f"<{uri}>"), 202)
        return self.anna.outcome()

    def hang_up(self, server, phone, calls=1):
        wait_until(lambda: phone.log().count("Call established") == calls, 5, "the phone to be in its call")
        phone.hang_up()
        wait_until(lambda: len(server.events("call.ended")) == calls, 5, "the phone to be gone")

    def test_a_phone_is_called_by_tls_if_it_proves_its_address(self):
        server = self.start_server()
        right = self.phone("clara", "IP:127.0.0.1")
        wrong = self.phone("mallory", "DNS:elsewhere.example")
        self.assertEqual(self.outcome(f"sip:clara@127.0.0.1:{right.port + 1};transport=tls"), "200 OK")
        self.hang_up(server, right)
        self.assertEqual(self.outcome(f"sips:clara@127.0.0.1:{right.port + 1}"), "200 OK")
        self.assertEqual(self.outcome(f"sip:mallory@127.0.0.1:{wrong.port + 1};transport=tls"), "503 Service Unavailable")
        self.assertNotIn("Incoming call", wrong.log())

    def test_who_calls_by_sips_is_answered_by_sips(self):
        identity = self.authority.issue("server", "IP:127.0.0.1")
        self.start_server(sip__tls__certificate=identity, sip__tls__private_key=identity)
        caller = Probe(self.tls)
        self.addCleanup(caller.close)
        caller.sip.close()
        caller.sip = TlsStream("127.0.0.1", self.tls, self.authority.certificate)
        caller.contact = f"sips:1000@127.0.0.1:{self.tls}"
        self.assertRegex(header(caller.invite(), "Contact"), f"^<sips:1000@127.0.0.1:{self.tls}")
        self.assertEqual(caller.bye(), 200)

    def test_a_name_is_looked_up_and_its_certificate_must_name_it(self):
        names = NameServer({})
        self.addCleanup(names.close)
        server = self.start_server(sip__dns_servers=f"127.0.0.1:{names.port}")
        clara = self.phone("clara", "DNS:phones.example")
        mallory = self.phone("mallory", "DNS:phones.example")
        names.records.update({("_sip._udp.phones.example", SRV): (clara.port, "desk.phones.example"),
                              ("_sips._tcp.phones.example", SRV): (clara.port + 1, "desk.phones.example"),
                              ("_sips._tcp.bank.example", SRV): (mallory.port + 1, "desk.phones.example"),
                              ("phones.example", A): "127.0.0.1", ("bank.example", A): "127.0.0.1",
                              ("desk.phones.example", A): "127.0.0.1"})
        self.assertEqual(self.outcome("sip:clara@phones.example"), "200 OK")
        self.hang_up(server, clara)
        self.assertEqual(self.outcome("sips:clara@phones.example"), "200 OK")
        self.assertNotEqual(self.outcome("sips:mallory@bank.example"), "200 OK")
        self.assertNotIn("Incoming call", mallory.log())
        self.assertNotEqual(self.outcome("sip:clara@nowhere.example"), "200 OK")


if __name__ == "__main__":
    unittest.main()
