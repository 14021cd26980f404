"""An operator looks into a running server over HTTP, and steers it, while real phones are in a room."""
import json
import pathlib
import re
import subprocess
import time
import unittest
import urllib.error
import urllib.request

from harness import Baresip, InteropTest, Rotunda, wait_until
from processes import PATIENCE


REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent


class Api(InteropTest):
    def setUp(self):
        super().setUp()
        self.server = self.start(Rotunda)
        self.base = "http://" + self.tapped(self.server).address

    def ask(self, path, method="GET"):
        request = urllib.request.Request(self.base + path, method=method)
        with urllib.request.urlopen(request, timeout=5) as response:
            body = response.read().decode()
        return json.loads(body) if response.headers.get_content_type() == "application/json" else body

    def in_room(self):
        try:
            return self.ask("/v1/rooms/1000/participants")["participants"]
        except urllib.error.HTTPError as error:
            self.assertEqual(error.code, 404)
            return []

    def join(self, name, codec):
        phone = self.start(Baresip, name, codec, self.tone_file(440))
        phone.dial(self.server.uri("1000"))
        return phone

    def test_rooms_and_participants_are_seen_and_can_be_removed(self):
        self.join("anna", "PCMU")
        self.join("bert", "opus")
        wait_until(lambda: sum(p["joined"] for p in self.in_room()) == 2, 10, "two phones in the room")
        self.assertEqual(sorted(p["audio"]["codec"] for p in self.in_room()), ["PCMU", "opus"])
        self.assertEqual(self.ask("/v1/rooms")["rooms"][0]["participants"], 2)
        self.assertIn("\nrotunda_calls 2\n", self.ask("/metrics"))
        self.assertEqual(self.ask("/v1/state")["calls"], 2)
        self.assertEqual(self.ask("/v1/rooms/1000")["name"], "1000")
        for path in ("/v1/users", "/v1/registrations", "/v1/trunks", "/v1/calls", "/v1/bans"):
            self.assertEqual(self.ask(path)[path.rpartition("/")[2]], [])
        first = next(p for p in self.in_room() if p["audio"]["codec"] == "PCMU")
        self.ask(f"/v1/rooms/1000/participants/{first['id']}", "DELETE")
        wait_until(lambda: [p["audio"]["codec"] for p in self.in_room()] == ["opus"], 5, "the removed phone to be gone")
        self.ask("/v1/rooms/1000", "DELETE")
        wait_until(lambda: self.ask("/v1/rooms")["rooms"] == [], 5, "the room to be gone")
        wait_until(lambda: len(self.server.events("call.ended")) == 2, 5, "both calls to end")

    def test_drained_over_http_the_server_waits_for_its_calls_and_then_ends(self):
        phone = self.join("carla", "PCMU")
        wait_until(lambda: len(self.in_room()) == 1, 10, "the phone in the room")
        self.ask("/v1/drain", "POST")
        with self.assertRaises(urllib.error.HTTPError) as refused:
            self.ask("/readyz")
        self.assertEqual(refused.exception.code, 503)
        self.assertFalse(self.server.answers_options())
        time.sleep(1)
        self.assertEqual(len(self.in_room()), 1)
        phone.hang_up()
        self.server.child.wait(PATIENCE * 5)

    def test_a_watcher_is_told_of_joins_and_leaves_and_resumes_where_it_was(self):
        with urllib.request.urlopen(self.base + "/v1/events", timeout=10) as stream:
            phone = self.join("dora", "PCMU")
            first, joined = self.await_event(stream, "call.joined")
        phone.hang_up()
        request = urllib.request.Request(self.base + "/v1/events", headers={"Last-Event-ID": first})
        with urllib.request.urlopen(request, timeout=10) as stream:
            second, ended = self.await_event(stream, "call.ended")
        self.assertGreater(int(second), int(first))
        self.assertEqual((ended["call_id"], ended["room"]), (joined["call_id"], "1000"))
        # An EventSource that comes back asks for the address it began with, and says how far it came.
        for address, header in ((1, first), (first, 1)):
            request = urllib.request.Request(f"{self.base}/v1/events?after={address}", headers={"Last-Event-ID": header})
            with urllib.request.urlopen(request, timeout=10) as stream:
                self.assertEqual(next(line for line in stream if line.startswith(b"id: ")), b"id: %d\n" % (int(first) + 1))

    def await_event(self, stream, name):
        """Number and data of the next event of that name."""
        fields = {}
        for line in stream:
            key, _, value = line.decode().rstrip("\n").partition(": ")
            if key:
                fields[key] = value
            elif fields.get("event") == name:
                return fields["id"], json.loads(fields["data"])
            else:
                fields = {}
        self.fail(f"the stream ended before {name}")

    def test_prometheus_accepts_the_metrics(self):
        checked = subprocess.run(["promtool", "check", "metrics"], input=self.ask("/metrics"), text=True, capture_output=True, timeout=30)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_dashboard_and_alerts_ask_for_metrics_that_exist(self):
        # Told only where TLS is served.
        known = set(re.findall(r"^# TYPE (\S+)", self.ask("/metrics"), re.MULTILINE)) | {"rotunda_certificate_expiry_timestamp_seconds"}
        rules = REPOSITORY / "docker/prometheus/alerts.yml"
        checked = subprocess.run(["promtool", "check", "rules", rules], capture_output=True, text=True, timeout=30)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        for file in (rules, REPOSITORY / "docker/grafana/rotunda.json", *sorted((REPOSITORY / "docs").glob("*.md")), REPOSITORY / "README.md"):
            # Names of files, build targets and threads begin so too; in prose what is a metric stands in backquotes, alone.
            found = re.findall(r"`(rotunda_[a-z_]+)[`{]" if file.suffix == ".md" else r"\b(rotunda_[a-z_]+)", file.read_text())
            asked = {re.sub("_(bucket|sum|count)$", "", name) for name in found}
            self.assertTrue(asked or file.suffix == ".md")
            self.assertEqual(asked - known, set(), file)


if __name__ == "__main__":
    unittest.main()
