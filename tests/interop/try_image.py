"""try_image.py [IMAGE]: the container as an operator runs it takes a call between two phones. Without IMAGE it is built first.

Needs a Docker engine (DOCKER_HOST) and this machine's own network: docker/Dockerfile says how it is built where there is no
registry to take debian:bookworm-slim from. No part of ctest, which needs no engine."""
import json
import pathlib
import subprocess
import sys
import time
import unittest

import audio
from harness import Baresip, InteropTest, free_port, wait_until

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
IMAGE = sys.argv.pop() if len(sys.argv) > 1 else None
LARGEST = 450e6


def docker(*words, check=True):
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise RuntimeError(f"docker {' '.join(words)}: {done.stderr}")
    return done.stdout.strip()


class Image(InteropTest):
    @classmethod
    def setUpClass(cls):
        cls.image = IMAGE or "rotunda"
        if not IMAGE:
            subprocess.run(["docker", "build", "--network=host", "-t", cls.image, "-f", "docker/Dockerfile", "."], cwd=REPOSITORY, check=True)

    def run_container(self, *words, environment=None, mounted=None):
        settings = [word for name, value in (environment or {}).items() for word in ("-e", f"{name}={value}")]
        if mounted:
            settings += ["-v", f"{mounted}:/etc/rotunda.yaml:ro"]
        container = docker("run", "-d", "--network=host", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges",
                           *settings, self.image, *words)
        self.addCleanup(docker, "rm", "-f", "-v", container, check=False)
        return container

    def test_it_is_small_has_no_compiler_and_its_own_user(self):
        about = json.loads(docker("image", "inspect", self.image))[0]
        print(f"image: {about['Size'] / 1e6:.0f} MB unpacked", file=sys.stderr)
        self.assertLessEqual(about["Size"], LARGEST)
        self.assertEqual(about["Config"]["User"], "rotunda")
        self.assertIn("org.opencontainers.image.title", about["Config"]["Labels"])
        found = docker("run", "--rm", "--network=host", "--entrypoint=/bin/sh", self.image, "-c", "command -v gcc cc c++ ld make; id -u; true")
        self.assertEqual(found, "5060")
        # Else no webhook's or trunk's certificate is believed.
        docker("run", "--rm", "--network=host", "--entrypoint=/usr/bin/test", self.image, "-s", "/etc/ssl/certs/ca-certificates.crt")

    @staticmethod
    def expect_health(container):
        health = lambda: json.loads(docker("inspect", container))[0]["State"]["Health"]["Status"]
        wait_until(lambda: health() == "healthy", 40, "the container to be healthy")

    def test_two_phones_talk_through_it_and_it_drains(self):
        port, web = free_port(), free_port()
        container = self.run_container(environment={
            "ROTUNDA_SIP_LISTEN": f"udp://127.0.0.1:{port}", "ROTUNDA_HTTP_LISTEN": f"127.0.0.1:{web}",
            "ROTUNDA_MEDIA_PORTS": "29000-29099", "ROTUNDA_LOG_FORMAT": "json"})
        self.expect_health(container)
        phones = [self.start(Baresip, name, codec, self.tone_file(hz)) for name, codec, hz in (("anna", "PCMU", 440), ("bert", "opus", 660))]
        for phone in phones:
            phone.dial(f"sip:1000@127.0.0.1:{port}")
        time.sleep(5)
        self.assertIn("calls: 2", docker("exec", container, "rotunda", "status"))
        docker("kill", "--signal=TERM", container)
        time.sleep(1)
        self.assertEqual(json.loads(docker("inspect", container))[0]["State"]["Running"], True)
        for phone in phones:
            phone.hang_up()
        wait_until(lambda: not json.loads(docker("inspect", container))[0]["State"]["Running"], 10, "the drained container to end")
        for phone, hz in zip(phones, (660, 440)):
            rate, samples = phone.heard()
            self.assertGreater(audio.level_db(samples[-2 * rate:-rate // 2], rate, hz), -26)
        self.assertEqual(json.loads(docker("inspect", container))[0]["State"]["ExitCode"], 0)

    def test_it_runs_with_no_file_and_says_where_it_serves(self):
        port = free_port()
        container = self.run_container("--set", f"sip.listen=udp://127.0.0.1:{port}", "--set", "http.listen=")
        wait_until(lambda: "sip:1000@" in docker("logs", container), 10, "the greeting")

    def test_a_mounted_file_is_obeyed_and_what_it_wants_kept_is_kept_although_the_root_is_read_only(self):
        port, web = free_port(), free_port()
        settings = self.folder / "rotunda.yaml"
        self.folder.chmod(0o755)
        settings.write_text(f"sip: {{listen: ['udp://127.0.0.1:{port}'], domains: [example.com]}}\nhttp: {{listen: '127.0.0.1:{web}'}}\n"
                            "rooms: {on_demand: '', list: [board]}\nusers: [{name: anna, password: correct-horse}]\n"
                            "cdr: {file: calls.jsonl, database: calls.db}\n")
        container = self.run_container(environment={"ROTUNDA_CONFIG": "/etc/rotunda.yaml"}, mounted=settings)
        asked = lambda *words: docker("exec", container, "rotunda", *words)
        wait_until(lambda: "sip:board@" in docker("logs", container), 10, "the greeting")
        self.assertIn("anna", asked("users"))
        self.expect_health(container)
        phone = self.start(Baresip, "bert", "PCMU", self.tone_file(440))
        phone.dial(f"sip:board@127.0.0.1:{port}")
        self.assertRegex(asked("rooms"), r"(?m)^board +1 ")
        phone.hang_up()
        wait_until(lambda: '"room":"board"' in docker("exec", container, "cat", "/var/lib/rotunda/calls.jsonl", check=False), 5, "the record")
        self.assertIn("calls.db", docker("exec", container, "ls", "/var/lib/rotunda"))
        settings.write_text(settings.read_text().replace("list: [board]", "list: [board, kitchen]"))
        self.assertIn("rooms.list", asked("reload"))


if __name__ == "__main__":
    unittest.main()
