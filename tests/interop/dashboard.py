"""docker/grafana/rotunda.json against a real Prometheus: what its panels' queries find."""
import json
import pathlib
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from processes import free_port

DOCKER = pathlib.Path(__file__).resolve().parent.parent.parent / "docker"
DASHBOARD = json.loads((DOCKER / "grafana/rotunda.json").read_text())


class Prometheus:
    """Debian's, with our alert rules; looks at one server every `interval_s`."""

    def __init__(self, folder, target, interval_s=2):
        self.port = free_port()
        (folder / "prometheus.yml").write_text(
            f"global: {{scrape_interval: {interval_s}s, evaluation_interval: {interval_s}s}}\nrule_files: ['{DOCKER}/prometheus/alerts.yml']\n"
            f"scrape_configs:\n  - job_name: rotunda\n    static_configs: [{{targets: ['{target}']}}]\n")
        self.child = subprocess.Popen(["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                                       f"--web.listen-address=127.0.0.1:{self.port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def get(self, path):
        """None as long as it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}", timeout=5) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as refused:
            if refused.code == 503:  # it starts
                return None
            raise AssertionError(refused.read().decode()) from refused
        except OSError:
            return None

    def ask(self, expression, begun):
        query = urllib.parse.urlencode({"query": expression, "start": begun, "end": time.time(), "step": 2})
        found = self.get(f"query_range?{query}")
        return found["result"] if found else []

    def stop(self):
        self.child.kill()
        self.child.wait(10)


def points_of(target, prometheus, begun):
    """[(name, [(seconds, value)])] of what one query of a panel finds."""
    found = []
    for series in prometheus.ask(target["expr"].replace("$instance", ".*"), begun):
        points = [(float(at) - begun, float(value)) for at, value in series["values"] if value != "NaN"]
        name = target.get("legendFormat", "")
        for key, value in series["metric"].items():
            name = name.replace("{{%s}}" % key, value)
        if points:
            found.append((name or series["metric"].get("__name__", ""), points))
    return found
