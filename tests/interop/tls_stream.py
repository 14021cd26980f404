"""SIP over TLS in the shape of the datagram socket the probe expects."""
import re
import socket
import ssl


class TlsStream:
    def __init__(self, host, port, authority):
        """Only a server whose certificate this authority has issued for the host will do."""
        context = ssl.create_default_context(cafile=authority)
        self.stream = context.wrap_socket(socket.create_connection((host, port), timeout=5), server_hostname=host)
        self.input = b""

    def sendto(self, data, _):
        text = data.decode().replace("SIP/2.0/UDP", "SIP/2.0/TLS")
        self.stream.sendall(re.sub(r"^Contact: <sip:", "Contact: <sips:", text, flags=re.M).encode())

    def recv(self, _=0):
        while b"\r\n\r\n" not in self.input:
            self.input += self._more()
        end = self.input.index(b"\r\n\r\n") + 4
        end += int(re.search(rb"^Content-Length: *(\d+)", self.input[:end], re.M | re.I).group(1))
        while len(self.input) < end:
            self.input += self._more()
        message, self.input = self.input[:end], self.input[end:]
        return message

    def _more(self):
        more = self.stream.recv(65536)
        if not more:
            raise ConnectionError("closed by the server")
        return more

    def getsockname(self):
        return self.stream.getsockname()

    def settimeout(self, seconds):
        self.stream.settimeout(seconds)

    def close(self):
        self.stream.close()
