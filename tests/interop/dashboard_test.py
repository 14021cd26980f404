"""Every panel of the dashboard has something to show after a short conversation, every rule can be evaluated, and a Prometheus that
dies takes no call with it."""
import contextlib
import pathlib
import re
import socket
import time
import unittest
import urllib.request

import audio
from dashboard import DASHBOARD, Prometheus, points_of
from harness import InteropTest, Rotunda, wait_until
from probe import Probe


class Dashboard(InteropTest):
    def setUp(self):
        super().setUp()
        self.server = self.start(Rotunda)
        self.prometheus = Prometheus(pathlib.Path(self.folder), self.server.events("server.started")[0]["http"], interval_s=1)
        self.addCleanup(self.prometheus.stop)
        self.begun = time.time()
        wait_until(lambda: self.prometheus.ask("rotunda_calls", self.begun), 20, "Prometheus")

    def call(self, room="1000"):
        probe = Probe(self.server.port, room)
        self.addCleanup(probe.close)
        probe.invite()
        return probe

    def converse(self):
        """Two talk for some seconds, one dials a room there is not, one whom we call is not there, and one sends what is no SIP."""
        standing = [self.call() for _ in range(2)]
        for probe in standing:
            probe.talk(audio.tone(8000, 440, 30, 0.1))
        for _ in range(3):
            with self.assertRaisesRegex(RuntimeError, "404"):
                self.call("nowhere")
            urllib.request.urlopen(f"http://{self.server.events('server.started')[0]['http']}/v1/rooms/1000/dial",
                                   b'{"target": "sip:nobody@127.0.0.1:1;transport=tcp"}', timeout=5)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
                stranger.sendto(b"INVITE sip:1000@127.0.0.1 SIP/2.0\r\nnonsense\r\n\r\n", ("127.0.0.1", self.server.port))
            time.sleep(1.5)
        standing.pop().bye()
        return standing[0]

    def without_data(self):
        return [(panel["title"], target["expr"]) for panel in DASHBOARD["panels"] for target in panel["targets"]
                if not points_of(target, self.prometheus, self.begun)]

    def test_every_query_of_every_panel_finds_something_and_every_rule_is_evaluated(self):
        self.converse()
        with contextlib.suppress(AssertionError):
            wait_until(lambda: time.sleep(1) or not self.without_data(), 12, "data for all of them")
        self.assertEqual(self.without_data(), [])
        rules = wait_until(lambda: self.evaluated_rules(), 10, "the rules to be evaluated")
        self.assertGreater(len(rules), 10)
        self.assertEqual({rule["name"]: rule.get("lastError", "") for rule in rules if rule["health"] != "ok"}, {})

    def evaluated_rules(self):
        rules = [rule for group in (self.prometheus.get("rules") or {"groups": []})["groups"] for rule in group["rules"]]
        return rules if rules and all(rule["health"] != "unknown" for rule in rules) else None

    def test_a_prometheus_that_dies_is_missed_by_nobody(self):
        talker = self.converse()
        self.prometheus.stop()
        time.sleep(2)
        self.assertEqual(talker.bye(), 200)
        sequences = [packet[1] for packet in talker.packets]
        self.assertGreater(len(sequences), 200)
        self.assertEqual([b - a & 0xFFFF for a, b in zip(sequences, sequences[1:])], [1] * (len(sequences) - 1))
        self.assertFalse([line for line in self.server.log().splitlines() if re.search('"level":"(error|warning)".*http', line)])


if __name__ == "__main__":
    unittest.main()
