"""A PCMU talker behind a bad network: 5 % loss, 0-40 ms jitter, 1 % reordering, 1 % duplicates; then the network heals."""
import heapq
import random
import threading
import time
import unittest

import numpy as np

import audio
from harness import InteropTest, Rotunda, measured
from measured_delay_test import added_delay
from probe import Probe, in_real_time

RATE = 8000
FAULTS_FROM, FAULTS_TO, END = 4.0, 24.0, 31.0


class BadNetwork:
    """Stands between the talker and his socket; perfect until begin(), and again after heal()."""

    def __init__(self, probe, seed=7):
        self.probe, self.random, self.bad = probe, random.Random(seed), False
        self.queue, self.ready = [], threading.Condition()
        self.count, self.running = 0, True
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def send(self, packet):
        if not self.bad:  # no thread between: a perfect network adds nothing
            self.probe.rtp.sendto(packet, self.probe.media)
            return
        if self.random.random() < 0.05:
            return
        delays = [self.random.uniform(0, 0.040)]
        if self.random.random() < 0.01:
            delays[0] += 0.025
        if self.random.random() < 0.01:
            delays.append(delays[0] + 0.005)
        with self.ready:
            for delay in delays:
                self.count += 1
                heapq.heappush(self.queue, (time.monotonic() + delay, self.count, packet))
            self.ready.notify()

    def _run(self):
        in_real_time()  # its delays are those it promises, and no more
        while self.running:
            with self.ready:
                if not self.queue:
                    self.ready.wait(0.05)
                    continue
                due = self.queue[0][0]
                if due > time.monotonic():
                    self.ready.wait(due - time.monotonic())
                    continue
                packet = heapq.heappop(self.queue)[2]
            self.probe.rtp.sendto(packet, self.probe.media)


class BadNetworkTest(InteropTest):
    @measured
    def test_the_tone_survives_and_the_delay_returns(self):
        server = self.start(Rotunda)
        listener, talker = Probe(server.port), Probe(server.port)
        listener.invite()
        talker.invite()
        network = BadNetwork(talker)
        # Half a second of noise before and after the faults marks the time; the tone fills the rest.
        samples = audio.tone(RATE, 440, END)
        noise = np.random.default_rng(3)
        for at in (2.0, 27.0):
            samples[int(at * RATE):int((at + 1) * RATE)] = noise.normal(0, 0.1, RATE)
        start = time.monotonic()
        talker.talk(samples, send=network.send)
        time.sleep(FAULTS_FROM)
        network.bad = True
        time.sleep(FAULTS_TO - FAULTS_FROM)
        network.bad = False
        time.sleep(END - FAULTS_TO + 0.5)
        heard, first = listener.heard(), listener.packets[0][0]
        before, after = (np.median([self.delay_of(talker, listener, samples, at + part) for part in (0.0, 0.24, 0.48)]) for at in (2.0, 27.0))
        for probe in (talker, listener):
            probe.bye()
            probe.close()
        network.running = False
        faulty = heard[int((start + FAULTS_FROM + 0.1 - first) * RATE):int((start + FAULTS_TO - first) * RATE)]
        present = audio.presence(faulty, RATE, 440)
        share, gap = 100 * np.mean(present), audio.longest_gap_ms(present)
        print(f"tone present {share:.2f} %, longest gap {gap} ms, delay {before:.1f} ms before, {after:.1f} ms after")
        self.assertGreaterEqual(share, 99.0)
        self.assertLessEqual(gap, 40)
        self.assertLessEqual(after - before, 5.0)

    def delay_of(self, talker, listener, samples, at_s):
        class From:  # the delay measure looks one second into what it is given
            sent = talker.sent[int((at_s - 1) * 50):]
        return 1000 * added_delay(From, listener, samples[int((at_s - 1) * RATE):])


if __name__ == "__main__":
    unittest.main()
