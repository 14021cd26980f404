"""Added delay in a clean network, RTP in to RTP out: one talker at a random phase of the room's tick, packetisation excluded."""
import random
import time
import unittest

import numpy as np

from harness import InteropTest, Rotunda, measured
from probe import Probe

CALLS = 24
RATE = 8000


def added_delay(talker, listener, samples):
    """Seconds between a sample's packet going in and that sample's packet coming out, corrected for their places in the packets."""
    start = listener.packets[0][2]
    heard = listener.heard()
    # One second of noise well inside the talk is found in what was heard by cross-correlation.
    begin = RATE
    piece = samples[begin:begin + RATE // 2]
    spectrum = np.fft.rfft(heard, len(heard) + len(piece))
    match = np.fft.irfft(spectrum * np.conj(np.fft.rfft(piece, len(heard) + len(piece))))[:len(heard)]
    at = int(np.argmax(match))
    assert match[at] > 0.5 * np.sum(piece ** 2), "what was said was not heard"
    arrival = next(p[0] for p in listener.packets if 0 <= at - ((p[2] - start) & 0xFFFFFFFF) < 160)
    offset = next(at - ((p[2] - start) & 0xFFFFFFFF) for p in listener.packets
                  if 0 <= at - ((p[2] - start) & 0xFFFFFFFF) < 160)
    return (arrival + offset / RATE) - (talker.sent[begin // 160] + begin % 160 / RATE)


class AddedDelay(InteropTest):
    @measured
    def test_p50_is_at_most_15_ms_and_p95_at_most_25(self):
        server = self.start(Rotunda)
        random.seed(1)
        noise = np.random.default_rng(1).normal(0, 0.1, RATE * 5 // 2)
        delays = []
        for call in range(CALLS):
            talker, listener = Probe(server.port, str(call)), Probe(server.port, str(call))
            talker.invite()
            listener.invite()
            talker.talk(noise, phase_s=random.random() * 0.02)
            time.sleep(2.7)
            delays.append(1000 * added_delay(talker, listener, noise))
            for probe in (talker, listener):
                probe.bye()
                probe.close()
        delays.sort()
        p50, p95 = delays[CALLS // 2], delays[int(CALLS * 0.95)]
        print(f"added delay over {CALLS} calls: p50 {p50:.1f} ms, p95 {p95:.1f} ms, all {np.round(delays, 1)}")
        self.assertLessEqual(p50, 15.0)
        self.assertLessEqual(p95, 25.0)


if __name__ == "__main__":
    unittest.main()
