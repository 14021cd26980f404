"""SRTP with phones nobody here wrote, beside a phone without: each hears the others as without encryption."""
import concurrent.futures
import re
import time
import unittest

import audio
from gst_phone import GstPhone
from harness import Baresip, InteropTest, Linphone, Rotunda, measured, wait_until

TONES = {"anna": 440, "boris": 660, "clara": 930}


class Encryption(InteropTest):
    @measured
    def test_sdes_and_the_clear_in_one_room(self):
        server = self.start(Rotunda)
        phones = {"anna": self.start(Baresip, "anna", "PCMU", self.tone_file(TONES["anna"]), encryption="srtp-mand"),
                  "boris": self.start(Baresip, "boris", "PCMU", self.tone_file(TONES["boris"])),
                  "clara": self.start(Linphone, "clara", self.tone_file(TONES["clara"], 16000), encryption="srtp")}
        self.talk(server, phones)
        suites = {event["from"].split(":")[1].split("@")[0]: event for event in server.events("call.ended")}
        self.assertEqual(suites["boris"]["srtp"], "none")
        for name in ("anna", "clara"):
            self.assertRegex(suites[name]["srtp"], "AES_")
        for name, event in suites.items():
            print(f"{name}: {event['srtp']}, received {event['received']}, forged {event['forged']}")
            self.assertEqual(int(event["forged"]), 0, name)
            self.assertEqual(int(event["replayed"]), 0, name)
        self.assertNotRegex(server.log(), "inline:")

    def test_optional_srtp_is_answered_in_the_profile_offered(self):
        server = self.start(Rotunda)
        for name, encryption in (("dora", "srtp"), ("emil", "srtp-mandf")):
            phone = self.start(Baresip, name, "PCMU", self.tone_file(500), encryption=encryption)
            phone.dial(server.uri("1000"))
        wait_until(lambda: len(server.events("call.media")) == 2, 5, "media of both")
        for event in server.events("call.joined"):
            self.assertEqual(event["srtp"], "AES_CM_128_HMAC_SHA1_80", event)

    def test_where_encryption_is_required_the_clear_is_refused(self):
        server = self.start(Rotunda, media__encryption="required")
        # Keys over UDP are no secret: refused as well.
        for name, encryption in (("dora", None), ("emil", "srtp-mand")):
            phone = self.start(Baresip, name, "PCMU", self.tone_file(500), encryption=encryption)
            phone.command("dial", server.uri("1000"))
            wait_until(lambda p=phone: re.search("488 Not Acceptable", p.log()), 10, f"{name} to be refused")
        self.assertEqual(server.events("call.joined"), [])

    def test_gcm_in_both_sizes_and_counter_mode_mix_in_one_room(self):
        server = self.start(Rotunda)
        plain = self.start(Baresip, "anna", "PCMU", self.tone_file(440), encryption="srtp-mand")
        plain.dial(server.uri("1000"))
        # Optional encryption in plain RTP/AVP as well (RFC 8643).
        phones = [GstPhone(self.folder, server.port, "AEAD_AES_256_GCM", 660),
                  GstPhone(self.folder, server.port, "AEAD_AES_128_GCM", 930, profile="RTP/AVP")]
        for phone in phones:
            phone.join()
        wait_until(lambda: len(server.events("call.media")) == 3 and all(phone.record.exists() for phone in phones), 10, "sound of all")
        time.sleep(7)
        plain.hang_up()
        # Together: GStreamer takes seconds to end, and the stretch that is looked at needs all of them.
        with concurrent.futures.ThreadPoolExecutor() as pool:
            self.assertEqual(list(pool.map(GstPhone.leave, phones)), [200, 200])
        wait_until(lambda: len(server.events("call.ended")) == 3, 5, "the end of each call")
        time.sleep(0.5)
        for phone, others in ((phones[0], (440, 930)), (phones[1], (440, 660)), (plain, (660, 930))):
            rate, samples = phone.heard()
            middle = audio.middle(samples, rate, 6.0, 2.5)  # all were there
            silence = audio.level_db(middle, rate, 1500)
            for hz in others:
                self.assertGreater(audio.level_db(middle, rate, hz) - silence, 30, (phone, hz))
        ended = server.events("call.ended")
        self.assertEqual({event["srtp"] for event in ended},
                         {"AEAD_AES_256_GCM", "AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80"})
        for event in ended:
            self.assertEqual((event["forged"], event["replayed"]), ("0", "0"), event)

    def talk(self, server, phones):
        for phone in phones.values():
            phone.dial(server.uri("1000"))
        time.sleep(6)
        for phone in reversed(phones.values()):
            phone.hang_up()
        wait_until(lambda: len(server.events("call.ended")) == len(phones), 5, "the end of each call")
        time.sleep(1)
        said = {name: self.level(*phone.said(), TONES[name]) for name, phone in phones.items()}
        for listener, phone in phones.items():
            heard = {name: self.level(*phone.heard(), TONES[name]) for name in phones}
            own = heard.pop(listener)
            gains = {name: level - said[name] for name, level in heard.items()}
            self.assertLess(max(gains.values()) - min(gains.values()), 1.0, f"{listener} hears {gains} of what was said")
            self.assertGreater(min(heard.values()) - own, 45.0, f"{listener} hears himself: {own:.1f} dB beside {heard}")
            print(f"{listener}: {({name: round(gain, 2) for name, gain in gains.items()})} dB, himself {own:.0f} dB")

    @staticmethod
    def level(rate, samples, hz):
        return audio.steady_level_db(audio.middle(samples, rate, 3.5, 2.0), rate, hz)


if __name__ == "__main__":
    unittest.main()
