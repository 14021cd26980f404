"""try_systemd.py: docker/rotunda.service under a real systemd: Type=notify, the sandbox, reload and stop under calls, the watchdog,
and a secret that only root may read.

systemd is started as the first process of a container made of this machine's own files, with a network of its own; nothing of it
stays. Needs root, systemd-container (systemd-nspawn) and a built server. No part of ctest, where there is no such container."""
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time
import unittest

import audio
from harness import BINARY, InteropTest, wait_until
from probe import Probe

UNIT = pathlib.Path(__file__).resolve().parent.parent.parent / "docker/rotunda.service"
TARGET = "[Unit]\nRequires=basic.target\nWants=rotunda.service\nAfter=basic.target\nAllowIsolate=yes\n"
# Of the machine's own services, none.
MASKED = ("systemd-timesyncd", "systemd-udevd", "systemd-udev-trigger", "systemd-networkd", "systemd-resolved")


def run(*words, check=True, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=60, **options)
    if check and done.returncode:
        raise RuntimeError(f"{words}: {done.stdout}{done.stderr}")
    return done.stdout


class Machine:
    """A container with this machine's files, whatever is written there thrown away, and systemd as its first process."""

    def __init__(self, scratch):
        self.scratch, self.root = scratch, scratch / "root"
        self.root.mkdir()
        run("mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", scratch / "layer")
        for name in ("upper", "work"):
            (scratch / "layer" / name).mkdir()
        run("mount", "-t", "overlay", "overlay", "-o", f"lowerdir=/,upperdir={scratch}/layer/upper,workdir={scratch}/layer/work", self.root)
        # As docs/operation.md has it.
        run("install", "-m", "755", BINARY, self.root / "usr/bin/rotunda")
        run("install", "-D", "-m", "644", "/dev/null", self.root / "etc/rotunda/rotunda.yaml")
        units = self.root / "etc/systemd/system"
        run("install", "-m", "644", UNIT, units)
        (units / "only-rotunda.target").write_text(TARGET)
        for name in MASKED:
            (units / f"{name}.service").unlink(missing_ok=True)
            (units / f"{name}.service").symlink_to("/dev/null")
        self.child = subprocess.Popen(["systemd-nspawn", "-D", self.root, "--machine=rotunda-try", "--register=no", "--keep-unit", "--private-network",
                                       "--resolv-conf=off", "--timezone=off", "--link-journal=no", "--console=pipe", "--boot", "--",
                                       "systemd.unit=only-rotunda.target"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.init = wait_until(lambda: run("pgrep", "-P", self.child.pid, check=False).strip(), 20, "systemd")

    def stop(self):
        self.child.terminate()
        try:
            self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        for place in (self.root, self.scratch / "layer"):
            run("umount", place, check=False)


class Unit(InteropTest):
    """Runs in the container's network; everything else of it is reached by nsenter."""

    def inside(self, *words, check=True):
        return run("nsenter", "-t", os.environ["TRY_SYSTEMD"], "-a", *words, check=check)

    def shown(self, name):
        return self.inside("systemctl", "show", "--value", "-p", name, "rotunda").strip()

    def await_state(self, state, seconds=20):
        wait_until(lambda: self.shown("ActiveState") == state, seconds, f"the unit to be {state}")

    def log(self):
        return self.inside("journalctl", "-u", "rotunda", "-o", "cat", "--no-pager")

    def settings(self, yaml):
        self.inside("sh", "-c", f"cat > /etc/rotunda/rotunda.yaml << 'END'\n{yaml}\nEND")

    def setUp(self):
        super().setUp()
        self.settings("")
        self.inside("systemctl", "restart", "rotunda")
        self.await_state("active")

    def talkers(self, count):
        probes = [Probe(5060) for _ in range(count)]
        for probe in probes:
            probe.invite()
            self.addCleanup(probe.close)
            probe.talk(audio.tone(8000, 440, 60, 0.1))
        return probes

    def expect_no_gap(self, probe):
        sequences = [packet[1] for packet in probe.packets]
        self.assertGreater(len(sequences), 50)
        self.assertEqual([b - a & 0xFFFF for a, b in zip(sequences, sequences[1:])], [1] * (len(sequences) - 1))

    def test_it_says_when_it_is_ready_and_runs_with_next_to_no_rights(self):
        self.assertEqual((self.shown("Type"), self.shown("SubState"), self.shown("WatchdogUSec")), ("notify", "running", "20s"))
        status = self.inside("cat", f"/proc/{self.shown('MainPID')}/status")
        for line in (r"CapEff:\t0+", r"CapBnd:\t0+", r"NoNewPrivs:\t1", r"Seccomp:\t2"):
            self.assertRegex(status, rf"(?m)^{line}$")
        self.assertNotRegex(status, r"(?m)^Uid:\t0\t")
        most = min(65536, resource.getrlimit(resource.RLIMIT_NOFILE)[1])  # a container may be given less than the unit asks for
        self.assertRegex(self.inside("cat", f"/proc/{self.shown('MainPID')}/limits"), rf"Max open files +{most} ")
        self.assertIn("rotunda.db", self.inside("ls", "/var/lib/rotunda/"))

    def test_a_reload_and_a_bad_reload_touch_no_call(self):
        talker, = self.talkers(1)
        self.settings("calls: {max: 77}")
        self.inside("systemctl", "reload", "rotunda")
        wait_until(lambda: "calls.max" in self.log(), 5, "the reload")
        self.settings("calls: {max: many}")
        self.inside("systemctl", "reload", "rotunda")
        wait_until(lambda: "config.not_reloaded" in self.log(), 5, "the word on the bad file")
        time.sleep(1)
        self.expect_no_gap(talker)
        self.assertEqual(talker.bye(), 200)

    def test_stopped_it_takes_no_calls_and_ends_with_its_last_one(self):
        talker, = self.talkers(1)
        self.inside("systemctl", "stop", "--no-block", "rotunda")
        self.await_state("deactivating")
        late = Probe(5060)
        self.addCleanup(late.close)
        self.assertRaisesRegex(RuntimeError, "503", late.invite)
        time.sleep(2)
        self.expect_no_gap(talker)
        self.assertEqual(self.shown("ActiveState"), "deactivating")
        self.assertEqual(talker.bye(), 200)
        self.await_state("inactive")
        self.assertEqual((self.shown("Result"), self.shown("ExecMainStatus")), ("success", "0"))

    def test_one_that_hangs_is_ended_and_started_anew(self):
        first = self.shown("MainPID")
        self.inside("kill", "-STOP", first)
        wait_until(lambda: self.shown("NRestarts") == "1", 60, "the watchdog")
        self.await_state("active")
        self.assertNotEqual(self.shown("MainPID"), first)

    def test_a_secret_that_only_root_may_read_is_handed_to_it(self):
        place = re.search(r"/run/credentials/\S+/", UNIT.read_text()).group(0)  # as the unit's own comment says
        self.inside("sh", "-c", "mkdir -p /run/systemd/system/rotunda.service.d; echo a-token-of-sixteen > /etc/rotunda/token; chmod 600 /etc/rotunda/token;"
                    "printf '[Service]\\nLoadCredential=token:/etc/rotunda/token\\n' > /run/systemd/system/rotunda.service.d/secret.conf; systemctl daemon-reload")
        self.settings(f"http: {{tokens: [{{name: desk, scope: read, secret_file: {place}token}}]}}")
        self.inside("systemctl", "restart", "rotunda")
        self.await_state("active")
        asked = lambda token: run(BINARY, "status", check=False, env={"ROTUNDA_TOKEN": token, "ROTUNDA_API": "127.0.0.1:8080"})
        self.assertIn("calls: 0", asked("a-token-of-sixteen"))
        self.assertEqual(asked("another-of-sixteen"), "")


def main():
    if os.environ.get("TRY_SYSTEMD"):
        return unittest.main()
    with tempfile.TemporaryDirectory() as scratch:
        (pathlib.Path(scratch) / "layer").mkdir()
        machine = Machine(pathlib.Path(scratch))
        try:
            done = subprocess.run(["nsenter", "-t", machine.init, "-n", sys.executable, __file__, *sys.argv[1:]], env={**os.environ, "TRY_SYSTEMD": machine.init})
        finally:
            machine.stop()
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
