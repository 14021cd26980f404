"""A roster client (RFC 4575) and chatter (RFC 3428) that nobody of the server's makers helped: SIP by hand over UDP, its XML read by Python's own parser."""
import random
import re
import socket
import threading
import xml.etree.ElementTree as ElementTree

from processes import PATIENCE

NS = "{urn:ietf:params:xml:ns:conference-info}"


def header(text, name):
    found = re.search(rf"^{name}: *(.*?)\r?$", text, re.M | re.I)
    return found.group(1) if found else None


class RosterClient:
    """subscribe() watches a room; users holds what the NOTIFYs so far add up to, ended the reason of the last one."""

    def __init__(self, server, room, name="watcher", domain=None):
        self.server, self.name, self.target = server, name, server.uri(room)
        self.domain = domain or server.host
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((server.host, 0))
        self.socket.settimeout(0.1)
        self.to, self.tag = f"<{self.target}>", f"{random.getrandbits(32):x}"
        self.call_id, self.cseq = f"{random.getrandbits(64):x}", 0
        self.users, self.count, self.version, self.ended = {}, 0, None, None
        self.documents, self.responses, self.broken = [], {}, []
        self.running = True
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def close(self):
        self.running = False
        self.reader.join()
        self.socket.close()

    # --- requests

    def request(self, method, extra=(), body="", target=None):
        """Sends a request in this client's dialog and returns the final response."""
        self.cseq += 1
        port = self.socket.getsockname()[1]
        key = (self.cseq, method)
        lines = [f"{method} {target or self.target} SIP/2.0",
                 f"Via: SIP/2.0/UDP {self.server.host}:{port};branch=z9hG4bK{random.getrandbits(48):x};rport", "Max-Forwards: 70",
                 f'From: "{self.name}" <sip:{self.name}@{self.domain}>;tag={self.tag}', f"To: {self.to}",
                 f"Call-ID: {self.call_id}", f"CSeq: {self.cseq} {method}", f"Contact: <sip:{self.name}@{self.server.host}:{port}>",
                 *extra, f"Content-Length: {len(body.encode())}", "", body]
        arrived = self.responses[key] = threading.Event()
        self.socket.sendto("\r\n".join(lines).encode(), (self.server.host, self.server.port))
        if not arrived.wait(PATIENCE * 5):
            raise AssertionError(f"no response to {method}")
        return self.responses[key]

    def subscribe(self, expires=None, event="conference"):
        response = self.request("SUBSCRIBE", [f"Event: {event}"] + ([f"Expires: {expires}"] if expires is not None else []))
        if response.startswith("SIP/2.0 200"):
            self.to = header(response, "To")
            self.target = re.search(r"<(.*?)>", header(response, "Contact")).group(1)
        return int(response.split()[1])

    def message(self, text, content_type="text/plain"):
        return int(self.request("MESSAGE", [f"Content-Type: {content_type}"], text).split()[1])

    # --- what comes

    def _read(self):
        while self.running:
            try:
                data, source = self.socket.recvfrom(65536)
            except TimeoutError:
                continue
            text = data.decode()
            if text.startswith("SIP/2.0"):
                number, method = header(text, "CSeq").split()
                if int(text.split()[1]) >= 200:
                    arrived, self.responses[int(number), method] = self.responses[int(number), method], text
                    if isinstance(arrived, threading.Event):
                        arrived.set()
            elif text.startswith("NOTIFY"):
                self._answer(text, source)
                self._take(text)

    def _answer(self, text, source):
        kept = [line for line in text.split("\r\n\r\n")[0].split("\r\n")[1:]
                if re.match(r"(Via|From|To|Call-ID|CSeq):", line, re.I)]
        self.socket.sendto("\r\n".join(["SIP/2.0 200 OK", *kept, "Content-Length: 0", "", ""]).encode(), source)

    def _take(self, text):
        state = header(text, "Subscription-State")
        if state.startswith("terminated"):
            self.ended = re.search(r"reason=(\w+)", state).group(1)
        root = ElementTree.fromstring(text.split("\r\n\r\n", 1)[1])
        version = int(root.get("version"))
        if self.version is not None and version <= self.version:
            return  # a retransmission
        if self.version is not None and version != self.version + 1:
            self.broken.append(f"version {version} after {self.version}")
        self.version = version
        self.documents.append(root)
        if root.get("state") == "deleted":
            self.users, self.count = {}, 0
            return
        if root.get("state") == "full":
            self.users = {}
        self.count = int(root.findtext(f"{NS}conference-state/{NS}user-count"))
        for user in root.iter(f"{NS}user"):
            if user.get("state") == "deleted":
                self.users.pop(user.get("entity"), None)
            else:
                self.users[user.get("entity")] = user

    def statuses(self):
        """What is said of each user's endpoints, by his name."""
        return {user.findtext(f"{NS}display-text"): [e.findtext(f"{NS}status") for e in user.iter(f"{NS}endpoint")]
                for user in list(self.users.values())}
