"""A browser's stand-in that registers over a secure WebSocket (RFC 7118) and answers the first call that comes back over it."""
import re
import threading

from digest import authorization
from roster import header
from web_socket import SecureWebSocket

SDP = "v=0\r\no=browser 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
SECURED = ("a=setup:active\r\na=fingerprint:sha-256 " + ":".join(["AB"] * 32) + "\r\na=ice-ufrag:user\r\n"
           "a=ice-pwd:passwordpasswordpassword\r\na=rtcp-mux\r\n")


def answer_to(offer):
    """Silence in G.711, secured as a browser would; every other line refused."""
    lines = re.split(r"^(?=m=)", offer.split("\r\n\r\n", 1)[1], flags=re.M)[1:]
    answer = SDP
    for line in lines:
        kind, _, profile, payload = line.split("\r\n")[0].split()[:4]
        wanted = kind == "m=audio"
        answer += f"{kind} {9 if wanted else 0} {profile} {0 if wanted else payload}\r\n"
        answer += "".join(f"{each}\r\n" for each in re.findall(r"^a=mid:\S+", line, re.M))
        if wanted:
            answer += "a=rtpmap:0 PCMU/8000\r\na=inactive\r\n" + (SECURED if "TLS" in profile else "")
    return answer


class WebSocketPhone:
    def __init__(self, port, domain, user, password):
        self.stream, self.domain, self.user, self.password = SecureWebSocket("127.0.0.1", port), domain, user, password
        self.cseq, self.invite, self.requests = 0, None, []

    def send(self, text):
        self.stream.frame(1, text.encode())

    def register(self):
        """The status of the REGISTER that has credentials."""
        self._register()
        challenge = header(self._response(), "WWW-Authenticate")
        self._register(f'Authorization: {authorization(challenge, self.user, self.password, "REGISTER", f"sip:{self.domain}")}\r\n')
        return int(self._response().split()[1])

    def answer_calls(self):
        threading.Thread(target=self._answer, daemon=True).start()

    def close(self):
        self.stream.close()

    def _register(self, credentials=""):
        self.cseq += 1
        self.send(f"REGISTER sip:{self.domain} SIP/2.0\r\nVia: SIP/2.0/WSS {self.stream.name};branch=z9hG4bKr{self.cseq}\r\n"
                  f"Max-Forwards: 70\r\nFrom: <sip:{self.user}@{self.domain}>;tag=1\r\nTo: <sip:{self.user}@{self.domain}>\r\n"
                  f"Call-ID: {self.stream.name}\r\nCSeq: {self.cseq} REGISTER\r\n"
                  f"Contact: <sip:{self.user}@{self.stream.name};transport=ws>;expires=600\r\n{credentials}Content-Length: 0\r\n\r\n")

    def _response(self):
        while not (text := self.stream.recv().decode()).startswith("SIP/2.0") or text.startswith("SIP/2.0 1"):
            pass
        return text

    def _answer(self):
        try:
            while True:
                text = self.stream.recv().decode()
                self.requests.append(text.split()[0])
                if text.startswith("SIP/2.0") or text.startswith("ACK"):
                    continue
                kept = [line for line in text.split("\r\n\r\n")[0].split("\r\n")[1:] if re.match(r"(Via|From|To|Call-ID|CSeq):", line)]
                kept = [line + ";tag=browser" if line.startswith("To:") and "tag=" not in line else line for line in kept]
                body, more = "", []
                if text.startswith("INVITE"):
                    self.invite, body = text, answer_to(text)
                    more = [f"Contact: <sip:{self.user}@{self.stream.name};transport=ws>", "Content-Type: application/sdp"]
                self.send("\r\n".join(["SIP/2.0 200 OK", *kept, *more, f"Content-Length: {len(body)}", "", body]))
        except (OSError, ConnectionError, ValueError):
            return  # the test is over
