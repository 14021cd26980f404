"""What an operator is given beside the program is whole: the unit, the manifests, compose, Prometheus, Grafana, the health check."""
import json
import pathlib
import re
import subprocess
import unittest

import yaml

from harness import BINARY, InteropTest, Rotunda

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
        for line in ("Type=notify", "WatchdogSec=20s", "LimitNOFILE=65536", "DynamicUser=yes", "NoNewPrivileges=yes"):
            self.assertIn(f"\n{line}\n", unit)

    def test_the_manifests_say_what_the_image_is_and_drain_before_they_stop(self):
        daemons, budget = yaml.safe_load_all((DOCKER / "kubernetes.yaml").read_text())
        self.assertEqual((daemons["kind"], budget["kind"]), ("DaemonSet", "PodDisruptionBudget"))
        pod = daemons["spec"]["template"]["spec"]
        container, = pod["containers"]
        deadline = int(next(e["value"] for e in container["env"] if e["name"] == "ROTUNDA_DRAIN_DEADLINE").rstrip("s"))
        self.assertTrue(pod["hostNetwork"])
        self.assertGreater(pod["terminationGracePeriodSeconds"], deadline)
        self.assertEqual(container["readinessProbe"]["exec"]["command"][-1], "/readyz")
        self.assertIn("preStop", container["lifecycle"])
        dockerfile = (DOCKER / "Dockerfile").read_text()
        self.assertIn(f"--uid {container['securityContext']['runAsUser']} ", dockerfile)
        self.assertEqual(daemons["spec"]["selector"]["matchLabels"], budget["spec"]["selector"]["matchLabels"])

    def test_compose_mounts_files_that_exist_and_prometheus_reads_them(self):
        services = yaml.safe_load((DOCKER / "compose.yaml").read_text())["services"]
        self.assertEqual(set(services), {"rotunda", "prometheus", "grafana"})
        for service in services.values():
            for volume in service.get("volumes", []):
                self.assertTrue((DOCKER / volume.split(":")[0]).exists(), volume)
        checked = run("promtool", "check", "config", DOCKER / "prometheus/prometheus.yml")
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        source = yaml.safe_load((DOCKER / "grafana/provisioning/datasources/prometheus.yaml").read_text())["datasources"][0]
        dashboard = json.loads((DOCKER / "grafana/rotunda.json").read_text())
        ids = [panel["id"] for panel in dashboard["panels"]]
        self.assertEqual(len(ids), len(set(ids)))
        for panel in dashboard["panels"]:
            self.assertEqual(panel["datasource"]["uid"], source["uid"])
            self.assertLessEqual(panel["gridPos"]["x"] + panel["gridPos"]["w"], 24)

    def test_the_health_check_says_what_the_server_says(self):
        server = self.start(Rotunda)
        listen = server.events("server.started")[0]["http"]
        check = lambda *path: run(DOCKER / "healthcheck", *path, env={"ROTUNDA_HTTP_LISTEN": listen}).returncode
        self.assertEqual((check(), check("/readyz")), (0, 0))
        self.assertNotEqual(check("/nothing"), 0)
        server.stop()
        self.assertNotEqual(check(), 0)

    def test_every_variable_the_files_set_is_one_the_server_knows(self):
        values = {"ROTUNDA_DRAIN_DEADLINE": "600s", "ROTUNDA_LOG_FORMAT": "json", "ROTUNDA_HTTP_LISTEN": "127.0.0.1:8080"}
        named = set(re.findall(r"\bROTUNDA_[A-Z_]+", "".join(
            (DOCKER / file).read_text() for file in ("Dockerfile", "compose.yaml", "kubernetes.yaml", "rotunda.service", "healthcheck"))))
        self.assertEqual(named, set(values))
        self.assertEqual(run(BINARY, "--check-config", env=values).returncode, 0)
        self.assertNotEqual(run(BINARY, "--check-config", env={"ROTUNDA_DRAIN_DEADLIN": "600s"}).returncode, 0)


if __name__ == "__main__":
    unittest.main()
