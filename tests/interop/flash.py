"""A sender whose picture flips between dark and bright and whose voice beeps with it, and what becomes of both on their way: how
long the picture takes, and how far apart picture and sound are when they are there. Decoding is done afterwards, so that it takes
no part in what is measured."""
import random
import socket
import struct
import subprocess
import threading
import time

import numpy as np

import harness
from probe import ulaw_encode
from processes import ArrivalClock, room_for_bursts
from video import VideoProbe

COLUMNS, ROWS = 32, 18  # of the brightness of a picture, as films are read
NTP_EPOCH = 2208988800
PAYLOAD = 1100


def nal_units(stream):
    """Of an Annex B stream."""
    starts = [i for i in range(len(stream) - 3) if stream[i:i + 3] == b"\0\0\1"]
    return [stream[a + 3:b].rstrip(b"\0") for a, b in zip(starts, starts[1:] + [len(stream) + 1])]


def still_pictures(brightness=0.0, pattern="pattern=smpte"):
    """Two IDR pictures, to be sent in turn: consecutive ones must differ in their idr_pic_id (H.264 §7.4.3)."""
    stream = subprocess.run(
        ["gst-launch-1.0", "-q", "videotestsrc", *pattern.split(), "num-buffers=2", "!", "video/x-raw,format=I420,width=640,height=360",
         "!", "videobalance", f"brightness={brightness}", "!", "x264enc", "key-int-max=1", "threads=1", "tune=zerolatency",
         "speed-preset=ultrafast", "bitrate=1500", "!", "video/x-h264,profile=constrained-baseline,stream-format=byte-stream", "!",
         "fdsink"], stdout=subprocess.PIPE, check=True, timeout=30).stdout
    pictures, parts = [], []
    for nal in nal_units(stream):
        parts.append(nal)
        if nal[0] & 31 == 5:
            pictures.append(parts)
            parts = []
    return pictures


def payloads_of(picture):
    """RFC 6184: single NAL units, and FU-A for what is too large."""
    for nal in picture:
        if len(nal) <= PAYLOAD:
            yield nal
            continue
        body = nal[1:]
        for at in range(0, len(body), PAYLOAD):
            flags = (0x80 if at == 0 else 0) | (0x40 if at + PAYLOAD >= len(body) else 0)
            yield bytes([nal[0] & 0xE0 | 28, flags | nal[0] & 31]) + body[at:at + PAYLOAD]


class Film:
    """What came back, to be looked at afterwards."""

    def __init__(self):
        self.packets = []  # (arrival, packet)

    def pictures(self):
        """[(arrival of the last packet, stamp, brightness as ROWS x COLUMNS)], from the first keyframe on."""
        ordered = {}
        for arrival, packet in self.packets:
            sequence, stamp = struct.unpack_from(">HI", packet, 2)
            ordered.setdefault(stamp, []).append((sequence, arrival, packet[12:]))
        units, stream = [], b""
        for stamp, parts in ordered.items():
            first = parts[0][0]
            parts.sort(key=lambda part: (part[0] - first + 0x8000) & 0xFFFF)
            nals = self._nals([payload for _, _, payload in parts])
            if not units and not any(nal[0] & 31 == 5 for nal in nals):
                continue
            units.append((max(arrival for _, arrival, _ in parts), stamp))
            stream += b"".join(b"\0\0\0\1" + nal for nal in nals)
        raw = subprocess.run(
            ["gst-launch-1.0", "-q", "fdsrc", "!", "h264parse", "!", "avdec_h264", "max-threads=1", "!", "videoscale", "method=bilinear",
             "!", f"video/x-raw,width={COLUMNS},height={ROWS}", "!", "videoconvert", "!", "video/x-raw,format=GRAY8", "!", "fdsink"],
            input=stream, stdout=subprocess.PIPE, check=True, timeout=60).stdout
        frames = np.frombuffer(raw, dtype=np.uint8).reshape(-1, ROWS, COLUMNS)
        assert abs(len(frames) - len(units)) <= 1, (len(frames), len(units))
        return [(arrival, stamp, frame) for (arrival, stamp), frame in zip(units, frames)]

    @staticmethod
    def _nals(payloads):
        out = []
        for payload in payloads:
            kind = payload[0] & 31
            if kind == 24:
                at = 1
                while at + 2 < len(payload):
                    size = struct.unpack_from(">H", payload, at)[0]
                    out.append(payload[at + 2:at + 2 + size])
                    at += 2 + size
            elif kind == 28:
                if payload[1] & 0x80:
                    out.append(bytes([payload[0] & 0xE0 | payload[1] & 31]))
                out[-1] += payload[2:]
            else:
                out.append(payload)
        return out


