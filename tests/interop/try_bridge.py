"""try_bridge.py DATA_ROOT: the image on a Docker bridge, with few published ports as docs/operation.md has them, takes a call between
two phones on another host.

The hosts are network namespaces made here and removed again; in one of them a Docker engine is started on DATA_ROOT, which no other
engine has open and which holds the image rotunda. Needs root, docker.io and iptables. No part of ctest."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

import audio
from harness import Baresip, InteropTest, wait_until

DOCS = pathlib.Path(__file__).resolve().parent.parent.parent / "docs/operation.md"
ENGINE, CALLERS = "rotunda-engine", "rotunda-callers"
ENGINE_ADDRESS, CALLER_ADDRESS = "192.168.77.5", "192.168.77.10"


def run(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def make_hosts():
    for host in (ENGINE, CALLERS):
        run("ip", "netns", "add", host)
        run("ip", "-n", host, "link", "set", "lo", "up")
    run("ip", "link", "add", "engine", "netns", ENGINE, "type", "veth", "peer", "name", "callers", "netns", CALLERS)
    for host, name, address in ((ENGINE, "engine", ENGINE_ADDRESS), (CALLERS, "callers", CALLER_ADDRESS)):
        run("ip", "-n", host, "addr", "add", f"{address}/24", "dev", name)
        run("ip", "-n", host, "link", "set", name, "up")


def start_engine(folder, data_root):
    # nsenter, since `ip netns exec` hides the control groups; IPv6 is not what this is about, and its tables are not everywhere.
    engine = subprocess.Popen(["nsenter", f"--net=/run/netns/{ENGINE}", "dockerd", "--ip6tables=false", "--storage-driver=overlay2", f"--data-root={data_root}",
                               f"--exec-root={folder}/exec", f"--pidfile={folder}/pid", "-H", f"unix://{folder}/sock"],
                              stdout=open(f"{folder}/dockerd.log", "w"), stderr=subprocess.STDOUT)
    wait_until(lambda: subprocess.run(["docker", "info"], capture_output=True).returncode == 0, 60, "the engine")
    return engine


def documented_command():
    """`docker run` as the page has it for a bridge, with the address of this test's host."""
    page = DOCS.read_text()
    command = re.search(r"docker run (-p 5060:5060/udp.*?) rotunda$", page, re.M | re.S).group(1)
    words = [word.strip("'\"") if word == "''" else word.replace("'", "") for word in command.replace("\\\n", " ").split()]
    return [re.sub("(EXTERNAL_ADDRESS=).*", rf"\g<1>{ENGINE_ADDRESS}", word) for word in words]


class Bridge(InteropTest):
    def test_two_phones_of_another_host_talk_through_published_ports(self):
        # These phones have no account, and the page's command trusts no network.
        container = run("docker", "run", "-d", *documented_command(), "-e", "ROTUNDA_AUTH_POLICY=anyone", "rotunda",
                        "--log-format", "json")
        self.addCleanup(run, "docker", "rm", "-f", "-v", container)
        wait_until(lambda: "server.started" in run("docker", "logs", container), 60, "the server")
        phones = [self.start(Baresip, name, codec, self.tone_file(hz), host=CALLER_ADDRESS) for name, codec, hz in (("anna", "PCMU", 440), ("bert", "opus", 660))]
        for phone in phones:
            phone.dial(f"sip:1000@{ENGINE_ADDRESS}:5060")
        time.sleep(5)
        for phone in phones:
            phone.hang_up()
        wait_until(lambda: run("docker", "logs", container).count("call.ended") == 2, 5, "both calls to end")
        for phone, hz in zip(phones, (660, 440)):
            rate, samples = phone.heard()
            self.assertGreater(audio.level_db(samples[-2 * rate:-rate // 2], rate, hz), -26)
        events = [json.loads(line) for line in run("docker", "logs", container).splitlines() if line.startswith("{")]
        sources = {event["source"].rpartition(":")[0] for event in events if event["event"] == "call.media"}
        self.assertEqual(sources, {CALLER_ADDRESS})
        print({event["from"]: (event["received"], event["lost"]) for event in events if event["event"] == "call.ended"}, file=sys.stderr)


def main():
    if os.environ.get("TRY_BRIDGE"):
        return unittest.main()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(DOCKER_HOST=f"unix://{folder}/sock", TRY_BRIDGE="1")
        engine = None
        try:
            make_hosts()
            engine = start_engine(folder, sys.argv[1])
            return sys.exit(subprocess.run(["ip", "netns", "exec", CALLERS, sys.executable, __file__]).returncode)
        finally:
            if engine:
                engine.terminate()
                engine.wait(30)
            subprocess.run(["umount", f"{folder}/exec/netns/default"], capture_output=True)
            for host in (ENGINE, CALLERS):
                subprocess.run(["ip", "netns", "del", host], capture_output=True)


if __name__ == "__main__":
    main()
