"""Programs of the operator's are told what happens: by WebSocket and by webhooks, and none of them can hold up a call."""
import base64
import hashlib
import hmac
import http.server
import itertools
import json
import os
import resource
import socket
import ssl
import sqlite3
import struct
import threading
import time
import unittest
import unittest.mock
import urllib.request

import numpy as np

from certificates import Authority
from harness import InteropTest, Rotunda, wait_until
from probe import Probe
from processes import PATIENCE

SECRET = "webhook-secret"


class Hook:
    """A program that takes webhooks, refuses the first of them, and checks every signature."""

    def __init__(self, refusals=1, certificate=None):
        self.events, self.refused, self.tries = [], 0, []
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                hook.tries.append(time.monotonic())
                body = self.rfile.read(int(self.headers["Content-Length"]))
                signed = f"{self.headers['X-Rotunda-Timestamp']}.".encode() + body
                good = "sha256=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest() == self.headers["X-Rotunda-Signature"]
                if not good or hook.refused < refusals:
                    hook.refused += 1
                    return self.send_error(500)
                hook.events.append(json.loads(body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http{'s' if certificate else ''}://localhost:{self.server.server_address[1]}/hook"


class WebSocket:
    def __init__(self, address, path="/v1/events"):
        host, port = address.split(":")
        self.link = socket.create_connection((host, int(port)), timeout=PATIENCE * 5)
        key = base64.b64encode(os.urandom(16)).decode()
        self.link.sendall((f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        self.stream = self.link.makefile("rb")
        self.status = self.stream.readline()
        headers = {}
        while (line := self.stream.readline().strip()):
            name, _, value = line.decode().partition(": ")
            headers[name.lower()] = value
        proof = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        assert headers.get("sec-websocket-accept") == base64.b64encode(proof).decode(), headers

    def frame(self):
        first, size = self.stream.read(2)
        if size == 126:
            size, = struct.unpack(">H", self.stream.read(2))
        return first & 0x0F, self.stream.read(size)

    def send(self, opcode, payload=b""):
        mask = os.urandom(4)
        self.link.sendall(bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + bytes(c ^ mask[i % 4] for i, c in enumerate(payload)))

    def await_event(self, name):
        while True:
            opcode, payload = self.frame()
            if opcode == 1 and (event := json.loads(payload))["event"] == name:
                return event


class Events(InteropTest):
    def call(self, server):
        probe = Probe(server.port)
        self.addCleanup(probe.close)
        probe.invite()
        return probe

    def api(self, server):
        return server.events("server.started")[0]["http"]

    def test_a_web_socket_has_every_event_answers_pings_and_is_resumed(self):
        server = self.start(Rotunda)
        watcher = WebSocket(self.api(server))
        probe = self.call(server)
        joined = watcher.await_event("call.joined")
        self.assertEqual(joined["data"]["room"], "1000")
        watcher.send(9, b"hello")
        while (frame := watcher.frame())[0] != 10:
            pass
        self.assertEqual(frame[1], b"hello")
        watcher.send(8, struct.pack(">H", 1000))
        while (frame := watcher.frame())[0] != 8:
            pass
        self.assertEqual(watcher.stream.read(1), b"")
        probe.bye()
        again = WebSocket(self.api(server), f"/v1/events?after={joined['id']}")
        self.assertGreater(again.await_event("call.ended")["id"], joined["id"])

    def test_a_webhook_is_signed_tried_again_and_reload_can_add_one(self):
        hook = Hook()
        server = self.start(Rotunda, webhooks=f"[{{url: '{hook.url}', secret: {SECRET}, events: [call.]}}]")
        self.call(server)
        wait_until(lambda: [e for e in hook.events if e["event"] == "call.joined"], 10, "the webhook")
        self.assertEqual(hook.refused, 1)
        self.assertTrue(all(e["event"].startswith("call.") for e in hook.events))

    def test_a_webhook_is_tried_again_twice_as_long_each_time(self):
        hook = Hook(refusals=3)
        server = self.start(Rotunda, webhooks=f"[{{url: '{hook.url}', secret: {SECRET}, events: [call.joined]}}]")
        self.call(server)
        wait_until(lambda: hook.events, 10, "the webhook")
        waits = [b - a for a, b in zip(hook.tries, hook.tries[1:])]
        for waited, wanted in zip(waits, (0.5, 1, 2), strict=True):
            self.assertGreater(waited, 0.9 * wanted)
            self.assertLess(waited, wanted + 2)
        metrics = urllib.request.urlopen(f"http://{self.api(server)}/metrics").read().decode()
        for name, value in (("sent_total", 1), ("retries_total", 3), ("lost_total", 0), ("waiting", 0)):
            self.assertIn(f"\nrotunda_webhooks_{name} {value}\n", metrics)

    def test_the_word_on_a_webhook_says_what_is_wrong_with_its_certificate(self):
        authority = Authority(self.folder)
        plain = Hook(0)
        for hook, url, why in ((Hook(0, authority.issue("other", "DNS:elsewhere.example")), None, "TLS: its certificate: hostname mismatch"),
                               (plain, plain.url.replace("http:", "https:"), "TLS: wrong version number")):
            with unittest.mock.patch.dict(os.environ, SSL_CERT_FILE=str(authority.certificate)):
                server = self.start(Rotunda, webhooks=f"[{{url: '{url or hook.url}', secret: {SECRET}, events: [call.joined]}}]")
            self.call(server)
            failed = wait_until(lambda: server.events("webhook.failed"), 10, "the word on it")[0]
            self.assertEqual(failed["message"], why)
            self.assertEqual(hook.events, [])
            server.stop()

    def test_nothing_is_told_to_a_webhook_whose_certificate_nobody_known_has_signed(self):
        authority = Authority(self.folder)
        hook = Hook(0, authority.issue("hook", "DNS:localhost"))
        setting = f"[{{url: '{hook.url}', secret: {SECRET}, events: [call.joined]}}]"
        server = self.start(Rotunda, webhooks=setting)
        self.call(server)
        failed = wait_until(lambda: server.events("webhook.failed"), 10, "the word on it")[0]
        self.assertEqual(failed["message"], "TLS: its certificate: unable to get local issuer certificate")
        self.assertEqual((hook.tries, hook.events), ([], []))
        server.stop()
        # The same to a server that knows who signed it.
        with unittest.mock.patch.dict(os.environ, SSL_CERT_FILE=str(authority.certificate)):
            self.call(self.start(Rotunda, webhooks=setting))
        wait_until(lambda: hook.events, 10, "the webhook")

    def test_a_minute_in_which_somebody_is_heard_badly_is_an_event(self):
        hook = Hook(0)
        server = self.start(Rotunda, webhooks=f"[{{url: '{hook.url}', secret: {SECRET}, events: [call.quality_alarm]}}]")
        talker, number = self.call(server), itertools.count()
        self.call(server)
        talker.talk(np.random.default_rng(1).normal(0, 0.1, 8000 * 70),
                    send=lambda packet: next(number) % 3 and talker.rtp.sendto(packet, talker.media))  # every third is lost
        alarm, = wait_until(lambda: hook.events, 75, "the alarm")
        self.assertEqual(alarm["data"]["call_id"], talker.call_id)
        self.assertLess(float(alarm["data"]["mos"]), 3.1)
        told = WebSocket(self.api(server), "/v1/events?after=0").await_event("call.quality_alarm")
        self.assertEqual((told["id"], told["data"]), (alarm["id"], alarm["data"]))
        with urllib.request.urlopen(f"http://{self.api(server)}/v1/rooms/1000/participants") as answer:
            people = {each["call_id"]: each for each in json.load(answer)["participants"]}
        self.assertAlmostEqual(people[talker.call_id]["quality"]["mos"], float(alarm["data"]["mos"]), delta=0.01)

    def test_an_unreachable_webhook_a_full_disk_and_slow_clients_cost_no_call_anything(self):
        server = self.start(Rotunda, webhooks="[{url: 'http://127.0.0.1:1/'}]", cdr__file="/dev/full", cdr__database="/nonexistent/calls.db")
        address = self.api(server)
        host, port = address.split(":")
        # Clients that ask for much and read nothing.
        slow = [socket.create_connection((host, int(port))) for _ in range(20)]
        for each in slow:
            each.sendall(b"GET /v1/events?after=1 HTTP/1.1\r\n\r\n" + b"GET /metrics HTTP/1.1\r\n\r\n" * 50)
        for turn in range(5):
            self.call(server).bye()
        wait_until(lambda: len(server.events("call.ended")) == 5, 5, "the calls")
        wait_until(lambda: server.events("cdr.not_written"), 5, "the word on the disk")
        wait_until(lambda: server.events("webhook.failed"), 5, "the word on the webhook")
        metrics = urllib.request.urlopen(f"http://{address}/metrics").read().decode()
        self.assertIn("\nrotunda_call_records_lost_total 5\n", metrics)
        self.assertEqual(len(server.events("cdr.not_written")), 1)

    def test_a_capture_server_gets_every_message_of_a_call(self):
        collector = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(collector.close)
        collector.bind(("127.0.0.1", 0))
        collector.settimeout(PATIENCE * 5)
        server = self.start(Rotunda, hep__collector=f"127.0.0.1:{collector.getsockname()[1]}", hep__capture_id=77)
        probe = self.call(server)
        probe.bye()
        seen = []
        while len(seen) < 5:
            chunks = self.hep_chunks(collector.recv(65536))
            if chunks[17].decode() != probe.call_id:
                continue  # the harness's OPTIONS
            self.assertEqual(struct.unpack(">I", chunks[12]), (77,))
            # The probe asks, we answer: our port is where a request goes to and where a response comes from.
            self.assertEqual(struct.unpack(">H", chunks[7 if chunks[15].startswith(b"SIP/2.0 ") else 8]), (server.port,))
            seen.append(chunks[15].split(b"\r\n")[0].decode())
        self.assertEqual([line.split(" sip:")[0] for line in seen], ["INVITE", "SIP/2.0 200 OK", "ACK", "BYE", "SIP/2.0 200 OK"])

    @staticmethod
    def hep_chunks(packet):
        assert packet[:4] == b"HEP3" and struct.unpack(">H", packet[4:6])[0] == len(packet), packet[:8]
        chunks, at = {}, 6
        while at < len(packet):
            vendor, kind, size = struct.unpack(">HHH", packet[at:at + 6])
            chunks[kind] = packet[at + 6:at + size]
            at += size
        return chunks

    def test_old_records_go_from_the_database_and_new_ones_come(self):
        calls = self.folder / "calls.db"
        with sqlite3.connect(calls) as database:
            database.execute("CREATE TABLE call (call_id TEXT NOT NULL, room TEXT NOT NULL, ended TEXT NOT NULL, record TEXT NOT NULL)")
            for day in (1, 20, 400):
                database.execute("INSERT INTO call VALUES (?, '1000', strftime('%Y-%m-%dT%H:%M:%SZ', 'now', ?), '{}')", (f"old-{day}", f"-{day} days"))
        server = self.start(Rotunda, cdr__database=calls, cdr__retention_days=10)
        probe = self.call(server)
        probe.bye()
        with sqlite3.connect(calls) as database:
            wait_until(lambda: {row[0] for row in database.execute("SELECT call_id FROM call")} == {"old-1", probe.call_id}, 5, "the old rows to go")

    def test_thousands_of_event_subscribers_are_bounded_and_calls_go_on(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20_000), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        server = self.start(Rotunda)
        host, port = self.api(server).split(":")
        wanted = min(10_000, min(hard, 20_000) - 200)
        watchers = []
        for _ in range(wanted):
            link = socket.create_connection((host, int(port)), timeout=10)
            try:
                link.sendall(b"GET /v1/events HTTP/1.1\r\n\r\n")
            except OSError:
                pass
            watchers.append(link)
        before = time.monotonic()
        self.call(server)
        self.assertLess(time.monotonic() - before, 3)
        # While all of them hold on, whoever asks for something else is answered.
        for path in ("/healthz", "/v1/state", "/metrics"):
            with urllib.request.urlopen(f"http://{host}:{port}{path}", timeout=6) as answer:
                self.assertEqual(answer.status, 200)
                metrics = answer.read().decode()
        count = lambda text, name: int(next(line for line in text.splitlines() if line.startswith(f"rotunda_http_{name} ")).split()[1])
        self.assertLessEqual(count(metrics, "connections"), 256)

        def turned_away():
            with urllib.request.urlopen(f"http://{host}:{port}/metrics", timeout=6) as answer:
                text = answer.read().decode()
            return sum(count(text, f"{each}_total") for each in ("refused_streams", "refused_connections", "displaced_connections"))

        # Where the queue of connections was full the kernel lets one in a second or more after its client believes that it is in.
        wait_until(lambda: turned_away() >= wanted - 256, 10, "everybody beyond the limits to be turned away")
        self.assertIn(b"\r\nRetry-After: ", self.refused_stream(host, port))
        for link in watchers:
            link.close()

    def refused_stream(self, host, port):
        answer = b""
        for _ in range(4):  # the measure of requests may have to fill again first
            with socket.create_connection((host, int(port)), timeout=2) as late:
                late.sendall(b"GET /v1/events HTTP/1.1\r\nConnection: close\r\n\r\n")
                answer = b"".join(iter(lambda: late.recv(4096), b""))
            if not answer.startswith(b"HTTP/1.1 429 "):
                break
            time.sleep(1)
        self.assertTrue(answer.startswith(b"HTTP/1.1 503 "), answer)
        return answer


if __name__ == "__main__":
    unittest.main()
