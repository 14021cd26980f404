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
from processes import PATIENCE, ArrivalClock

TALKERS, SECONDS, RATE = 10, int(os.environ.get("FLOOD_SECONDS", "3")), 5000


# In a table of one of sipvicious' tools: a user, or a password.
FOUND = r"\| *(100|104|777) *\|"
LEARNT = r"(?i)rotunda|version"


class Floods(InteropTest):
    def ask(self, server, agent="Phone", method="OPTIONS", user="", timeout=1.0, source="127.0.0.1", more=""):
        """(milliseconds, answer) of one request outside every call; (None, '') if nobody answers."""
        asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        asker.bind((source, 0))
        asker.settimeout(timeout)
        arrivals = ArrivalClock(asker)
        port, unique, start = asker.getsockname()[1], time.monotonic_ns(), time.monotonic()
        asker.sendto((f"{method} sip:{user}{'@' if user else ''}127.0.0.1:{server.port} SIP/2.0\r\n"
                      f"Via: SIP/2.0/UDP {source}:{port};branch=z9hG4bK{unique};rport\r\nFrom: <sip:a@b.example>;tag=1\r\n"
                      f"To: <sip:{user}@127.0.0.1>\r\nCall-ID: {unique}\r\nCSeq: 1 {method}\r\nMax-Forwards: 70\r\n"
                      f"User-Agent: {agent}\r\n{more}Content-Length: 0\r\n\r\n").encode(), ("127.0.0.1", server.port))
        try:
            answer, _, answered = arrivals.receive(asker, 65536)
            return 1000 * (answered - start), answer.decode(errors="replace")
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

    def flooded(self, sources):
        """A server as shipped that bore a flood, and its memory before. Up to three servers are: what is theirs to answer for is there
        each time, what the machine does beside them is not."""
        rounds = []
        for _ in range(3):
            server = self.start(Rotunda, media__ports="20000-29999")  # each forged call keeps its ports for 32 s
            self.ask(server)
            before = self.resident_kb(server)
            gap, wait, call = self.flood(server, sources)
            rounds.append((gap, wait, call))
            if gap < 20 + 40 and wait < 100 and call < 100:
                return server, before
            server.stop()
        self.fail(f"worst gap of the talk, wait of others and of who calls, in ms: {rounds}")

    def flood(self, server, sources):
        """The worst gap of the talk, and how long others and who calls waited at most, in milliseconds; who has no answer waits for ever.
        Where the flooder himself was held up there was no flood, and nothing is claimed of it."""
        talkers = self.talkers(server)
        self.call_and_hang_up(server)
        time.sleep(1)
        began = time.monotonic()
        flooder = subprocess.Popen([sys.executable, str(HERE / "flooder.py"), "127.0.0.1", str(server.port), str(SECONDS),
                                    str(RATE), str(sources)], stdout=subprocess.PIPE, text=True)
        waits, calls = [], []
        while flooder.poll() is None:
            waits.append(self.ask(server, source="127.0.0.50")[0] or np.inf)  # whoever else is there
            calls.append(self.call_and_hang_up(server))
            time.sleep(0.1)
        sent = int(flooder.communicate()[0])
        gaps = []
        for probe in talkers:
            arrivals = [p[0] for p in probe.packets if p[0] > began]
            gaps.append(1000 * max(np.diff(arrivals)) if len(arrivals) > 40 * SECONDS else np.inf)
            probe.stop_talking()
            self.assertEqual(probe.bye(), 200)
        print(f"{sent} INVITEs from {sources}: worst gap {max(gaps):.0f} ms, others wait {max(waits):.0f} ms at most, "
              f"who calls {max(calls):.0f} ms")
        return (max(gaps), max(waits), max(calls)) if sent > 0.9 * RATE * SECONDS else (np.inf, np.inf, np.inf)

    def call_and_hang_up(self, server):
        """From a port nobody knows yet, of an address from which somebody has called before; how long an answer took, in milliseconds."""
        probe = Probe(server.port, "2000", host="127.0.0.50", server_host="127.0.0.1")
        took = []
        try:
            for ask in (probe.invite, lambda: self.assertEqual(probe.bye(), 200)):
                start = time.monotonic()
                ask()
                took.append(1000 * (probe.answered - start))
        except TimeoutError:
            took.append(np.inf)
        finally:
            probe.close()
        return max(took)

    @measured
    def test_five_thousand_invites_a_second_from_one_source(self):
        self.flooded(1)

    @measured
    def test_the_same_from_ten_thousand_forged_sources_and_memory_comes_back(self):
        server, before = self.flooded(10_000)
        # Calls that were let in are given up 32 s after their last 200 (RFC 3261 §13.3.1.4).
        wait_until(lambda: server.state()["calls"] == 0, 60, "the forged calls to end")
        wait_until(lambda: self.resident_kb(server) < before + 60_000, 60, "memory to come back")

    def expect_no_more_than_three_times(self, sent, victim, seconds):
        """Somebody hears us on SIP for so long, but not three times the octets that came from where he is."""
        got, end = 0, time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                got += len(victim.sip.recv(65536))
            except TimeoutError:
                continue
        print(f"{got} octets for {sent}")
        self.assertGreater(got, sent)
        self.assertLessEqual(got, 3 * sent)

    def test_who_never_answers_is_sent_three_times_what_he_sent_and_no_media(self):
        server = self.start(Rotunda, auth__local_net="[]", auth__policy="anyone")
        victim = Probe(server.port)
        self.addCleanup(victim.close)
        victim.cseq = 1
        victim.request("INVITE", victim.local_sdp())
        victim.sip.settimeout(1)
        self.expect_no_more_than_three_times(len(victim.last), victim, 12)
        victim.rtp.setblocking(False)
        self.assertRaises(BlockingIOError, victim.rtp.recv, 2048)

    def test_who_is_in_a_call_has_no_more_sent_to_an_address_he_forges(self):
        server = self.start(Rotunda, auth__local_net="[]", auth__policy="anyone")
        caller = Probe(server.port, host="127.0.0.50", server_host="127.0.0.1")
        victim = Probe(server.port, host="127.0.0.77", server_host="127.0.0.1")
        for probe in (caller, victim):
            self.addCleanup(probe.close)
        caller.invite()
        own = {name: getattr(victim, name) for name in ("call_id", "tag", "to", "contact", "cseq")}
        for name in own:  # the caller's own call, from the victim's endpoint
            setattr(victim, name, getattr(caller, name))
        victim.cseq += 1
        victim.request("OPTIONS")
        sent = len(victim.last)
        for name, value in own.items():
            setattr(victim, name, value)
        victim.cseq = 1
        victim.request("INVITE", victim.local_sdp())
        sent += len(victim.last)
        victim.sip.settimeout(1)
        self.expect_no_more_than_three_times(sent, victim, 9)

    def test_who_names_anothers_address_has_next_to_nothing_sent_there_until_something_comes_from_it(self):
        server = self.start(Rotunda, auth__local_net="[]", auth__policy="anyone")
        talker, caller = Probe(server.port), Probe(server.port, host="127.0.0.50", server_host="127.0.0.1")
        for probe in (talker, caller):
            self.addCleanup(probe.close)
        talker.invite()
        talker.talk(0.1 * np.sin(2 * np.pi * 440 * np.arange(8000 * 10) / 8000))
        caller.rtp.close()
        caller.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        caller.rtp.bind(("127.0.0.77", 0))
        caller.arrivals = ArrivalClock(caller.sip, caller.rtp)
        own_sdp = caller.local_sdp
        caller.local_sdp = lambda: own_sdp().replace("c=IN IP4 127.0.0.50", "c=IN IP4 127.0.0.77")
        invited = time.monotonic()
        caller.invite()
        time.sleep(4)
        octets = sum(12 + len(packet[3]) for packet in caller.packets)
        print(f"{octets} octets to who was merely named")
        self.assertGreater(octets, 2000)
        self.assertLess(octets, 4800 + (time.monotonic() - invited) * 20 + 172)
        caller.talk(np.zeros(8000))
        all_of_it = lambda: sum(packet[0] > time.monotonic() - 1 for packet in caller.packets) > 40
        wait_until(all_of_it, 2, "all that is for him")

    def run_tool(self, server, *command):
        done = subprocess.run([*command, "-p", str(server.port), "127.0.0.1"], capture_output=True, text=True, cwd=self.folder,
                              timeout=60)
        return done.stdout + done.stderr

    USERS = "[{name: '100', password: secret}, {name: '104', password: '777'}]"

    def test_svmap_learns_neither_product_nor_version_and_stays_banned_under_another_name(self):
        server = self.start(Rotunda)
        talker = Probe(server.port)
        self.addCleanup(talker.close)
        talker.invite()
        self.assertNotRegex(self.run_tool(server, "svmap"), LEARNT)
        ban = wait_until(lambda: server.events("sip.banned"), 2, "a ban")[0]
        self.assertEqual((ban["source"], ban["seconds"], ban["forgeable"]), ("127.0.0.1", "60", "yes"))
        self.assertEqual(self.ask(server, agent="Nice Phone")[1], "")
        for tool in (["svwar", "-e", "100-110"], ["svcrack", "-u", "104", "-r", "770-780"]):
            self.assertNotRegex(self.run_tool(server, *tool), FOUND)
        # The call at that very address is not touched.
        talker.invite()
        self.assertEqual(talker.bye(), 200)

    def test_svwar_and_svcrack_as_they_come_learn_nothing_and_are_banned(self):
        for tool in (["svwar", "-e", "100-110"], ["svcrack", "-u", "104", "-r", "770-780"]):
            with self.subTest(tool[0]):
                server = self.start(Rotunda, users=self.USERS)
                found = self.run_tool(server, *tool)
                self.assertNotRegex(found, FOUND)
                self.assertNotRegex(found, LEARNT)
                self.assertEqual(wait_until(lambda: server.events("sip.banned"), 2, "a ban")[0]["message"], "scanner")
                self.assertEqual(self.ask(server, agent="Nice Phone")[1], "")

    def test_a_scanner_is_banned_at_its_first_datagram_and_its_next_name_helps_it_no_more(self):
        server = self.start(Rotunda)
        self.assertEqual(self.ask(server, agent="friendly-scanner", timeout=0.3)[1], "")
        self.assertEqual(len(wait_until(lambda: server.events("sip.banned"), 2, "a ban")), 1)
        self.assertEqual(self.ask(server, agent="Nice Phone", timeout=0.3)[1], "")
        self.assertNotEqual(self.ask(server, source="127.0.0.60", timeout=PATIENCE * 5)[1], "")

    def test_where_scanners_are_answered_their_tools_still_learn_nothing(self):
        server = self.start(Rotunda, flood__scanners="[]", flood__strikes="100000", users=self.USERS)
        found = self.run_tool(server, "svmap")
        self.assertRegex(found, r"127\.0\.0\.1")  # that somebody is there
        self.assertNotRegex(found, LEARNT)
        for method in ("REGISTER", "INVITE", "OPTIONS"):
            found = self.run_tool(server, "svwar", "-e", "100-105", "-m", method)
            self.assertNotRegex(found, FOUND, method)
            self.assertNotRegex(found, LEARNT)

    def test_svcrack_under_a_name_nobody_knows_is_stopped_by_its_wrong_passwords(self):
        # It knows no SHA-256, and falls over a challenge that names it.
        server = self.start(Rotunda, flood__scanners="[]", auth__algorithms="[MD5]", users=self.USERS)
        self.assertNotRegex(self.run_tool(server, "svcrack", "-u", "104", "-r", "700-800"), FOUND)
        self.assertEqual(wait_until(lambda: server.events("sip.banned"), 2, "a ban")[0]["message"], "wrong credentials")
        self.assertEqual(self.ask(server, agent="Nice Phone")[1], "")

    def test_who_guesses_passwords_is_banned_within_a_second_whatever_he_calls_himself(self):
        server = self.start(Rotunda, users="[{name: '100', password: '777'}]")
        start, last, guesses = time.monotonic(), time.monotonic(), 0
        while guesses < 100 and self.guess(server, "100", guesses, "127.0.0.52")[1]:
            guesses, last = guesses + 1, time.monotonic()
        self.assertLess(guesses, 30)
        self.assertLess(last - start, 1)
        ban = wait_until(lambda: server.events("sip.banned"), 2, "a ban")[0]
        self.assertEqual((ban["source"], ban["message"], ban["forgeable"]), ("127.0.0.52", "wrong credentials", "no"))
        self.assertEqual(self.ask(server, agent="Nice Phone", source="127.0.0.52")[1], "")
        # What docs/security.md gives to fail2ban finds him, and nobody else.
        failregex = re.search(r"`failregex = (.*)`", (HERE.parent.parent / "docs/security.md").read_text()).group(1)
        found = re.findall(failregex.replace("<HOST>", r"([0-9a-fA-F.:]+)"), server.log())
        self.assertEqual(set(found), {"127.0.0.52"})
        self.assertNotEqual(self.ask(server, source="127.0.0.53", timeout=PATIENCE * 5)[1], "")

    def test_users_that_exist_and_do_not_exist_answer_alike_in_time_too(self):
        rounds = "abcdefghijklmnopqrstuvwx"
        server = self.start(Rotunda, flood__strikes="1000000", flood__requests="1000000",
                            users="[" + ", ".join(f"{{name: anna-{each}, password: secret}}" for each in rounds) + "]")
        # A difference that is there is there each time; what the machine does beside it is not.
        self.assertTrue(any(self.apart(server, rounds[n:n + 4]) < 0.05 for n in range(0, len(rounds), 4)))

    def apart(self, server, rounds):
        """By which share wrong credentials of somebody and of nobody differ in the time of their answer."""
        times, texts = {"anna": [], "otto": []}, {"anna": set(), "otto": set()}
        for each in rounds:
            for n in range(50):  # fewer than make anybody's password worth protecting
                for who in (("anna", "otto"), ("otto", "anna"))[n % 2]:  # who comes second finds warm caches
                    took, text = self.guess(server, f"{who}-{each}", n, "127.0.0.51", timeout=PATIENCE * 5)
                    times[who].append(took)
                    texts[who].add(re.sub(r'nonce="[^"]*"|branch=\S*|tag=\S*|\d{5,}|rport=\d+|:\d+', "", text)
                                   .replace(f"{who}-{each}", "USER"))
        self.assertEqual(texts["anna"], texts["otto"])
        middle = {who: float(np.median(all_of)) for who, all_of in times.items()}
        print(f"wrong credentials of a user {middle['anna']:.3f} ms, of nobody {middle['otto']:.3f} ms, {len(times['anna'])} times each")
        return abs(middle["anna"] - middle["otto"]) / max(middle.values())

    def guess(self, server, user, number, source, timeout=1.0):
        """(milliseconds, answer) of a REGISTER with a wrong password, in answer to a challenge; (None, '') if there is none."""
        challenge = self.ask(server, method="REGISTER", user=user, source=source, timeout=timeout)[1]
        if not challenge:
            return None, ""
        nonce = re.search(r'nonce="([^"]+)"', challenge).group(1)
        answer = hashlib.md5(f"{user}{number}".encode()).hexdigest()
        return self.ask(server, method="REGISTER", user=user, source=source, timeout=timeout, more=(
            f'Authorization: Digest username="{user}", realm="sip", nonce="{nonce}", uri="sip:127.0.0.1", '
            f'algorithm=MD5, qop=auth, nc=00000001, cnonce="c", response="{answer}"\r\n'))


if __name__ == "__main__":
    unittest.main()
