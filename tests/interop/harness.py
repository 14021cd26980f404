"""Starts Rotunda and phones nobody here wrote, headless and on loopback. Every port is a free one; everything ends with the test."""
import contextlib
import functools
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import warnings

import audio
from described import Tap
from phones import Baresip, Linphone  # noqa: F401 (a test's one door to everything it starts)
from probe import Probe
from processes import Process, answers_options, free_port, wait_until

HERE = pathlib.Path(__file__).resolve().parent
BINARY = os.environ.get("TEST_SERVER") or str(HERE.parent.parent / "build/release/rotunda")


class Rotunda(Process):
    def __init__(self, folder, host="127.0.0.1", port=None, extra=(), **settings):
        self.host, self.port = host, port or free_port()
        media = free_port(count=2)
        # Loopback tests run beside one another: each server gets a media range of its own.
        low = 20000 + (media * 7919) % 90 * 400
        bracketed = f"[{host}]" if ":" in host else host
        defaults = {"sip.listen": f"udp://{bracketed}:{self.port},tcp://{bracketed}:{self.port}",
                    "media.ports": f"{low}-{low + 399}", "log.format": "json", "http.listen": "127.0.0.1:0",
                    "database.path": pathlib.Path(folder) / "rotunda.db",
                    # Most phones here have no account.
                    "refer.access": "anyone", "refer.trunks": "anyone"}
        defaults.update({key.replace("__", "."): value for key, value in settings.items()})
        command = [BINARY, *extra]
        for key, value in defaults.items():
            if value is not None:  # else as a file or nobody says
                command += ["--set", f"{key}={value}"]
        super().__init__(folder, "rotunda", command)
        self.bracketed = bracketed
        wait_until(self.answers_options, 10, "Rotunda to answer OPTIONS")

    def uri(self, room, transport=None):
        return f"sip:{room}@{self.bracketed}:{self.port}" + (f";transport={transport}" if transport else "")

    def answers_options(self):
        assert self.running(), self.log()
        return answers_options(self.host, self.port)

    def state(self):
        """What the server says it holds: SIGUSR1 makes it log one line."""
        known = len(self.events("server.state"))
        os.kill(self.child.pid, signal.SIGUSR1)
        wait_until(lambda: len(self.events("server.state")) > known, 5, "the server's state")
        return {key: int(value) for key, value in self.events("server.state")[-1].items() if str(value).isdigit()}

    def events(self, name=None):
        """The log's records, as dictionaries; of one event if named."""
        time.sleep(0.05)  # the server gathers lines for some milliseconds before it writes them
        records = []
        for line in self.log().splitlines():
            with contextlib.suppress(ValueError):
                record = json.loads(line)
                if name is None or record.get("event") == name:
                    records.append(record)
        return records


def sipp_for(scenario):
    """The command that plays it. Recorded packets go out over a raw socket: for root, by sudo, or by a copy of SIPp with CAP_NET_RAW."""
    sipp = os.environ.get("SIPP", "sipp")
    if "play_pcap" not in scenario.read_text() or os.geteuid() == 0 or "SIPP" in os.environ:
        return [sipp]
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n", sipp]
    raise AssertionError(f"{scenario.name} plays recorded packets, which SIPp sends over a raw socket: run this test as root, let sudo "
                         "need no password, or set SIPP to a copy of it with CAP_NET_RAW (see CONTRIBUTING.md)")


def run_sipp(test, server, scenario, rooms, calls=1, at_once=1, transport="u1", limit=60, **keys):
    """Plays tests/interop/sipp/SCENARIO.xml `calls` times, the rooms in turn and [key] as given; fails the test unless every call
    went as written."""
    listed = test.folder / f"{scenario}-rooms.csv"
    listed.write_text("SEQUENTIAL\n" + "".join(f"{room}\n" for room in rooms))
    port, media = free_port(), free_port(count=6)
    file = HERE / "sipp" / f"{scenario}.xml"
    command = [*sipp_for(file), f"{server.bracketed}:{server.port}", "-sf", str(file),
               "-inf", str(listed), "-i", server.host, "-p", str(port), "-mi", server.host, "-mp", str(media),
               "-t", transport, "-m", str(calls), "-l", str(at_once), "-r", str(at_once), "-nostdin",
               "-timeout", str(limit), "-timeout_error", "-trace_err", "-error_file", str(test.folder / f"{scenario}-errors.log")]
    for key, value in keys.items():
        command += ["-key", key, value]
    done = subprocess.run(command, cwd=test.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=limit + 30)
    errors = test.folder / f"{scenario}-errors.log"
    test.assertEqual(done.returncode, 0, (errors.read_text(errors="replace") if errors.exists() else done.stdout.decode(errors="replace"))[-3000:])


