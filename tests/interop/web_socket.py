"""SIP over a secure WebSocket (RFC 7118) as a browser would do it, in the shape of the datagram socket the probe expects."""
import base64
import os
import re
import socket
import ssl
import struct


class SecureWebSocket:
    """Connects with the sub-protocol `sip`; what is sent becomes one masked text frame, what is received one message."""

    def __init__(self, host, port):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.stream = context.wrap_socket(socket.create_connection((host, port), timeout=5))
        self.input, self.name = b"", f"{os.urandom(6).hex()}.invalid"
        key = base64.b64encode(os.urandom(16)).decode()
        self.stream.sendall((f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Origin: https://page.example.com\r\nSec-WebSocket-Key: {key}\r\n"
                             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.input:
            self.input += self.stream.recv(4096)
        head, self.input = self.input.split(b"\r\n\r\n", 1)
        if not head.startswith(b"HTTP/1.1 101 ") or b"Sec-WebSocket-Protocol: sip" not in head:
            raise RuntimeError(head.decode())

    def frame(self, opcode, payload):
        mask = os.urandom(4)
        size = len(payload)
        head = bytes([0x80 | opcode, 0x80 | size]) if size < 126 else struct.pack(">BBH", 0x80 | opcode, 0xFE, size)
        self.stream.sendall(head + mask + bytes(octet ^ mask[i % 4] for i, octet in enumerate(payload)))

    def sendto(self, data, _):
        text = data.decode()
        text = text.replace("SIP/2.0/UDP", "SIP/2.0/WSS")
        text = re.sub(r"^(Via: \S+ )[^;]+", rf"\g<1>{self.name}", text, flags=re.M)
        text = re.sub(r"^Contact: <sip:probe@[^>]+>", f"Contact: <sip:probe@{self.name};transport=ws>", text, flags=re.M)
        self.frame(1, text.encode())

    def need(self, count):
        while len(self.input) < count:
            more = self.stream.recv(65536)
            if not more:
                raise ConnectionError("closed by the server")
            self.input += more

    def recv(self, _=0):
        self.need(2)
        opcode, size, at = self.input[0] & 0x0F, self.input[1] & 0x7F, 2
        assert not self.input[1] & 0x80, "a server masks nothing"
        if size == 126:
            self.need(4)
            size, at = struct.unpack(">H", self.input[2:4])[0], 4
        self.need(at + size)
        payload, self.input = self.input[at:at + size], self.input[at + size:]
        return payload if opcode in (1, 2, 10) else self.recv()

    def ping(self, payload=b"alive"):
        self.frame(9, payload)
        return self.recv() == payload

    def getsockname(self):
        return self.name, 443

    def settimeout(self, seconds):
        self.stream.settimeout(seconds)

    def close(self):
        self.stream.close()
