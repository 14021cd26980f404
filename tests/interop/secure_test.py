"""TLS and secure WebSocket: real phones and a browser's stand-in talk to one another."""
import re
import unittest

from harness import Baresip, InteropTest, Linphone, Rotunda, free_port, measured, wait_until
from probe import Probe
from web_socket import SecureWebSocket


class Secure(InteropTest):
    def start_secure(self, **settings):
        self.tls, self.wss = free_port(), free_port()
        host = "127.0.0.1"
        port = free_port()
        return self.start(Rotunda, sip__listen=f"udp://{host}:{port},tcp://{host}:{port},tls://{host}:{self.tls},"
                                               f"wss://{host}:{self.wss}", port=port, **settings)

    def is_heard_in_room(self, phone, server):
        probe = Probe(server.port)
        probe.invite()
        phone.dial(f"sip:1000@127.0.0.1:{self.tls};transport=tls")
        wait_until(lambda: probe.level_db(440) > -23, 5, "his tone")
        phone.hang_up()
        wait_until(lambda: server.events("call.ended"), 5, "his end")
        probe.bye()
        probe.close()

    @measured
    def test_baresip_over_tls(self):
        server = self.start_secure()
        phone = self.start(Baresip, "anna", "opus", self.tone_file(440))
        self.is_heard_in_room(phone, server)
        self.assertEqual({event["cause"] for event in server.events("call.ended")}, {"bye"})

    @measured
    def test_linphonec_over_tls(self):
        server = self.start_secure()
        phone = self.start(Linphone, "lena", self.tone_file(440), tls=True)
        self.is_heard_in_room(phone, server)

    def test_where_encryption_is_required_keys_in_sdp_count_over_tls(self):
        server = self.start_secure(media__encryption="required")
        phone = self.start(Baresip, "anna", "PCMU", self.tone_file(440), encryption="srtp-mand")
        phone.dial(f"sip:1000@127.0.0.1:{self.tls};transport=tls")
        wait_until(lambda: server.events("call.media"), 5, "media")
        self.assertEqual(server.events("call.joined")[0]["srtp"], "AES_CM_128_HMAC_SHA1_80")

    def test_a_browser_calls_over_a_secure_web_socket(self):
        server = self.start_secure()
        browser = Probe(self.wss)
        browser.sip.close()
        browser.sip = SecureWebSocket("127.0.0.1", self.wss)
        answer = browser.invite()
        self.assertRegex(answer, re.compile(r"^Contact:.*;transport=ws", re.M))
        self.assertTrue(browser.sip.ping())
        wait_until(lambda: len(browser.packets) > 20, 5, "sound")
        # What the server asks comes over the same connection, wherever the Contact points.
        server.child.terminate()
        while not (request := browser.sip.recv().decode()).startswith("BYE "):
            pass
        self.assertRegex(request, re.compile(r"^Via: SIP/2.0/WSS ", re.M))
        browser.close()


if __name__ == "__main__":
    unittest.main()
