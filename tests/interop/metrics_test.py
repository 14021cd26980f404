"""What /metrics says after some calls is what became of them."""
import re
import subprocess
import time
import unittest

from harness import BINARY, Baresip, Rotunda, wait_until
from operation_test import OperatorTest
from probe import Probe
from video import colour_film


class Metrics(OperatorTest):
    def setUp(self):
        super().setUp()
        self.server = self.start(Rotunda, drain__deadline="1h", hep__collector="255.255.255.255:9060")
        self.reach_api()

    def figures(self):
        """Value by name, with its labels where it has some."""
        return {name: float(value) for name, value in re.findall(r"^(rotunda\S+) (\S+)$", self.metrics(), re.M)}

    def refused(self, room):
        stranger = Probe(self.server.port, room)
        self.addCleanup(stranger.close)
        with self.assertRaisesRegex(RuntimeError, "404"):
            stranger.invite()

    def test_every_figure_of_a_call_is_its_own(self):
        began = time.monotonic()
        anna, bert = self.talkers(2)
        self.refused("nowhere")
        self.command("open", "board")
        self.command("dial", "board", "sip:nobody@127.0.0.1:1;transport=tcp")  # where nobody listens
        time.sleep(5)
        self.assertEqual(bert.bye(), 200)
        over = lambda now: now['rotunda_calls_ended_total{cause="bye"}'] == now["rotunda_audio_encoders"] == now["rotunda_ready"] == 1 and now
        now = wait_until(lambda: over(self.figures()), 5, "his end")
        for name, value in {"rotunda_calls_joined_total": 2, 'rotunda_calls_refused_total{status="404"}': 1, "rotunda_call_setup_seconds_count": 2,
                            "rotunda_calls": 1, "rotunda_participants": 1, "rotunda_rooms": 2, "rotunda_call_minute_mos_count": 1, "rotunda_rtp_lost_packets_total": 0,
                            "rotunda_dials_answered_total": 0, "rotunda_video_calls": 0, "rotunda_draining": 0, "rotunda_ready": 1}.items():
            self.assertEqual(now[name], value, name)
        # Each sends fifty packets a second, and is sent as many.
        self.assertGreater(now["rotunda_rtp_received_packets_total"], 200)
        self.assertLess(now["rotunda_rtp_received_packets_total"], 60 * (time.monotonic() - began))
        self.assertGreater(now["rotunda_rtp_sent_packets_total"], 400)
        self.assertGreater(now["rotunda_audio_encodes_total"], 400)  # each hears the other alone
        self.assertGreater(now["rotunda_audio_decodes_total"], 400)
        self.assertEqual(now["rotunda_tick_lateness_seconds_count"], now["rotunda_ticks_total"])
        self.assertLess(now["rotunda_call_setup_seconds_sum"], 1)
        self.assertGreater(now['rotunda_call_setup_seconds_bucket{le="0.05"}'], 0)
        self.assertEqual({name for name in now if name.startswith("rotunda_queue_depth")},
                         {f'rotunda_queue_depth{{queue="{queue}"}}' for queue in ("log", "media", "records", "video", "webhooks")})
        version = subprocess.run([BINARY, "--version"], capture_output=True, text=True).stdout.split()[1]
        self.assertEqual(now[f'rotunda_build_info{{version="{version}"}}'], 1)
        self.assertEqual(now['rotunda_dials_failed_total{status="503"}'], 1)
        self.assertGreater(now["rotunda_hep_lost_total"], 0)  # who may not broadcast sends none
        self.command("drain")
        drained = self.figures()
        self.assertEqual((drained["rotunda_draining"], drained["rotunda_ready"]), (1, 0))
        anna.bye()

    def test_pictures_are_counted_while_somebody_has_some(self):
        phones = [self.start(Baresip, name, "PCMU", self.tone_file(440), video="H264", film=colour_film(self.folder, colour))
                  for name, colour in (("vera", "blue"), ("wim", "green"))]
        for phone in phones:
            phone.dial(self.server.uri("1000"))
        enough = lambda now: now["rotunda_video_decodes_total"] > 20 and now["rotunda_video_encodes_total"] > 20 and now
        now = wait_until(lambda: enough(self.figures()), 15, "their pictures")
        for name in ("composed_frames_total", "decodes_total", "received_packets_total", "sent_packets_total", "keyframes_total", "frames_total"):
            self.assertGreater(now[f"rotunda_video_{name}"], 0, name)
        self.assertEqual((now["rotunda_video_rooms"], now["rotunda_video_calls"]), (1, 2))
        self.assertIn(now["rotunda_video_encoder_groups"], (1, 2))  # one for each who sees another picture
        self.assertLess(now["rotunda_video_keyframes_total"], now["rotunda_video_encodes_total"])
        for phone in phones:
            phone.hang_up()
        wait_until(lambda: self.figures()["rotunda_video_calls"] == 0, 5, "their end")


if __name__ == "__main__":
    unittest.main()
