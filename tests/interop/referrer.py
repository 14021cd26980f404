"""Somebody in a room who asks the focus to call, remove or fetch others (RFC 3515) and hears what becomes of it."""
import random
import re
import select
import threading

from harness import wait_until
from probe import Probe
from roster import header


class Referrer(Probe):
    """After invite(), refer() asks; told holds the status lines of every NOTIFY, ended the reason why there will be no more."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.told, self.ended, self.finals, self.gone = [], None, {}, False
        self.reader = None

    def invite(self, *args, **kwargs):
        answer = super().invite(*args, **kwargs)
        if not self.reader:
            self.reader = threading.Thread(target=self._read, daemon=True)
            self.reader.start()
        return answer

    def ask(self, method, *extra, body=""):
        """A request in the dialog; returns the status of its final response."""
        self.cseq += 1
        port = self.sip.getsockname()[1]
        lines = [f"{method} {self.contact} SIP/2.0",
                 f"Via: SIP/2.0/UDP {self.host}:{port};branch=z9hG4bK{random.getrandbits(48):x};rport", "Max-Forwards: 70",
                 f"From: <sip:probe@{self.host}>;tag={self.tag}", f"To: {self.to}", f"Call-ID: {self.call_id}",
                 f"CSeq: {self.cseq} {method}", f"Contact: <sip:probe@{self.host}:{port}>", *extra,
                 f"Content-Length: {len(body)}", "", body]
        self.sip.sendto("\r\n".join(lines).encode(), self.server)
        key = f"{self.cseq} {method}"
        return wait_until(lambda: self.finals.get(key), 5, f"an answer to {key}")

    def refer(self, target, *extra):
        self.told, self.ended = [], None
        return self.ask("REFER", f"Refer-To: {target}", *extra)

    def outcome(self, seconds=15):
        """The last status line the focus tells."""
        wait_until(lambda: self.ended, seconds, f"the end of what the focus tells; so far {self.told}")
        return self.told[-1]

    def close(self):
        if self.reader and not self.gone:
            self.ask("BYE")
        self.running = False
        if self.reader:
            self.reader.join()
        super().close()

    def _read(self):
        while self.running:
            if not select.select([self.sip], [], [], 0.05)[0]:
                continue
            data, source = self.sip.recvfrom(65536)
            text = data.decode(errors="replace")
            if text.startswith("SIP/2.0"):
                if int(text.split()[1]) >= 200:
                    self.finals[header(text, "CSeq")] = int(text.split()[1])
                continue
            self._answer(text, source)
            if text.startswith("NOTIFY"):
                self.told.append(text.split("\r\n\r\n", 1)[1].split("\r\n")[0].removeprefix("SIP/2.0 "))
                state = header(text, "Subscription-State")
                if state.startswith("terminated"):
                    self.ended = state
            elif text.startswith("BYE"):
                self.gone = True

    def _answer(self, text, source):
        kept = [line for line in text.split("\r\n\r\n")[0].split("\r\n")[1:]
                if re.match(r"(Via|From|To|Call-ID|CSeq):", line, re.I)]
        self.sip.sendto("\r\n".join(["SIP/2.0 200 OK", *kept, "Content-Length: 0", "", ""]).encode(), source)
