"""Sends INVITEs that nobody will ever acknowledge: flooder.py HOST PORT SECONDS PER_SECOND SOURCES; prints how many went out."""
import socket
import struct
import sys
import time

host, port, seconds, rate, sources = sys.argv[1], *map(int, sys.argv[2:])
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.bind(("0.0.0.0", 0))
mine = out.getsockname()[1]
SDP = (f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n")


def source(n):
    return "127.0.0.1" if sources == 1 else f"127.{1 + n % sources // 250}.{n % 250}.9"


sent, start = 0, time.monotonic()
while (now := time.monotonic() - start) < seconds:
    if sent >= now * rate:
        time.sleep(0.002)
        continue
    address = source(sent)
    message = (f"INVITE sip:9{sent % 1000}@{host}:{port} SIP/2.0\r\nVia: SIP/2.0/UDP {address}:{mine};branch=z9hG4bKf{sent};rport\r\n"
               f"Max-Forwards: 70\r\nFrom: <sip:flood@{address}>;tag=f{sent}\r\nTo: <sip:9@{host}>\r\nCall-ID: flood-{sent}\r\n"
               f"CSeq: 1 INVITE\r\nContact: <sip:flood@{address}:{mine}>\r\nContent-Type: application/sdp\r\n"
               f"Content-Length: {len(SDP)}\r\n\r\n{SDP}").encode()
    out.sendmsg([message], [(socket.IPPROTO_IP, 8, struct.pack("I4s4s", 0, socket.inet_aton(address), b"\0" * 4))],
                0, (host, port))
    sent += 1
print(sent)
