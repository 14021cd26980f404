"""An operator steers calls that run: moves them, presses keys, bans and lifts bans; and is told of all that happens."""
import json
import signal
import socket
import subprocess
import time
import unittest

from events_test import SECRET, Hook, WebSocket
from harness import BINARY, Baresip, Rotunda, wait_until
from operation_test import ConfiguredRotunda, OperatorTest
from probe import Probe
from processes import PATIENCE


class Steering(OperatorTest):
    def serve(self, **settings):
        self.server = self.start(Rotunda, media__workers=2, **settings)
        self.reach_api()

    def who(self, room, call_id):
        return next(p for p in self.in_room(room) if p["call_id"] == call_id)

    def test_a_call_goes_to_a_room_on_another_worker_and_its_streams_go_on(self):
        self.serve()
        anna, bert = self.talkers(2)
        carl, = self.talkers(1, "2000", first=2)
        time.sleep(1)
        moved = json.loads(self.command("move", "1000", str(self.who("1000", anna.call_id)["id"]), "2000", "--json"))
        self.assertEqual(moved["room"], "2000")
        self.assertEqual(sorted(p["call_id"] for p in self.in_room("2000")), sorted([anna.call_id, carl.call_id]))
        wait_until(lambda: self.level(carl, 400) > 0.05, 2, "carl to hear anna")
        wait_until(lambda: self.level(anna, 700) > 0.05, 2, "anna to hear carl")
        wait_until(lambda: self.level(bert, 400) < 0.002, 2, "bert to hear anna no more")
        sequences = [packet[1] for packet in anna.packets]
        self.assertEqual([b - a & 0xFFFF for a, b in zip(sequences, sequences[1:])], [1] * (len(sequences) - 1))
        # Those who stay are held up by this machine as well.
        worst = lambda probe: max(b[0] - a[0] for a, b in zip(probe.packets, probe.packets[1:]))
        self.assertLess(worst(anna), max(worst(bert), worst(carl)) + 0.1)
        self.assertEqual(anna.bye(), 200)
        self.assertEqual(wait_until(lambda: self.server.events("call.ended"), 5, "anna's end")[0]["room"], "2000")
        self.assertIn("locked", self.refused_move(bert))

    def refused_move(self, probe):
        self.command("lock", "2000")
        return self.command("move", "1000", str(self.who("1000", probe.call_id)["id"]), "2000", status=2)

    def test_keys_are_pressed_towards_a_phone_that_was_called(self):
        self.serve()
        self.command("open", "board")
        phone = self.start(Baresip, "dora", "PCMU", self.tone_file(550), answers=True)
        self.command("dial", "board", f"sip:dora@127.0.0.1:{phone.port}")
        who = wait_until(lambda: [p for p in self.in_room("board") if p["joined"]], 10, "dora to answer")[0]
        self.command("digits", "board", str(who["id"]), "17#")
        phone.link.settimeout(PATIENCE * 5)
        told = ""
        while told.count("CALL_DTMF_START") < 3:
            told += phone.link.recv(65536).decode()
        self.assertEqual([told.split("CALL_DTMF_START")[i].split('"param":"')[1][0] for i in (1, 2, 3)], ["1", "7", "#"])
        self.assertIn("0-9", self.command("digits", "board", str(who["id"]), "hello", status=2))

    def test_a_room_is_told_something_and_takes_as_many_as_it_is_said_to(self):
        self.serve()
        watcher = WebSocket(self.api)
        anna = self.start(Baresip, "anna", console=True)
        anna.dial(self.server.uri("1000"))
        screen = anna.console()
        self.addCleanup(screen.close)
        self.assertEqual(json.loads(self.command("say", "1000", "Five minutes left", "--json")), {"copies": 1})
        shown = ""
        while "Five minutes left" not in shown:
            shown += screen.recv(4096).decode()
        self.command("limit", "1000", "1")
        self.assertRaisesRegex(RuntimeError, "486", self.talkers, 1)
        self.command("limit", "1000", "10")
        self.command("lock", "1000")
        self.assertRaisesRegex(RuntimeError, "403", self.talkers, 1)
        self.command("unlock", "1000")
        bert, = self.talkers(1)
        who = str(self.who("1000", bert.call_id)["id"])
        self.command("mute", "1000", who)
        self.assertEqual(watcher.await_event("call.muted")["data"]["participant"], who)
        self.command("volume", "1000", who, "3")
        told = watcher.await_event("call.volume")["data"]
        self.assertEqual((told["participant"], told["db"]), (who, "3.0"))
        self.command("end", "1000")
        self.assertEqual(watcher.await_event("room.closed")["data"]["room"], "1000")

    def test_who_begins_and_stops_to_talk_is_told_where_that_is_asked_for(self):
        self.serve(rooms__roster_talking="true")
        watcher = WebSocket(self.api)
        probe, = self.talkers(1)
        told = watcher.await_event("call.talking")["data"]
        self.assertEqual((told["call_id"], told["talking"]), (probe.call_id, "true"))
        probe.talking = False  # nothing more comes from him
        self.assertEqual(watcher.await_event("call.talking")["data"]["talking"], "false")

    def test_a_participant_is_sent_elsewhere_and_his_messages_are_kept_as_a_file(self):
        self.serve()
        probe, = self.talkers(1)
        self.command("refer", "1000", str(self.in_room()[0]["id"]), "sip:2000@example.com")
        asked = probe.sip.recv(65536).decode()
        self.assertTrue(asked.startswith("REFER "), asked)
        self.assertRegex(asked, r"(?m)^Refer-To: <sip:2000@example\.com>")
        capture = self.folder / "call.pcap"
        capture.write_bytes(subprocess.run([BINARY, "pcap", probe.call_id], capture_output=True, timeout=10, env={"ROTUNDA_API": self.api}).stdout)
        shown = subprocess.run(["tcpdump", "-nr", capture, "-A"], capture_output=True, text=True, timeout=10).stdout
        self.assertIn("INVITE sip:1000", shown)
        self.assertIn("REFER sip:probe", shown)

    def test_a_voice_is_treated_as_the_rooms_are_again(self):
        self.serve()
        self.talkers(1)
        who = str(self.in_room()[0]["id"])
        for command, on in (("suppress-noise", True), ("noise-as-room", False), ("keep-noise", False)):
            self.command(command, "1000", who)
            self.assertEqual(self.in_room()[0]["noise_suppression"], on)
        wait_until(lambda: [line["on"] for line in self.server.events("call.noise_suppression")] == ["yes", "as the room", "no"], 5, "all to be told")

    def test_a_call_that_rings_is_given_up(self):
        self.serve()
        self.command("open", "board")
        phone = self.start(Baresip, "dora")
        dial = str(json.loads(self.command("dial", "board", f"sip:dora@127.0.0.1:{phone.port}", "--json"))["dial"])
        wait_until(lambda: "Incoming call" in phone.log(), 5, "dora's phone to ring")
        self.command("cancel", dial)
        wait_until(lambda: self.server.events("dial.failed"), 5, "the end of the dial")
        self.assertEqual(self.server.events("dial.failed")[0]["dial"], dial)
        self.assertIn("No such call", self.command("cancel", dial, status=2))

    def test_a_scanner_is_banned_listed_told_of_and_let_in_again(self):
        self.serve()
        watcher = WebSocket(self.api)
        self.assertEqual(self.options_from("127.0.0.9", "friendly-scanner"), "")
        self.assertEqual(watcher.await_event("sip.banned")["data"]["source"], "127.0.0.9")
        self.assertRegex(self.command("bans"), r"(?m)^127\.0\.0\.9 +scanner +\d+")
        self.assertEqual(self.options_from("127.0.0.9"), "")
        self.command("unban", "127.0.0.9")
        self.assertEqual(watcher.await_event("sip.ban_lifted")["data"]["source"], "127.0.0.9")
        self.assertIn("200", self.options_from("127.0.0.9", timeout=PATIENCE * 5))
        self.command("ban", "127.0.0.8", "60")
        self.assertEqual(self.options_from("127.0.0.8"), "")
        self.assertIn("not banned", self.command("unban", "127.0.0.7", status=2))
        self.assertIn("\nrotunda_bans 1\n", self.metrics())

    def options_from(self, host, agent="probe", timeout=0.5):
        """The first line of the answer; '' if nobody answers in time."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind((host, 0))
            sender.settimeout(timeout)
            here = f"{host}:{sender.getsockname()[1]}"
            sender.sendto((f"OPTIONS sip:127.0.0.1:{self.server.port} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{time.monotonic_ns()};rport\r\n"
                           f"From: <sip:a@{host}>;tag=1\r\nTo: <sip:127.0.0.1>\r\nCall-ID: {time.monotonic_ns()}\r\nCSeq: 1 OPTIONS\r\n"
                           f"Max-Forwards: 70\r\nUser-Agent: {agent}\r\nContent-Length: 0\r\n\r\n").encode(), ("127.0.0.1", self.server.port))
            try:
                return sender.recv(65536).decode().splitlines()[0]
            except TimeoutError:
                return ""

    def test_what_a_participant_says_and_hears_can_be_captured_without_its_encryption(self):
        self.serve()
        phone = self.start(Baresip, "emma", "PCMU", self.tone_file(550), encryption="srtp-mand")
        phone.dial(self.server.uri("1000"))
        self.talkers(1)
        who = wait_until(lambda: [p for p in self.in_room() if p["from"].startswith("sip:emma")], 5, "emma")[0]
        self.assertIn("Nothing was captured", self.command("media-pcap", who["call_id"], status=2))
        self.command("capture", "1000", str(who["id"]), "2")
        time.sleep(3.5)
        self.assertEqual(len(self.server.events("call.capture")), 1)
        file = self.folder / "media.pcap"
        file.write_bytes(subprocess.run([BINARY, "media-pcap", who["call_id"]], capture_output=True, timeout=10, env={"ROTUNDA_API": self.api}).stdout)
        tcpdump = lambda *words: subprocess.run(["tcpdump", "-nr", file, *words], capture_output=True, text=True, timeout=10).stdout
        self.assertIn("INVITE sip:1000", tcpdump("-A", "port", str(self.server.port)))
        packets = tcpdump("-T", "rtp", "not", "port", str(self.server.port)).count(": udp/rtp 160 c0")
        # Of 200 in both directions: his own come later, where his machine holds him up.
        self.assertGreater(packets, 150)
        self.assertLess(packets, 220)

    def test_who_is_deafened_hears_nobody_until_it_is_undone_and_is_heard_all_the_while(self):
        self.serve()
        anna, bert = self.talkers(2)
        who = str(self.who("1000", anna.call_id)["id"])
        wait_until(lambda: self.level(anna, 550) > 0.05, 2, "anna to hear bert")
        self.command("deafen", "1000", who)
        self.assertTrue(self.who("1000", anna.call_id)["deafened"])
        wait_until(lambda: self.level(anna, 550) < 0.001, 2, "anna to hear nobody")
        wait_until(lambda: self.level(bert, 400) > 0.05, 2, "bert to hear her all the while")
        self.command("undeafen", "1000", who)
        wait_until(lambda: self.level(anna, 550) > 0.05, 2, "anna to hear bert again")
        wait_until(lambda: [len(self.server.events(f"call.{each}")) for each in ("deafened", "undeafened")] == [1, 1], 5, "both to be told")

    def test_noise_is_taken_off_a_voice_by_his_own_setting_or_his_rooms(self):
        self.serve(rooms__noise_suppression="true")
        anna, bert = self.talkers(2)
        self.assertTrue(json.loads(self.get("/v1/rooms/1000")[1])["noise_suppression"])
        who = str(self.who("1000", anna.call_id)["id"])
        for command, suppressed in (("keep-noise", False), ("suppress-noise", True)):
            self.command(command, "1000", who)
            self.assertEqual([self.who("1000", p.call_id)["noise_suppression"] for p in (anna, bert)], [suppressed, True])
        wait_until(lambda: len(self.server.events("call.noise_suppression")) == 2, 5, "both to be told")

    def test_levels_are_listed_and_a_full_server_is_not_ready(self):
        self.serve(calls__max=2)
        wait_until(lambda: self.get("/readyz")[0] == 200, 5, "the server to be ready")
        loud, silent = self.talkers(1)[0], Probe(self.server.port)
        silent.invite()
        self.addCleanup(silent.close)
        wait_until(lambda: all("level_dbov" in p for p in self.in_room()), 5, "the levels")
        wait_until(lambda: self.who("1000", loud.call_id)["talking"] and abs(self.who("1000", loud.call_id)["level_dbov"] + 23) < 3, 5, "his level")
        self.assertLess(self.who("1000", silent.call_id)["level_dbov"], -80)
        status, why = self.get("/readyz")
        self.assertEqual(status, 503)
        self.assertIn("calls.max", why)

    def test_layouts_and_spotlight_are_set_where_there_is_video_and_refused_where_there_is_none(self):
        self.serve()
        self.command("open", "board")
        self.assertEqual(json.loads(self.command("layout", "board", "1+5", "--json"))["layout"], "1+5")
        self.assertIn("grid", self.command("layout", "board", "oval", status=2))
        self.assertIn("in this room", self.command("spotlight", "board", "77", status=2))
        self.server.stop()
        self.serve(video__enabled="false")
        self.command("open", "board")
        self.assertIn("video.enabled", self.command("layout", "board", "grid", status=2))

    def test_drained_under_calls_it_takes_none_loses_none_and_ends_with_the_last_whatever_signal_follows(self):
        self.serve(drain__deadline="60s")
        talkers = self.talkers(10)
        self.command("drain")
        self.server.child.send_signal(signal.SIGTERM)  # what a container's engine does after its preStop hook
        late = Probe(self.server.port)
        self.addCleanup(late.close)
        with self.assertRaisesRegex(RuntimeError, "503"):
            late.invite()
        self.assertEqual(self.get("/readyz")[0], 503)
        time.sleep(2)
        wait_until(lambda: all(len(probe.packets) > 90 for probe in talkers), 2, "sound for everybody")
        self.assertEqual(self.server.events("call.ended"), [])
        for probe in talkers:
            sequences = [packet[1] for packet in probe.packets]
            self.assertGreater(len(sequences), 90)
            self.assertEqual([b - a & 0xFFFF for a, b in zip(sequences, sequences[1:])], [1] * (len(sequences) - 1))
            self.assertEqual(probe.bye(), 200)
        self.assertEqual(self.server.child.wait(PATIENCE * 5), 0)

    def test_reload_and_drain_are_events_too(self):
        self.server = self.start(ConfiguredRotunda, "calls: {max: 10}\n")
        self.reach_api()
        watcher = WebSocket(self.api)
        talker = self.talkers(1)[0]
        self.server.file.write_text("calls: {max: 11}\n")
        self.command("reload")
        self.assertEqual(watcher.await_event("config.reloaded")["data"]["changed"], "calls.max")
        self.server.file.write_text("calls: {max: many}\n")
        self.command("reload", status=2)
        self.assertIn("calls.max", watcher.await_event("config.not_reloaded")["data"]["message"])
        self.command("drain")
        watcher.await_event("server.draining")
        talker.bye()
        self.server.child.wait(PATIENCE * 5)

    def test_the_end_of_the_last_call_of_a_drain_is_told_to_those_who_watch_and_to_webhooks(self):
        hook = Hook(0)
        self.serve(webhooks=f"[{{url: '{hook.url}', secret: {SECRET}, events: [call.ended, room.closed]}}]")
        watcher = WebSocket(self.api)
        stream = socket.create_connection(self.api.split(":"), timeout=PATIENCE * 5)
        stream.sendall(b"GET /v1/events HTTP/1.1\r\n\r\n")
        self.assertEqual(stream.recv(4), b"HTTP")  # it listens
        talker, = self.talkers(1)
        self.command("drain")
        self.assertEqual(talker.bye(), 200)
        self.assertEqual(watcher.await_event("call.ended")["data"]["call_id"], talker.call_id)
        told = b"".join(iter(lambda: stream.recv(65536), b""))
        self.assertEqual(self.server.child.wait(PATIENCE * 5), 0)
        for event in ("call.ended", "room.closed"):
            self.assertEqual(told.count(f"event: {event}\n".encode()), 1)
        self.assertEqual(sorted(each["event"] for each in hook.events), ["call.ended", "room.closed"])
        self.assertEqual(self.server.events("server.stopped")[0]["webhooks_cut"], "0")


if __name__ == "__main__":
    unittest.main()
