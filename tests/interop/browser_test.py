"""A Chromium with JsSIP talks in a room over secure WebSocket: ICE, DTLS-SRTP and BUNDLE as browsers do them."""
import time
import unittest

import audio
from browser import Browser
from video import COLOURS, VideoProbe, y4m
from harness import Baresip, InteropTest, Rotunda, free_port, measured, wait_until

BROWSER_TONE, PHONE_TONE, NOBODY = 660, 440, 1500


class BrowserCalls(InteropTest):
    @measured
    def test_a_chromium_talks_with_a_phone(self):
        port, wss = free_port(), free_port()
        server = self.start(Rotunda, port=port,
                            sip__listen=f"udp://127.0.0.1:{port},tcp://127.0.0.1:{port},wss://127.0.0.1:{wss}")
        phone = self.start(Baresip, "anna", "PCMU", self.tone_file(PHONE_TONE))
        phone.dial(server.uri("1000"))
        browser = self.start(Browser, "browser", self.tone_file(BROWSER_TONE), f"wss://127.0.0.1:{wss}",
                             "sip:1000@127.0.0.1", (PHONE_TONE, BROWSER_TONE, NOBODY))
        wait_until(lambda: browser.reports("confirmed"), 15, "the browser's call")
        wait_until(lambda: server.events("call.secured"), 5, "the DTLS handshake")
        time.sleep(4)
        heard = browser.reports("measured")[-1]
        self.assertEqual((heard["dtls"], heard["ice"]), ("connected", "connected"), heard)
        self.assertEqual(heard["codec"], "audio/opus")
        self.assertEqual(heard["lost"], 0)
        self.assertGreater(heard["received"], 150)
        self.assertIn("reported", heard, "no RTCP of ours came")
        levels = {int(hz): level for hz, level in heard["levels"].items()}
        # The tone of the phone, and neither himself nor anything else.
        self.assertGreater(levels[PHONE_TONE], -40)
        self.assertGreater(levels[PHONE_TONE] - max(levels[BROWSER_TONE], levels[NOBODY]), 35, levels)
        phone.hang_up()
        time.sleep(0.5)
        rate, samples = phone.heard()
        tail = samples[-int(2.5 * rate):-int(0.5 * rate)]
        self.assertGreater(audio.level_db(tail, rate, BROWSER_TONE) - audio.level_db(tail, rate, NOBODY), 35)
        server.stop()
        wait_until(lambda: browser.reports("ended"), 3, "the BYE to reach the browser")
        secured = [event for event in server.events("call.ended") if "browser" in event["from"]]
        self.assertRegex(secured[0]["srtp"], "AES_")
        self.assertEqual(secured[0]["forged"], "0")
        print(f"browser hears {levels}, {heard}")

    def test_a_chromium_with_a_camera_sees_and_is_seen(self):
        port, wss = free_port(), free_port()
        server = self.start(Rotunda, port=port,
                            sip__listen=f"udp://127.0.0.1:{port},tcp://127.0.0.1:{port},wss://127.0.0.1:{wss}",
                            **{"video.enabled": "true", "video.view": "shared", "video.background": "#000000"})
        probe = VideoProbe(self.folder, server.port, "red")
        self.started.append(probe)
        probe.invite()
        probe.film()
        browser = self.start(Browser, "browser", self.tone_file(BROWSER_TONE), f"wss://127.0.0.1:{wss}",
                             "sip:1000@127.0.0.1", (BROWSER_TONE, NOBODY), film=y4m(self.folder, "blue"))
        wait_until(lambda: browser.reports("confirmed"), 15, "the browser's call")
        wait_until(lambda: server.events("video.secured"), 5, "the DTLS handshake of its video")
        wait_until(lambda: probe.sees("red", 0.25, 0.5) and probe.sees("blue", 0.75, 0.5), 10, "the browser to be seen")
        wait_until(lambda: browser.reports("seen"), 5, "the browser to see anything")
        wait_until(lambda: self.shown(browser.reports("seen")[-1], ("red", "blue")), 5, "the browser to see red and blue")
        print(f"browser sees {browser.reports('seen')[-1]}")
        server.stop()
        ended = [event for event in server.events("video.ended") if "browser" in event["from"]]
        self.assertRegex(ended[0]["srtp"], "AES_")

    @staticmethod
    def shown(seen, colours):
        return all(max(abs(a - b) for a, b in zip(rgb, COLOURS[colour])) <= 8 for rgb, colour in zip(seen["colours"], colours))


if __name__ == "__main__":
    unittest.main()
