"""The focus as caller: SIPp plays those it calls, one rule of RFC 3261, 3262, 3311 or 4028 each, and the one who asked hears how it ends."""
import unittest

from callees import Callee
from harness import InteropTest, Rotunda, wait_until
from referrer import Referrer


class DialOut(InteropTest):
    def setUp(self):
        super().setUp()
        self.server = self.start(Rotunda, calls__ring_limit="3s")
        self.anna = Referrer(self.server.port)
        self.addCleanup(self.anna.close)
        self.anna.invite()

    def called(self, scenario, *changes, **how):
        """What becomes of a call to that callee, who must have seen all that is written for him."""
        callee = self.start(Callee, scenario, changes, **how)
        self.assertEqual(self.anna.refer(f"<{callee.uri}>"), 202)
        outcome = self.anna.outcome()
        self.assertTrue(callee.passed(), callee.log()[-2000:])
        return outcome

    def test_provisional_responses_are_acknowledged_with_prack(self):
        self.assertEqual(self.called("callee_reliable"), "200 OK")

    def test_the_same_over_tcp(self):
        self.assertEqual(self.called("callee_reliable", transport="t1"), "200 OK")
        self.assertEqual(self.called("callee_forks", transport="t1"), "200 OK")

    def test_of_two_who_answer_one_is_kept(self):
        self.assertEqual(self.called("callee_forks"), "200 OK")
        wait_until(lambda: len(self.server.events("call.ended")) == 1, 5, "the one kept to leave")
        self.assertEqual(len(self.server.events("call.joined")), 2)

    def test_the_one_called_changes_the_call(self):
        self.assertEqual(self.called("callee_changes"), "200 OK")
        wait_until(lambda: [event["direction"] for event in self.server.events("call.changed")] == ["hold", "sendrecv"], 5,
                   "the hold and its end")

    def test_refusals_are_told_as_they_come(self):
        for refusal in ("486 Busy Here", "603 Decline", "480 Temporarily Unavailable", "404 Not Found"):
            with self.subTest(refusal):
                self.assertEqual(self.called("callee_refuses", ("486 Busy Here", refusal)), refusal)

    def test_a_redirection_is_followed_but_not_in_circles(self):
        there = self.start(Callee, "callee_reliable")
        moved = ("486 Busy Here", "302 Moved Temporarily")
        self.assertEqual(self.called("callee_refuses", moved, moved=f"<{there.uri}>"), "200 OK")
        self.assertTrue(there.passed())
        again = ("[moved]", "<sip:callee@[local_ip]:[local_port]>")
        self.assertEqual(self.called("callee_refuses", moved, again), "480 Temporarily Unavailable")

    def test_who_does_not_answer_gets_cancel(self):
        self.assertEqual(self.called("callee_silent"), "408 Request Timeout")

    def test_a_cancel_waits_for_the_first_response(self):
        self.assertEqual(self.called("callee_slow"), "408 Request Timeout")

    def test_an_answer_that_crosses_the_cancel_is_hung_up(self):
        self.assertEqual(self.called("callee_crosses"), "408 Request Timeout")
        self.assertEqual(len(self.server.events("call.joined")), 1)

    def test_whoever_wants_to_hear_nothing_of_it_hears_nothing(self):
        callee = self.start(Callee, "callee_reliable")
        self.assertEqual(self.anna.refer(f"<{callee.uri}>", "Refer-Sub: false", "Supported: norefersub"), 202)
        self.assertTrue(callee.passed())
        self.assertEqual(self.anna.told, [])

    def test_a_longer_session_timer_is_agreed(self):
        self.assertEqual(self.called("callee_asks_longer"), "200 OK")


class Trunks(InteropTest):
    def challenged(self, *changes):
        carrier = self.start(Callee, "callee_challenges", changes)
        server = self.start(Rotunda, trunks=(
            f'[{{name: carrier, proxy: "sip:127.0.0.1:{carrier.port}", domain: carrier.example, user: "4930", '
            'password: secret, realm: carrier, numbers: "0[0-9]+"}]'))
        anna = Referrer(server.port)
        self.addCleanup(anna.close)
        anna.invite()
        self.assertEqual(anna.refer(f"<sip:0301234@127.0.0.1:{server.port}>"), 202)
        self.assertEqual(anna.outcome(), "200 OK")
        self.assertTrue(carrier.passed())

    def test_a_trunk_that_challenges_gets_its_password(self):
        self.challenged()

    def test_a_trunk_that_challenges_as_a_proxy_does(self):
        # SIPp computes responses of Authorization only; Kamailio (trunk_test) those of Proxy-Authorization.
        self.challenged(("401 Unauthorized", "407 Proxy Authentication Required"), ("WWW-Authenticate:", "Proxy-Authenticate:"),
                        ('<verifyauth assign_to="proved" username="4930" password="secret"/>',
                         '<ereg regexp="username=.4930." search_in="hdr" header="Proxy-Authorization:" assign_to="proved"/>'))


if __name__ == "__main__":
    unittest.main()
