"""Measures what a phone heard: levels of tones, SINAD, drop-outs. Samples are floats in [-1, 1]."""
import struct
import wave

import numpy as np


def read_wav(path):
    """(rate, samples) of a 16-bit file; channels are averaged. Lengths are filled in when a file is closed: it is read to its end."""
    with open(path, "rb") as file:
        raw = file.read()
    form, at = raw.find(b"fmt ") + 8, raw.find(b"data") + 8
    if min(form, at) < 8:
        raise EOFError(f"{path} has no header yet")
    _, channels, rate = struct.unpack_from("<HHI", raw, form)
    body = raw[at:len(raw) - (len(raw) - at) % (2 * channels)]
    samples = np.frombuffer(body, dtype="<i2").reshape(-1, channels).mean(axis=1) / 32768.0
    return rate, samples


def write_wav(path, rate, samples):
    data = np.clip(np.round(np.asarray(samples) * 32767), -32768, 32767).astype("<i2")
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(data.tobytes())


def tone(rate, hz, seconds, amplitude=0.1):
    return amplitude * np.sin(2 * np.pi * hz * np.arange(int(rate * seconds)) / rate)


def level_db(samples, rate, hz):
    """Level of one tone in dB relative to a full-scale sine, by the best fitting sine of exactly that frequency."""
    n = len(samples)
    if n == 0:
        return -200.0
    window = np.hanning(n)
    phase = np.exp(-2j * np.pi * hz * np.arange(n) / rate)
    amplitude = 2 * abs(np.sum(samples * window * phase)) / window.sum()
    return 20 * np.log10(max(amplitude, 1e-10))


def parts(measure, samples, rate, hz, part_s=0.25):
    """A measure of each part of the time."""
    part = int(part_s * rate)
    return [measure(samples[at:at + part], rate, hz) for at in range(0, len(samples) - part + 1, part)]


def steady_db(measure, samples, rate, hz):
    """A measure as most parts of the time have it: of a talker whose machine held him up for a moment what he sounds like otherwise."""
    return float(np.median(parts(measure, samples, rate, hz)))


def steady_level_db(samples, rate, hz):
    return steady_db(level_db, samples, rate, hz)


def sinad_db(samples, rate, hz):
    """Power of the tone over everything else (DC left out); a frequency error of a few ppm between clocks is fitted away."""
    n = len(samples)
    t = np.arange(n) / rate
    best = None
    for offset in np.linspace(-0.5, 0.5, 41):
        basis = np.column_stack([np.cos(2 * np.pi * (hz + offset) * t), np.sin(2 * np.pi * (hz + offset) * t), np.ones(n)])
        fit, *_ = np.linalg.lstsq(basis, samples, rcond=None)
        rest = samples - basis @ fit
        signal = np.sum((basis[:, :2] @ fit[:2]) ** 2)
        ratio = 10 * np.log10(signal / max(np.sum(rest ** 2), 1e-20))
        best = ratio if best is None else max(best, ratio)
    return best


def presence(samples, rate, hz, threshold_db=-6.0, block_ms=10):
    """One bool per block: is the tone there, at least `threshold_db` relative to its median level?"""
    block = int(rate * block_ms / 1000)
    levels = np.array([level_db(samples[i:i + block], rate, hz) for i in range(0, len(samples) - block + 1, block)])
    return levels >= np.median(levels) + threshold_db


def longest_gap_ms(present, block_ms=10):
    longest = run = 0
    for there in present:
        run = 0 if there else run + 1
        longest = max(longest, run)
    return longest * block_ms


def middle(samples, rate, start_s, length_s):
    """The stretch that begins start_s before the end and lasts length_s."""
    begin = len(samples) - int(start_s * rate)
    assert begin >= 0, f"only {len(samples) / rate:.2f} s recorded, {start_s} s needed"
    return samples[begin:begin + int(length_s * rate)]
