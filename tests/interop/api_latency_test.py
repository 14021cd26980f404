"""The HTTP API answers in time while fifty people talk, and they lose nothing by it."""
import http.client
import math
import re
import struct
import threading
import time
import unittest

import audio
from harness import InteropTest, Rotunda, measured, wait_until
from probe import Probe, ulaw_encode

CALLERS, ROOMS = 50, 10
PATHS = ("/v1/state", "/v1/rooms", "/v1/rooms/1000/participants", "/v1/calls", "/metrics", "/v1/bans", "/readyz")
REQUESTS, PER_SECOND = 600, 100


class Caller(Probe):
    """Talks when told to and does not listen: fifty threads that do would be slower than what is measured."""

    def _listen(self):
        pass


class Crowd:
    """Everybody talks, from one thread: 20 ms of a tone each, every 20 ms."""

    def __init__(self, port):
        self.callers = [Caller(port, str(1000 + number % ROOMS)) for number in range(CALLERS)]
        for caller in self.callers:
            caller.invite()
        self.talking, self.packets = True, 0
        self.thread = threading.Thread(target=self._talk, daemon=True)
        self.thread.start()

    def _talk(self):
        voices = [ulaw_encode(audio.tone(8000, 300 + 20 * number, 0.02, 0.1)) for number in range(CALLERS)]
        begun = time.monotonic()
        while self.talking:
            for number, (caller, voice) in enumerate(zip(self.callers, voices)):
                caller.rtp.sendto(struct.pack(">BBHII", 0x80, 0, self.packets & 0xFFFF, 160 * self.packets, number + 1) + voice, caller.media)
            self.packets += 1
            time.sleep(max(0.0, begun + 0.02 * self.packets - time.monotonic()))

    def stop(self):
        self.talking = False
        self.thread.join()
        for caller in self.callers:
            caller.bye()
            caller.close()


class ApiLatency(InteropTest):
    @measured
    def test_ninety_nine_of_a_hundred_answers_take_less_than_10_ms_while_fifty_talk(self):
        server = self.start(Rotunda)
        address = server.events("server.started")[0]["http"]
        crowd = Crowd(server.port)
        try:
            time.sleep(1)
            took = self.ask(address)
            metrics = self.get(http.client.HTTPConnection(address, timeout=5), "/metrics")
        finally:
            crowd.stop()
        number = lambda name: float(re.search(rf"^{name} (\S+)", metrics, re.M).group(1))
        took.sort()
        p99 = took[math.ceil(0.99 * len(took)) - 1]
        print(f"{len(took)} answers while {CALLERS} talk: p50 {1000 * took[len(took) // 2]:.2f}, p99 {1000 * p99:.2f}, worst {1000 * took[-1]:.2f} ms")
        self.assertEqual(number("rotunda_participants"), CALLERS)
        self.assertLess(number("rotunda_late_ticks_total"), 0.01 * number("rotunda_ticks_total"))
        self.assertLessEqual(p99, 0.010)
        wait_until(lambda: len(server.events("call.ended")) >= CALLERS, 5, "the calls' ends")
        ended = server.events("call.ended")
        self.assertEqual(len(ended), CALLERS)
        self.assertEqual({call["lost"] for call in ended}, {"0"})

    def ask(self, address):
        """How long each answer took, whole, over a connection that stays."""
        connection, took, begun = http.client.HTTPConnection(address, timeout=5), [], time.monotonic()
        for turn in range(REQUESTS):
            time.sleep(max(0.0, begun + turn / PER_SECOND - time.monotonic()))
            asked = time.monotonic()
            self.get(connection, PATHS[turn % len(PATHS)])
            took.append(time.monotonic() - asked)
        return took

    def get(self, connection, path):
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read().decode()
        self.assertEqual(response.status, 200, body)
        return body


if __name__ == "__main__":
    unittest.main()
