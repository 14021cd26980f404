"""Added delay in a clean network, RTP in to RTP out: one talker at a random phase of the room's tick, packetisation excluded."""
import random
import time
import unittest

import numpy as np

from harness import HostTimer, InteropTest, Rotunda, measured
from probe import Probe

CALLS = 24
RATE = 8000
UNSTEADY = 0.003


def added_delay(talker, listener, samples, at_s=1.0):
    """Seconds between a sample's packet going in and that sample's packet coming out, corrected for their places in the packets."""
    start = listener.packets[0][2]
    heard = listener.heard()
    # Half a second of noise well inside the talk is found in what was heard by cross-correlation.
    begin = int(at_s * RATE)
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
        measured_calls = [self.call(server, str(call), noise) for call in range(CALLS)]
        # Where the talker or this machine was late the network was not clean: as many calls as were so are made again.
        spoilt = sum(unsteady > UNSTEADY for unsteady, _ in measured_calls)
        measured_calls += [self.call(server, str(CALLS + call), noise) for call in range(min(spoilt, CALLS // 2))]
        delays = [delay for _, delay in sorted(measured_calls)[:CALLS]]
        delays.sort()
        p50, p95 = delays[CALLS // 2], delays[int(CALLS * 0.95)]
        print(f"added delay over {CALLS} calls ({spoilt} made again): p50 {p50:.1f} ms, p95 {p95:.1f} ms, all {np.round(delays, 1)}")
        self.assertLessEqual(p50, 15.0)
        self.assertLessEqual(p95, 25.0)

    def call(self, server, room, noise):
        """By how many seconds the talker left his own 20 ms or this machine was late, and the added delay in milliseconds."""
        talker, listener = Probe(server.port, room), Probe(server.port, room)
        talker.invite()
        listener.invite()
        with HostTimer(real_time=True) as host:
            talker.talk(noise, phase_s=random.random() * 0.02)
            time.sleep(2.7)
        # At three places of the call: where this machine was held up for a moment is one of them.
        delay = 1000 * np.median([added_delay(talker, listener, noise, at_s) for at_s in (1.0, 1.4, 1.8)])
        for probe in (talker, listener):
            probe.bye()
            probe.close()
        return max(np.ptp(np.array(talker.sent) - 0.02 * np.arange(len(talker.sent))), host.worst_ms / 1000), delay


if __name__ == "__main__":
    unittest.main()
