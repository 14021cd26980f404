"""An operator runs the server by its own commands while phones are in a room: reload, drain, mute, kick."""
import contextlib
import json
import os
import pathlib
import pty
import shlex
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest
import urllib.error
import urllib.request

import audio
from harness import BINARY, Baresip, InteropTest, Rotunda, wait_until
from probe import Probe


CLEAR = b"\x1b[H\x1b[2J"


def quoted(shell, name):
    """As it is offered: fish quotes by itself what it puts into the line."""
    return name if shell == "fish" else "".join("\\" + c if c in " $()" else c for c in name)


class ConfiguredRotunda(Rotunda):
    """A server with a configuration file, which it reads again when told to."""

    def __init__(self, folder, yaml="", **settings):
        self.file = pathlib.Path(folder) / "rotunda.yaml"
        self.file.write_text(yaml)
        super().__init__(folder, extra=["--config", str(self.file)], **settings)


class OperatorTest(InteropTest):
    """What a test of the operator's commands needs: self.server is the test's own, self.api where its API is."""

    def reach_api(self):
        self.tap = self.tapped(self.server)
        self.api = self.tap.address

    def command(self, *words, status=0, **environment):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("ROTUNDA_")}
        done = subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=20,
                              env={**clean, "ROTUNDA_API": self.api, **environment})
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        if "--json" in words and "watch" not in words:
            # What scripts read is the server's own answer, which the tap holds to the description.
            self.assertEqual(json.loads(done.stdout), self.tap.exchanges()[-1].json())
        return done.stdout if status == 0 else done.stderr

    def in_room(self, room="1000"):
        return json.loads(self.command("room", room, "--json"))["participants"]

    def talkers(self, count, room="1000", first=0):
        """Probes in a room, each with a tone of its own: 400 Hz, 550, 700 ..."""
        probes = [Probe(self.server.port, room) for _ in range(count)]
        for number, probe in enumerate(probes, first):
            probe.invite()
            self.addCleanup(probe.close)
            probe.talk(audio.tone(8000, 400 + 150 * number, 60, 0.1))
        return probes

    def get(self, path):
        """Status and text."""
        try:
            with urllib.request.urlopen(f"http://{self.api}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def metrics(self):
        return self.get("/metrics")[1]

    @staticmethod
    def level(probe, hz):
        """Amplitude of a tone in the last half second a probe heard."""
        return 10 ** (audio.level_db(probe.heard()[-4000:], 8000, hz) / 20)


class Operation(OperatorTest):
    def setUp(self):
        super().setUp()
        self.records = self.folder / "calls.jsonl"
        self.server = self.start(ConfiguredRotunda, "calls: {max: 100}\n", cdr__file=self.records, cdr__database=self.folder / "calls.db")
        self.reach_api()

    def test_a_reload_a_second_under_calls_loses_none_and_no_sound(self):
        seconds = int(os.environ.get("TEST_RELOAD_SECONDS", "8"))
        probes = self.talkers(int(os.environ.get("TEST_RELOAD_CALLS", "10")))
        time.sleep(0.5)
        for turn in range(seconds):
            self.server.file.write_text(f"calls: {{max: {100 + turn}}}\nrooms: {{max_talkers: {4 + turn % 4}}}\n")
            if turn % 2:
                self.assertIn("calls.max", self.command("reload"))
            else:
                os.kill(self.server.child.pid, signal.SIGHUP)
            time.sleep(1)
            wait_until(lambda: len(self.server.events("config.reloaded")) == turn + 1, 5, "the reload")
        self.assertEqual(len(self.server.events("config.reloaded")), seconds)
        self.assertEqual(len(self.in_room()), len(probes))
        self.assertEqual(self.server.events("call.ended"), [])
        for probe in probes:
            sequences = [packet[1] for packet in probe.packets]
            self.assertEqual([b - a & 0xFFFF for a, b in zip(sequences, sequences[1:])], [1] * (len(sequences) - 1))

    def test_a_bad_file_changes_nothing_and_says_why(self):
        self.server.file.write_text("calls:\n  max: many\n")
        said = self.command("reload", status=2)
        self.assertIn("rotunda.yaml:2: calls.max", said)
        self.assertEqual(len(wait_until(lambda: self.server.events("config.not_reloaded"), 5, "it to be told")), 1)
        self.server.file.write_text("media: {workers: 7}\ncalls: {max: 50}\n")
        answer = json.loads(self.command("reload", "--json"))
        self.assertEqual(answer, {"changed": ["calls.max"], "ignored": ["media.workers"]})

    def test_commands_see_and_steer_who_is_in_a_room(self):
        anna = self.start(Baresip, "anna", "PCMU", self.tone_file(440))
        anna.dial(self.server.uri("1000"))
        bert = self.talkers(1)[0]
        wait_until(lambda: sum(p["joined"] for p in self.in_room()) == 2, 10, "both in the room")
        self.assertIn("calls: 2", self.command("status"))
        self.assertRegex(self.command("rooms"), r"(?m)^1000 +2 ")
        who = next(p for p in self.in_room() if "anna" in p["from"])
        wait_until(lambda: self.level(bert, 440) > 0.05, 5, "anna to be heard")
        self.command("mute", "1000", str(who["id"]))
        wait_until(lambda: self.level(bert, 440) < 0.001, 5, "anna to be silent")
        self.assertTrue(next(p for p in self.in_room() if p["id"] == who["id"])["muted"])
        self.command("unmute", "1000", str(who["id"]))
        self.command("volume", "1000", str(who["id"]), "-12")
        wait_until(lambda: 0.015 < self.level(bert, 440) < 0.035, 5, "anna to be heard less")
        self.command("lock", "1000")
        late = Probe(self.server.port)
        self.addCleanup(late.close)
        with self.assertRaisesRegex(RuntimeError, "403"):
            late.invite()
        self.command("kick", "1000", str(who["id"]))
        wait_until(lambda: len(self.in_room()) == 1, 5, "anna to be gone")
        self.assertIn("No such participant", self.command("kick", "1000", str(who["id"]), status=2))
        self.command("end", "1000")
        wait_until(lambda: json.loads(self.command("rooms", "--json"))["rooms"] == [], 5, "the room to be gone")
        self.assertIn("no server answers", self.command("status", status=3, ROTUNDA_API="127.0.0.1:1"))

    def test_somebody_is_called_into_a_room_that_was_opened_for_him(self):
        self.command("open", "board")
        carl = self.start(Baresip, "carl", "opus", self.tone_file(550), answers=True)
        dial = json.loads(self.command("dial", "board", f"sip:carl@127.0.0.1:{carl.port}", "--json"))["dial"]
        wait_until(lambda: any(p["dialed_out"] and p["joined"] for p in self.in_room("board")), 10, "carl to answer")
        self.assertEqual(self.server.events("dial.answered")[0]["dial"], str(dial))
        carl.hang_up()
        wait_until(lambda: self.in_room("board") == [], 5, "carl to be gone")
        self.assertIn("board", self.command("rooms"))
        self.command("end", "board")

    def test_the_messages_of_a_call_are_kept_and_its_record_when_it_is_over(self):
        probe = self.talkers(1)[0]
        time.sleep(2)  # of sound, for its score
        ladder = self.command("trace", probe.call_id)
        self.assertRegex(ladder, r"INVITE sip:1000@\S* \+SDP -+> Rotunda")
        self.assertRegex(ladder, r"<-+ 200 OK \(INVITE\) \+SDP Rotunda")
        capture = self.folder / "call.pcap"
        with urllib.request.urlopen(f"http://{self.api}/v1/calls/{probe.call_id}/pcap") as answer:
            capture.write_bytes(answer.read())
        if shutil.which("tcpdump"):
            shown = subprocess.run(["tcpdump", "-nr", capture, "-A"], capture_output=True, text=True)
            self.assertIn("INVITE sip:1000", shown.stdout)
        probe.bye()
        record = wait_until(lambda: json.loads(self.command("calls", "--json"))["calls"], 5, "the call's record")[0]
        self.assertEqual((record["call_id"], record["room"], record["cause"], record["codec"]), (probe.call_id, "1000", "bye", "PCMU"))
        self.assertGreater(record["mos"], 4)
        self.assertEqual((record["answered"], record["talk_seconds"]), (record["began"], record["seconds"]))
        self.assertEqual(json.loads(self.records.read_text().splitlines()[0]), record)
        with sqlite3.connect(self.folder / "calls.db") as database:
            wait_until(lambda: database.execute("SELECT room FROM call").fetchall() == [("1000",)], 5, "the row")

    def test_watch_tells_every_event_as_it_happens(self):
        watching = subprocess.Popen([BINARY, "watch"], stdout=subprocess.PIPE, text=True, env={**os.environ, "ROTUNDA_API": self.api})
        self.addCleanup(watching.kill)
        wait_until(lambda: any(exchange.path == "/v1/events" for exchange in self.tap.exchanges()), 5, "it to watch")
        self.talkers(1)
        for line in watching.stdout:
            if "call.joined" in line:
                self.assertIn("room=1000", line)
                return
        self.fail("no call.joined")

    def test_watch_says_that_the_server_has_gone(self):
        watching = subprocess.Popen([BINARY, "watch", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                    env={**os.environ, "ROTUNDA_API": self.api})
        self.addCleanup(watching.kill)
        wait_until(lambda: any(exchange.path == "/v1/events" for exchange in self.tap.exchanges()), 5, "it to watch")
        self.server.stop()
        _, complaint = watching.communicate(timeout=20)
        self.assertEqual((watching.returncode, "the server has ended the stream of events" in complaint), (3, True))

    def test_watch_on_a_terminal_shows_who_is_there_now(self):
        ours, theirs = pty.openpty()
        watching = subprocess.Popen([BINARY, "watch"], stdout=theirs, env={**os.environ, "ROTUNDA_API": self.api})
        self.addCleanup(watching.kill)
        os.close(theirs)
        os.set_blocking(ours, False)
        seen = bytearray()

        def screen():
            with contextlib.suppress(BlockingIOError):
                seen.extend(os.read(ours, 1 << 16))
            *_, whole, _ = [b"", b"", *seen.split(CLEAR)]  # the last one may be half drawn
            return whole.decode()
        self.command("open", "a\u009b2Jb")
        probe = self.talkers(1)[0]
        wait_until(lambda: "room 1000" in screen() and "PCMU" in screen(), 5, "him on the screen")
        self.assertEqual({exchange.path for exchange in self.tap.exchanges() if exchange.path.endswith("/participants")},
                         {"/v1/rooms/1000/participants"})
        self.assertIn("room a?2Jb", screen())
        probe.bye()
        wait_until(lambda: "room 1000" not in screen(), 5, "him to leave the screen")
        self.assertNotIn("\u009b".encode(), seen)
        self.assertNotIn(b"\x1b", seen.replace(CLEAR, b""))

    def test_a_shell_completes_names_and_never_runs_them(self):
        trap = self.folder / "trap"
        name = f"$(touch {trap})"
        self.command("open", name)
        self.command("open", "board")
        self.talkers(1)
        for shell in ("bash", "zsh", "fish"):
            if shutil.which(shell) is None:
                continue
            offered = lambda *words: self.complete(shell, words)
            self.assertEqual(offered("mu"), ["mute"])
            self.assertEqual(offered("mute", ""), sorted([quoted(shell, name), "1000", "board"]))
            self.assertEqual(offered("mute", "bo"), ["board"])
            self.assertEqual(offered("mute", "1000", ""), [str(self.in_room()[0]["id"])])
            self.assertEqual(offered("layout", "1000", "side"), ["side-by-side"])
            self.assertEqual(offered("user", "pass"), ["passwd"])
            self.assertFalse(trap.exists(), shell)

    def complete(self, shell, words):
        """What a shell offers for the last word of a command."""
        script = self.folder / f"completion.{shell}"
        script.write_text(self.command("completion", shell))
        line = shlex.join(["rotunda", *words[:-1]]) + f" {words[-1]}"
        ask = {"bash": f"source {script}; COMP_WORDS=({line} {'' if words[-1] else repr('')}); COMP_CWORD={len(words)}; _rotunda; "
                       "printf '%s\\n' \"${COMPREPLY[@]}\"",
               "zsh": f"autoload -U compinit; compinit -D; source {script}; setopt ksharrays shwordsplit; COMP_WORDS=({line} {'' if words[-1] else repr('')}); "
                      f"COMP_CWORD={len(words)}; _rotunda; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
               "fish": f"source {script}; complete -C '{line}' | string split -f1 \\t"}[shell]
        done = subprocess.run([shell, "-c", ask], capture_output=True, text=True, timeout=20, cwd=self.folder,
                              env={"PATH": f"{pathlib.Path(BINARY).parent}:{os.environ['PATH']}", "HOME": str(self.folder), "ROTUNDA_API": self.api})
        self.assertEqual(done.stderr, "")
        offered = done.stdout.split("\n")[:-1]
        if shell == "zsh":  # compares by itself
            offered = [each for each in offered if each.startswith(words[-1])]
        return sorted(offered)


if __name__ == "__main__":
    unittest.main()
