"""RTP from a stranger to every port of the range, from the caller's own address and from others: nobody hears it, nothing is latched."""
import socket
import struct
import time
import unittest

import audio
import numpy as np
from harness import InteropTest, Rotunda, wait_until
from probe import Probe, ulaw_encode


class Stranger(InteropTest):
    def test_a_strangers_rtp_to_every_port_is_heard_by_nobody(self):
        low, high = 30000, 30399
        server = self.start(Rotunda, media__ports=f"{low}-{high}")
        talker, listener = Probe(server.port), Probe(server.port)
        for probe in (talker, listener):
            self.addCleanup(probe.close)
            probe.invite()
        second = np.arange(8000 * 60) / 8000
        talker.talk(0.1 * np.sin(2 * np.pi * 440 * second))
        listener.talk(np.zeros(8000 * 60))
        payload = ulaw_encode(0.3 * np.sin(2 * np.pi * 1000 * second))
        strangers = []
        for address in ("127.0.0.1", "127.0.0.77"):
            strangers.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            strangers[-1].bind((address, 0))
        time.sleep(1)
        for n in range(150):
            for number, stranger in enumerate(strangers):
                packet = struct.pack(">BBHII", 0x80, 0, n, 160 * n, 77 + number) + payload[160 * n:160 * n + 160]
                for port in range(low, high + 1):
                    stranger.sendto(packet, ("127.0.0.1", port))
            time.sleep(0.01)
        since = time.monotonic() - 2
        time.sleep(1)
        heard = listener.heard(since)
        self.assertGreater(audio.level_db(heard, 8000, 440) - audio.level_db(heard, 8000, 1000), 40)
        for stranger in strangers:
            stranger.setblocking(False)
            with self.assertRaises(BlockingIOError):
                stranger.recv(2048)
            stranger.close()
        for probe in (talker, listener):
            self.assertEqual(probe.bye(), 200)
        wait_until(lambda: len(server.events("call.ended")) == 2, 5, "both to be gone")
        sources = {event["source"] for event in server.events("call.media")}
        self.assertEqual(sources, {f"127.0.0.1:{probe.rtp.getsockname()[1]}" for probe in (talker, listener)})


if __name__ == "__main__":
    unittest.main()
