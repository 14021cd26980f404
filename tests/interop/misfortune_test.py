"""What goes wrong around a server: a clear line, a counter, and no effect on a call."""
import os
import socket
import struct
import subprocess
import time
import unittest

from certificates import Authority
from events_test import WebSocket
from harness import BINARY, Baresip, free_port, wait_until
from operation_test import ConfiguredRotunda, OperatorTest


class Misfortune(OperatorTest):
    def serve(self, yaml="", **settings):
        self.server = self.start(ConfiguredRotunda, yaml, **settings)
        self.reach_api()

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

    @unittest.skipUnless(os.geteuid() == 0, "a disk of its own takes root")
    def test_a_disk_that_is_full_costs_records_and_contacts_but_no_call_and_is_used_again_when_it_is_not(self):
        disk = self.folder / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", disk], capture_output=True, text=True)
        if mounted.returncode:
            self.skipTest(mounted.stderr)
        self.addCleanup(subprocess.run, ["umount", "--lazy", disk])
        self.serve("sip: {domains: [example.com]}\nusers: [{name: anna, password: correct-horse}]\n", database__path=disk / "rotunda.db",
                   cdr__file=disk / "calls.jsonl", cdr__database=disk / "calls.db")
        talker, = self.talkers(1)
        self.fill(disk / "filler")
        self.start(Baresip, "anna", account=f"<sip:anna@example.com>;auth_user=anna;auth_pass=correct-horse;regint=600;"
                                            f"outbound=\"sip:127.0.0.1:{self.server.port}\"")
        wait_until(lambda: "anna" in self.command("registrations"), 5, "anna to register all the same")
        second, = self.talkers(1)
        self.assertEqual(second.bye(), 200)
        for event in ("database.failed", "cdr.not_written"):
            wait_until(lambda: self.server.events(event), 5, event)
            self.assertIn("full" if event == "database.failed" else "No space", str(self.server.events(event)[0]))
        count = lambda name: int(next(line for line in self.metrics().splitlines() if line.startswith(f"rotunda_{name}_total ")).split()[1])
        self.assertEqual(count("call_records_lost"), 1)
        self.assertGreater(count("database_failures"), 0)
        (disk / "filler").unlink()
        third, = self.talkers(1)
        self.assertEqual(third.bye(), 200)
        wait_until(lambda: third.call_id in (disk / "calls.jsonl").read_text(), 5, "the record of a call when there is room again")
        self.assertEqual(count("call_records_lost"), 1)
        sequences = [packet[1] for packet in talker.packets]
        self.assertEqual([b - a & 0xFFFF for a, b in zip(sequences, sequences[1:])], [1] * (len(sequences) - 1))
        self.assertEqual(talker.bye(), 200)

    @staticmethod
    def fill(path):
        file = os.open(path, os.O_WRONLY | os.O_CREAT)
        try:
            while True:
                os.write(file, b"x" * 4096)
        except OSError:
            os.close(file)

    def test_a_wrong_token_a_client_that_stalls_and_a_prometheus_that_dies_are_told_counted_and_cost_no_call_anything(self):
        self.serve("http: {tokens: [{name: desk, scope: control, secret: sixteen-and-more}]}\n")
        talkers = self.talkers(2)
        host, port = self.server.events("server.started")[0]["http"].split(":")
        connect = lambda: socket.create_connection((host, int(port)), timeout=5)
        stalled, deaf = connect(), connect()
        stalled.sendall(b"GET /v1/rooms HTTP/1.1\r\nHost: ")
        for _ in range(50):
            deaf.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")  # nothing of it is ever read
        for _ in range(20):
            with connect() as scraper:
                scraper.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
                scraper.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # gone without a word
        for _ in range(5):
            self.assertIn("token", self.command("rooms", status=2, ROTUNDA_TOKEN="guessed-by-somebody"))
        count = lambda name: int(next(line for line in self.metrics().splitlines() if line.startswith(f"rotunda_http_{name}_total ")).split()[1])
        self.assertEqual(count("unauthorized_requests"), 5)
        wait_until(lambda: count("slow_connections") == 1, 13, "who stalls to be disconnected")
        self.assertEqual(stalled.recv(1), b"")
        told = self.server.events("http.refused")
        self.assertEqual([(line["reason"], line["source"]) for line in told], [("token", "127.0.0.1"), ("slow", "127.0.0.1")])
        for talker in talkers:
            sequences = [packet[1] for packet in talker.packets]
            self.assertGreater(len(sequences), 400)
            self.assertEqual([b - a & 0xFFFF for a, b in zip(sequences, sequences[1:])], [1] * (len(sequences) - 1))
            self.assertEqual(talker.bye(), 200)

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
