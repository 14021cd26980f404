"""A server with users, for tests of phones that have credentials."""
import json
import subprocess
import urllib.request

from harness import BINARY, InteropTest, Rotunda, wait_until

DOMAIN = "example.com"


class AccountsTest(InteropTest):
    def start_server(self, **settings):
        self.database = self.folder / "users.db"
        return self.start(Rotunda, sip__domains=DOMAIN, database__path=self.database, log__level="debug", **settings)

    def user(self, *words, password=None):
        command = [BINARY, "--set", f"database.path={self.database}", "--set", f"sip.domains={DOMAIN}", "user", *words]
        done = subprocess.run(command, input=password, text=True, capture_output=True, timeout=20)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def add_user(self, server, name):
        known = len(server.events("users.loaded"))
        self.user("add", name, password="secret\n")
        wait_until(lambda: len(server.events("users.loaded")) > known, 5, "the server to notice its users")

    def contacts(self, server, name):
        """How many contacts of this user the server knows."""
        with urllib.request.urlopen(f"http://{server.events('server.started')[0]['http']}/v1/users", timeout=5) as answer:
            users = json.load(answer)["users"]
        return next((user["contacts"] for user in users if user["name"] == name), 0)
