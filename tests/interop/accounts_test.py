"""Real phones register and call with credentials, by MD5 and SHA-256; wrong ones stay out; contacts survive a restart."""
import json
import stat
import time
import unittest

from accounts import DOMAIN, AccountsTest
from harness import Baresip, Linphone, Rotunda, run_sipp, wait_until


class Accounts(AccountsTest):
    def baresip(self, server, name, password="secret", phone=None):
        return self.start(Baresip, phone or name, play=self.tone_file(440), account=(
            f"<sip:{name}@{DOMAIN}>;auth_user={name};auth_pass={password};regint=600;"
            f"outbound=\"sip:127.0.0.1:{server.port}\""))

    def linphone(self, server, name):
        return self.start(Linphone, name, self.tone_file(660, rate=16000), account=(
            f"[proxy_0]\nreg_proxy=<sip:127.0.0.1:{server.port};transport=udp>\nreg_route=<sip:127.0.0.1:{server.port};transport=udp;lr>\n"
            f"reg_identity=\"{name}\" <sip:{name}@{DOMAIN}>\nreg_expires=600\nreg_sendregister=1\n"
            f"[auth_info_0]\nusername={name}\npasswd=secret\nrealm={DOMAIN}\ndomain={DOMAIN}\n"))

    def test_phones_register_and_call_by_md5(self):
        self.register_and_call(auth__algorithms="MD5")

    def test_linphone_registers_by_sha256(self):
        server = self.start_server(auth__algorithms="SHA-256")
        self.add_user(server, "lena")
        self.linphone(server, "lena")
        wait_until(lambda: self.contacts(server, "lena") == 1, 10, "linphonec to register")

    def test_phones_register_and_call_where_both_are_offered(self):
        self.register_and_call()

    def register_and_call(self, **settings):
        server = self.start_server(**settings)
        for name in ("anna", "lena"):
            self.add_user(server, name)
        self.assertEqual(stat.S_IMODE(self.database.stat().st_mode), 0o600)
        self.assertEqual(self.user("list").split(), ["anna", "lena"])
        listed = json.loads(self.user("list", "--json"))["users"]
        self.assertEqual(listed, [{"name": name, "realm": DOMAIN, "served": True} for name in ("anna", "lena")])
        anna, lena = self.baresip(server, "anna"), self.linphone(server, "lena")
        for name in ("anna", "lena"):
            wait_until(lambda: self.contacts(server, name) == 1, 10, f"{name} to register")
        anna.dial(f"sip:1000@{DOMAIN}")
        lena.dial(f"sip:1000@{DOMAIN}")
        wait_until(lambda: len(server.events("call.joined")) == 2, 5, "both in the room")
        anna.hang_up()
        lena.hang_up()
        wait_until(lambda: len(server.events("call.ended")) == 2, 5, "both to leave")

    def test_a_wrong_password_stays_out(self):
        server = self.start_server()
        self.add_user(server, "anna")
        anna = self.baresip(server, "anna", password="guessed")
        wait_until(lambda: "reg: " in anna.log() or "401" in anna.log(), 10, "baresip to be refused")
        self.assertEqual(self.contacts(server, "anna"), 0)

    def test_a_changed_password_counts_without_a_restart(self):
        server = self.start_server()
        self.add_user(server, "anna")
        known = len(server.events("users.loaded"))
        self.user("passwd", "anna", password="changed\n")
        wait_until(lambda: len(server.events("users.loaded")) > known, 5, "the server to notice")
        before = self.baresip(server, "anna")
        wait_until(lambda: "reg: " in before.log() or "401" in before.log(), 10, "baresip to be refused")
        self.assertEqual(self.contacts(server, "anna"), 0)
        before.stop()
        self.baresip(server, "anna", password="changed", phone="told")
        wait_until(lambda: self.contacts(server, "anna") == 1, 10, "baresip to register")

    def test_users_of_another_realm_are_told_about(self):
        self.database = self.folder / "users.db"
        self.user("add", "anna", password="secret\n")  # before any server ran
        server = self.start(Rotunda, database__path=self.database)  # without the domain they were stored with
        told, = server.events("users.other_realm")
        self.assertEqual((told["realm"], told["users"]), ("sip", "1"))
        server.stop()
        again = self.start_server()
        self.assertEqual(again.events("users.other_realm"), [])
        self.assertEqual(again.events("users.loaded")[0]["users"], "1")

    def test_sipp_registers_with_digest(self):
        server = self.start_server(auth__algorithms="MD5")
        self.add_user(server, "sam")
        run_sipp(self, server, "register", ["sam"])
        # It came and went within a second: what is told and kept is how it ended.
        wait_until(lambda: [event["contacts"] for event in server.events("registrar.changed")][-1:] == ["0"], 5, "the log to say so")

    def test_contacts_survive_a_restart_and_end_with_their_user(self):
        server = self.start_server(auth__algorithms="MD5")
        self.add_user(server, "anna")
        self.baresip(server, "anna")
        wait_until(lambda: self.contacts(server, "anna") == 1, 10, "anna to register")
        server.stop()
        # With a realm that is not theirs nobody is a user; that costs nobody his contacts.
        mistaken = self.start_server(auth__realm="example.org")
        self.assertEqual(self.contacts(mistaken, "anna"), 0)
        time.sleep(1.5)
        mistaken.stop()
        again = self.start_server(auth__algorithms="MD5")
        self.assertEqual(self.contacts(again, "anna"), 1)
        self.user("remove", "anna")
        wait_until(lambda: self.contacts(again, "anna") == 0, 5, "anna to be forgotten")


if __name__ == "__main__":
    unittest.main()
