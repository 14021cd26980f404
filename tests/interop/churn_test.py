"""Ten thousand calls of a second each, a hundred at once, in twenty rooms: none fails, and afterwards the server is as it was."""
import os
import time
import unittest

from harness import InteropTest, Rotunda, run_sipp

FIRST, CALLS, AT_ONCE, ROOMS = 3000, 10_000, 100, 20


class Churn(InteropTest):
    def test_ten_thousand_calls_leave_nothing_behind(self):
        server = self.start(Rotunda, media__ports="32000-34999")
        rooms = [str(1000 + n) for n in range(ROOMS)]
        # What is allocated once is allocated now, and what is kept of the last calls (events, records, messages) is full.
        run_sipp(self, server, "call", rooms, calls=FIRST, at_once=AT_ONCE, limit=300)
        before = self.rest(server)
        run_sipp(self, server, "call", rooms, calls=CALLS, at_once=AT_ONCE, limit=300)
        after = self.rest(server)
        print(f"before {before}\nafter  {after}")
        self.assertEqual(len(server.events("call.ended")), CALLS + FIRST)
        for what in ("sockets", "calls", "rooms", "sessions", "timers"):
            self.assertEqual(after[what], before[what], what)
        self.assertLess(after["rss_kb"], before["rss_kb"] + 4096)

    def rest(self, server):
        """The server's state once its transactions have run out (64*T1 and a little)."""
        time.sleep(35)
        return {**server.state(), "rss_kb": self.rss_kb(server.child.pid),
                "sockets": len(os.listdir(f"/proc/{server.child.pid}/fd"))}

    @staticmethod
    def rss_kb(pid):
        with open(f"/proc/{pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


if __name__ == "__main__":
    unittest.main()
