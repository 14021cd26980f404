#!/usr/bin/env python3
"""What an idle TLS connection costs the server: opens COUNT of them, each with one OPTIONS answered, and prints how much the
server's resident memory grew for each.

    bench/idle_tls.py build/release/rotunda [COUNT]     # default 10000; needs about as many file descriptors (ulimit -n)
"""
import pathlib
import re
import resource
import socket
import ssl
import subprocess
import sys
import time

HOST = "127.0.0.1"


def options(port, number):
    return (f"OPTIONS sip:1000@{HOST}:{port} SIP/2.0\r\nVia: SIP/2.0/TLS {HOST}:9;branch=z9hG4bK{number}\r\n"
            f"From: <sip:idle@{HOST}>;tag={number}\r\nTo: <sip:1000@{HOST}>\r\nCall-ID: idle-{number}\r\nCSeq: 1 OPTIONS\r\n"
            "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n").encode()


def resident_kb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def main():
    binary, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    port = free_port()
    server = subprocess.Popen(
        [binary, "--set", f"sip.listen=tls://{HOST}:{port}", "--set", f"sip.tcp.connections={count + 200}", "--set",
         f"sip.tcp.connections_per_peer={count + 200}", "--set", "log.level=error", "--set", "log.format=json", "--set",
         "http.listen="], stdout=subprocess.DEVNULL)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        time.sleep(1)
        held = []

        def open_one():
            stream = context.wrap_socket(socket.create_connection((HOST, port), timeout=20))
            stream.sendall(options(port, len(held)))
            assert stream.recv(4096).startswith(b"SIP/2.0 200")
            held.append(stream)

        for _ in range(100):  # what the first ones cost belongs to nobody
            open_one()
        time.sleep(35)  # their transactions are over
        before = resident_kb(server.pid)
        while len(held) < count + 100:
            open_one()
        at_work = resident_kb(server.pid)
        time.sleep(35)
        after = resident_kb(server.pid)
        print(f"{count} connections: {(at_work - before) / count:.1f} kB each just opened, "
              f"{(after - before) / count:.1f} kB each idle ({before} kB before, {after} kB after)")
    finally:
        server.kill()
        server.wait()


main()
