"""Users who are in no call ask the focus to call somebody or to remove somebody (RFC 3515, RFC 4579 5.11)."""
import unittest

from accounts import DOMAIN, AccountsTest
from digest import authorization
from harness import Baresip, wait_until
from roster import RosterClient, header


class User(RosterClient):
    """refer() asks with credentials and returns the status; told holds what every NOTIFY says."""

    def __init__(self, server, room, name):
        self.told = []
        super().__init__(server, room, name, DOMAIN)

    def refer(self, target, as_user=None):
        """`as_user`: whose credentials are given."""
        wish = [f"Refer-To: {target}"]
        challenge = self.request("REFER", wish)
        if not challenge.startswith("SIP/2.0 401"):
            return int(challenge.split()[1])
        proof = authorization(header(challenge, "WWW-Authenticate"), as_user or self.name, "secret", "REFER", self.target)
        return int(self.request("REFER", [*wish, f"Authorization: {proof}"]).split()[1])

    def _take(self, text):
        self.told.append(text.split("\r\n\r\n", 1)[1].split("\r\n")[0])
        if header(text, "Subscription-State").startswith("terminated"):
            self.ended = True


class Referring(AccountsTest):
    def asks(self, name, target):
        """The status of the REFER and the last word told of it."""
        user = User(self.server, "1000", name)
        self.addCleanup(user.close)
        status = user.refer(target)
        if status == 202:
            wait_until(lambda: user.ended, 10, "the end to be told")
        return status, user.told[-1] if user.told else None

    def test_a_user_dials_somebody_in_and_only_a_moderator_removes_him(self):
        self.server = self.start_server(auth__algorithms="MD5", rooms__list="[{name: '1000', owner: anna}]")
        for user in ("anna", "boris"):
            self.add_user(self.server, user)
        clara = self.start(Baresip, "clara", answers=True)
        address = f"sip:clara@127.0.0.1:{clara.port}"
        self.assertEqual(self.asks("boris", f"<{address}>"), (202, "SIP/2.0 200 OK"))
        wait_until(lambda: "Call established" in clara.log(), 5, "clara to be in the call")
        self.assertEqual(self.asks("boris", f"<{address};method=BYE>"), (403, None))
        self.assertEqual(self.server.events("call.ended"), [])
        self.assertEqual(self.asks("anna", f"<{address};method=BYE>"), (202, "SIP/2.0 200 OK"))
        wait_until(lambda: self.server.events("call.ended"), 5, "clara to be removed")

    def test_credentials_of_somebody_else_are_no_use(self):
        self.server = self.start_server(auth__algorithms="MD5")
        for user in ("anna", "boris"):
            self.add_user(self.server, user)
        boris = User(self.server, "1000", "anna")
        self.addCleanup(boris.close)
        self.assertEqual(boris.refer("<sip:clara@127.0.0.1>", as_user="boris"), 403)

    def test_nobody_dials_in_who_has_not_said_who_he_is(self):
        self.server = self.start_server(auth__algorithms="MD5")
        stranger = RosterClient(self.server, "1000")
        self.addCleanup(stranger.close)
        self.assertRegex(stranger.request("REFER", ["Refer-To: <sip:clara@127.0.0.1>"]), "^SIP/2.0 403 ")


if __name__ == "__main__":
    unittest.main()
