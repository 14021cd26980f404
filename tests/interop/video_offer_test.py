"""Video that the room offers to phones nobody here wrote, in the middle of calls that began with sound alone."""
import json
import time
import unittest
import urllib.request

import video
from harness import Baresip, InteropTest, Linphone, Rotunda, wait_until
from video import VideoProbe


class VideoOfferTest(InteropTest):
    def room(self):
        """A room that offers video to whoever comes without, and somebody red in it."""
        server = self.start(Rotunda, **{"video.enabled": "true", "video.view": "shared", "video.offer": "shown",
                                        "video.background": "#000000"})
        probe = VideoProbe(self.folder, server.port, "red")
        self.started.append(probe)
        probe.invite()
        probe.film()
        self.expect(probe, [("red", (0.5, 0.5))])
        return server, probe

    def expect(self, probe, seats, seconds=12):
        wait_until(lambda: all(probe.sees(colour, *place) for colour, place in seats), seconds, f"{probe.colour} to see {seats}")

    def dial(self, server, uri):
        url = "http://" + server.events("server.started")[0]["http"] + "/v1/rooms/1000/dial"
        body = json.dumps({"target": uri}).encode()
        urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"}, method="POST"), timeout=5)

    def test_baresip_that_was_called_with_sound_alone_takes_the_video_it_is_offered(self):
        server, probe = self.room()
        phone = self.start(Baresip, "bert", answers=True, play=self.tone_file(440), video="H264", film=video.TEST_CARD)
        self.dial(server, f"sip:bert@127.0.0.1:{phone.port}")
        self.expect(probe, [("red", (0.25, 0.5)), ("pure green", (0.75, 0.5))], 15)
        path = self.folder / "bert.png"

        def sees_both():
            phone.command("snapshot_recv", str(path))
            time.sleep(0.5)
            if not path.exists() or path.stat().st_size < 100:
                return False
            frame = video.read_png(path)
            return frame.shows("red", 0.25, 0.5) and frame.shows("pure green", 0.75, 0.5)
        wait_until(sees_both, 8, "baresip to see red and green")

    def test_phones_without_video_refuse_it_once_and_go_on_talking(self):
        server, probe = self.room()
        anna = self.start(Baresip, "anna", play=self.tone_file(440))
        lena = self.start(Linphone, "lena", self.tone_file(660))
        anna.dial(server.uri("1000"))
        lena.dial(server.uri("1000"))
        probe.packets.clear()
        time.sleep(3)
        self.assertEqual({(b - a) & 0xFFFF for a, b in zip([p[1] for p in probe.packets], [p[1] for p in probe.packets][1:])}, {1})
        self.assertEqual(len(server.events("call.ended")), 0)
        offers = server.log().count("call.change_refused")
        time.sleep(3)
        self.assertEqual(server.log().count("call.change_refused"), offers)
        self.assertTrue(probe.sees("red", 0.5, 0.5))


if __name__ == "__main__":
    unittest.main()
