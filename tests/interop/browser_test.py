"""A Chromium with JsSIP talks in a room over secure WebSocket: ICE, DTLS-SRTP and BUNDLE as browsers do them."""
import unittest

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
        levels = lambda report: {int(hz): level for hz, level in report["levels"].items()}

        def settled():
            """A report some seconds into the call in which he hears the tone of the phone, and neither himself nor anything else."""
            latest = (browser.reports("measured") or [None])[-1]
            if latest is None or latest.get("received", 0) <= 150 or "reported" not in latest:  # by RTCP of ours
                return None
            tones = levels(latest)
            return latest if tones[PHONE_TONE] > -40 and tones[PHONE_TONE] - max(tones[BROWSER_TONE], tones[NOBODY]) > 35 else None

        try:
            heard = wait_until(settled, 8, "the browser to hear the phone")
        except AssertionError as nothing:
            self.fail(f"{nothing}: {browser.reports('measured')[-1:]}")
        self.assertEqual((heard["dtls"], heard["ice"]), ("connected", "connected"), heard)
        self.assertEqual(heard["codec"], "audio/opus")
        self.assert_next_to_nothing_lost(heard)
        wait_until(lambda: phone.level_db(BROWSER_TONE) - phone.level_db(NOBODY) > 35, 5, "the phone to hear the browser")
        phone.hang_up()
        server.stop()
        wait_until(lambda: browser.reports("ended"), 3, "the BYE to reach the browser")
        secured = [event for event in server.events("call.ended") if "browser" in event["from"]]
        self.assertRegex(secured[0]["srtp"], "AES_")
        self.assertEqual(secured[0]["forged"], "0")
        print(f"browser hears {levels(heard)}, {heard}")

    @measured
    def test_a_chromium_with_a_camera_sees_and_is_seen(self):
        self.films_and_watches("balanced", "now")

    @measured
    def test_a_chromium_that_takes_one_transport_or_none_adds_its_camera_in_mid_call(self):
        self.films_and_watches("max-bundle", "later")

    def films_and_watches(self, bundle, video):
        port, wss = free_port(), free_port()
        server = self.start(Rotunda, port=port,
                            sip__listen=f"udp://127.0.0.1:{port},tcp://127.0.0.1:{port},wss://127.0.0.1:{wss}",
                            **{"video.enabled": "true", "video.view": "shared", "video.background": "#000000"})
        probe = VideoProbe(self.folder, server.port, "red")
        self.started.append(probe)
        probe.invite()
        probe.film()
        browser = self.start(Browser, "browser", self.tone_file(BROWSER_TONE), f"wss://127.0.0.1:{wss}", "sip:1000@127.0.0.1",
                             (BROWSER_TONE, NOBODY), film=y4m(self.folder, "blue"), bundle=bundle, video=video)
        wait_until(lambda: browser.reports("confirmed"), 15, "the browser's call")
        wait_until(lambda: server.events("call.secured"), 5, "the DTLS handshake")
        wait_until(lambda: probe.sees("red", 0.25, 0.5) and probe.sees("blue", 0.75, 0.5), 12, "the browser to be seen")
        wait_until(lambda: browser.reports("seen"), 5, "the browser to see anything")
        wait_until(lambda: self.shown(browser.reports("seen")[-1], ("red", "blue")), 5, "the browser to see red and blue")
        heard = wait_until(lambda: next((each for each in reversed(browser.reports("measured")) if "received" in each), None), 5,
                           "a report of what it hears")
        self.assertEqual(heard["transports"], 1, "sound and picture on one transport")
        self.assert_next_to_nothing_lost(heard)
        print(f"browser ({bundle}) sees {browser.reports('seen')[-1]}, {heard}")
        server.stop()
        ended = [event for event in server.events("video.ended") if "browser" in event["from"]]
        self.assertRegex(ended[0]["srtp"], "AES_")
        self.assertEqual(len(server.events("call.secured")), 1)

    def assert_next_to_nothing_lost(self, heard):
        """Its one socket is small beside a whole picture, its reader held up now and then; wrong numbers of ours would lose far more."""
        self.assertLessEqual(heard["lost"], 0.01 * heard["received"], heard)

    @staticmethod
    def shown(seen, colours):
        return all(max(abs(a - b) for a, b in zip(rgb, COLOURS[colour])) <= 8 for rgb, colour in zip(seen["colours"], colours))


if __name__ == "__main__":
    unittest.main()
