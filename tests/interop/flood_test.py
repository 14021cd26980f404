"""Floods, scanners and guessers while people talk: the talk goes on, others are answered, nothing is learnt, memory comes back.
Every limit is the shipped one. bench/floods has the floods last longer."""
import hashlib
import os
import re
import socket
import subprocess
import sys
import time
import unittest

import numpy as np
from harness import HERE, InteropTest, Rotunda, measured, wait_until
from probe import Probe

TALKERS, SECONDS, RATE = 10, int(os.environ.get("FLOOD_SECONDS", "3")), 5000


class Floods(InteropTest):
    def ask(self, server, agent="Phone", method="OPTIONS", user="", timeout=1.0, source="127.0.0.1", more=""):
        """(milliseconds, answer) of one request outside every call; (None, '') if nobody answers."""
        asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        asker.bind((source, 0))
        asker.settimeout(timeout)
        port, unique, start = asker.getsockname()[1], time.monotonic_ns(), time.monotonic()
        asker.sendto((f"{method} sip:{user}{'@' if user else ''}127.0.0.1:{server.port} SIP/2.0\r\n"
                      f"Via: SIP/2.0/UDP {source}:{port};branch=z9hG4bK{unique};rport\r\nFrom: <sip:a@b.example>;tag=1\r\n"
                      f"To: <sip:{user}@127.0.0.1>\r\nCall-ID: {unique}\r\nCSeq: 1 {method}\r\nMax-Forwards: 70\r\n"
                      f"User-Agent: {agent}\r\n{more}Content-Length: 0\r\n\r\n").encode(), ("127.0.0.1", server.port))
        try:
            answer = asker.recv(65536).decode(errors="replace")
            return 1000 * (time.monotonic() - start), answer
        except TimeoutError:
            return None, ""
        finally:
            asker.close()

    @staticmethod
    def resident_kb(server):
        with open(f"/proc/{server.child.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))

    def talkers(self, server):
        talkers = [Probe(server.port) for _ in range(TALKERS)]
        for n, probe in enumerate(talkers):
            self.addCleanup(probe.close)
            probe.invite()
            probe.talk(0.05 * np.sin(2 * np.pi * (300 + 40 * n) * np.arange(8000 * (SECONDS + 6)) / 8000))
        return talkers

    def flood(self, server, sources):
        talkers = self.talkers(server)
        self.call_and_hang_up(server)
        time.sleep(1)
        began = time.monotonic()
        flooder = subprocess.Popen([sys.executable, str(HERE / "flooder.py"), "127.0.0.1", str(server.port), str(SECONDS),
                                    str(RATE), str(sources)], stdout=subprocess.PIPE, text=True)
        waits, calls = [], []
        while flooder.poll() is None:
            waits.append(self.ask(server, source="127.0.0.50")[0])  # whoever else is there
            start = time.monotonic()
            self.call_and_hang_up(server)
            calls.append(1000 * (time.monotonic() - start) / 2)
            time.sleep(0.1)
        sent = int(flooder.communicate()[0])
        self.assertGreater(sent, 0.9 * RATE * SECONDS)
        self.assertNotIn(None, waits, "somebody else was not answered")
        gaps = []
        for probe in talkers:
            arrivals = [p[0] for p in probe.packets if p[0] > began]
            self.assertGreater(len(arrivals), 40 * SECONDS)
            gaps.append(1000 * max(np.diff(arrivals)))
            probe.stop_talking()
            self.assertEqual(probe.bye(), 200)
        print(f"{sent} INVITEs from {sources}: worst gap {max(gaps):.0f} ms, others wait {max(waits):.0f} ms at most, "
              f"who calls {max(calls):.0f} ms")
        self.assertLess(max(gaps), 20 + 40)
        self.assertLess(max(waits), 100)
        self.assertLess(max(calls), 100)

    def call_and_hang_up(self, server):
        """From a port nobody knows yet, of an address from which somebody has called before."""
        probe = Probe(server.port, "2000", host="127.0.0.50", server_host="127.0.0.1")
        probe.invite()
        self.assertEqual(probe.bye(), 200)
        probe.close()

    @measured
    def test_five_thousand_invites_a_second_from_one_source(self):
        server = self.start(Rotunda, media__ports="20000-29999")  # as shipped: each forged call keeps its ports for 32 s
        self.flood(server, 1)

    @measured
    def test_the_same_from_ten_thousand_forged_sources_and_memory_comes_back(self):
        server = self.start(Rotunda, media__ports="20000-29999")
        self.ask(server)
        before = self.resident_kb(server)
        self.flood(server, 10_000)
        # Calls that were let in are given up 32 s after their last 200 (RFC 3261 §13.3.1.4).
        wait_until(lambda: server.state()["calls"] == 0, 60, "the forged calls to end")
        wait_until(lambda: self.resident_kb(server) < before + 60_000, 60, "memory to come back")

    def test_who_never_answers_is_sent_three_times_what_he_sent_and_no_media(self):
        server = self.start(Rotunda, auth__local_net="[]", auth__policy="anyone")
        victim = Probe(server.port)
        self.addCleanup(victim.close)
        victim.cseq = 1
        victim.request("INVITE", victim.local_sdp())
        victim.sip.settimeout(1)
        sent, got, end = len(victim.last), 0, time.monotonic() + 12
        while time.monotonic() < end:
            try:
                got += len(victim.sip.recv(65536))
            except TimeoutError:
                continue
        print(f"{got} octets for {sent}")
        self.assertGreater(got, sent)
        self.assertLessEqual(got, 3 * sent)
        victim.rtp.setblocking(False)
        self.assertRaises(BlockingIOError, victim.rtp.recv, 2048)

    def run_tool(self, server, *command):
        start = time.monotonic()
        done = subprocess.run([*command, "-p", str(server.port), "127.0.0.1"], capture_output=True, text=True, cwd=self.folder,
                              timeout=60)
        return done.stdout + done.stderr, start

    def test_svmap_learns_neither_product_nor_version_and_stays_banned_under_another_name(self):
        server = self.start(Rotunda)
        talker = Probe(server.port)
        self.addCleanup(talker.close)
        talker.invite()
        self.assertNotIn("Rotunda", self.run_tool(server, "svmap")[0])
        ban = wait_until(lambda: server.events("sip.banned"), 2, "a ban")[0]
        self.assertEqual((ban["source"], ban["seconds"], ban["forgeable"]), ("127.0.0.1", "60", "yes"))
        self.assertEqual(self.ask(server, agent="Nice Phone")[1], "")
        for tool in (["svwar", "-e", "100-110"], ["svcrack", "-u", "100", "-r", "1-20"]):
            self.assertNotRegex(self.run_tool(server, *tool)[0], r"\| *100 *\|")
        # The call at that very address is not touched.
        talker.invite()
        self.assertEqual(talker.bye(), 200)

    def test_where_scanners_are_answered_their_tools_still_learn_nothing(self):
        server = self.start(Rotunda, flood__scanners="[]", flood__strikes="100000",
                            users="[{name: '100', password: secret}, {name: '104', password: '7'}]")
        found = self.run_tool(server, "svmap")[0]
        self.assertRegex(found, r"127\.0\.0\.1")  # that somebody is there
        self.assertNotRegex(found, r"(?i)rotunda")
        for method in ("REGISTER", "INVITE", "OPTIONS"):
            found = self.run_tool(server, "svwar", "-e", "100-105", "-m", method)[0]
            self.assertNotRegex(found, r"\| *10[04] *\|", method)

    def test_who_guesses_passwords_is_banned_within_a_second_whatever_he_calls_himself(self):
        server = self.start(Rotunda, users="[{name: '100', password: '777'}]")
        start, guesses = time.monotonic(), 0
        while guesses < 100 and self.guess(server, "100", guesses, "127.0.0.52")[1]:
            guesses += 1
        self.assertLess(guesses, 30)
        self.assertLess(time.monotonic() - start, 1 + 1)  # the last question waits a second for nothing
        ban = wait_until(lambda: server.events("sip.banned"), 2, "a ban")[0]
        self.assertEqual((ban["source"], ban["message"], ban["forgeable"]), ("127.0.0.52", "wrong credentials", "no"))
        self.assertEqual(self.ask(server, agent="Nice Phone", source="127.0.0.52")[1], "")
        # What docs/security.md gives to fail2ban finds him, and nobody else.
        failregex = re.search(r"`failregex = (.*)`", (HERE.parent.parent / "docs/security.md").read_text()).group(1)
        found = re.findall(failregex.replace("<HOST>", r"([0-9a-fA-F.:]+)"), server.log())
        self.assertEqual(set(found), {"127.0.0.52"})
        self.assertNotEqual(self.ask(server, source="127.0.0.53")[1], "")

    def test_users_that_exist_and_do_not_exist_answer_alike_in_time_too(self):
        server = self.start(Rotunda, flood__strikes="1000000", users="[{name: anna, password: secret}]")
        times, texts = {}, {}
        for n in range(50):  # fewer than make anybody's password worth protecting
            for user in ("anna", "otto"):
                took, text = self.guess(server, user, n, "127.0.0.51")
                times.setdefault(user, []).append(took)
                texts.setdefault(user, set()).add(re.sub(r'nonce="[^"]*"|branch=\S*|tag=\S*|\d{5,}|rport=\d+|:\d+', "", text)
                                                  .replace(user, "USER"))
        self.assertEqual(texts["anna"], texts["otto"])
        middle = {user: float(np.median(each)) for user, each in times.items()}
        print(f"wrong credentials of a user {middle['anna']:.3f} ms, of nobody {middle['otto']:.3f} ms")
        self.assertLess(abs(middle["anna"] - middle["otto"]), 0.2 * max(middle.values()))

    def guess(self, server, user, number, source):
        """(milliseconds, answer) of a REGISTER with a wrong password, in answer to a challenge; (None, '') if there is none."""
        challenge = self.ask(server, method="REGISTER", user=user, source=source)[1]
        if not challenge:
            return None, ""
        nonce, opaque = (re.search(rf'{name}="([^"]+)"', challenge).group(1) for name in ("nonce", "opaque"))
        answer = hashlib.md5(f"{user}{number}".encode()).hexdigest()
        return self.ask(server, method="REGISTER", user=user, source=source, more=(
            f'Authorization: Digest username="{user}", realm="sip", nonce="{nonce}", opaque="{opaque}", uri="sip:127.0.0.1", '
            f'algorithm=MD5, qop=auth, nc=00000001, cnonce="c", response="{answer}"\r\n'))


if __name__ == "__main__":
    unittest.main()
