"""What an operator is given beside the program is whole: the unit, the manifests, compose, Prometheus, Grafana, the health check."""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import unittest
import unittest.mock

import yaml

from harness import BINARY, InteropTest, Rotunda, free_port, wait_until
from probe import Probe
from processes import PATIENCE, answers_options

DOCKER = pathlib.Path(__file__).resolve().parent.parent.parent / "docker"


def run(*words, **options):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=30, **options)


class Deployment(InteropTest):
    def test_systemd_accepts_the_unit_and_it_watches_the_server(self):
        unit = (DOCKER / "rotunda.service").read_text()
        mine = self.folder / "rotunda.service"
        mine.write_text(unit.replace("/usr/bin/rotunda", BINARY))
        checked = run("systemd-analyze", "verify", mine)
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))
        for line in ("Type=notify", "WatchdogSec=20s", "ExecReload=/bin/kill -HUP $MAINPID", "LimitNOFILE=65536", "DynamicUser=yes", "NoNewPrivileges=yes",
                     "User=rotunda", "CapabilityBoundingSet=", "ProtectSystem=strict", "ProtectHome=yes", "PrivateDevices=yes",
                     "MemoryDenyWriteExecute=yes", "SystemCallFilter=@system-service", "RestrictNamespaces=yes"):
            self.assertIn(f"\n{line}\n", unit)

    def test_the_unit_leaves_an_attacker_little(self):
        checked = run("systemd-analyze", "security", "--offline=true", "--no-pager", DOCKER / "rotunda.service")
        exposure = re.search(r"Overall exposure level for rotunda.service: ([0-9.]+)", checked.stdout)
        self.assertIsNotNone(exposure, checked.stdout + checked.stderr)
        self.assertLessEqual(float(exposure.group(1)), 1.5)

    def test_it_serves_calls_without_a_single_capability(self):
        """As under the unit. Who runs this as root gives up what he has first."""
        dropped = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all",
                   "--no-new-privs"] if os.geteuid() == 0 else []
        port = free_port()
        server = subprocess.Popen([*dropped, BINARY, "--set", f"sip.listen=udp://127.0.0.1:{port}", "--set", "http.listen=",
                                   "--set", "database.path="], cwd="/", stdout=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        wait_until(lambda: answers_options("127.0.0.1", port), 5, "an answer")
        status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
        for held in ("CapInh", "CapPrm", "CapEff", "CapAmb") + (("CapBnd",) if dropped else ()):
            self.assertRegex(status, rf"(?m)^{held}:\s+0+$")
        probe = Probe(port)
        self.addCleanup(probe.close)
        probe.invite()
        self.assertEqual(probe.bye(), 200)

    def test_the_log_says_at_which_priority_the_media_workers_run(self):
        refused = ["prlimit", "--rtprio=0", "setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
        for before in ([], refused):
            log = self.folder / f"log-{len(before)}"
            with log.open("w") as out:
                server = subprocess.Popen([*before, BINARY, "--set", f"sip.listen=udp://127.0.0.1:{free_port()}", "--set", "http.listen=",
                                           "--set", "database.path=", "--set", "log.format=json", "--set", "media.workers=2"],
                                          cwd="/", stdout=out)
            self.addCleanup(server.wait)
            self.addCleanup(server.kill)
            wait_until(lambda: "media.priority" in log.read_text(), 5, "the line")
            told = next(record for record in map(json.loads, log.read_text().splitlines()) if record["event"] == "media.priority")
            tasks = [task for task in pathlib.Path(f"/proc/{server.pid}/task").iterdir() if (task / "comm").read_text() == "media\n"]
            self.assertEqual(len(tasks), 2)
            for task in tasks:
                policy = os.sched_getscheduler(int(task.name))
                self.assertEqual(told["policy"], {os.SCHED_RR: "SCHED_RR", os.SCHED_OTHER: "SCHED_OTHER"}[policy])
                if policy == os.SCHED_RR:
                    self.assertEqual(os.sched_getparam(int(task.name)).sched_priority, int(told["priority"]))
                else:
                    self.assertEqual(os.getpriority(os.PRIO_PROCESS, int(task.name)), int(told["nice"]))
                    self.assertEqual(told["why"], "Operation not permitted")
            if before:
                self.assertEqual(told["policy"], "SCHED_OTHER")

    def test_the_service_manager_is_told_of_start_life_and_end_and_of_nothing_while_the_server_hangs(self):
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(manager.close)
        manager.bind(str(self.folder / "notify"))
        manager.settimeout(PATIENCE * 5)
        environment = {**os.environ, "NOTIFY_SOCKET": str(self.folder / "notify"), "WATCHDOG_USEC": "600000"}
        server = subprocess.Popen([BINARY, "--set", f"sip.listen=udp://127.0.0.1:{free_port()}", "--set", "http.listen=", "--set", "database.path="],
                                  env=environment, stdout=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        self.assertEqual(manager.recv(100), b"READY=1")
        self.assertEqual([manager.recv(100) for _ in range(3)], [b"WATCHDOG=1"] * 3)
        server.send_signal(signal.SIGSTOP)
        manager.settimeout(1.2)  # twice the interval after which it would be killed
        with self.assertRaises(TimeoutError):
            while True:
                self.assertEqual(manager.recv(100), b"WATCHDOG=1")
        server.send_signal(signal.SIGCONT)
        server.send_signal(signal.SIGTERM)
        manager.settimeout(PATIENCE * 5)
        while (word := manager.recv(100)) == b"WATCHDOG=1":
            pass
        self.assertEqual(word, b"STOPPING=1")
        self.assertEqual(server.wait(PATIENCE * 5), 0)

    def test_a_drain_by_the_api_starts_no_clock_of_the_service_manager(self):
        """Told that the server stops it would kill it after TimeoutStopSec, with its calls."""
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(manager.close)
        manager.bind(str(self.folder / "notify"))
        manager.settimeout(PATIENCE * 5)
        with unittest.mock.patch.dict(os.environ, NOTIFY_SOCKET=str(self.folder / "notify"), WATCHDOG_USEC="1000000"):
            server = self.start(Rotunda)
        probe = Probe(server.port)
        self.addCleanup(probe.close)
        probe.invite()
        drained = run(BINARY, "drain", "--api", server.events("server.started")[0]["http"])
        self.assertEqual(drained.returncode, 0, drained.stderr)
        wait_until(lambda: server.events("server.draining"), 5, "the drain")
        manager.setblocking(False)
        with self.assertRaises(BlockingIOError):
            while True:
                self.assertIn(manager.recv(100), (b"READY=1", b"WATCHDOG=1"))
        manager.settimeout(PATIENCE * 5)
        self.assertEqual([manager.recv(100) for _ in range(3)], [b"WATCHDOG=1"] * 3)
        server.child.send_signal(signal.SIGTERM)
        while (word := manager.recv(100)) == b"WATCHDOG=1":
            pass
        self.assertEqual(word, b"STOPPING=1")

    def test_the_manifests_say_what_the_image_is_and_drain_before_they_stop(self):
        deployment, budget = yaml.safe_load_all((DOCKER / "kubernetes.yaml").read_text())
        self.assertEqual((deployment["kind"], budget["kind"]), ("Deployment", "PodDisruptionBudget"))
        pod = deployment["spec"]["template"]["spec"]
        container, = pod["containers"]
        deadline = int(next(e["value"] for e in container["env"] if e["name"] == "ROTUNDA_DRAIN_DEADLINE").rstrip("s"))
        # With the node's network this is the node's port, so that at most one is on a node; a new one waits for the old one's end.
        self.assertTrue(pod["hostNetwork"])
        self.assertEqual(container["ports"], [{"containerPort": 5060, "protocol": "UDP"}])
        self.assertEqual(deployment["spec"]["strategy"]["rollingUpdate"], {"maxSurge": 0, "maxUnavailable": 1})
        self.assertGreater(pod["terminationGracePeriodSeconds"], deadline)
        # With the node's network names of the cluster need asking for; services' variables would be taken for settings.
        self.assertEqual({kind: set(asked) for kind, asked in container["resources"].items()}, {"requests": {"cpu", "memory"}})
        self.assertEqual((pod["dnsPolicy"], pod["enableServiceLinks"]), ("ClusterFirstWithHostNet", False))
        self.assertEqual(container["readinessProbe"]["exec"]["command"][-1], "/readyz")
        self.assertNotIn("livenessProbe", container)  # it would end calls where HTTP alone is busy
        # What is called inside the container is what the image has there.
        self.assertEqual(container["lifecycle"]["preStop"]["exec"]["command"], ["rotunda", "drain"])
        self.assertEqual((budget["apiVersion"], budget["spec"]["maxUnavailable"]), ("policy/v1", 1))
        dockerfile = (DOCKER / "Dockerfile").read_text()
        self.assertIn("/usr/lib/rotunda/healthcheck\n", dockerfile)
        self.assertIn(f"--uid {container['securityContext']['runAsUser']} ", dockerfile)
        self.assertEqual(deployment["spec"]["selector"]["matchLabels"], budget["spec"]["selector"]["matchLabels"])

    def test_every_way_to_run_it_has_a_place_to_write(self):
        place = "/var/lib/rotunda"
        self.assertIn(f"\nWORKDIR {place}\nVOLUME {place}\n", (DOCKER / "Dockerfile").read_text())
        self.assertIn("\nStateDirectory=rotunda\nWorkingDirectory=%S/rotunda\n", (DOCKER / "rotunda.service").read_text())
        self.assertIn(f"rotunda:{place}", yaml.safe_load((DOCKER / "compose.yaml").read_text())["services"]["rotunda"]["volumes"])
        pod = next(yaml.safe_load_all((DOCKER / "kubernetes.yaml").read_text()))["spec"]["template"]["spec"]
        self.assertEqual(pod["containers"][0]["volumeMounts"], [{"name": pod["volumes"][0]["name"], "mountPath": place}])

    def test_the_image_knows_authorities_to_believe_a_certificate_by(self):
        listed = run(DOCKER / "runtime-packages", "/usr/bin/openssl").stdout.split()  # with few libraries: looking them up takes long
        self.assertLess({"ca-certificates", "libssl3", "fonts-dejavu-core"}, set(listed))

    def test_every_way_to_run_it_lets_media_workers_run_at_real_time_priority_and_waits_longer_for_its_end_than_it_drains(self):
        seconds = lambda text: float(re.fullmatch(r"(\d+)(s|m)", text).group(1)) * (60 if text.endswith("m") else 1)
        deadline = lambda file: seconds(re.search(r"ROTUNDA_DRAIN_DEADLINE=(\S+)", (DOCKER / file).read_text()).group(1))
        unit = re.search(r"^TimeoutStopSec=(\S+)$", (DOCKER / "rotunda.service").read_text(), re.M).group(1)
        self.assertGreater(seconds(unit), deadline("rotunda.service"))
        compose = yaml.safe_load((DOCKER / "compose.yaml").read_text())["services"]["rotunda"]
        self.assertGreater(seconds(compose["stop_grace_period"]), deadline("Dockerfile"))
        self.assertEqual((compose["network_mode"], compose["read_only"], compose["cap_drop"]), ("host", True, ["ALL"]))
        self.assertEqual(compose["ulimits"], {"nofile": 65536, "rtprio": 20})
        self.assertIn("\nLimitRTPRIO=20\n", (DOCKER / "rotunda.service").read_text())
        # The engine's own ten seconds would cut every call without a BYE.
        for page, examples in (("README.md", 1), ("docs/operation.md", 2), ("docker/Dockerfile", 1)):
            told = re.findall(r"docker run --.*(?: rotunda| \\)$", (DOCKER.parent / page).read_text(), re.M)
            self.assertEqual(len(told), examples, page)
            for each in told:
                self.assertIn(" --ulimit rtprio=20 ", each)
                self.assertGreaterEqual(int(re.search(r"--stop-timeout (\d+)", each).group(1)), deadline("Dockerfile") + 60)

    def test_compose_mounts_files_that_exist_and_prometheus_reads_them(self):
        checked = run("docker-compose", "-f", DOCKER / "compose.yaml", "config", "--quiet")
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))
        compose = yaml.safe_load((DOCKER / "compose.yaml").read_text())
        services = compose["services"]
        self.assertEqual(set(services), {"rotunda", "prometheus", "grafana"})
        ours = services["rotunda"]
        self.assertEqual((ours["read_only"], ours["cap_drop"], ours["security_opt"]), (True, ["ALL"], ["no-new-privileges:true"]))
        for service in services.values():
            for volume in service.get("volumes", []):
                source = volume.split(":")[0]
                self.assertTrue(source in compose["volumes"] or (DOCKER / source).exists(), volume)
        # What was measured outlives the container.
        self.assertIn("prometheus:/prometheus", services["prometheus"]["volumes"])
        self.assertIn("--storage.tsdb.path=/prometheus", services["prometheus"]["command"])
        self.assertIn("grafana:/var/lib/grafana", services["grafana"]["volumes"])
        checked = run("promtool", "check", "config", DOCKER / "prometheus/prometheus.yml")
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        # Grafana's password is known to everybody, Prometheus has none.
        self.assertIn("GF_SERVER_HTTP_ADDR=127.0.0.1", services["grafana"]["environment"])
        self.assertIn("--web.listen-address=127.0.0.1:9090", services["prometheus"]["command"])
        for name in ("grafana", "prometheus"):
            self.assertRegex(services[name]["image"], r":v?\d+\.\d+\.\d+$")
        source = yaml.safe_load((DOCKER / "grafana/provisioning/datasources/prometheus.yaml").read_text())["datasources"][0]
        dashboard = json.loads((DOCKER / "grafana/rotunda.json").read_text())
        ids = [panel["id"] for panel in dashboard["panels"]]
        self.assertEqual(len(ids), len(set(ids)))
        for panel in dashboard["panels"]:
            self.assertEqual(panel["datasource"]["uid"], source["uid"])
            self.assertLessEqual(panel["gridPos"]["x"] + panel["gridPos"]["w"], 24)

    def test_each_alert_fires_beyond_its_limit_and_not_before(self):
        rules = DOCKER.parent / "tests/data/alerts_test.yml"
        checked = run("promtool", "test", "rules", rules)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        named = {rule["alert"] for group in yaml.safe_load((DOCKER / "prometheus/alerts.yml").read_text())["groups"] for rule in group["rules"]}
        self.assertEqual(named, set(re.findall(r'alertname="(\w+)", instance="bad"', rules.read_text())))

    def test_in_the_bridged_example_nobody_is_trusted_for_looking_private(self):
        example = re.search(r"docker run [^\n]*-p .*?rotunda$", (DOCKER.parent / "docs/operation.md").read_text(), re.M | re.S).group(0)
        values = dict(re.findall(r"-e (ROTUNDA_\w+)='?([^' ]+)", example))
        server = self.start(Rotunda, auth__local_net=values["ROTUNDA_AUTH_LOCAL_NET"])
        self.assertEqual(server.events("server.started")[0]["open_to"], "users with credentials and trunks")
        self.assertEqual(run(BINARY, "--check-config", env=values).returncode, 0)
        self.assertRegex((DOCKER / "Dockerfile").read_text(), r"(?m)^USER (?!root|0)")

    def test_the_health_check_says_what_the_server_says(self):
        server = self.start(Rotunda)
        listen = server.events("server.started")[0]["http"]
        check = lambda *path: run(DOCKER / "healthcheck", *path, env={"ROTUNDA_HTTP_LISTEN": listen}).returncode
        self.assertEqual(check(), 0)
        wait_until(lambda: check("/readyz") == 0, 5, "the server to be ready")
        self.assertNotEqual(check("/nothing"), 0)
        server.stop()
        self.assertNotEqual(check(), 0)

    def test_the_health_check_asks_where_the_server_listens_whatever_its_file_has_become(self):
        port, file = free_port(), self.folder / "rotunda.yaml"
        file.write_text(f"http: {{listen: '127.0.0.1:{port}'}}\n")
        server = self.start(Rotunda, extra=["--config", str(file)], http__listen=None)
        pid = server.child.pid
        self.addCleanup(pathlib.Path(f"/dev/shm/rotunda-asked.{pid}").unlink, missing_ok=True)
        check = lambda *path: run(DOCKER / "healthcheck", *path, env={"SERVER_PID": str(pid)}).returncode
        file.write_text("no: such: file\n")
        self.assertEqual(check(), 0)  # it runs: with what, nobody knows
        self.assertNotEqual(check("/readyz"), 0)
        file.write_text(f"http: {{listen: '127.0.0.1:{port}'}}\n")
        wait_until(lambda: check("/readyz") == 0, 5, "the server to be ready")
        for text in ("no: such: file\n", "http: {listen: '127.0.0.1:1'}\n"):
            file.write_text(text)
            self.assertEqual((check(), check("/readyz")), (0, 0))
        self.assertNotEqual(check("/nothing"), 0)

    def test_the_health_check_finds_a_server_that_listens_by_ipv6_alone(self):
        for listen, asked in (("[::1]:0", "[::1]"), ("[::]:0", "[::]")):
            server = self.start(Rotunda, http__listen=listen)
            port = server.events("server.started")[0]["http"].rpartition(":")[2]
            self.assertEqual(run(DOCKER / "healthcheck", env={"ROTUNDA_HTTP_LISTEN": f"{asked}:{port}"}).returncode, 0)
            server.stop()

    def test_every_variable_the_files_set_is_one_the_server_knows(self):
        values = {"ROTUNDA_DRAIN_DEADLINE": "600s", "ROTUNDA_LOG_FORMAT": "json", "ROTUNDA_HTTP_LISTEN": "127.0.0.1:8080",
                  "ROTUNDA_TOKEN_FILE": "/run/secrets/operator"}
        named = set(re.findall(r"\bROTUNDA_[A-Z_]+", "".join(
            (DOCKER / file).read_text() for file in ("Dockerfile", "compose.yaml", "kubernetes.yaml", "rotunda.service", "healthcheck"))))
        self.assertEqual(named, set(values))
        self.assertEqual(run(BINARY, "--check-config", env=values).returncode, 0)
        self.assertNotEqual(run(BINARY, "--check-config", env={"ROTUNDA_DRAIN_DEADLIN": "600s"}).returncode, 0)


if __name__ == "__main__":
    unittest.main()
