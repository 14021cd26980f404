"""Phones nobody here wrote, headless: Debian's baresip and linphonec."""
import contextlib
import json
import pathlib
import socket
import subprocess
import time

import audio
from processes import PATIENCE, Process, free_port, wait_until


class Baresip(Process):
    """Debian's baresip: plays a WAV file or nothing, records what it hears, obeys over its JSON control port."""

    CODECS = {"PCMU": "PCMU/8000/1", "PCMA": "PCMA/8000/1", "G722": "G722/16000/1", "opus": "opus/48000/2"}

    def __init__(self, folder, name, codec="PCMU", play=None, host="127.0.0.1", ptime=20, console=False,
                 answers=False, encryption=None, account=None, certificate=None, chats_with=None, rtcp_mux=False,
                 video=None, film=None):
        self.home = pathlib.Path(folder) / name
        self.records = self.home / "records"
        self.records.mkdir(parents=True)
        self.port, self.control, self.console_port = free_port(count=2), free_port(), free_port()
        rtp = 16000 + self.port % 100 * 20
        source = f"aufile,{play}" if play else "aubridge,none"
        (self.home / "contacts").write_text(f'"chat" <{chats_with}>\n' if chats_with else "")
        (self.home / "accounts").write_text(
            f"{account or f'<sip:{name}@{host}:{self.port}>;regint=0'};audio_codecs={self.CODECS[codec]};ptime={ptime}"
            f"{';answermode=auto' if answers else ''}"
            + (f";mediaenc={encryption}" if encryption else "") + (";rtcp_mux=yes" if rtcp_mux else "")
            + (f";video_codecs={video}" if video else "") + "\n")
        (self.home / "config").write_text("\n".join([
            f"sip_listen {host}:{self.port}", "call_max_calls 4", "audio_path /nonexistent",
            f"audio_player aubridge,player-{name}", f"audio_source {source}", f"audio_alert aubridge,alert-{name}",
            "ausrc_srate 48000", "auplay_srate 48000", "ausrc_channels 1", "auplay_channels 1", "audio_buffer 20-160",
            # Else its SDP names the address of the default route, whomever it calls.
            f"net_interface {host.strip('[]')}",
            f"rtp_ports {rtp}-{rtp + 19}", "module_path /usr/lib/baresip/modules",
            "module g711.so", "module g722.so", "module opus.so", "module aubridge.so", "module aufile.so",
            "module sndfile.so", *(["module srtp.so", "module dtls_srtp.so"] if encryption else []),
            # With a film it has video: plays the file, and shows what it sees to nobody but `snapshot_recv`.
            *(["module avcodec.so", "module vp8.so", "module avformat.so", "module fakevideo.so", "module snapshot.so",
               f"video_source {film if ',' in str(film) else f'avformat,{film}'}", "video_display fakevideo,nil",
               "video_size 640x360", "video_fps 25", "video_bitrate 600000"] if film else []), "module_tmp uuid.so", "module_tmp account.so", "module_app menu.so",
            "module_app ctrl_tcp.so", f"ctrl_tcp_listen 127.0.0.1:{self.control}", f"snd_path {self.records}",
            *([f"cons_listen 127.0.0.1:{self.console_port}", "module_app cons.so"] if console else []),
            *([f"sip_certificate {certificate}"] if certificate else []), *(["module_app contact.so"] if chats_with else []), ""]))
        super().__init__(folder, name, ["baresip", "-f", str(self.home)])
        self.link = wait_until(self.connect, 10, f"baresip {name} to take commands")

    def connect(self):
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", self.control), timeout=2)

    def console(self):
        """Its console (console=True), which shows what a person would read: chat."""
        return socket.create_connection(("127.0.0.1", self.console_port), timeout=PATIENCE * 5)

    def command(self, name, params=""):
        text = json.dumps({"command": name, "params": params}).encode()
        self.link.sendall(b"%d:%s," % (len(text), text))

    def dial(self, uri):
        self.command("dial", uri)
        wait_until(lambda: "Call established" in self.log(), 10, f"{uri} to answer")

    def hang_up(self):
        self.command("hangup")

    def write(self, text):
        """A message to whom it chats_with."""
        self.command("contact_next")
        self.command("message", text)

    def heard(self):
        """(rate, samples) of everything decoded so far in the last call."""
        return audio.read_wav(sorted(self.records.glob("*-dec.wav"))[-1])

    def level_db(self, hz, seconds=1.0):
        """Of a tone in what was decoded last; -200 before there is so much."""
        try:
            rate, samples = self.heard()
        except (IndexError, EOFError):  # no file yet, or nothing in it
            return -200.0
        return audio.level_db(samples[-int(rate * seconds):], rate, hz) if len(samples) >= rate * seconds else -200.0

    def said(self):
        """The same of what went into its encoder: its own resampler takes up to a decibel."""
        return audio.read_wav(sorted(self.records.glob("*-enc.wav"))[-1])


class Linphone(Process):
    """Debian's linphonec with files instead of a sound card."""

    def __init__(self, folder, name, play, codec=None, encryption=None, tls=False, account="", picture=None):
        self.home, self.play = pathlib.Path(folder) / name, play
        # Without this folder linphonec opens no socket, and says nothing of it.
        (self.home / ".local/share/linphone").mkdir(parents=True)
        self.record = self.home / "heard.wav"
        self.port = free_port()
        rtp = 18000 + self.port % 100 * 20
        config = self.home / "linphonerc"
        config.write_text(f"[sip]\nmedia_encryption={encryption or 'none'}\n"
                          f"sip_port={self.port}\nsip_tcp_port={self.port}\nsip_tls_port={-1 if tls else 0}\n"
                          "guess_hostname=0\nverify_server_certs=0\nverify_server_cn=0\n"
                          f"contact=\"{name}\" <sip:{name}@127.0.0.1:{self.port}>\nuse_ipv6=0\n"
                          f"[rtp]\naudio_rtp_port={rtp}\nvideo_rtp_port={rtp + 4}\n[sound]\nechocancellation=0\n[net]\nfirewall_policy=0\n"
                          # With a picture it has video: a camera that sees nothing but that.
                          + ("[video]\nenabled=0\nautomatically_initiate=0\nautomatically_accept=0\n" if not picture else
                             "[video]\nenabled=1\ncapture=1\ndisplay=1\nautomatically_initiate=1\nautomatically_accept=1\n"
                             "size=vga\ndevice=StaticImage: Static picture\n") + account)
        super().__init__(folder, name, ["linphonec", *(["-V"] if picture else []), "-c", str(config)], stdin=subprocess.PIPE,
                         env={"HOME": str(self.home)})
        wait_until(lambda: "linphonec>" in self.log(), 15, "linphonec's prompt")
        self.say("soundcard use files", f"play {play}", f"record {self.record}",
                 *([f"staticpic set {picture}", "staticpic fps 25"] if picture else []))

    def say(self, *lines):
        for line in lines:
            self.child.stdin.write(line.encode() + b"\n")
            self.child.stdin.flush()
            time.sleep(0.3)

    def dial(self, uri):
        known = self.log().count("connected")
        self.say(f"call {uri}")
        wait_until(lambda: self.log().count("connected") > known, 15, f"{uri} to answer linphonec")

    def hang_up(self):
        self.say("terminate")

    def heard(self):
        return audio.read_wav(self.record)

    def said(self):
        return audio.read_wav(self.play)