class HostTimer:
    """How late this machine wakes a bare 20 ms timer while the block runs, by a process on each core that does nothing else: the worst of
    it, and how often it was more than 5 ms, together. `real_time`: at a priority like the media workers', where that is permitted."""

    WATCH = """
import os, select, sys, time
os.sched_setaffinity(0, {int(sys.argv[2])})  # else it is woken on whichever core is idle
if sys.argv[1] == "real_time":
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        pass
print(flush=True)
late, due = [], time.monotonic()
while not select.select([sys.stdin], [], [], max(0.0, due - time.monotonic()))[0]:
    late.append(1000 * (time.monotonic() - due))
    due = time.monotonic() + 0.020
print(max(late, default=0.0), sum(each > 5 for each in late))
"""

    def __init__(self, real_time=False):
        self.kind = "real_time" if real_time else "ordinary"

    def __enter__(self):
        self.watchers = [subprocess.Popen([sys.executable, "-c", self.WATCH, self.kind, str(core)], stdin=subprocess.PIPE,
                                          stdout=subprocess.PIPE) for core in os.sched_getaffinity(0)]
        for watcher in self.watchers:
            watcher.stdout.readline()  # it watches
        return self

    def __exit__(self, *_):
        told = [watcher.communicate()[0].split() for watcher in self.watchers]
        self.worst_ms, self.late = max(float(worst) for worst, _ in told), sum(int(late) for _, late in told)


def measured(test):
    """A measurement in real time is void, and made again, only where the machine itself woke a bare timer too late meanwhile. Who is held
    up may also miss an answer or a recording altogether; a fault of ours is there in every try."""
    limit_ms, tries = 5.0, 5
    outcomes = (AssertionError, RuntimeError, TimeoutError, LookupError, EOFError)

    @functools.wraps(test)
    def run(self):
        for left in reversed(range(tries)):
            try:
                with HostTimer() as host:
                    return test(self)
            except outcomes as failure:
                if left == 0 or host.worst_ms < limit_ms:
                    raise
                print(f"void: this machine woke a bare timer {host.worst_ms:.1f} ms late; {failure!r}", file=sys.stderr)
                Probe.close_all()  # they would talk on into the next try
                self.stop_all()
                self.fresh_start()
    return run


class InteropTest(unittest.TestCase):
    """A scratch folder and everything started in it; on failure the logs are printed, then all of it goes."""

    def setUp(self):
        warnings.simplefilter("ignore", ResourceWarning)
        self.fresh_start()
        self.addCleanup(self.stop_all)
        self.addCleanup(Probe.close_all)

    def fresh_start(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rotunda-interop-"))
        self.started = []

    def start(self, kind, *args, **kwargs):
        process = kind(self.folder, *args, **kwargs)
        self.started.append(process)
        return process

    def tapped(self, server):
        """A tap to the API of a server: what is said through it is held to docs/openapi.json when the test is over."""
        tap = Tap(server.events("server.started")[0]["http"])
        self.addCleanup(tap.check)
        return tap

    def tone_file(self, hz, rate=48000, seconds=180, amplitude=0.1):
        """Longer than any call here: at its end baresip hangs up."""
        path = self.folder / f"tone-{hz}-{rate}.wav"
        if not path.exists():
            audio.write_wav(path, rate, audio.tone(rate, hz, seconds, amplitude))
        return path

    def stop_all(self):
        for process in reversed(self.started):
            process.stop()
        result = self._outcome.result
        if any(test is self for test, _ in result.failures + result.errors) or os.environ.get("TEST_KEEP"):
            for process in self.started:
                print(f"--- {process.log_path}", process.log()[-4000:], sep="\n", file=sys.stderr)
        if not os.environ.get("TEST_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)
