"""Pictures for the tests: phones that film one colour and keep what they see, and what a saved frame shows where."""
import random
import re
import select
import socket
import struct
import subprocess
import threading
import time

import numpy as np

import harness
from probe import Probe
from processes import ArrivalClock, room_for_bursts

# As a camera would give them, R G B; and as Y U V of BT.601, which is what the codecs carry.
COLOURS = {"red": (200, 30, 30), "green": (30, 160, 60), "blue": (40, 60, 200), "yellow": (210, 200, 40),
           "white": (220, 220, 220), "purple": (150, 40, 160), "pure green": (0, 255, 0)}
TEST_CARD = "fakevideo,nil"  # instead of a film: what baresip draws itself


def yuv(colour):
    r, g, b = (part / 255 for part in COLOURS[colour])
    y = 0.299 * r + 0.587 * g + 0.114 * b
    return np.array([16 + 219 * y, 128 + 224 * (b - y) / 1.772, 128 + 224 * (r - y) / 1.402])


def foreground(colour):
    r, g, b = COLOURS[colour]
    return 0xFF000000 | r << 16 | g << 8 | b


class Frame:
    """I420."""

    def __init__(self, data, width, height):
        self.width, self.height = width, height
        half = ((width + 1) // 2, (height + 1) // 2)
        sizes = (width * height, half[0] * half[1], half[0] * half[1])
        starts = np.cumsum((0,) + sizes)
        raw = np.frombuffer(data, dtype=np.uint8)
        shapes = ((height, width), half[::-1], half[::-1])
        self.planes = [raw[s:s + n].reshape(shape) for s, n, shape in zip(starts, sizes, shapes)]

    def at(self, x, y, part=0.04):
        """The mean colour around a place, given as parts of width and height."""
        means = []
        for plane in self.planes:
            height, width = plane.shape
            column, row = int(x * width), int(y * height)
            reach = max(2, int(part * height))
            means.append(plane[row - reach:row + reach, column - reach:column + reach].mean())
        return np.array(means)

    def shows(self, colour, x, y, within=6):
        return bool(np.all(np.abs(self.at(x, y) - yuv(colour)) <= within))

    def png(self, path):
        """For people to look at."""
        raw = b"".join(plane.tobytes() for plane in self.planes)
        subprocess.run(["gst-launch-1.0", "-q", "fdsrc", "!", "rawvideoparse", "format=i420", f"width={self.width}",
                        f"height={self.height}", "framerate=1/1", "!", "videoconvert", "!", "pngenc", "snapshot=true", "!",
                        "filesink", f"location={path}"], input=raw, check=True, timeout=20)


def read_png(path):
    """A picture baresip saved, as a Frame: it takes what it decoded for full range. None as long as it has not saved all of it."""
    file = path.read_bytes() if path.exists() else b""
    if not file.endswith(b"IEND\xaeB`\x82"):
        return None
    raw = subprocess.run("gst-launch-1.0 -q fdsrc ! pngdec ! videoconvert ! video/x-raw,format=RGB ! fdsink".split(),
                         input=file, stdout=subprocess.PIPE, check=True, timeout=20).stdout
    width, height = struct.unpack(">II", file[16:24])
    stride = (width * 3 + 3) // 4 * 4
    rgb = np.frombuffer(raw, dtype=np.uint8).reshape(height, stride)[:, :width * 3].reshape(height, width, 3) / 255
    y = rgb @ np.array([0.299, 0.587, 0.114])
    planes = (255 * y, 128 + 255 * (rgb[..., 2] - y) / 1.772, 128 + 255 * (rgb[..., 0] - y) / 1.402)
    frame = Frame.__new__(Frame)
    frame.width, frame.height, frame.planes = width, height, planes
    return frame


def colour_film(folder, colour, width=640, height=360, seconds=60, fps=25):
    """A file that shows one colour, for phones that play files."""
    path = folder / f"{colour}-{width}x{height}.avi"
    if not path.exists():
        subprocess.run(["gst-launch-1.0", "-q", "videotestsrc", "pattern=solid-color", f"foreground-color={foreground(colour)}",
                        f"num-buffers={seconds * fps}", "!", f"video/x-raw,format=I420,width={width},height={height},framerate={fps}/1",
                        "!", "x264enc", "speed-preset=ultrafast", "quantizer=10", "pass=quant", "!", "avimux", "!", "filesink",
                        f"location={path}"], check=True, timeout=120)
    return path


def still(folder, colour, width=640, height=480):
    """The same as one JPEG."""
    path = folder / f"{colour}.jpg"
    subprocess.run(["gst-launch-1.0", "-q", "videotestsrc", "pattern=solid-color", f"foreground-color={foreground(colour)}",
                    "num-buffers=1", "!", f"video/x-raw,format=I420,width={width},height={height}", "!", "jpegenc", "quality=95",
                    "!", "filesink", f"location={path}"], check=True, timeout=20)
    return path


def film_pcap(path, pictures, seconds=5, fps=25):
    """A capture of RTP with these pictures in turn, each a list of payloads, as Ethernet frames: what SIPp plays."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        sequence = 0
        for number in range(seconds * fps):
            payloads = pictures[number % len(pictures)]
            for i, payload in enumerate(payloads):
                marker = 0x80 if i == len(payloads) - 1 else 0
                rtp = struct.pack(">BBHII", 0x80, marker | 99, sequence, number * 90000 // fps, 0x51995199) + payload
                udp = struct.pack(">HHHH", 5000, 5000, 8 + len(rtp), 0) + rtp
                ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), sequence, 0, 64, 17, 0, bytes(4), bytes(4))
                frame = bytes(12) + b"\x08\x00" + ip + udp
                file.write(struct.pack("<IIII", number // fps, number % fps * 1000000 // fps + i, len(frame), len(frame)) + frame)
                sequence += 1


def y4m(folder, colour, width=640, height=360, seconds=2, fps=25):
    """A film without an end for a browser's camera."""
    path = folder / f"{colour}.y4m"
    subprocess.run(["gst-launch-1.0", "-q", "videotestsrc", "pattern=solid-color", f"foreground-color={foreground(colour)}",
                    f"num-buffers={seconds * fps}", "!", f"video/x-raw,format=I420,width={width},height={height},framerate={fps}/1",
                    "!", "y4menc", "!", "filesink", f"location={path}"], check=True, timeout=20)
    return path


def frame_of(data):
    """One of the server's pictures: all are 16:9 (a machine short of time makes them smaller). None of what is not whole."""
    for height in (1080, 720, 540, 360, 180, 90):
        if len(data) == height * 16 // 9 * height * 3 // 2:
            return Frame(data, height * 16 // 9, height)
    return None


def read_jpeg(path):
    """A picture linphone saved, as a Frame: it writes what it decoded, without a conversion to JPEG's full range."""
    raw = subprocess.run(["gst-launch-1.0", "-q", "filesrc", f"location={path}", "!", "jpegdec", "!", "video/x-raw,format=I420", "!",
                          "fdsink"], stdout=subprocess.PIPE, check=True, timeout=20).stdout
    return frame_of(raw)


ENCODERS = {
    "H264": ("x264enc tune=zerolatency speed-preset=ultrafast bitrate=500 key-int-max={keyint} {slices} ! "
             "video/x-h264,profile=constrained-baseline ! "
             "rtph264pay aggregate-mode=none config-interval=-1 pt=99 mtu=1200 ssrc={ssrc}"),
    "VP8": ("vp8enc deadline=1 cpu-used=8 target-bitrate=500000 keyframe-max-dist={keyint} error-resilient=default ! "
            "rtpvp8pay pt=97 mtu=1200 picture-id-mode=15-bit ssrc={ssrc}"),
}
DECODERS = {
    "H264": "application/x-rtp,media=video,clock-rate=90000,encoding-name=H264,payload=99 ! rtph264depay ! avdec_h264 output-corrupt=false",
    "VP8": "application/x-rtp,media=video,clock-rate=90000,encoding-name=VP8,payload=97 ! rtpvp8depay ! vp8dec",
}


class VideoProbe(Probe):
    """A phone made of a SIP probe and two GStreamer pipelines; every video packet passes through our hands on its way."""

    def __init__(self, folder, server_port, colour, codec="H264", mode=1, size=(640, 360), room="1000", level="1f", limits="",
                 films=True, keyint=25):
        super().__init__(server_port, room)
        self.folder, self.colour, self.codec, self.mode, self.size = folder, colour, codec, mode, size
        self.level, self.limits, self.films, self.keyint = level, limits, films, keyint
        self.video = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        port = harness.free_port(count=2)
        self.video.bind((self.host, port))
        self.rtcp.bind((self.host, port + 1))
        self.inner = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # towards the pipelines
        self.inner.bind((self.host, 0))
        for each in (self.video, self.rtcp, self.inner):
            room_for_bursts(each)
        self.video_arrivals = ArrivalClock(self.video)
        self.screen = harness.free_port()
        self.ssrc = random.getrandbits(31)
        self.loss, self.video_to, self.pipelines = 0.0, None, []
        self.moving = False  # films a ball that moves instead of its colour
        self.with_video, self.video_direction, self.video_lines = True, "sendrecv", None
        self.received, self.keyframes, self.video_times, self.video_packets, self.asked = [], [], [], 0, 0
        self.server_ssrc = 0
        self.nal_types = set()  # of H.264: as they come, fragments and aggregates included
        self.asked_at, self.relaying = 0.0, True
        self.relay = threading.Thread(target=self._relay, daemon=True)
        self.relay.start()

    # --- signalling

    def local_sdp(self):
        sdp = super().local_sdp()
        if self.video_lines is None and not self.with_video:
            return sdp
        self.video_lines = True
        pt = 99 if self.codec == "H264" else 97
        port = self.video.getsockname()[1] if self.with_video else 0
        line = f"m=video {port} RTP/AVP {pt}\r\na=rtpmap:{pt} {self.codec}/90000\r\n"
        if self.codec == "H264":
            mode = f";packetization-mode={self.mode}" if self.mode is not None else ""
            line += f"a=fmtp:{pt} profile-level-id=42e0{self.level}{mode}{self.limits}\r\n"
        return sdp + line + f"a=rtcp-fb:{pt} nack pli\r\na={self.video_direction}\r\n"

    def invite(self, direction="sendrecv", video=True, video_direction="sendrecv"):
        self.with_video, self.video_direction = video, video_direction
        text = super().invite(direction)
        line = re.search(r"^m=video (\d+)", text, re.M)
        self.video_to = (self.media[0], int(line.group(1))) if line and int(line.group(1)) else None
        return text

    # --- pictures

    def film(self):
        """Begins to film and to watch."""
        # Mode 0: every slice must fit a packet.
        slices = "option-string=slice-max-size=1100" if self.mode in (0, None) else ""
        encoder = ENCODERS[self.codec].format(keyint=self.keyint, ssrc=self.ssrc, slices=slices)
        if self.films:
            pattern = "ball" if self.moving else f"solid-color foreground-color={foreground(self.colour)}"
            self._launch(f"videotestsrc is-live=true pattern={pattern} ! "
                         f"video/x-raw,format=I420,width={self.size[0]},height={self.size[1]},framerate=25/1 ! {encoder} ! "
                         f"udpsink host={self.host} port={self.inner.getsockname()[1]} sync=false")
        self.watch()

    def watch(self):
        self.frames = self.folder / f"seen-{self.colour}-{self.screen}"
        self.frames.mkdir(exist_ok=True)
        self._launch(f"udpsrc address={self.host} port={self.screen} buffer-size=4000000 ! {DECODERS[self.codec]} ! videoconvert ! "
                     f"video/x-raw,format=I420 ! identity silent=false ! multifilesink location={self.frames}/%06d.yuv max-files=3")

    def _launch(self, pipeline):
        child = subprocess.Popen(["gst-launch-1.0", "-q", *pipeline.split()], stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE, start_new_session=True)
        self.pipelines.append(child)

    def frame(self):
        """The newest picture it sees. As long as there is none it asks for one, as phones do."""
        newest = self._newest()
        if newest is None and self.video_to and time.monotonic() > self.asked_at + 0.5:
            self.asked_at = self.ask_for_keyframe()
        return newest

    def _newest(self):
        files = sorted(self.frames.glob("*.yuv"))
        for path in reversed(files[:-1] or files):
            try:
                data = path.read_bytes()
            except FileNotFoundError:  # three newer ones have come meanwhile
                return self._newest()
            if frame := frame_of(data):
                return frame
        return None

    def sees(self, colour, x, y):
        frame = self.frame()
        return frame is not None and frame.shows(colour, x, y)

    def ask_for_keyframe(self):
        pli = struct.pack(">BBHI", 0x80, 201, 1, self.ssrc) + struct.pack(">BBHII", 0x81, 206, 2, self.ssrc, self.server_ssrc)
        self.rtcp.sendto(pli, (self.video_to[0], self.video_to[1] + 1))
        return time.monotonic()

    def _relay(self):
        while self.relaying:
            for ready in select.select([self.video, self.rtcp, self.inner], [], [], 0.05)[0]:
                data, _, now = self.video_arrivals.receive(ready, 4096)
                if ready is self.inner:
                    if self.video_to and random.random() >= self.loss:
                        self.video.sendto(data, self.video_to)
                elif ready is self.rtcp:
                    self._on_rtcp(data)
                elif len(data) > 12 and data[0] >> 6 == 2:
                    self._on_video(data, now)

    def _on_rtcp(self, data):
        while len(data) >= 8:
            kind, words = data[1], struct.unpack_from(">H", data, 2)[0]
            self.asked += kind == 206 and data[0] & 31 == 1
            data = data[4 * words + 4:]

    def _on_video(self, data, now):
        self.video_packets += 1
        self.video_times.append(now)
        sequence = struct.unpack_from(">H", data, 2)[0]
        if self.video_packets > 1 and sequence != (self.sequence + 1) & 0xFFFF and now > self.asked_at + 0.5:
            self.asked_at = self.ask_for_keyframe()  # as phones do who missed something
        self.sequence = sequence
        self.server_ssrc = struct.unpack_from(">I", data, 8)[0]
        self.inner.sendto(data, (self.host, self.screen))
        if self._begins_keyframe(data[12:]):
            self._keyframe_under_way = True
        if data[1] & 0x80:  # the marker: a whole picture is there
            self.received.append(now)
            if getattr(self, "_keyframe_under_way", False):
                self.keyframes.append(now)
            self._keyframe_under_way = False

    def _begins_keyframe(self, payload):
        if self.codec == "VP8":
            extended = payload[0] & 0x80
            size = 1
            if extended:
                flags = payload[1]
                size += 1 + (flags >> 7 and (2 if payload[2] & 0x80 else 1)) + (flags >> 6 & 1) + (1 if flags & 0x30 else 0)
            return bool(payload[0] & 0x10) and payload[0] & 7 == 0 and len(payload) > size and not payload[size] & 1
        kind = payload[0] & 31
        self.nal_types.add(kind)
        return kind in (5, 7) or (kind == 24 and payload[3] & 31 == 7) or (kind == 28 and payload[1] & 31 == 5)

    def longest_gap(self, since):
        times = [t for t in self.received if t >= since]
        return max((b - a for a, b in zip(times, times[1:])), default=1e9)

    # Same interface as harness.Process, so that a test ends it.
    log_path = "video probe"

    def log(self):
        return f"{self.colour} {self.codec}: {self.video_packets} packets, {len(self.keyframes)} keyframes"

    def stop(self):
        self.relaying = False
        self.relay.join()
        for child in self.pipelines:
            child.kill()
            child.wait()
        self.close()
        for each in (self.video, self.rtcp, self.inner):
            each.close()


class WithPictures:
    """For an InteropTest whose phones film: who joined, what they see."""

    def joined(self, server, colour, **options):
        probe = self.filming(server, colour, **options)
        probe.invite()
        self.assertIsNotNone(probe.video_to, "the video line was refused")
        probe.film()
        return probe

    def filming(self, server, colour, **options):
        probe = VideoProbe(self.folder, server.port, colour, **options)
        self.started.append(probe)
        return probe

    def expect(self, probe, *seats, seconds=8):
        """Waits until the probe sees these colours at these places."""
        harness.wait_until(lambda: all(probe.sees(colour, *place) for colour, place in seats), seconds,
                           f"{probe.colour} to see {seats}")

    def snapshot(self, phone, colours, seconds=10):
        """What a baresip sees, once these colours are at these places of the middle row."""
        path = self.folder / f"{phone.home.name}-seen.png"

        def taken():
            phone.command("snapshot_recv", str(path))
            time.sleep(0.5)
            frame = read_png(path)
            return frame if frame and all(frame.shows(colour, x, 0.5) for colour, x in colours.items()) else None
        return harness.wait_until(taken, seconds, f"{phone.home.name} to see {colours}")
