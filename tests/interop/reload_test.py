"""A reload of every kind takes hold at once, and the call that runs meanwhile neither ends nor misses a packet."""
import json
import socket
import ssl
import unittest

from certificates import Authority
from harness import Baresip, free_port, wait_until
from operation_test import ConfiguredRotunda, OperatorTest
from probe import Probe


class Reload(OperatorTest):
    def setUp(self):
        super().setUp()
        self.secure, port = free_port(), free_port()
        authority = Authority(self.folder)
        self.old, self.new = (authority.issue(name, "IP:127.0.0.1") for name in ("old", "new"))
        self.settings = {"sip": {"listen": [f"udp://127.0.0.1:{port}", f"tls://127.0.0.1:{self.secure}"], "domains": ["example.com"],
                                 "tls": {"certificate": str(self.old), "private_key": str(self.old)}},
                         "database": {"path": ""}}
        self.server = self.start(ConfiguredRotunda, json.dumps(self.settings), port=port, sip__listen=f"udp://127.0.0.1:{port},tls://127.0.0.1:{self.secure}")
        self.reach_api()
        self.talker, = self.talkers(1)

    def reload(self, changed, **sections):
        """The file with these sections instead, which is YAML too."""
        self.settings.update(sections)
        self.server.file.write_text(json.dumps(self.settings))
        self.assertEqual(json.loads(self.command("reload", "--json")), {"changed": changed, "ignored": []})

    def call(self, room):
        """The status an INVITE gets; None: no answer."""
        probe = Probe(self.server.port, room)
        try:
            probe.invite()
            probe.bye()
            return 200
        except RuntimeError as refused:
            return int(str(refused).split()[1])
        except TimeoutError:
            return None
        finally:
            probe.close()

    def served_certificate(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self.secure), timeout=5) as link, context.wrap_socket(link) as tls:
            return ssl.DER_cert_to_PEM_cert(tls.getpeercert(binary_form=True))

    def test_rooms_users_trunks_lists_and_certificates_change_under_a_call(self):
        self.assertEqual(self.call("board"), 404)
        self.reload(["rooms.list"], rooms={"list": ["board"]})
        self.assertEqual(self.call("board"), 200)

        self.reload(["users"], users=[{"name": "anna", "password": "correct-horse"}])
        phone = self.start(Baresip, "anna", account=f"<sip:anna@example.com>;auth_user=anna;auth_pass=correct-horse;regint=600;"
                                                    f"outbound=\"sip:127.0.0.1:{self.server.port}\"")
        wait_until(lambda: "anna" in self.command("registrations"), 10, "anna to register")
        self.assertTrue(phone.running())
        self.reload(["users"], users=[])
        self.assertNotIn("anna", self.command("users"))

        self.reload(["trunks"], trunks=[{"name": "carrier", "proxy": "sip:127.0.0.1:9", "numbers": "00[0-9]+"}])
        self.assertIn("carrier", self.command("trunks"))
        self.reload(["trunks"], trunks=[])
        self.assertNotIn("carrier", self.command("trunks"))

        self.reload(["auth.local_net"], auth={"local_net": []})
        self.assertEqual(self.call("1000"), 401)
        self.reload(["auth.local_net"], auth={})
        self.assertEqual(self.call("1000"), 200)

        self.reload(["auth.local_net", "auth.trusted"], auth={"local_net": [], "trusted": [{"name": "pbx", "address": "127.0.0.1"}]})
        self.assertEqual(self.call("1000"), 200)
        self.reload(["auth.trusted"], auth={"local_net": []})
        self.assertEqual(self.call("1000"), 401)
        listener = f"udp://127.0.0.1:{self.server.port}"
        self.reload(["auth.local_net", "auth.listeners"], auth={"listeners": [{"listen": listener, "deny": ["127.0.0.0/8"]}]})
        self.assertIsNone(self.call("1000"))
        self.reload(["auth.listeners"], auth={})
        self.assertEqual(self.call("1000"), 200)

        self.assertIn(self.served_certificate(), self.old.read_text())
        self.reload(["sip.tls.certificate", "sip.tls.private_key"],
                    sip={**self.settings["sip"], "tls": {"certificate": str(self.new), "private_key": str(self.new)}})
        self.assertIn(self.served_certificate(), self.new.read_text())
        # A renewed file is seen without being told.
        self.new.write_text(self.old.read_text())
        wait_until(lambda: self.served_certificate() in self.old.read_text(), 20, "the renewed certificate")
        wait_until(lambda: self.server.events("sip.tls_reloaded"), 5, "it to be told")

        self.assertNotIn(self.talker.call_id, [call["call_id"] for call in self.server.events("call.ended")])
        wait_until(lambda: len(self.talker.packets) > 50, 5, "some sound after it all")
        sequences = [packet[1] for packet in self.talker.packets]
        self.assertEqual([b - a & 0xFFFF for a, b in zip(sequences, sequences[1:])], [1] * (len(sequences) - 1))
        self.assertEqual(self.talker.bye(), 200)


if __name__ == "__main__":
    unittest.main()
