"""A name server of two dozen lines for names that exist in one test only (RFC 1035, RFC 2782)."""
import socket
import struct
import threading

A, SRV = 1, 33


def encode(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


class NameServer:
    """records: {(name, A): "192.0.2.1", (name, SRV): (port, target)}; whatever else is asked does not exist."""

    def __init__(self, records):
        self.records, self.asked = records, []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                query, source = self.socket.recvfrom(4096)
            except OSError:
                return
            self.socket.sendto(self._answer(query), source)

    def _answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
            at += 1 + query[at]
        kind = struct.unpack_from(">H", query, at + 1)[0]
        name, question = ".".join(labels), query[12:at + 5]
        self.asked.append((name, kind))
        record = self.records.get((name, kind))
        known = any(name == each for each, _ in self.records)
        if record is None:
            return query[:2] + struct.pack(">HHHHH", 0x8580 if known else 0x8583, 1, 0, 0, 0) + question
        data = socket.inet_aton(record) if kind == A else struct.pack(">HHH", 0, 0, record[0]) + encode(record[1])
        answer = b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(data)) + data
        return query[:2] + struct.pack(">HHHHH", 0x8580, 1, 1, 0, 0) + question + answer

    def close(self):
        self.socket.close()
