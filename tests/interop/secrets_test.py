"""What is secret stands in files and in nobody's log: passwords, tokens, keys of media and certificates, digests, whatever happens."""
import json
import os
import pathlib
import re
import unittest
import urllib.error
import urllib.request

from digest import authorization
from harness import HERE, InteropTest, Rotunda, free_port, wait_until
from probe import Probe

TLS = HERE.parent / "data" / "tls"
HIS_KEY = "4fl6DT4Bi+DWT6MsBt5BOQ7GdaxJivrrtpYLOqvm"


class Keyed(Probe):
    """Offers keys beside plain RTP; the server's are in the answer."""

    def local_sdp(self):
        return super().local_sdp() + f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{HIS_KEY}|2^31\r\n"


class Secrets(InteropTest):
    def secret_file(self, name):
        """A file with a secret nobody could guess, and the secret."""
        secret = f"{name}-{os.urandom(12).hex()}"
        (self.folder / name).write_text(secret + "\n")
        self.secrets[name] = secret
        return self.folder / name

    def start_server(self):
        self.secrets = {}
        self.http = free_port()
        config = self.folder / "rotunda.yaml"
        config.write_text(f"""
sip: {{domains: [example.com]}}
users: [{{name: anna, password_file: {self.secret_file("user")}}}]
http:
  listen: 127.0.0.1:{self.http}
  tokens: [{{name: operator, scope: control, secret_file: {self.secret_file("token")}}}]
trunks:
  - {{name: carrier, proxy: "sip:127.0.0.9", user: "4930", password_file: {self.secret_file("trunk")}}}
webhooks: [{{url: "http://127.0.0.1:{free_port()}/", secret_file: {self.secret_file("hook")}}}]
media: {{dtls: {{certificate: {TLS / "host.pem"}, private_key: {TLS / "host.key"}}}}}
""")
        self.secrets["private key"] = (TLS / "host.key").read_text().splitlines()[1]
        return self.start(Rotunda, extra=("--config", config), http__listen=f"127.0.0.1:{self.http}", log__level="debug")

    def ask(self, path, token, method="GET"):
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}", method=method,
                                         headers={"Authorization": f"Bearer {token}"})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, answer.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def register(self, server, password):
        """The status, and the digest that was sent."""
        phone = Probe(server.port)
        self.addCleanup(phone.close)
        phone.to, phone.cseq, sent = "<sip:anna@127.0.0.1>", 1, ""
        for more in range(2):
            text = (f"REGISTER sip:example.com SIP/2.0\r\n"
                    f"Via: SIP/2.0/UDP 127.0.0.1:{phone.sip.getsockname()[1]};branch=z9hG4bK{phone.tag}{more};rport\r\n"
                    f"From: <sip:anna@example.com>;tag={phone.tag}\r\nTo: <sip:anna@example.com>\r\nCall-ID: {phone.call_id}\r\n"
                    f"CSeq: {phone.cseq} REGISTER\r\nMax-Forwards: 70\r\nExpires: 60\r\n"
                    f"Contact: <sip:anna@127.0.0.1:{phone.sip.getsockname()[1]}>\r\n{sent}Content-Length: 0\r\n\r\n")
            phone.sip.sendto(text.encode(), phone.server)
            status, answer = phone.final_response("REGISTER")
            if more == 0:
                challenge = next(line for line in answer.splitlines() if line.startswith("WWW-Authenticate") and "MD5" in line)
                sent = f'Authorization: {authorization(challenge, "anna", password, "REGISTER", "sip:example.com")}\r\n'
                phone.cseq += 1
        return status, re.search(r'response="(\w+)"', sent).group(1)

    def test_no_secret_is_in_the_log_in_proc_or_in_what_operators_read(self):
        server = self.start_server()
        wrong = "guess-" + os.urandom(12).hex()
        for password, status in ((self.secrets["user"], 200), (wrong, 401)):
            got, digest = self.register(server, password)
            self.assertEqual(got, status)
            self.secrets[f"digest of {status}"] = digest
        self.secrets.update(guess=wrong, his_key=HIS_KEY)
        caller = Keyed(server.port)
        self.addCleanup(caller.close)
        answer = caller.invite()
        self.secrets["our key"] = re.search(r"inline:([^|\r]+)", answer).group(1)
        # With credentials, as a user's INVITE or re-INVITE has them.
        caller.cseq += 1
        caller.request("INVITE", caller.local_sdp(), more=[
            f'Authorization: Digest username="anna", realm="example.com", nonce="n", uri="sip:example.com", '
            f'response="{self.secrets["digest of 200"]}", algorithm=MD5, qop=auth, nc=00000001, cnonce="c"'])
        self.assertEqual(caller.final_response("INVITE")[0], 200)
        caller.request("ACK")
        calls = json.loads(self.ask("/v1/calls", self.secrets["token"])[1])
        read = [json.dumps(calls), self.ask(f"/v1/calls/{caller.call_id}/messages", self.secrets["token"])[1]]
        self.assertIn("a=crypto", read[1])
        self.assertIn("Authorization: Digest", read[1])
        for path in ("/v1/state", "/v1/trunks", "/v1/users", "/v1/registrations", "/v1/rooms", "/metrics",
                     f"/v1/calls/{caller.call_id}/pcap"):
            read.append(self.ask(path, self.secrets["token"])[1])
        self.assertEqual(self.ask("/v1/rooms", wrong)[0], 401)
        (self.folder / "rotunda.yaml").write_text("users: [{name: anna, password: " + wrong + ", nonsense: 1}]\n")
        status, said = self.ask("/v1/reload", self.secrets["token"], "POST")
        self.assertGreaterEqual(status, 400)
        read.append(said)
        self.assertEqual(caller.bye(), 200)
        wait_until(lambda: server.events("call.ended"), 5, "the call's end")
        server.state()
        proc = pathlib.Path(f"/proc/{server.child.pid}")
        for name in ("cmdline", "environ", "comm"):
            read.append((proc / name).read_bytes().decode(errors="replace"))
        read += [(proc / "task" / task / "comm").read_text() for task in os.listdir(proc / "task")]
        server.stop()
        read.append(server.log())
        self.assertIn("call.ended", read[-1])
        for name, secret in self.secrets.items():
            for text in read:
                self.assertNotIn(secret, text, name)


if __name__ == "__main__":
    unittest.main()
