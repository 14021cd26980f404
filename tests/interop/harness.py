"""Starts Rotunda and phones nobody here wrote, headless and on loopback. Every port is a free one; everything ends with the test."""
import contextlib
import functools
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import warnings

import audio

HERE = pathlib.Path(__file__).resolve().parent
BINARY = os.environ.get("TEST_SERVER") or str(HERE.parent.parent / "build/release/rotunda")


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


def wait_until(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (value := condition()):
            return value
        time.sleep(0.01)
    raise AssertionError(f"waited {seconds} s in vain for {what}")


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

    def stop(self, how=signal.SIGTERM, patience=5):
        if self.running():
            os.killpg(self.child.pid, how)
            try:
                self.child.wait(patience)
            except subprocess.TimeoutExpired:
                os.killpg(self.child.pid, signal.SIGKILL)
                self.child.wait()
        self.log_file.close()
        return self.child.returncode


class Rotunda(Process):
    def __init__(self, folder, host="127.0.0.1", port=None, extra=(), **settings):
        self.host, self.port = host, port or free_port()
        media = free_port(count=2)
        # Loopback tests run beside one another: each server gets a media range of its own.
        low = 20000 + (media * 7919) % 90 * 400
        bracketed = f"[{host}]" if ":" in host else host
        defaults = {"sip.listen": f"udp://{bracketed}:{self.port},tcp://{bracketed}:{self.port}",
                    "media.ports": f"{low}-{low + 399}", "log.format": "json", "http.listen": "127.0.0.1:0",
                    # Most phones here have no account.
                    "refer.access": "anyone", "refer.trunks": "anyone"}
        defaults.update({key.replace("__", "."): value for key, value in settings.items()})
        command = [BINARY, *extra]
        for key, value in defaults.items():
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


class Baresip(Process):
    """Debian's baresip: plays a WAV file or nothing, records what it hears, obeys over its JSON control port."""

    CODECS = {"PCMU": "PCMU/8000/1", "PCMA": "PCMA/8000/1", "G722": "G722/16000/1", "opus": "opus/48000/2"}

    def __init__(self, folder, name, codec="PCMU", play=None, host="127.0.0.1", ptime=20, console=False,
                 answers=False, encryption=None, account=None, certificate=None, chats_with=None, rtcp_mux=False,
                 video=None, film=None):
        self.home = pathlib.Path(folder) / name
        self.records = self.home / "records"
        self.records.mkdir(parents=True)
        self.port, self.control, self.console_port = free_port(count=2), free_port(), free_port()
        rtp = 16000 + self.port % 100 * 20
        source = f"aufile,{play}" if play else "aubridge,none"
        (self.home / "contacts").write_text(f'"chat" <{chats_with}>\n' if chats_with else "")
        (self.home / "accounts").write_text(
            f"{account or f'<sip:{name}@{host}:{self.port}>;regint=0'};audio_codecs={self.CODECS[codec]};ptime={ptime}"
            f"{';answermode=auto' if answers else ''}"
            + (f";mediaenc={encryption}" if encryption else "") + (";rtcp_mux=yes" if rtcp_mux else "")
            + (f";video_codecs={video}" if video else "") + "\n")
        (self.home / "config").write_text("\n".join([
            f"sip_listen {host}:{self.port}", "call_max_calls 4", "audio_path /nonexistent",
            f"audio_player aubridge,player-{name}", f"audio_source {source}", f"audio_alert aubridge,alert-{name}",
            "ausrc_srate 48000", "auplay_srate 48000", "ausrc_channels 1", "auplay_channels 1", "audio_buffer 20-160",
            f"rtp_ports {rtp}-{rtp + 19}", "module_path /usr/lib/baresip/modules",
            "module g711.so", "module g722.so", "module opus.so", "module aubridge.so", "module aufile.so",
            "module sndfile.so", *(["module srtp.so", "module dtls_srtp.so"] if encryption else []),
            # With a film it has video: plays the file, and shows what it sees to nobody but `snapshot_recv`.
            *(["module avcodec.so", "module vp8.so", "module avformat.so", "module fakevideo.so", "module snapshot.so",
               f"video_source avformat,{film}", "video_display fakevideo,nil", "video_size 640x360", "video_fps 25",
               "video_bitrate 600000"] if film else []), "module_tmp uuid.so", "module_tmp account.so", "module_app menu.so",
            "module_app ctrl_tcp.so", f"ctrl_tcp_listen 127.0.0.1:{self.control}", f"snd_path {self.records}",
            *([f"cons_listen 127.0.0.1:{self.console_port}", "module_app cons.so"] if console else []),
            *([f"sip_certificate {certificate}"] if certificate else []), *(["module_app contact.so"] if chats_with else []), ""]))
        super().__init__(folder, name, ["baresip", "-f", str(self.home)])
        self.link = wait_until(self.connect, 10, f"baresip {name} to take commands")

    def connect(self):
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", self.control), timeout=2)

    def console(self):
        """Its console (console=True), which shows what a person would read: chat."""
        return socket.create_connection(("127.0.0.1", self.console_port), timeout=5)

    def command(self, name, params=""):
        text = json.dumps({"command": name, "params": params}).encode()
        self.link.sendall(b"%d:%s," % (len(text), text))

    def dial(self, uri):
        self.command("dial", uri)
        wait_until(lambda: "Call established" in self.log(), 10, f"{uri} to answer")

    def hang_up(self):
        self.command("hangup")

    def write(self, text):
        """A message to whom it chats_with."""
        self.command("contact_next")
        self.command("message", text)

    def heard(self):
        """(rate, samples) of everything decoded so far in the last call."""
        return audio.read_wav(sorted(self.records.glob("*-dec.wav"))[-1])

    def said(self):
        """The same of what went into its encoder: its own resampler takes up to a decibel."""
        return audio.read_wav(sorted(self.records.glob("*-enc.wav"))[-1])


class Linphone(Process):
    """Debian's linphonec with files instead of a sound card."""

    def __init__(self, folder, name, play, codec=None, encryption=None, tls=False, account=""):
        self.home, self.play = pathlib.Path(folder) / name, play
        # Without this folder linphonec opens no socket, and says nothing of it.
        (self.home / ".local/share/linphone").mkdir(parents=True)
        self.record = self.home / "heard.wav"
        self.port = free_port()
        rtp = 18000 + self.port % 100 * 20
        config = self.home / "linphonerc"
        config.write_text(f"[sip]\nmedia_encryption={encryption or 'none'}\n"
                          f"sip_port={self.port}\nsip_tcp_port={self.port}\nsip_tls_port={-1 if tls else 0}\n"
                          "guess_hostname=0\nverify_server_certs=0\nverify_server_cn=0\n"
                          f"contact=\"{name}\" <sip:{name}@127.0.0.1:{self.port}>\nuse_ipv6=0\n"
                          f"[rtp]\naudio_rtp_port={rtp}\n[sound]\nechocancellation=0\n[net]\nfirewall_policy=0\n"
                          "[video]\nenabled=0\nautomatically_initiate=0\nautomatically_accept=0\n" + account)
        super().__init__(folder, name, ["linphonec", "-c", str(config)], stdin=subprocess.PIPE,
                         env={"HOME": str(self.home)})
        wait_until(lambda: "linphonec>" in self.log(), 15, "linphonec's prompt")
        self.say("soundcard use files", f"play {play}", f"record {self.record}")

    def say(self, *lines):
        for line in lines:
            self.child.stdin.write(line.encode() + b"\n")
            self.child.stdin.flush()
            time.sleep(0.3)

    def dial(self, uri):
        known = self.log().count("connected")
        self.say(f"call {uri}")
        wait_until(lambda: self.log().count("connected") > known, 15, f"{uri} to answer linphonec")

    def hang_up(self):
        self.say("terminate")

    def heard(self):
        return audio.read_wav(self.record)

    def said(self):
        return audio.read_wav(self.play)


def run_sipp(test, server, scenario, rooms, calls=1, at_once=1, transport="u1", limit=60, **keys):
    """Plays tests/interop/sipp/SCENARIO.xml `calls` times, the rooms in turn and [key] as given; fails the test unless every call
    went as written."""
    listed = test.folder / f"{scenario}-rooms.csv"
    listed.write_text("SEQUENTIAL\n" + "".join(f"{room}\n" for room in rooms))
    port, media = free_port(), free_port(count=6)
    command = ["sipp", f"{server.bracketed}:{server.port}", "-sf", str(HERE / "sipp" / f"{scenario}.xml"),
               "-inf", str(listed), "-i", server.host, "-p", str(port), "-mi", server.host, "-mp", str(media),
               "-t", transport, "-m", str(calls), "-l", str(at_once), "-r", str(at_once), "-nostdin",
               "-timeout", str(limit), "-timeout_error", "-trace_err", "-error_file", str(test.folder / f"{scenario}-errors.log")]
    for key, value in keys.items():
        command += ["-key", key, value]
    done = subprocess.run(command, cwd=test.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=limit + 30)
    errors = test.folder / f"{scenario}-errors.log"
    test.assertEqual(done.returncode, 0, (errors.read_text(errors="replace") if errors.exists() else done.stdout.decode(errors="replace"))[-3000:])


class HostTimer:
    """How late this machine wakes a bare 20 ms timer: the worst of it while the block runs, by a process that does nothing else."""

    WATCH = """
import select, sys, time
worst, due = 0.0, time.monotonic()
while not select.select([sys.stdin], [], [], max(0.0, due - time.monotonic()))[0]:
    worst = max(worst, time.monotonic() - due)
    due = time.monotonic() + 0.020
print(1000 * worst)
"""

    def __enter__(self):
        self.watcher = subprocess.Popen([sys.executable, "-c", self.WATCH], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(self, *_):
        self.worst_ms = float(self.watcher.communicate()[0])


def measured(test):
    """A measurement in real time is void, and made again, only where the machine itself woke a bare timer too late meanwhile."""
    limit_ms, tries = 8.0, 5

    @functools.wraps(test)
    def run(self):
        for left in reversed(range(tries)):
            try:
                with HostTimer() as host:
                    return test(self)
            except AssertionError:
                if left == 0 or host.worst_ms < limit_ms:
                    raise
                print(f"void: this machine woke a bare timer {host.worst_ms:.1f} ms late", file=sys.stderr)
                self.stop_all()
                self.fresh_start()
    return run


class InteropTest(unittest.TestCase):
    """A scratch folder and everything started in it; on failure the logs are printed, then all of it goes."""

    def setUp(self):
        warnings.simplefilter("ignore", ResourceWarning)
        self.fresh_start()
        self.addCleanup(self.stop_all)

    def fresh_start(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rotunda-interop-"))
        self.started = []

    def start(self, kind, *args, **kwargs):
        process = kind(self.folder, *args, **kwargs)
        self.started.append(process)
        return process

    def tone_file(self, hz, rate=48000, seconds=60, amplitude=0.1):
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
