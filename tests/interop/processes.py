"""Programs as children of a test, free ports for them, and waiting for what they do."""
import contextlib
import os
import pathlib
import signal
import socket
import struct
import subprocess
import threading
import time


def free_port(count=1, host="127.0.0.1"):
    """The first of `count` neighbouring ports that are free now for UDP and TCP alike, and were given to nobody else here."""
    with free_port.asked:  # a port is never so much as looked at again: somebody else may be about to bind it
        for port in range(max(10000 + os.getpid() * 37 % 5000, free_port.next), 19900, count):
            with contextlib.ExitStack() as held:
                try:
                    for offset in range(count):
                        for each in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                            probe = held.enter_context(socket.socket(socket.AF_INET, each))
                            probe.bind((host, port + offset))
                except OSError:
                    continue
                free_port.next = port + count
                return port
    raise RuntimeError("no free port")


free_port.asked, free_port.next = threading.Lock(), 0


PATIENCE = 3  # whose processor is taken away for a while needs longer for the same


def wait_until(condition, seconds, what):
    """What the condition says as soon as that is true. `seconds` are those of a machine of one's own; it is asked once more after them."""
    begun, over = time.monotonic(), False
    while not (value := condition()):
        if over:
            raise AssertionError(f"waited {time.monotonic() - begun:.0f} s in vain for {what}")
        time.sleep(0.01)
        over = time.monotonic() >= begun + PATIENCE * seconds
    return value


def room_for_bursts(receiver):
    """As much of a socket's buffer as the kernel gives: its reader may be held up while packets come."""
    for option in (33, socket.SO_RCVBUF):  # SO_RCVBUFFORCE, which takes CAP_NET_ADMIN
        with contextlib.suppress(OSError):
            receiver.setsockopt(socket.SOL_SOCKET, option, 1 << 22)
            return


class ArrivalClock:
    """The kernel's own moment of each packet, on time.monotonic(): when it came, however late its reader is woken."""

    TIMESTAMPNS = 35  # SO_TIMESTAMPNS

    def __init__(self, *receivers):
        self.behind = None
        for receiver in receivers:
            receiver.setsockopt(socket.SOL_SOCKET, self.TIMESTAMPNS, 1)

    def receive(self, receiver, size):
        """(packet, sender, seconds); of a stream in a socket's shape, when it was read."""
        if not isinstance(receiver, socket.socket):
            return receiver.recv(size), None, time.monotonic()
        data, control, _, source = receiver.recvmsg(size, 64)
        for level, kind, value in control:
            if (level, kind) == (socket.SOL_SOCKET, self.TIMESTAMPNS):
                seconds, nanoseconds = struct.unpack("qq", value)
                return data, source, seconds + 1e-9 * nanoseconds - self._offset()
        return data, source, time.monotonic()

    def _offset(self):
        """How far the clock of the kernel's stamps is ahead; as it was before, where nobody knows what passed between two looks."""
        while True:
            before, there, after = time.monotonic(), time.time(), time.monotonic()
            if after - before < 50e-6:
                self.behind = there - before
            if self.behind is not None:
                return self.behind


def answers_options(host, port):
    """Whether a SIP server there says 200 to OPTIONS over UDP."""
    bracketed = f"[{host}]" if ":" in host else host
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((host, 0))
        probe.settimeout(0.3)
        ours = probe.getsockname()[1]
        probe.sendto((f"OPTIONS sip:{bracketed}:{port} SIP/2.0\r\n"
                      f"Via: SIP/2.0/UDP {bracketed}:{ours};branch=z9hG4bK{time.monotonic_ns()};rport\r\n"
                      f"From: <sip:probe@{bracketed}>;tag=1\r\nTo: <sip:{bracketed}>\r\n"
                      f"Call-ID: {time.monotonic_ns()}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
                      "Content-Length: 0\r\n\r\n").encode(), (host, port))
        try:
            return probe.recv(65536).startswith(b"SIP/2.0 200")
        except (TimeoutError, ConnectionRefusedError):
            return False


class Process:
    """A child in its own process group whose output goes to a file; stopped when the test ends."""

    def __init__(self, folder, name, command, stdin=subprocess.DEVNULL, env=None):
        self.log_path = pathlib.Path(folder) / f"{name}.log"
        self.log_file = open(self.log_path, "wb")
        # The tests' own variables, and a developer's settings, are none of the server's.
        clean = {name: value for name, value in os.environ.items() if not name.startswith("ROTUNDA_")}
        self.child = subprocess.Popen(command, stdin=stdin, stdout=self.log_file, stderr=subprocess.STDOUT,
                                      env={**clean, **(env or {})}, start_new_session=True)

    def log(self):
        return self.log_path.read_text(errors="replace")

    def running(self):
        return self.child.poll() is None

    def stop(self, how=signal.SIGTERM, patience=15):
        if self.running():
            os.killpg(self.child.pid, how)
            try:
                self.child.wait(patience)
            except subprocess.TimeoutExpired:
                os.killpg(self.child.pid, signal.SIGKILL)
                self.child.wait()
        self.log_file.close()
        return self.child.returncode
