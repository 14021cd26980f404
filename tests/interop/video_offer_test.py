"""Video that the room offers to phones nobody here wrote, in the middle of calls that began with sound alone."""
import json
import re
import time
import unittest
import urllib.request

import video
from harness import Baresip, InteropTest, Linphone, Rotunda, wait_until
from video import WithPictures


class VideoOfferTest(WithPictures, InteropTest):
    def room(self):
        """A room that offers video to whoever comes without, and somebody red in it."""
        server = self.start(Rotunda, **{"video.enabled": "true", "video.view": "shared", "video.offer": "shown",
                                        "video.background": "#000000"})
        probe = self.joined(server, "red")
        self.expect(probe, ("red", (0.5, 0.5)))
        return server, probe

    def ask(self, server, path, body=None, method=None):
        url = "http://" + self.tapped(server).address + path
        data = json.dumps(body).encode() if body else None
        with urllib.request.urlopen(urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method), timeout=5) as answer:
            return json.load(answer)

    def video_offers(self, server, name):
        """How many requests of ours in the call of this phone have brought a video line."""
        call = next(event["call_id"] for event in server.events("call.joined") if name in event["from"])
        ours = [m["text"] for m in self.ask(server, f"/v1/calls/{call}/messages")["messages"] if m["direction"] == "out"]
        return len({re.search(r"^CSeq: .*$", m, re.M).group() for m in ours if m.startswith("INVITE") and "\nm=video" in m})

    def test_baresip_that_was_called_with_sound_alone_takes_the_video_it_is_offered(self):
        server, probe = self.room()
        phone = self.start(Baresip, "bert", answers=True, play=self.tone_file(440), video="H264", film=video.TEST_CARD)
        self.ask(server, "/v1/rooms/1000/dial", {"target": f"sip:bert@127.0.0.1:{phone.port}"})
        self.expect(probe, ("red", (0.25, 0.5)), ("pure green", (0.75, 0.5)), seconds=15)
        self.snapshot(phone, {"red": 0.25, "pure green": 0.75})

    def test_baresip_whose_video_an_operator_ends_talks_on_and_films_again_when_he_is_asked_to(self):
        server = self.start(Rotunda, **{"video.view": "shared", "video.background": "#000000"})
        probe = self.joined(server, "red")
        phone = self.start(Baresip, "vera", "PCMU", self.tone_file(440), video="H264", film=video.TEST_CARD)
        phone.dial(server.uri("1000"))
        both = ("red", (0.25, 0.5)), ("pure green", (0.75, 0.5))
        self.expect(probe, *both, seconds=12)
        vera = lambda: next(p for p in self.ask(server, "/v1/rooms/1000/participants")["participants"] if "vera" in p["from"])
        path = f"/v1/rooms/1000/participants/{vera()['id']}"
        for _ in range(2):
            self.ask(server, path, {"video": False}, "PATCH")
            self.expect(probe, ("red", (0.5, 0.5)))
            self.assertNotIn("video", vera())
            self.assertFalse(vera()["video_allowed"])
            begun = time.monotonic()
            time.sleep(1)
            sequences = [packet[1] for packet in probe.packets if packet[0] > begun]
            self.assertGreater(len(sequences), 10)
            self.assertEqual({(b - a) & 0xFFFF for a, b in zip(sequences, sequences[1:])}, {1}, "the sound")
            self.ask(server, path, {"video": True}, "PATCH")
            self.expect(probe, *both, seconds=12)
        self.assertEqual(len(server.events("call.ended")), 0)

    def test_phones_without_video_refuse_it_once_and_go_on_talking(self):
        server, probe = self.room()
        anna = self.start(Baresip, "anna", play=self.tone_file(440))
        lena = self.start(Linphone, "lena", self.tone_file(660))
        for phone in (anna, lena):
            phone.dial(server.uri("1000"))
        for name in ("anna", "lena"):
            wait_until(lambda name=name: any(name in event["from"] for event in server.events("call.joined")), 5, f"{name} to join")
            wait_until(lambda name=name: self.video_offers(server, name) == 1, 5, f"{name} to be offered video")
        probe.packets.clear()
        time.sleep(3)
        sequences = [packet[1] for packet in probe.packets]
        self.assertEqual({(b - a) & 0xFFFF for a, b in zip(sequences, sequences[1:])}, {1})
        self.assertEqual([self.video_offers(server, name) for name in ("anna", "lena")], [1, 1])
        self.assertEqual(len(server.events("call.ended")), 0)
        self.assertTrue(probe.sees("red", 0.5, 0.5))


if __name__ == "__main__":
    unittest.main()
