"""What the measurements here have in common: a free port, what a process has cost so far, and percentiles."""
import os
import pathlib
import random
import socket
import sys

TICKS = os.sysconf("SC_CLK_TCK")


def free_port(host="127.0.0.1"):
    """Free for UDP and TCP; below the media ports, and below those the system hands out."""
    for port in random.sample(range(10_000, 19_000), 100):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram, socket.socket() as stream:
            try:
                datagram.bind((host, port))
                stream.bind((host, port))
                return port
            except OSError:
                pass
    sys.exit("no free port")


def cpu_seconds(pid):
    """Of the whole process, its ended threads included, in whole clock ticks."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def cpu_seconds_of_threads(pid):
    """Of its living threads, to the nanosecond: in whole ticks a request is lost or doubled."""
    threads = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def resident_kb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("nan")
