"""Audio files made for tests, with soundfile if it can write them, otherwise by hand."""

from __future__ import annotations

import io
import struct
from functools import cache

import numpy as np
import soundfile

from boomerang.invoker.audio import mp3_frames

RATE = 44_100
FORMS = {
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "wav": ("WAV", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "vorbis": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "aiff": ("AIFF", "PCM_16"),
    "w64": ("W64", "PCM_16"),
    "rf64": ("RF64", "PCM_16"),
    "au": ("AU", "PCM_16"),
    "caf": ("CAF", "ALAC_16"),
    "voc": ("VOC", "PCM_16"),
    "sphere": ("NIST", "PCM_16"),
}
"""A name → format and subtype of soundfile."""


def tone(seconds: float, rate_hz: int = RATE, channels: int = 1, hz: float = 440.0) -> np.ndarray:
    """Return a sine at half of full scale, shape (frames, channels)."""
    wave = 0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


@cache
def sound(form: str, seconds: float = 1.0, rate_hz: int = RATE, channels: int = 2, subtype: str = "", **how: object) -> bytes:
    """Return a file with a tone."""
    buffer = io.BytesIO()
    format_, usual = FORMS.get(form, (form, ""))
    rate_hz = 48_000 if form == "opus" else rate_hz
    soundfile.write(buffer, tone(seconds, rate_hz, channels), rate_hz, format=format_, subtype=subtype or usual, **how)  # type: ignore[arg-type]
    return buffer.getvalue()


@cache
def frames(seconds: float = 1.0, rate_hz: int = RATE, channels: int = 2) -> bytes:
    """Return MP3 frames of one bit rate without a header frame."""
    return mp3_frames.sound(sound("mp3", seconds, rate_hz, channels, bitrate_mode="CONSTANT", compression_level=0.4))


def free_format(stream: bytes) -> bytes:
    """Return the same frames without a bit rate in their headers."""
    changed, at = bytearray(stream), 0
    while at < len(stream):
        header = mp3_frames.header(stream, at)
        assert header is not None
        changed[at + 2] &= 0x0F
        at += header.size
    return bytes(changed)


def silence(layer: int, count: int, index: int = 10) -> bytes:
    """Return silent MPEG frames of layer I or II at 44.1 kHz stereo, with the bit rate of this index."""
    kbps = 32 * index if layer == 1 else (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384)[index]
    size = 12_000 * kbps // RATE * 4 if layer == 1 else 144_000 * kbps // RATE
    word = 0x7FF << 21 | 3 << 19 | (4 - layer) << 17 | 1 << 16 | index << 12
    return word.to_bytes(4, "big").ljust(size, b"\0") * count


def id3(body: bytes, version: int = 4, flags: int = 0, size: int | None = None) -> bytes:
    """Return an ID3v2 tag, with its true size or another one."""
    claimed = len(body) if size is None else size
    return b"ID3" + bytes([version, 0, flags, *(claimed >> shift & 127 for shift in (21, 14, 7, 0))]) + body


def ape(items: bytes) -> bytes:
    """Return an APEv2 tag with header and footer."""

    def end(flags: int) -> bytes:
        return b"APETAGEX" + struct.pack("<IIII", 2000, len(items) + 32, 1, flags) + bytes(8)

    return end(0xA0000000) + items + end(0x80000000)


def claiming(flac: bytes, seconds: float, rate_hz: int) -> bytes:
    """Return a FLAC file with another length in its header."""
    fields = int.from_bytes(flac[18:26], "big")
    return flac[:18] + (fields >> 36 << 36 | round(seconds * rate_hz)).to_bytes(8, "big") + flac[26:]
