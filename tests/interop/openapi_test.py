"""docs/openapi.json is the whole truth: every answer it describes is given here once, and none of another shape (described.py)."""
import http.client
import json
import socket
import time
import unittest

from described import STRICT, complaint, members
from harness import Baresip, wait_until
from operation_test import ConfiguredRotunda, OperatorTest
from probe import Probe
from video import colour_film

# What comes after a minute of a call (tests/api/participant_quality_test.cpp), or 200 messages, or of what no client here does.
UNSEEN = {"Participant.quality", "Message.left_out", "Call.reason", "Registration.instance", "Ban.port"}
READ, CONTROL = "only-to-be-read-0001", "to-be-changed-with-02"
ROOM = "/v1/rooms/1000"


class Description(OperatorTest):
    def setUp(self):
        super().setUp()
        self.settings = {
            "rooms": {"max": 3}, "sip": {"domains": ["example.com"]},
            "users": [{"name": "anna", "password": "correct-horse"}],
            "trunks": [{"name": "carrier", "proxy": "sip:127.0.0.9", "numbers": "00[0-9]+"}],
            "http": {"tokens": [{"name": "screen", "scope": "read", "secret": READ}, {"name": "desk", "scope": "control", "secret": CONTROL}]}}
        self.server = self.start(ConfiguredRotunda, json.dumps(self.settings))
        self.reach_api()

    def ask(self, method, path, status, body=None, token=CONTROL, **headers):
        """The answer, which is to have that status."""
        link = http.client.HTTPConnection(self.api, timeout=5)
        link.request(method, path, None if body is None else json.dumps(body),
                     {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **headers})
        answer = link.getresponse()
        octets = answer.read()
        self.assertEqual(answer.status, status, f"{method} {path}: {octets[:300]}")
        return json.loads(octets) if octets and answer.headers.get_content_type() == "application/json" else octets

    def test_every_answer_that_is_described_is_given_as_described(self):
        for part in (self.look_around, self.change_rooms, self.change_participants, self.look_back, self.ask_wrongly,
                     self.ask_for_events, self.ask_without_right, self.ask_too_often, self.drain):
            part()
        exchanges = self.tap.exchanges()
        self.ask_for_pictures_where_there_are_none()
        exchanges += self.tap.exchanges()
        given = {(e.pattern, "get" if e.method == "HEAD" else e.method.lower(), str(e.status)) for e in exchanges}
        described = {(path, method, status) for path, methods in STRICT["paths"].items()
                     for method, operation in methods.items() for status in operation["responses"]}
        self.assertEqual(sorted(described - given), [])
        self.check_members(exchanges)

    def check_members(self, exchanges):
        """Every member that is described was seen, but for those that are named here."""
        answers = [(operation["responses"][status]["content"]["application/json"]["schema"], path, method, status)
                   for path, methods in STRICT["paths"].items() for method, operation in methods.items()
                   for status in operation["responses"] if "application/json" in operation["responses"][status].get("content", {})]
        seen = set()
        for schema, path, method, status in answers:
            for exchange in exchanges:
                if (exchange.pattern, exchange.method.lower(), str(exchange.status)) == (path, method, status):
                    seen.update(members(schema, exchange.json()))
        described = {member for schema, *_ in answers for member in members(schema)}
        self.assertEqual({member for member in described - seen if not any(member.startswith(late) for late in UNSEEN)}, set())

    def look_around(self):
        self.phone = self.start(Baresip, "anna", account=f"<sip:anna@example.com>;auth_user=anna;auth_pass=correct-horse;regint=600;"
                                                         f"outbound=\"sip:127.0.0.1:{self.server.port}\"", console=True,
                                video="H264", film=colour_film(self.folder, "blue"))
        wait_until(lambda: self.ask("GET", "/v1/registrations", 200)["registrations"], 10, "anna to register")
        wait_until(lambda: self.get("/readyz")[0] == 200, 5, "the server to be ready")
        for path in ("/healthz", "/readyz", "/metrics", "/v1/state", "/v1/rooms"):
            self.ask("GET", path, 200)
        self.ask("HEAD", "/v1/rooms", 200)
        self.assertEqual(len(self.ask("GET", "/v1/users", 200)["users"]), 1)
        self.assertEqual(len(self.ask("GET", "/v1/trunks", 200)["trunks"]), 1)
        self.ask("POST", "/v1/bans", 204, {"address": "192.0.2.1", "seconds": 60})
        self.assertEqual(len(self.ask("GET", "/v1/bans", 200)["bans"]), 1)
        self.ask("DELETE", "/v1/bans/192.0.2.1", 204)
        self.ask("DELETE", "/v1/bans/192.0.2.1", 404)
        self.settings["calls"] = {"max": 77}
        self.server.file.write_text(json.dumps(self.settings))
        self.assertEqual(self.ask("POST", "/v1/reload", 200)["changed"], ["calls.max"])
        self.server.file.write_text("calls: {max: many}\n")
        self.ask("POST", "/v1/reload", 422)

    def change_rooms(self):
        self.ask("POST", "/v1/rooms", 201, {"name": "board", "max_participants": 5, "locked": True})
        self.ask("POST", "/v1/rooms", 409, {"name": "board"})
        self.ask("GET", "/v1/rooms/board", 200)
        self.ask("PATCH", "/v1/rooms/board", 200, {"locked": False, "max_participants": 7, "layout": "grid", "spotlight": 0})
        self.ask("PATCH", "/v1/rooms/board", 409, {"spotlight": 4711})
        for name in ("two", "three"):
            self.ask("POST", "/v1/rooms", 201, {"name": name})
        self.ask("POST", "/v1/rooms", 503, {"name": "four"})
        for name in ("two", "three"):
            self.ask("DELETE", f"/v1/rooms/{name}", 204)
        # Whom nobody answers is given up.
        deaf = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(deaf.close)
        deaf.bind(("127.0.0.1", 0))
        dial = self.ask("POST", "/v1/rooms/board/dial", 202, {"target": f"sip:nobody@127.0.0.1:{deaf.getsockname()[1]}"})["dial"]
        self.ask("DELETE", f"/v1/dials/{dial}", 204)
        self.ask("DELETE", f"/v1/dials/{dial}", 404)
        dial = self.ask("POST", "/v1/rooms/board/dial", 202, {"target": "tel:001234"})["dial"]  # by the trunk
        self.ask("DELETE", f"/v1/dials/{dial}", 204)
        busy = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(busy.close)
        busy.bind(("127.0.0.1", 0))
        busy.settimeout(5)
        self.ask("POST", "/v1/rooms/board/dial", 202, {"target": f"sip:nobody@127.0.0.1:{busy.getsockname()[1]}"})
        invite, server = busy.recvfrom(65536)
        kept = [line for line in invite.decode().split("\r\n") if line.startswith(("Via:", "From:", "To:", "Call-ID:", "CSeq:"))]
        kept = [line + ";tag=busy" if line.startswith("To:") else line for line in kept]
        busy.sendto("\r\n".join(["SIP/2.0 486 Busy Here", *kept, "Content-Length: 0", "", ""]).encode(), server)
        wait_until(lambda: any("status" in call for call in self.ask("GET", "/v1/calls?limit=5", 200)["calls"]), 5, "the refusal's record")
        self.assertTrue(any(call.get("trunk") == "carrier" for call in self.ask("GET", "/v1/calls?limit=5", 200)["calls"]))

    def change_participants(self):
        # One who has yet to answer our offer has no call that could be steered.
        late = Probe(self.server.port, "board")
        self.addCleanup(late.close)
        late.cseq = 1
        late.request("INVITE")
        who, = wait_until(lambda: self.ask("GET", "/v1/rooms/board/participants", 200)["participants"], 5, "the late one")
        for verb, body in (("move", {"room": "1000"}), ("digits", {"digits": "1"}), ("capture", {"seconds": 1})):
            self.ask("POST", f"/v1/rooms/board/participants/{who['id']}/{verb}", 409, body)
        self.ask("DELETE", f"/v1/rooms/board/participants/{who['id']}", 204)
        self.phone.dial(self.server.uri("1000"))
        people = lambda: [p for p in self.ask("GET", f"{ROOM}/participants", 200)["participants"] if p["joined"]]
        anna = wait_until(people, 10, "anna in the room")[0]
        self.anna = f"{ROOM}/participants/{anna['id']}"
        wait_until(lambda: "video" in self.ask("GET", self.anna, 200), 5, "her picture")
        self.assertEqual(self.ask("PATCH", ROOM, 200, {"spotlight": anna["id"]})["spotlight"], anna["id"])
        self.probe, leaver = self.talkers(2)
        time.sleep(0.5)
        self.assertEqual(leaver.bye(), 200)  # with a record that has a score
        self.ask("PATCH", self.anna, 200, {"muted": True, "deafened": True, "volume_db": -6})
        for wanted, has in ((True, True), (None, False)):  # the room's own setting
            self.assertEqual(self.ask("PATCH", self.anna, 200, {"noise_suppression": wanted})["noise_suppression"], has)
        self.ask("PATCH", self.anna, 200, {"layout": "grid"})
        wait_until(lambda: "level_dbov" in self.ask("GET", self.anna, 200), 5, "her level")
        self.assertEqual(self.ask("POST", f"{ROOM}/message", 202, {"text": "Five minutes left"})["copies"], 1)
        self.ask("POST", f"{self.anna}/digits", 202, {"digits": "1#"})
        self.ask("POST", f"{self.anna}/capture", 202, {"seconds": 1})
        self.ask("POST", f"{self.anna}/move", 200, {"room": "board"})
        self.anna = self.anna.replace("1000", "board")
        other, = people()
        for status in (202, 409):  # the probe does not answer, and is not asked twice at once
            self.ask("POST", f"{ROOM}/participants/{other['id']}/refer", status, {"target": "sip:2000@example.com"})
        self.call = anna["call_id"]
        time.sleep(1.2)  # of the capture
        self.ask("DELETE", self.anna, 204)
        self.ask("DELETE", ROOM, 204)

    def look_back(self):
        wait_until(lambda: self.call in [call["call_id"] for call in self.ask("GET", "/v1/calls?limit=5", 200)["calls"]],
                   5, "the record of her call")
        for what in ("messages", "pcap", "media.pcap"):
            self.ask("GET", f"/v1/calls/{self.call}/{what}", 200)
            self.ask("GET", f"/v1/calls/nothing/{what}", 404)

    def ask_wrongly(self):
        """404, 405 and 400; of a body what is not described is refused, too."""
        self.ask("GET", "/v1/nothing", 404)
        self.ask("PUT", "/v1/rooms", 405)
        for query in ("limit=many", "x=1&limit=5", "limit=5&x=1", "limit=5&limit=6", "limit=1001", "limit"):
            self.ask("GET", f"/v1/calls?{query}", 400)
        for query in ("after=abc", "x=1&after=5", "after=-1", "after="):
            self.ask("GET", f"/v1/events?{query}", 400)
        self.talkers(1)
        joined, = self.ask("GET", f"{ROOM}/participants", 200)["participants"]
        for pattern, methods in STRICT["paths"].items():
            for method, operation in methods.items():
                address = lambda room, who: pattern.replace("{room}", room).replace("{participant}", str(who))
                here = address("1000", joined["id"])
                if "requestBody" in operation:
                    schema = operation["requestBody"]["content"]["application/json"]["schema"]
                    for body in self.wrong_bodies(schema):
                        self.ask(method.upper(), here, 400, body)
                    self.begin_too_large_a_body(method.upper(), here)
                for missing in {address("nowhere", joined["id"]), address("1000", 4711)} - {here}:
                    if "404" in operation["responses"]:
                        self.ask(method.upper(), missing, 404, {} if "requestBody" in operation else None)

    def begin_too_large_a_body(self, method, path):
        """What is announced is refused before it comes."""
        host, port = self.api.split(":")
        with socket.create_connection((host, int(port)), timeout=5) as link:
            link.sendall(f"{method} {path} HTTP/1.1\r\nAuthorization: Bearer {CONTROL}\r\nContent-Length: 70000\r\n\r\n".encode())
            self.assertTrue(link.recv(100).startswith(b"HTTP/1.1 413 "))

    @staticmethod
    def wrong_bodies(schema):
        """Each member with a value of another type or beyond its bounds, one that is not described, and each that is required left out."""
        example = {"string": "x", "integer": 1, "number": 1, "boolean": True}
        other = {"string": [1], "integer": ["x", 1.5], "number": ["x"], "boolean": ["x"]}
        kind = lambda member: member["type"] if isinstance(member["type"], str) else member["type"][0]
        good = {name: member.get("enum", [example[kind(member)]])[0] for name, member in schema["properties"].items()}
        beyond = {"minimum": lambda least: least - 1, "maximum": lambda most: most + 1, "minLength": lambda least: "x" * (least - 1),
                  "maxLength": lambda most: "x" * (most + 1)}
        made = [{**good, name: wrong} for name, member in schema["properties"].items()
                for wrong in other[kind(member)] + [beyond[bound](member[bound]) for bound in beyond if bound in member]]
        made += [{**good, "nonsense": 1}] + [{name: value for name, value in good.items() if name != left} for left in schema.get("required", [])]
        assert all(complaint(schema, body) for body in made)
        return made

    def ask_for_events(self):
        watcher = http.client.HTTPConnection(self.api, timeout=5)
        watcher.request("GET", "/v1/events?after=1", headers={"Authorization": f"Bearer {CONTROL}"})
        stream = watcher.getresponse()  # which is what holds the connection from here on
        self.assertEqual(stream.status, 200)
        upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
        self.ask("GET", "/v1/events", 400, **upgrade)
        held = []
        for _ in range(192):
            link = http.client.HTTPConnection(self.api, timeout=5)
            link.request("GET", "/v1/events", headers={"Authorization": f"Bearer {CONTROL}", **upgrade, "Sec-WebSocket-Key": "x" * 22 + "=="})
            held.append(link)
        self.assertEqual({link.getresponse().status for link in held}, {101, 503})
        for link in [stream, watcher, *held]:
            link.close()

    def ask_without_right(self):
        for pattern, methods in STRICT["paths"].items():
            for method, operation in methods.items():
                for scope in (scope for security in operation["security"] for scope in security):
                    self.ask(method.upper(), pattern.replace("{", "").replace("}", ""), 401, token="no-token-of-anybody")
                    if scope == "control":
                        self.ask(method.upper(), pattern.replace("{", "").replace("}", ""), 403, token=READ)

    def ask_too_often(self):
        """Each operation among so many that some of it are refused; without a token, so that none changes anything."""
        operations = [(method.upper(), pattern.replace("{", "").replace("}", "")) for pattern, methods in STRICT["paths"].items()
                      for method in methods]
        refused = lambda: {(e.method, e.path) for e in self.tap.exchanges() if e.status == 429}
        for _ in range(5):
            for open_ones in (True, False):
                chosen = [each for each in operations if each[1].startswith("/v1/") != open_ones]
                flood = [chosen[0]] * 1050 + [each for each in chosen for _ in range(3)]
                with socket.create_connection(self.api.split(":"), timeout=10) as link:
                    link.sendall("".join(f"{method} {path} HTTP/1.1\r\n\r\n" for method, path in flood).encode())
                    answers = b""
                    while answers.count(b"HTTP/1.1 ") < len(flood):
                        answers += link.recv(1 << 20)
            if refused() >= set(operations):
                return
        self.fail(f"never too much: {set(operations) - refused()}")

    def drain(self):
        time.sleep(1)  # for the measure of requests to fill again
        self.ask("POST", "/v1/drain", 202)
        self.ask("GET", "/readyz", 503)

    def ask_for_pictures_where_there_are_none(self):
        self.server.stop()  # a call still stands
        self.server = self.start(ConfiguredRotunda, json.dumps({"http": self.settings["http"]}), video__enabled="false")
        self.reach_api()
        self.talkers(1)
        who, = self.ask("GET", f"{ROOM}/participants", 200)["participants"]
        for path in (ROOM, f"{ROOM}/participants/{who['id']}"):
            self.ask("PATCH", path, 409, {"layout": "grid"})


if __name__ == "__main__":
    unittest.main()