class FilmingProbe(VideoProbe):
    """Keeps every packet of video that comes, and what the server's reports say of both streams."""

    def __init__(self, folder, server_port, colour="white", **options):
        super().__init__(folder, server_port, colour, films=False, **options)
        self.rtp.close()
        port = harness.free_port(count=2)
        self.rtp, self.audio_rtcp = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        self.rtp.bind((self.host, port))
        self.audio_rtcp.bind((self.host, port + 1))
        for each in (self.rtp, self.audio_rtcp):
            room_for_bursts(each)
        self.arrivals = ArrivalClock(self.sip, self.rtp)
        self.audio_rtcp.setblocking(False)
        self.film_seen = Film()
        self.reports = {"audio": None, "video": None}  # of each the newest: (seconds, stamp)

    def _on_video(self, data, now):
        if data[1] & 0x7F == 99:
            self.film_seen.packets.append((now, data))
        self.video_packets += 1
        self.server_ssrc = struct.unpack_from(">I", data, 8)[0]

    def _on_rtcp(self, data):
        self._note("video", data)
        super()._on_rtcp(data)

    def read_audio_reports(self):
        try:
            while True:
                self._note("audio", self.audio_rtcp.recv(2048))
        except BlockingIOError:
            pass

    def _note(self, kind, data):
        if len(data) >= 28 and data[1] == 200:
            seconds, fraction, stamp = struct.unpack_from(">III", data, 8)
            self.reports[kind] = (seconds + fraction / 2**32, stamp)

    def sampled_at(self, kind, stamp, clock):
        """On the server's clock, by its reports (RFC 3550 §6.4.1)."""
        seconds, reported = self.reports[kind]
        return seconds + ((stamp - reported + 2**31) % 2**32 - 2**31) / clock

    def stop(self):
        super().stop()
        self.audio_rtcp.close()


class Flasher(FilmingProbe):
    """flash_by() tells for each moment of its film, in seconds, whether it is bright; beep_by() the same of its voice."""

    def __init__(self, folder, server_port, pictures, **options):
        super().__init__(folder, server_port, **options)
        self.stills = pictures  # dark, bright
        self.flips = []         # (when the last packet of the first picture of another brightness left, bright)
        self.flashing = True
        self.audio_ssrc, self.origin_stamp = random.getrandbits(32), random.getrandbits(31)

    def flash(self, seconds, is_bright, video_late=0.0, audio_late=0.0, beeps=False, pause_after_flip=None):
        self.started_at = time.monotonic() + 0.05
        jobs = [threading.Thread(target=self._film, args=(seconds, is_bright, video_late, pause_after_flip), daemon=True)]
        if beeps:
            jobs.append(threading.Thread(target=self._beep, args=(seconds, is_bright, audio_late), daemon=True))
        for job in jobs:
            job.start()
        return jobs

    def _film(self, seconds, is_bright, late, pause_after_flip):
        sequence, captured, was, number = 0, 0.0, None, 0
        while captured < seconds:
            time.sleep(max(0.0, self.started_at + captured + 0.005 + late - time.monotonic()))
            bright = is_bright(captured)
            payloads = list(payloads_of(self.stills[bright][number % 2]))
            stamp = (self.origin_stamp + int(captured * 90000)) & 0xFFFFFFFF
            for i, payload in enumerate(payloads):
                marker = 0x80 if i == len(payloads) - 1 else 0
                self.video.sendto(struct.pack(">BBHII", 0x80, marker | 99, sequence & 0xFFFF, stamp, self.ssrc) + payload, self.video_to)
                sequence += 1
            if bright != was and was is not None:
                self.flips.append((time.monotonic(), bright))
            if number % 12 == 0:
                self._report(self.rtcp, (self.video_to[0], self.video_to[1] + 1), self.ssrc, 90000)
            # The server's pictures come at a rate of its own: every phase between the two should be met.
            captured += 0.04 + (pause_after_flip() if pause_after_flip and bright != was else 0.0)
            was = bright
            number += 1

    def _beep(self, seconds, is_bright, late):
        tone = 0.3 * np.sin(2 * np.pi * 1000 * np.arange(160) / 8000)
        for i in range(int(seconds / 0.02)):
            time.sleep(max(0.0, self.started_at + 0.02 * (i + 1) + late - time.monotonic()))
            samples = tone if is_bright(0.02 * i) else np.zeros(160)
            stamp = (self.origin_stamp + 160 * i) & 0xFFFFFFFF
            self.rtp.sendto(struct.pack(">BBHII", 0x80, 0, i & 0xFFFF, stamp, self.audio_ssrc) + ulaw_encode(samples), self.media)
            if i % 25 == 0:
                self._report(self.audio_rtcp, (self.media[0], self.media[1] + 1), self.audio_ssrc, 8000)

    def _report(self, socket_, to, ssrc, clock):
        """RFC 3550 §6.4.1: both streams on the clock of their capture, however late they are sent."""
        now = time.monotonic() - self.started_at
        stamp = (self.origin_stamp + int(now * clock)) & 0xFFFFFFFF
        seconds = now + 1_000_000 + NTP_EPOCH
        report = struct.pack(">BBHIIIIII", 0x80, 200, 6, ssrc, int(seconds), int(seconds % 1 * 2**32), stamp, 0, 0)
        name = struct.pack(">BBHI", 0x81, 202, 3, ssrc) + b"\x01\x05flash\0"
        socket_.sendto(report + name, to)
