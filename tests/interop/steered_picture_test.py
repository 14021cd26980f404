"""What an operator says of a room's picture is what its people see, and a call's picture can be captured."""
import json
import subprocess
import time
import unittest

import audio
from harness import BINARY, Baresip, Rotunda
from operation_test import OperatorTest
from video import WithPictures, colour_film, frame_of

MIDDLE = (0.5, 0.5)


class SteeredPicture(WithPictures, OperatorTest):
    def serve(self, **settings):
        self.server = self.start(Rotunda, **{"video.background": "#000000", "video.labels": "false", **settings})
        self.reach_api()

    def number(self, probe):
        return str(next(p["id"] for p in self.in_room() if p["call_id"] == probe.call_id))

    def test_layouts_and_spotlights_are_seen_at_once_by_those_they_are_for(self):
        self.serve(video__view="shared")
        red, green, blue = (self.joined(self.server, colour) for colour in ("red", "green", "blue"))
        grid = [("red", (0.25, 0.25)), ("green", (0.75, 0.25))]
        self.expect(red, *grid)
        # One large seat, and who is in the spotlight has it.
        self.command("layout", "1000", "speaker")
        self.command("spotlight", "1000", self.number(blue))
        self.expect(red, ("blue", MIDDLE), ("blue", (0.1, 0.1)), ("blue", (0.9, 0.9)))
        self.command("spotlight", "1000", self.number(green))
        self.expect(red, ("green", MIDDLE), ("green", (0.1, 0.1)))
        # Whoever speaks meanwhile does not take it; without a spotlight he does.
        self.expect(blue, ("green", MIDDLE))
        red.talk(audio.tone(8000, 440, 60, 0.2))
        time.sleep(1.5)
        self.assertTrue(blue.sees("green", *MIDDLE))
        self.command("spotlight", "1000", "0")
        self.expect(blue, ("red", MIDDLE), ("red", (0.9, 0.1)))
        # One of them wants to see everybody; the others' picture stays.
        self.command("own-layout", "1000", self.number(blue), "grid")
        self.expect(blue, *grid)
        self.expect(green, ("red", MIDDLE))
        listed = next(p for p in self.in_room() if p["call_id"] == blue.call_id)
        self.assertEqual(listed["video"]["layout"], "grid")
        self.command("layout", "1000", "grid")
        self.expect(green, *grid)

    def test_the_picture_of_a_call_is_captured_both_ways_without_its_encryption(self):
        self.serve(video__view="personal")
        phone = self.start(Baresip, "frida", "PCMU", self.tone_file(550), video="H264", film=colour_film(self.folder, "blue"),
                           encryption="srtp-mand")
        probe = self.joined(self.server, "red")
        phone.dial(self.server.uri("1000"))
        self.expect(probe, ("blue", MIDDLE), seconds=12)
        who = next(p for p in self.in_room() if p["from"].startswith("sip:frida"))
        self.command("capture", "1000", str(who["id"]), "6")
        time.sleep(7)
        file = self.folder / "media.pcap"
        file.write_bytes(subprocess.run([BINARY, "media-pcap", who["call_id"]], capture_output=True, timeout=10, env={"ROTUNDA_API": self.api}).stdout)
        ours, its = self.video_ports(who["call_id"])
        self.assertTrue(self.shown(file, ours).shows("blue", *MIDDLE), "what he films")
        self.assertTrue(self.shown(file, its).shows("red", *MIDDLE), "what he sees")
        reports = subprocess.run(["tcpdump", "-nr", file, "-T", "rtcp", f"src port {ours} and udp[9] = 200"], capture_output=True, text=True, timeout=10).stdout
        self.assertIn(" sr ", reports)

    def video_ports(self, call_id):
        """Of the server and of the phone, as the call's messages have them."""
        messages = json.loads(self.command("trace", call_id, "--json"))["messages"]
        port = lambda direction: next(int(m["text"].split("m=video ")[1].split()[0]) for m in messages
                                      if m["direction"] == direction and "m=video " in m["text"])
        return port("out"), port("in")

    def shown(self, file, port):
        """The last picture in a capture file's H.264 stream to that port."""
        pictures = self.folder / f"to-{port}"
        pictures.mkdir()
        subprocess.run(["gst-launch-1.0", "-q", "filesrc", f"location={file}", "!", "pcapparse", f"dst-port={port}", "!",
                        "application/x-rtp,media=video,clock-rate=90000,encoding-name=H264", "!", "rtph264depay", "!", "avdec_h264", "!",
                        "videoconvert", "!", "video/x-raw,format=I420", "!", "multifilesink", f"location={pictures}/%06d.yuv", "max-files=1"],
                       check=True, capture_output=True, timeout=30)
        return frame_of(next(pictures.glob("*.yuv")).read_bytes())


if __name__ == "__main__":
    unittest.main()
