"""A measuring instrument, not a phone: one PCMU leg whose every packet is sent and stamped to the tenth of a millisecond.
Real phones judge whether Rotunda works; the probe tells how late, how loud and how often."""
import contextlib
import os
import random
import re
import select
import socket
import struct
import threading
import time

import numpy as np

import audio
from processes import PATIENCE, ArrivalClock, room_for_bursts


def _ulaw_tables():
    codes = np.arange(256, dtype=np.int32) ^ 0xFF
    magnitude = (((codes & 0x0F) << 3) + 0x84 << ((codes & 0x70) >> 4)) - 0x84
    decode = np.where(codes & 0x80, -magnitude, magnitude).astype(np.int16)
    order = np.argsort(decode, kind="stable")
    values = decode[order].astype(np.int32)
    return decode, order, values


DECODE, _ORDER, _VALUES = _ulaw_tables()


def ulaw_decode(payload):
    return DECODE[np.frombuffer(payload, dtype=np.uint8)] / 32768.0


def ulaw_encode(samples):
    pcm = np.clip(np.round(np.asarray(samples) * 32768), -32124, 32124).astype(np.int32)
    right = np.clip(np.searchsorted(_VALUES, pcm), 1, 255)
    nearest = np.where(pcm - _VALUES[right - 1] <= _VALUES[right] - pcm, right - 1, right)
    return _ORDER[nearest].astype(np.uint8).tobytes()


