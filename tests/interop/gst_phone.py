"""A phone whose SRTP is GStreamer's (libsrtp2), GCM suites too: the probe's signalling, and for its media gst-launch, from whose
ports every packet is carried to the call's one port and back."""
import base64
import os
import re
import select
import socket
import subprocess
import threading

import audio
from harness import free_port, wait_until
from probe import Probe

# Name in SDP -> GStreamer's cipher and authentication, octets of key and salt.
SUITES = {"AEAD_AES_256_GCM": ("aes-256-gcm", "null", 44), "AEAD_AES_128_GCM": ("aes-128-gcm", "null", 28),
          "AES_256_CM_HMAC_SHA1_80": ("aes-256-icm", "hmac-sha1-80", 46),
          "AES_CM_128_HMAC_SHA1_80": ("aes-128-icm", "hmac-sha1-80", 30), "AES_CM_128_HMAC_SHA1_32": ("aes-128-icm", "hmac-sha1-32", 30)}


class GstPhone(Probe):
    def __init__(self, folder, server_port, suite, hz, profile="RTP/SAVP", room="1000"):
        super().__init__(server_port, room)
        self.suite, self.hz, self.profile, self.record = suite, hz, profile, folder / f"{suite}-{hz}.wav"
        self.cipher, self.auth, size = SUITES[suite]
        self.key, self.children, self.crypto = os.urandom(size), [], None
        self.carriers = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        for carrier in self.carriers:
            carrier.bind(("127.0.0.1", 0))

    def local_sdp(self):
        return (super().local_sdp().replace("RTP/AVP", self.profile)
                + f"a=crypto:1 {self.suite} inline:{base64.b64encode(self.key).decode()}\r\n")

    def ciphers(self, separator=" ", kind=""):
        return separator.join(f"{prefix}-cipher={kind}{self.cipher}{separator}{prefix}-auth={kind}{self.auth}"
                              for prefix in (("rtp", "rtcp") if not kind else ("srtp", "srtcp")))

    def launch(self, *pipeline):
        self.children.append(subprocess.Popen(["gst-launch-1.0", "-q", "-e", *" ".join(pipeline).split()],
                                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def join(self):
        """Calls, talks, and records what it hears."""
        answer = self.invite()
        self.running = False  # the probe's own ears
        self.listener.join()
        self.running = True
        self.crypto = re.search(r"^a=crypto:1 (\S+) inline:([^|\s]+)", answer, re.M)
        assert self.crypto and self.crypto.group(1) == self.suite, answer
        assert re.search(rf"^m=audio \d+ {self.profile} 0", answer, re.M), answer
        self.launch(f"audiotestsrc is-live=true freq={self.hz} volume=0.1 samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=1 !",
                    "mulawenc ! rtppcmupay min-ptime=20000000 max-ptime=20000000 !",
                    f"srtpenc key={self.key.hex()} {self.ciphers()} !",
                    f"udpsink sync=false host=127.0.0.1 port={self.carriers[0].getsockname()[1]}")
        self.talker = threading.Thread(target=self.carry, daemon=True)
        self.talker.start()

    def carry(self):
        """Between the call's port and GStreamer's; its ears open when our SSRC is known, which they want told."""
        ears = None
        while self.running:
            for ready in select.select([self.carriers[0], self.rtp], [], [], 0.1)[0]:
                packet = ready.recv(2048)
                if ready is not self.rtp:
                    self.rtp.sendto(packet, self.media)
                    continue
                if ears is None:
                    ears = ("127.0.0.1", free_port())
                    theirs = base64.b64decode(self.crypto.group(2) + "==").hex()
                    self.launch(f"udpsrc address=127.0.0.1 port={ears[1]}",
                                "caps=application/x-srtp,media=(string)audio,clock-rate=(int)8000,encoding-name=(string)PCMU,payload=(int)0,"
                                f"ssrc=(uint){int.from_bytes(packet[8:12], 'big')},srtp-key=(buffer){theirs},"
                                f"{self.ciphers(',', '(string)')} ! srtpdec ! rtppcmudepay ! mulawdec ! wavenc ! filesink location={self.record}")
                self.carriers[1].sendto(packet, ears)

    def leave(self):
        status = self.bye()
        super().close()
        for child in self.children:
            child.send_signal(2)  # the end of the stream: the file is closed
        for child in self.children:
            child.wait(20)
        self.close()
        return status

    def close(self):
        super().close()
        for child in self.children:
            child.kill()  # whoever has not ended yet
            child.wait()
        for carrier in self.carriers:
            carrier.close()

    def heard(self, since=0.0):
        wait_until(self.record.exists, 5, "a recording")
        return audio.read_wav(self.record)
