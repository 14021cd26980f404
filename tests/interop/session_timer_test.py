"""RFC 4028 with the clock it is about: at half of the shortest session timer, 90 s, the server refreshes, as callee and as caller."""
import concurrent.futures
import unittest

from callees import Callee
from harness import InteropTest, Rotunda, run_sipp
from referrer import Referrer


class SessionTimer(InteropTest):
    def test_the_server_refreshes_by_update_or_invite_in_both_roles(self):
        server = self.start(Rotunda, sip__session_expires="90s")
        anna = Referrer(server.port)
        self.addCleanup(anna.close)
        anna.invite()
        callee = self.start(Callee, "callee_refreshed")
        self.assertEqual(anna.refer(f"<{callee.uri}>"), 202)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            callers = [pool.submit(run_sipp, self, server, scenario, ["2000"])
                       for scenario in ("refreshed_by_update", "refreshed_by_invite")]
            for caller in callers:
                caller.result()
        self.assertTrue(callee.passed())


if __name__ == "__main__":
    unittest.main()
