"""The capacity tool against the real server: twenty callers, every call set up, no packet lost, every mix right."""
import json
import os
import pathlib
import subprocess
import unittest

from harness import BINARY, InteropTest, Rotunda, measured, wait_until

LOAD = os.environ.get("TEST_LOAD") or str(pathlib.Path(BINARY).parent / "rotunda-load")


class Load(InteropTest):
    def load(self, server, *options):
        """(exit status, figures of the first pair)."""
        figures = self.folder / "figures.json"
        done = subprocess.run([LOAD, f"sip:{{room}}@127.0.0.1:{server.port}", "--callers", "20", "--duration", "3s", "--ramp", "50/s",
                               "--pid", str(server.child.pid), "--json", str(figures), *options],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        print(done.stdout.decode())
        return done.returncode, json.loads(figures.read_text())["pairs"][0]

    def check(self, server, *options):
        status, pair = self.load(server, *options)
        run = pair["server"]
        self.assertEqual(run["calls"]["set_up"], 20)
        self.assertEqual(run["media"]["lost"], 0)
        self.assertEqual(run["media"]["silent_callers"], 0)
        self.assertAlmostEqual(run["media"]["received"], run["media"]["expected"], delta=40)
        self.assertTrue(run["mix"]["right"], run["mix"])
        self.assertGreater(run["mix"]["voices"], 0)
        self.assertEqual(status, 0)
        return pair

    @measured
    def test_three_talkers_in_a_room_of_twenty(self):
        pair = self.check(self.start(Rotunda), "--talkers", "3", "--floor")
        self.assertGreater(pair["server"]["cost"]["rss_kb"], 1000)
        self.assertEqual(pair["floor"]["calls"]["set_up"], 20)

    @measured
    def test_five_rooms_of_opus_speakers(self):
        speech = pathlib.Path(__file__).resolve().parent.parent / "data/speech/talk_16k.wav"
        self.check(self.start(Rotunda), "--rooms", "5", "--codec", "opus", "--dtx", "--speech", str(speech))

    @measured
    def test_a_room_that_outgrows_its_workers_is_one_room(self):
        server = self.start(Rotunda, media__workers="4", media__room_shard_size="6")
        self.check(server, "--talkers", "3")
        wait_until(lambda: len(server.events("room.spread")) == 3, 5, "the room to be spread")

    def test_where_nobody_answers_no_call_is_set_up(self):
        server = self.start(Rotunda, rooms__on_demand="none")
        status, pair = self.load(server)
        self.assertEqual(status, 1)
        self.assertEqual(pair["server"]["calls"]["refused"], {"404": 20})


if __name__ == "__main__":
    unittest.main()
