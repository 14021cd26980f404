"""What one writes by MESSAGE (RFC 3428) the others in the room read, each on his phone's own screen."""
import unittest

from harness import Baresip, InteropTest, Linphone, Rotunda, wait_until
from referrer import Referrer


class Chat(InteropTest):
    def reads(self, screen, *words):
        shown = ""
        while not all(word in shown for word in words):
            try:
                shown += screen.recv(4096).decode()
            except TimeoutError:
                self.fail(f"{words} are not in {shown!r}")
        return shown

    def test_baresip_and_linphonec_write_to_one_another(self):
        server = self.start(Rotunda)
        anna = self.start(Baresip, "anna", console=True, chats_with=server.uri("1000"))
        boris = self.start(Baresip, "boris", console=True)
        # linphonec writes to an address without its port: the server is its proxy.
        route = f"<sip:127.0.0.1:{server.port};lr>"
        lena = self.start(Linphone, "lena", self.tone_file(440, 16000), account=(
            f"[proxy_0]\nreg_proxy={route}\nreg_route={route}\nreg_identity=<sip:lena@127.0.0.1>\nreg_sendregister=0\n"))
        for phone in (anna, boris, lena):
            phone.dial(server.uri("1000"))
        wait_until(lambda: len(server.events("call.joined")) == 3, 5, "all in the room")
        screens = {name: phone.console() for name, phone in (("anna", anna), ("boris", boris))}
        for screen in screens.values():
            self.addCleanup(screen.close)
        anna.write("Good morning from Anna")
        self.reads(screens["boris"], "Good morning from Anna")
        wait_until(lambda: "Good morning from Anna" in lena.log(), 5, "linphonec to show it")
        lena.say(f'chat {server.uri("1000")} Good evening from Lena')
        for name in screens:
            self.reads(screens[name], "Good evening from Lena")
        self.assertEqual(lena.log().count("Message received"), 1)

    def test_a_long_one_of_several_parts_goes_to_everybody_by_tcp(self):
        server = self.start(Rotunda)
        lena = self.start(Linphone, "lena", self.tone_file(440, 16000))
        lena.dial(server.uri("1000", "tcp"))
        anna = Referrer(server.port)
        self.addCleanup(anna.close)
        anna.invite()
        words = " ".join(f"word{i}" for i in range(300))
        body = (f"--b\r\nContent-Type: text/html\r\nContent-Disposition: render;handling=optional\r\n\r\n<b>not this</b>\r\n"
                f"--b\r\nContent-Type: text/plain\r\n\r\n{words} the end\r\n--b--\r\n")
        self.assertEqual(anna.ask("MESSAGE", "Content-Type: multipart/mixed;boundary=b", body=body), 202)
        wait_until(lambda: f"{words} the end" in lena.log(), 5, "linphonec to show the whole of it")
        self.assertNotIn("not this", lena.log())


if __name__ == "__main__":
    unittest.main()
