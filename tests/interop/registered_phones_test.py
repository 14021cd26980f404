"""Phones register with digest, call, hold and hang up over each transport; a user with two phones is found on both."""
import unittest

from accounts import DOMAIN, AccountsTest
from harness import Baresip, Linphone, free_port, wait_until
from referrer import Referrer
from web_socket_phone import WebSocketPhone


class RegisteredPhones(AccountsTest):
    def serve(self, transport, *users):
        """A server whose phones can reach it by that transport only."""
        ours, port = free_port(), free_port()
        self.server = self.start_server(sip__listen=f"udp://127.0.0.1:{ours},{transport}://127.0.0.1:{port}", port=ours)
        for user in users:
            self.add_user(self.server, user)
        self.proxy = f"sip:127.0.0.1:{port};transport={transport}"

    def baresip(self, user, name=None, **how):
        transport = self.proxy.rpartition("=")[2]
        return self.start(Baresip, name or user, play=self.tone_file(440), **how, account=(
            f'<sip:{user}@{DOMAIN};transport={transport}>;auth_user={user};auth_pass=secret;regint=600;outbound="{self.proxy}"'))

    def linphone(self, user):
        route = self.proxy.replace(";transport", ";lr;transport")
        return self.start(Linphone, user, self.tone_file(660, 16000), tls="tls" in self.proxy, account=(
            f"[proxy_0]\nreg_proxy=<{self.proxy}>\nreg_route=<{route}>\nreg_identity=\"{user}\" <sip:{user}@{DOMAIN}>\n"
            f"reg_expires=600\nreg_sendregister=1\n[auth_info_0]\nusername={user}\npasswd=secret\nrealm={DOMAIN}\ndomain={DOMAIN}\n"))

    def registered(self, user, phones=1):
        wait_until(lambda: self.contacts(self.server, user) == phones, 10, f"{user} to be registered {phones} times")

    def directions(self):
        return [event["direction"] for event in self.server.events("call.changed")]

    def register_call_and_hold(self, transport):
        self.serve(transport, "anna", "lena")
        anna, lena = self.baresip("anna"), self.linphone("lena")
        for user in ("anna", "lena"):
            self.registered(user)
        anna.dial(f"sip:1000@{DOMAIN}")
        lena.dial(f"sip:1000@{DOMAIN}")
        wait_until(lambda: len(self.server.events("call.media")) == 2, 5, "sound of both")
        changes = 0
        for hold, resume in ((lambda: anna.command("hold"), lambda: anna.command("resume")),
                             (lambda: lena.say("pause"), lambda: lena.say("resume"))):
            for change, direction in ((hold, "hold"), (resume, "sendrecv")):
                change()
                changes += 1
                wait_until(lambda: len(self.directions()) >= changes, 5, direction)
                self.assertEqual(self.directions()[-1], direction)
        anna.hang_up()
        lena.hang_up()
        wait_until(lambda: len(self.server.events("call.ended")) == 2, 5, "both to leave")
        self.assertEqual({event["cause"] for event in self.server.events("call.ended")}, {"bye"})

    def test_over_udp(self):
        self.register_call_and_hold("udp")

    def test_over_tcp(self):
        self.register_call_and_hold("tcp")

    def test_over_tls(self):
        self.register_call_and_hold("tls")

    def test_all_phones_of_a_user_ring_and_the_first_to_answer_joins(self):
        self.serve("udp", "clara")
        desk, kitchen = self.baresip("clara", "desk"), self.baresip("clara", "kitchen")
        self.registered("clara", 2)
        anna = Referrer(self.server.port)
        self.addCleanup(anna.close)
        anna.invite()
        self.assertEqual(anna.refer(f"<sip:clara@{DOMAIN}>"), 202)
        for phone in (desk, kitchen):
            wait_until(lambda: "Incoming call" in phone.log(), 5, "both phones to ring")
        kitchen.command("accept")
        self.assertEqual(anna.outcome(), "200 OK")
        wait_until(lambda: "Call established" in kitchen.log(), 5, "the kitchen's phone to talk")
        wait_until(lambda: "Cancelled" in desk.log() or "session closed" in desk.log(), 5, "the desk's phone to stop ringing")
        self.assertNotIn("Call established", desk.log())
        self.assertEqual(len(self.server.events("call.joined")), 2)

    def test_a_browser_is_called_over_the_web_socket_it_registered_by(self):
        self.serve("wss", "wanda")
        browser = WebSocketPhone(int(self.proxy.split(":")[2].split(";")[0]), DOMAIN, "wanda", "secret")
        self.addCleanup(browser.close)
        self.assertEqual(browser.register(), 200)
        browser.answer_calls()
        anna = Referrer(self.server.port)
        self.addCleanup(anna.close)
        anna.invite()
        self.assertEqual(anna.refer(f"<sip:wanda@{DOMAIN}>"), 202)
        self.assertEqual(anna.outcome(), "200 OK")
        self.assertRegex(browser.invite, r"\r\nVia: SIP/2.0/WSS ")
        self.server.child.terminate()
        wait_until(lambda: "BYE" in browser.requests, 5, "the end of the call over the same connection")


if __name__ == "__main__":
    unittest.main()
