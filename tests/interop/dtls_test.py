"""DTLS-SRTP with a phone nobody here wrote, as caller and as callee, beside a phone in the clear."""
import time
import unittest

import audio
from harness import Baresip, InteropTest, Rotunda, measured, wait_until


class DtlsSrtp(InteropTest):
    @measured
    def test_a_caller_and_a_phone_in_the_clear_hear_each_other(self):
        server = self.start(Rotunda)
        plain = self.start(Baresip, "boris", "PCMU", self.tone_file(660))
        plain.dial(server.uri("1000"))
        # With RTCP on the same port, and on one of its own with a handshake of its own.
        for name, mux in (("anna", True), ("clara", False)):
            phone = self.start(Baresip, name, "opus", self.tone_file(440), encryption="dtls_srtp", rtcp_mux=mux)
            phone.dial(server.uri("1000"))
            wait_until(lambda n=name: any(n in event["from"] for event in server.events("call.secured")), 5, "a handshake")
            time.sleep(3)
            phone.hang_up()
            time.sleep(0.7)
            self.assertGreater(self.level(phone, 660, 1500), 30)
            ended = [event for event in server.events("call.ended") if name in event["from"]][0]
            self.assertRegex(ended["srtp"], "AES_")
            self.assertEqual((ended["lost"], ended["forged"]), ("0", "0"), ended)
            # It looks at its clock every 4 ms, and of its first fifty packets one may be later than all before: of some
            # fifty such calls, without DTLS too, four lost a frame to that before the buffer knew.
            self.assertLessEqual(int(ended["concealed"]), 2, ended)
        plain.hang_up()
        time.sleep(0.5)
        rate, samples = plain.heard()
        anna = samples[int(1.5 * rate):int(3 * rate)]
        self.assertGreater(audio.level_db(anna, rate, 440) - audio.level_db(anna, rate, 1500), 30)

    def test_where_encryption_is_required_dtls_counts_over_any_transport(self):
        server = self.start(Rotunda, media__encryption="required")
        plain = self.start(Baresip, "boris", "PCMU")
        plain.command("dial", server.uri("1000"))
        wait_until(lambda: "488" in plain.log(), 5, "488")
        phone = self.start(Baresip, "anna", "PCMU", self.tone_file(440), encryption="dtls_srtp")
        phone.dial(server.uri("1000"))
        wait_until(lambda: server.events("call.media"), 5, "his media: he is gone once the other has answered")
        # He asks us to call another, to whom we offer DTLS-SRTP.
        callee = self.start(Baresip, "clara", "PCMU", self.tone_file(660), encryption="dtls_srtp", answers=True)
        phone.command("transfer", f"sip:clara@127.0.0.1:{callee.port}")
        wait_until(lambda: server.events("dial.answered"), 10, "the callee's answer")
        wait_until(lambda: len(server.events("call.secured")) == 2, 5, "both handshakes")
        wait_until(lambda: len(server.events("call.media")) == 2, 5, "media of both")

    @staticmethod
    def level(phone, hz, other):
        rate, samples = phone.heard()
        tail = samples[-int(1.8 * rate):-int(0.5 * rate)]
        return audio.level_db(tail, rate, hz) - audio.level_db(tail, rate, other)


if __name__ == "__main__":
    unittest.main()
