"""What goes wrong around a server: a clear line, a counter, and no effect on a call."""
import socket
import subprocess
import time
import unittest

from certificates import Authority
from events_test import WebSocket
from harness import BINARY, free_port, wait_until
from operation_test import ConfiguredRotunda, OperatorTest


class Misfortune(OperatorTest):
    def serve(self, yaml="", **settings):
        self.server = self.start(ConfiguredRotunda, yaml, **settings)
        self.api = self.server.events("server.started")[0]["http"]

    def expired(self):
        """A certificate of yesterday, with its key."""
        key, request, certificate = (self.folder / f"old.{end}" for end in ("key", "csr", "pem"))
        for words in (["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=old", "-keyout", key, "-out", request],
                      ["x509", "-req", "-in", request, "-signkey", key, "-days", "-1", "-out", certificate]):
            subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=30)
        return certificate, key

    def test_an_expired_certificate_is_told_counted_and_costs_no_call_that_needs_none(self):
        certificate, key = self.expired()
        port, secure = free_port(), free_port()
        self.serve(port=port, sip__listen=f"udp://127.0.0.1:{port},tls://127.0.0.1:{secure}", sip__tls__certificate=certificate,
                   sip__tls__private_key=key)
        told = self.server.events("sip.certificate_expired")
        self.assertEqual(len(told), 1)
        self.assertIn("ends", told[0])
        # An event as well, also for who begins to watch later.
        event = WebSocket(self.api, "/v1/events?after=1").await_event("sip.certificate_expired")
        self.assertEqual(event["data"]["ends"], told[0]["ends"])
        self.assertRegex(self.metrics(), r"\nrotunda_certificate_expiry_timestamp_seconds 1\.?\d+")
        self.talkers(2)
        self.assertEqual(len(self.in_room()), 2)
        # A good one is taken up by a reload, and the metric says so.
        good = Authority(self.folder).issue("host", "IP:127.0.0.1")
        certificate.write_text(good.read_text())
        key.write_text(good.read_text())
        self.command("reload")
        self.assertEqual(len(self.in_room()), 2)
        expires = lambda: float(next(line for line in self.metrics().splitlines()
                                     if line.startswith("rotunda_certificate_expiry_timestamp_seconds ")).split()[1])
        wait_until(lambda: expires() > time.time(), 15, "the metric to tell of the new certificate")

    def test_a_key_that_does_not_fit_changes_nothing(self):
        authority = Authority(self.folder)
        one, other = authority.issue("one", "IP:127.0.0.1"), authority.issue("other", "IP:127.0.0.1")
        port, secure = free_port(), free_port()
        tls = "sip: {tls: {certificate: %s, private_key: %s}}\n"
        self.serve(tls % (one, one), port=port, sip__listen=f"udp://127.0.0.1:{port},tls://127.0.0.1:{secure}")
        talkers = self.talkers(1)
        self.server.file.write_text(tls % (one, other))
        self.assertIn("sip.tls.private_key", self.command("reload", status=2))
        self.server.file.write_text(tls % (one, self.folder / "nothing.pem"))
        self.assertIn("nothing.pem", self.command("reload", status=2))
        self.assertIn("\nrotunda_failed_reloads_total 2\n", self.metrics())
        self.assertEqual(len(self.in_room()), len(talkers))

    def test_keys_and_values_that_are_wrong_are_named_with_what_was_meant(self):
        for yaml, said in (("sip: {listem: []}\n", "sip.listen"), ("calls: {max: lots}\n", "calls.max"), ("rooms: [\n", "rotunda.yaml:"),
                           ("http: {tokens: [{name: a, scope: read, secret: short}]}\n", "16")):
            file = self.folder / "rotunda.yaml"
            file.write_text(yaml)
            done = subprocess.run([BINARY, "--config", file], capture_output=True, text=True, timeout=10)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(said, done.stdout + done.stderr)

    def test_a_webhook_that_never_answers_and_a_capture_server_that_is_gone_hold_up_nothing(self):
        mute = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(mute.close)
        self.serve(f"webhooks: [{{url: 'http://127.0.0.1:{mute.getsockname()[1]}/', secret: webhook-secret-16}}]\n",
                   hep__collector="127.0.0.1:1")
        for probe in self.talkers(3):
            self.assertEqual(probe.bye(), 200)
        wait_until(lambda: len(self.server.events("call.ended")) == 3, 5, "the calls")
        waiting = next(line for line in self.metrics().splitlines() if line.startswith("rotunda_webhooks_waiting "))
        self.assertGreater(int(waiting.split()[1]), 3)


if __name__ == "__main__":
    unittest.main()
