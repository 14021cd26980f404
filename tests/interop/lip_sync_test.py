"""Sound and picture of one sender at a receiver, by the server's own reports, with 100 ms of extra delay on either stream."""
import itertools
import time
import unittest

import numpy as np

from flash import FilmingProbe, Flasher, still_pictures
from harness import InteropTest, Rotunda
from probe import ulaw_decode

SECONDS = 18
SETTLED = 8  # by then each waits for the other


def is_bright(seconds):
    return 400 <= round(1000 * seconds) % 1000 < 600


class LipSyncTest(InteropTest):
    rooms = itertools.count(1000)

    def test_picture_and_sound_are_together_whichever_comes_late(self):
        stills = [still_pictures(-0.35), still_pictures(0.25)]
        # One sender after the other, and small pictures: what is measured is the clock, and not how fast this machine encodes.
        server = self.start(Rotunda, **{"video.enabled": "true", "video.view": "shared", "video.height": "360", "rooms.on_demand": "[0-9]+"})
        for name, (video_late, audio_late) in {"both in time": (0.0, 0.0), "the picture 100 ms late": (0.1, 0.0),
                                               "the sound 100 ms late": (0.0, 0.1)}.items():
            # What the machine holds up now and then wanders; a fault would be there each time.
            self.assertTrue(any(self.together(name, self.skews(server, stills, video_late, audio_late)) for _ in range(3)), name)

    def together(self, name, skews):
        if len(skews) <= 6:
            print(f"{name}: {len(skews)} flashes seen")
            return False
        median, most = np.median(skews), np.percentile(np.abs(skews), 90)
        print(f"{name}: picture behind sound by {1000 * median:.0f} ms ({1000 * min(skews):.0f} to {1000 * max(skews):.0f}, {len(skews)} flashes)")
        return abs(median) < 0.040 and most < 0.040

    def skews(self, server, stills, video_late, audio_late):
        """Of each flash of a sender in a room of his own, its picture's moment less its beep's."""
        room = str(next(self.rooms))
        sender, watcher = (self.opened(kind) for kind in (Flasher(self.folder, server.port, stills, room=room),
                                                          FilmingProbe(self.folder, server.port, room=room)))
        sender.flash(SECONDS, is_bright, video_late, audio_late, beeps=True)
        time.sleep(SECONDS + 0.5)
        for probe in (sender, watcher):
            self.assertEqual(probe.bye(), 200)
        return self.measured_skews(watcher)

    def opened(self, probe):
        self.started.append(probe)
        probe.invite()
        return probe

    def measured_skews(self, watcher):
        watcher.read_audio_reports()
        self.assertTrue(all(watcher.reports.values()), "no reports of the server")
        sound = [(watcher.sampled_at("audio", stamp, 8000), np.sqrt(np.mean(ulaw_decode(payload) ** 2)))
                 for _, _, stamp, payload in watcher.packets]
        light = [(watcher.sampled_at("video", stamp, 90000), frame.mean()) for _, stamp, frame in watcher.film_seen.pictures()]
        begun = sound[0][0] + SETTLED
        beeps, flashes = (self.onsets([s for s in samples if s[0] > begun]) for samples in (sound, light))
        return [flash - beep for beep in beeps for flash in [min(flashes, key=lambda f: abs(f - beep))] if abs(flash - beep) < 0.4]

    @staticmethod
    def onsets(samples):
        values = np.array([value for _, value in samples])
        limit = (values.min() + values.max()) / 2
        return [samples[i][0] for i in range(1, len(samples)) if values[i] >= limit > values[i - 1]]


if __name__ == "__main__":
    unittest.main()
