"""What goes over the HTTP API while a test runs is held to docs/openapi.json, whoever said it: the test, a command, a browser."""
import contextlib
import email
import json
import pathlib
import re
import socket
import threading
import urllib.parse

import jsonschema

OPENAPI = json.loads((pathlib.Path(__file__).resolve().parent.parent.parent / "docs/openapi.json").read_text())
PROBLEM = "application/problem+json"


def strict(schema):
    """The schema, but that an object has no members it does not name; OpenAPI's `nullable` in the words of JSON Schema."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: strict(each) for name, each in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        made.setdefault("additionalProperties", False)
    if made.pop("nullable", False):
        made["type"] = [made["type"], "null"]
    return made


STRICT = strict(OPENAPI)
RESOLVER = jsonschema.RefResolver.from_schema(STRICT)


def complaint(schema, value):
    """What of a value is not as described, or None."""
    error = jsonschema.exceptions.best_match(jsonschema.Draft4Validator(schema, resolver=RESOLVER).iter_errors(value))
    return error and f"{'/'.join(str(step) for step in error.absolute_path)}: {error.message}"


def described_path(path):
    """The pattern of the description that a path is one of."""
    for pattern in STRICT["paths"]:
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(pattern)), path):
            return pattern
    return None


def members(schema, value=None, name=""):
    """The names of all members a schema describes, such as Participant.audio.codec; of a value, those that it has."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = STRICT["components"]["schemas"][name]
    for each in [value] if value is None or schema.get("type") != "array" else value:
        if schema.get("type") == "array":
            yield from members(schema["items"], each, name)
        for member, inner in schema.get("properties", {}).items() if schema.get("type") == "object" else ():
            if each is None or member in each:
                yield f"{name}.{member}"
                yield from members(inner, None if each is None else each[member], f"{name}.{member}")


class Exchange:
    """One request and its answer."""

    def __init__(self, method, target, body, status, headers, answer):
        self.method, self.body, self.status, self.headers, self.answer = method, body, status, headers, answer
        self.path, _, self.query = target.partition("?")
        self.pattern = described_path(self.path)

    def __str__(self):
        return f"{self.method} {self.path} {self.body.decode(errors='replace')[:200]} -> {self.status} {self.answer.decode(errors='replace')[:300]}"

    def json(self):
        return json.loads(self.answer)

    def faults(self):
        """What of it is not as described."""
        methods = STRICT["paths"].get(self.pattern, {})
        operation = methods.get("get" if self.method == "HEAD" else self.method.lower())
        if operation is None:
            return self.problem_faults(405 if methods else 404)
        described = operation["responses"].get(str(self.status))
        if described is None:
            return [f"status {self.status} is not described"]
        return (self.request_faults(operation) if self.status < 400 else self.problem_faults(self.status)) + self.answer_faults(described)

    def request_faults(self, operation):
        """What was taken is to be what is described: who reads the description must not be surprised by more."""
        known = {each["name"] for each in operation.get("parameters", []) if each["in"] == "query"}
        faults = [f"a query {name} is not described" for name in urllib.parse.parse_qs(self.query) if name not in known]
        wanted = operation.get("requestBody")
        if wanted is None:
            return faults + (["no body is described"] if self.body else [])
        if not self.body and not wanted.get("required"):
            return faults
        return faults + [f"request: {fault}" for fault in [complaint(wanted["content"]["application/json"]["schema"], json.loads(self.body))] if fault]

    def problem_faults(self, status):
        """RFC 9457, and the header fields that belong to the status."""
        if self.status != status:
            return [f"{status} was to be expected"]
        needed = {401: "WWW-Authenticate", 405: "Allow", 429: "Retry-After"}.get(status)
        faults = [f"no {needed}"] if needed and needed not in self.headers else []
        if self.headers.get_content_type() != PROBLEM or self.method == "HEAD":
            return faults
        fault = complaint(STRICT["components"]["schemas"]["Problem"], self.json())
        return faults + ([fault] if fault else []) + ([] if self.json()["status"] == status else ["another status in the problem"])

    def answer_faults(self, described):
        content = described.get("content")
        if not content:
            return ["a body is not described"] if self.answer else []
        kind = self.headers.get_content_type()
        if kind not in content:
            return [f"{kind} is not described"]
        if not kind.endswith("json") or self.method == "HEAD":
            return []
        fault = complaint(content[kind]["schema"], self.json())
        return [fault] if fault else []


def head_of(octets, at):
    """First line and header fields from there on, and where they end; None while they are not whole."""
    end = octets.find(b"\r\n\r\n", at)
    first, _, fields = octets[at:end].decode("latin-1").partition("\r\n")
    return (first.split(" ", 2), email.message_from_string(fields), end + 4) if end >= 0 else None


class Wire:
    """One connection: what went each way, and the exchanges it makes."""

    def __init__(self):
        self.asked, self.answered = bytearray(), bytearray()

    def exchanges(self):
        asked, answered, at, then = bytes(self.asked), bytes(self.answered), 0, 0
        while (request := head_of(asked, at)) and (response := head_of(answered, then)):
            (method, target, _), fields, begin = request
            at = begin + int(fields.get("Content-Length", 0))
            (_, status, _), headers, start = response
            streams = status == "101" or headers.get_content_type() == "text/event-stream"
            then = start + (0 if streams or method == "HEAD" else int(headers.get("Content-Length", 0)))
            if len(answered) < then:
                return
            yield Exchange(method, target, asked[begin:at], int(status), headers, answered[start:then])
            if streams:
                return


class Tap:
    """Stands between the clients of a test and the server, passes every octet on, and remembers all of them."""

    def __init__(self, server):
        self.server, self.wires = server, []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.address = "%s:%d" % self.listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        host, _, port = self.server.rpartition(":")
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return  # closed
            try:
                server = socket.create_connection((host.strip("[]"), int(port)))
            except OSError:
                client.close()
                continue
            wire = Wire()
            self.wires.append(wire)
            for source, sink, log in ((client, server, wire.asked), (server, client, wire.answered)):
                threading.Thread(target=self._pass_on, args=(source, sink, log), daemon=True).start()

    @staticmethod
    def _pass_on(source, sink, log):
        try:
            while (octets := source.recv(65536)):
                log += octets
                sink.sendall(octets)
        except OSError:
            pass
        for end in (source, sink):  # wakes the other direction's thread too
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def exchanges(self):
        return [exchange for wire in list(self.wires) for exchange in wire.exchanges()]

    def close(self):
        self.listener.close()

    def check(self):
        """Fails unless all that was said is as described."""
        self.close()
        wrong = [f"{exchange}: {fault}" for exchange in self.exchanges() for fault in exchange.faults()]
        assert not wrong, "not as docs/openapi.json has it:\n" + "\n".join(wrong)
