"""The connection a registration was made over is the way the trunk has to us: it is kept open, and made anew when it is lost."""
import re
import socket
import struct
import time
import unittest

from harness import InteropTest, Rotunda


class Registrar:
    """Takes every registration, and can cut the connection it came over."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(15)
        self.port = self.listener.getsockname()[1]

    def registration(self):
        self.connection, _ = self.listener.accept()
        self.connection.settimeout(10)
        text = self.read_until(b"\r\n\r\n")
        field = lambda name: re.search(rf"^{name}: (.*?)\r?$", text, re.MULTILINE).group(1)
        self.send(f"SIP/2.0 200 OK\r\nVia: {field('Via')}\r\nFrom: {field('From')}\r\nTo: {field('To')};tag=r\r\n"
                  f"Call-ID: {field('Call-ID')}\r\nCSeq: {field('CSeq')}\r\nContact: {field('Contact')};expires=60\r\n"
                  "Flow-Timer: 5\r\nContent-Length: 0\r\n\r\n")
        return text.split("\r\n")[0], field("Call-ID"), int(field("CSeq").split()[0])

    def read_until(self, end):
        text = b""
        while end not in text:
            more = self.connection.recv(65536)
            assert more, "the connection was closed"
            text += more
        return text.decode()

    def send(self, text):
        self.connection.sendall(text.encode())

    def cut(self):
        """RST, as a proxy that was killed."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def close(self):
        self.connection.close()
        self.listener.close()


class TrunkFlow(InteropTest):
    def start_with(self, carrier):
        trunk = (f'{{name: carrier, proxy: "sip:127.0.0.1:{carrier.port};transport=tcp", domain: carrier.example, '
                 'user: "4930", register: true, expires: 60s, dids: {"4930": "1000"}}')
        return self.start(Rotunda, trunks=f"[{trunk}]")

    def test_a_registrar_that_falls_silent_is_registered_with_anew(self):
        """It named a Flow-Timer, so it owes a pong (RFC 5626 4.4.1)."""
        carrier = Registrar()
        self.addCleanup(carrier.close)
        self.start_with(carrier)
        line, call_id, cseq = carrier.registration()
        silent = carrier.connection  # as one whose machine is gone: nothing is closed
        self.addCleanup(silent.close)
        carrier.listener.settimeout(30)
        self.assertEqual(carrier.registration(), (line, call_id, cseq + 1))

    def test_a_registration_is_kept_open_and_made_anew_when_its_connection_is_reset(self):
        carrier = Registrar()
        self.addCleanup(carrier.close)
        server = self.start_with(carrier)
        line, call_id, cseq = carrier.registration()
        self.assertEqual(line, "REGISTER sip:carrier.example SIP/2.0")
        self.assertEqual(carrier.read_until(b"\r\n\r\n"), "\r\n\r\n")
        carrier.cut()
        began = time.monotonic()
        self.assertEqual(carrier.registration(), (line, call_id, cseq + 1))
        self.assertLess(time.monotonic() - began, 2)
        # What comes for us finds us there.
        carrier.send("OPTIONS sip:4930@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKo\r\nMax-Forwards: 70\r\n"
                     "From: <sip:a@carrier.example>;tag=a\r\nTo: <sip:4930@carrier.example>\r\nCall-ID: o\r\nCSeq: 1 OPTIONS\r\n"
                     "Content-Length: 0\r\n\r\n")
        self.assertTrue(carrier.read_until(b"\r\n\r\n").lstrip().startswith("SIP/2.0 200"))
        self.assertEqual([event["event"] for event in server.events() if event["event"].startswith("trunk.")],
                         ["trunk.registered", "trunk.not_registered", "trunk.registered"])


if __name__ == "__main__":
    unittest.main()