def in_real_time():
    """This thread alone gets a good phone's clock, where that is permitted."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(threading.get_native_id(), os.SCHED_FIFO, os.sched_param(1))


class Probe:
    """invite() joins a room, talk() streams samples at 20 ms, packets holds what came: (seconds, sequence, stamp, payload). `answered` is
    when the last final response came."""

    unclosed = set()

    def __init__(self, server_port, room="1000", host="127.0.0.1", server_host=None):
        self.server, self.room, self.host = (server_host or host, server_port), room, host
        self.sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sip.bind((host, 0))
        self.sip.settimeout(PATIENCE * 5)
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp.bind((host, 0))
        room_for_bursts(self.rtp)
        self.arrivals, self.answered = ArrivalClock(self.sip, self.rtp), 0.0
        self.call_id, self.tag = f"{random.getrandbits(64):x}", f"{random.getrandbits(32):x}"
        self.cseq, self.to, self.contact, self.media = 0, f"<sip:{room}@{self.server[0]}:{server_port}>", None, None
        self.packets, self.sent = [], []
        self.running = True
        self.unclosed.add(self)
        self.direction = "sendrecv"
        self.version = 0

    # --- signalling

    def local_sdp(self):
        return (f"v=0\r\no=probe 1 {self.version} IN IP4 {self.host}\r\ns=-\r\nc=IN IP4 {self.host}\r\nt=0 0\r\n"
                f"m=audio {self.rtp.getsockname()[1]} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\n"
                f"a=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n"
                f"a={self.direction}\r\n")

    def request(self, method, body="", cseq=None, to=None, more=()):
        target = self.contact or f"sip:{self.room}@{self.server[0]}:{self.server[1]}"
        branch = f"z9hG4bK{random.getrandbits(48):x}"
        port = self.sip.getsockname()[1]
        lines = [f"{method} {target} SIP/2.0", f"Via: SIP/2.0/UDP {self.host}:{port};branch={branch};rport",
                 "Max-Forwards: 70", f"From: <sip:probe@{self.host}>;tag={self.tag}", f"To: {to or self.to}",
                 f"Call-ID: {self.call_id}", f"CSeq: {cseq or self.cseq} {method}",
                 f"Contact: <sip:probe@{self.host}:{port}>", *more]
        if body:
            lines.append("Content-Type: application/sdp")
        lines += [f"Content-Length: {len(body)}", "", body]
        self.last = "\r\n".join(lines).encode()
        self.sip.sendto(self.last, self.server)

    def final_response(self, method):
        while True:
            data, _, self.answered = self.arrivals.receive(self.sip, 65536)
            text = data.decode(errors="replace")
            status = int(text.split()[1]) if text.startswith("SIP/2.0") else 0
            if status >= 200 and re.search(rf"^CSeq: {self.cseq} {method}", text, re.M):
                return status, text

    def invite(self, direction="sendrecv"):
        """INVITE or re-INVITE with our offer; raises unless it is answered with 200. Returns the answer."""
        self.direction, self.version = direction, self.version + 1
        self.cseq += 1
        self.request("INVITE", self.local_sdp())
        status, text = self.final_response("INVITE")
        if status != 200:
            raise RuntimeError(text.splitlines()[0])
        self.to = re.search(r"^To: (.*?)\r?$", text, re.M).group(1)
        self.contact = re.search(r"^Contact:.*?<(.*?)>", text, re.M).group(1)
        port = int(re.search(r"^m=audio (\d+)", text, re.M).group(1))
        self.media = (re.search(r"^c=IN IP4 (\S+)", text, re.M).group(1), port)
        self.request("ACK")
        if not hasattr(self, "listener"):
            self.listener = threading.Thread(target=self._listen, daemon=True)
            self.listener.start()
        return text

    def bye(self):
        self.cseq += 1
        self.request("BYE")
        return self.final_response("BYE")[0]

    @classmethod
    def close_all(cls):
        for probe in list(cls.unclosed):
            probe.close()

    def close(self):
        self.unclosed.discard(self)
        self.running = False
        for thread in ("listener", "talker"):
            if hasattr(self, thread):
                getattr(self, thread).join()
        self.sip.close()
        self.rtp.close()

    # --- media

    def _listen(self):
        poll = select.poll()  # select() knows no descriptor above 1023
        poll.register(self.rtp, select.POLLIN)
        while self.running:
            if not poll.poll(50):
                continue
            data, source, now = self.arrivals.receive(self.rtp, 2048)
            # A packet on its way to whoever had this port before is none of ours.
            if source == self.media and len(data) > 12 and data[0] >> 6 == 2 and data[1] & 0x7F == 0:
                sequence, stamp = struct.unpack_from(">HI", data, 2)
                self.packets.append((now, sequence, stamp, data[12:]))

    def talk(self, samples, phase_s=0.0, send=None):
        """Streams samples (8 kHz) from now + phase_s on, in the background; `send(packet)` may stand in for the socket."""
        payload = ulaw_encode(samples)
        self.sent = []
        self.talking = True
        self.talker = threading.Thread(target=self._talk, args=(payload, time.monotonic() + 0.02 + phase_s, send), daemon=True)
        self.talker.start()

    def _talk(self, payload, start, send):
        in_real_time()
        ssrc, sequence, stamp = random.getrandbits(32), random.getrandbits(16), random.getrandbits(32)
        for i in range(len(payload) // 160):
            due = start + 0.02 * i
            time.sleep(max(0.0, due - time.monotonic() - 0.0005))
            while time.monotonic() < due:
                pass
            if not (self.running and self.talking):
                return
            header = struct.pack(">BBHII", 0x80, 0x80 if i == 0 else 0, (sequence + i) & 0xFFFF, (stamp + 160 * i) & 0xFFFFFFFF, ssrc)
            packet = header + payload[160 * i:160 * i + 160]
            if send:
                send(packet)
            else:
                self.rtp.sendto(packet, self.media)
            self.sent.append(time.monotonic())

    def press(self, keys):
        """Each key as RFC 4733 has it: nine packets of 20 ms, the end three times, every packet twice for good measure."""
        ssrc, sequence, stamp = random.getrandbits(32), random.getrandbits(15), random.getrandbits(31)
        for key in keys:
            for step in range(1, 13):
                end, duration = 0x80 if step > 9 else 0, 160 * min(step, 9)
                event = struct.pack(">BBHIIBBH", 0x80, 0x80 * (step == 1) | 101, sequence, stamp, ssrc,
                                    "0123456789*#".index(key), end | 10, duration)
                sequence += 1
                for _ in range(2):
                    self.rtp.sendto(event, self.media)
                time.sleep(0.02)
            stamp += 160 * 20

    def stop_talking(self):
        self.talking = False
        self.talker.join()

    def level_db(self, hz, seconds=0.8):
        """Of a tone in what came last; -200 before so much has come."""
        heard = self.heard()[-int(8000 * seconds):]
        return audio.level_db(heard, 8000, hz) if len(heard) >= 8000 * seconds else -200.0

    def heard(self, since=0.0):
        """Samples in time-stamp order from the first packet at or after `since`; missing packets are silence."""
        chosen = [p for p in self.packets if p[0] >= since]
        if not chosen:
            return np.zeros(0)
        first = chosen[0][2]
        length = max(((p[2] - first) & 0xFFFFFFFF) + len(p[3]) for p in chosen if ((p[2] - first) & 0xFFFFFFFF) < 1 << 31)
        out = np.zeros(length)
        for _, _, stamp, payload in chosen:
            at = (stamp - first) & 0xFFFFFFFF
            if at < length:
                out[at:at + len(payload)] = ulaw_decode(payload)
        return out
