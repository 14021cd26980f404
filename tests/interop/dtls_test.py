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
            # It looks at its clock every 4 ms, and of its first fifty packets one may be later than all before: of some
            # fifty such calls, without DTLS too, four lost a frame to that before the buffer knew. A busy machine makes it
            # worse now and then, a fault of ours would each time.
            concealed = []
            while min(concealed, default=3) > 2 and len(concealed) < 3:
                concealed.append(self.concealed_in_a_call(server, phone, name, plain))
            self.assertLessEqual(min(concealed), 2, concealed)

    def concealed_in_a_call(self, server, phone, name, plain):
        """Of a call in which all else is as it should be."""
        of_him = lambda event: [each for each in server.events(event) if name in each["from"]]
        calls = len(of_him("call.ended"))
        phone.dial(server.uri("1000"))
        wait_until(lambda: len(of_him("call.secured")) > calls, 5, "a handshake")
        time.sleep(3)
        self.assertGreater(plain.level_db(440) - plain.level_db(1500), 30)
        phone.hang_up()
        wait_until(lambda: len(of_him("call.ended")) > calls, 5, "the end of the call")
        time.sleep(0.5)
        self.assertGreater(self.level(phone, 660, 1500), 30)
        ended = of_him("call.ended")[-1]
        self.assertRegex(ended["srtp"], "AES_")
        self.assertEqual((ended["lost"], ended["forged"]), ("0", "0"), ended)
        return int(ended["concealed"])

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
