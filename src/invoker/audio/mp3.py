"""The frames of an MP3 stream: where they are, how long they play, and which of them are headers instead of sound.

A header frame (`Xing`, `Info` or `VBRI`) plays nothing and tells how long its file is. Where several files were joined into
one, decoders and players believe the first header and stop after the first piece. So we count frames ourselves.

Source: ISO/IEC 11172-3 2.4.1.3 and 13818-3 2.4.2.3 for the frame header, the sizes and rates; ID3v2.4 structure 3.1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

Data = bytes | memoryview

JUNK_LIMIT = 1 << 18
"""Bytes that are no frames and no tags, in a whole file, after which we take the rest for junk too."""

_KBPS = {
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Kilobits per second by (MPEG version, layer); versions 2 and 2.5 share a table."""

_RATES_HZ = (44100, 48000, 32000)


class Header(NamedTuple):
    """What the four bytes at the start of a frame tell."""

    size: int
    """Bytes of the frame, the four included."""
    samples: int
    """Per channel."""
    rate_hz: int
    channels: int
    stream: int
    """The bits that stay the same in one stream: version, layer, rate, mono or not."""
    tag_at: int
    """Where a `Xing` or `Info` header stands in the frame, if it is one: behind the side information."""


@lru_cache(maxsize=4096)
def _parse(word: int) -> Header | None:
    version_bits, layer_bits = word >> 19 & 3, word >> 17 & 3
    rate_index, kbps_index = word >> 10 & 3, word >> 12 & 15
    if word >> 21 != 0x7FF or version_bits == 1 or layer_bits not in (1, 2) or rate_index == 3 or not 0 < kbps_index < 15:
        return None
    layer, newer = 4 - layer_bits, version_bits != 3
    rate_hz = _RATES_HZ[rate_index] >> {3: 0, 2: 1, 0: 2}[version_bits]
    kbps = _KBPS[2 if newer else 1, layer][kbps_index - 1]
    padding = word >> 9 & 1
    samples = 576 if layer == 3 and newer else 1152
    size = samples // 8 * kbps * 1000 // rate_hz + padding
    mono = word >> 6 & 3 == 3
    side = (9 if mono else 17) if newer else (17 if mono else 32)
    return Header(size, samples, rate_hz, 1 if mono else 2, word & 0xFFFE0C00 | mono, 4 + side)


def header(data: Data, at: int) -> Header | None:
    """Read the frame header at a byte; `None` if none is there.

    Layer I and free-format streams, which nobody makes, count as none: `ff fe` more likely starts a text in UTF-16.
    """
    if at + 4 > len(data) or data[at] != 0xFF:
        return None
    # Private, copyright, original, emphasis and the checksum's bit change nothing here.
    return _parse(int.from_bytes(data[at : at + 4], "big") & 0xFFFEFEC0)


def id3_size(data: Data, at: int = 0) -> int:
    """Tell the bytes of an ID3v2 tag that starts here; 0 if none does. A tag that was cut ends with the data."""
    tag = bytes(data[at : at + 10])
    if len(tag) < 10 or tag[:3] != b"ID3" or max(tag[6:10]) > 127:
        return 0
    size = tag[6] << 21 | tag[7] << 14 | tag[8] << 7 | tag[9]
    return min(10 + size + (10 if tag[5] & 16 else 0), len(data) - at)


def begins(data: Data) -> bool:
    """Tell whether a stream of frames begins at or soon after the start: two that fit each other, or one that is all."""
    end = min(len(data), 4096)
    return _sync(bytes(data[: end + 8192]), 0, end, None) is not None


@dataclass(slots=True)
class Layout:
    """What a stream consists of."""

    first: Header | None = None
    """The first frame of sound."""
    frames: int = 0
    """Whole frames of sound."""
    headers: int = 0
    """Header frames: more than one in files that were joined."""
    promised: int | None = None
    """Frames of sound that the first header tells of."""
    even: bool = True
    """Whether all frames have the same size."""
    cut: bool = False
    """Whether the last frame is not all there."""
    junk: int = 0
    """Bytes that are neither frames nor tags."""
    spans: list[tuple[int, int]] = field(default_factory=list)
    """Where the sound is: start and end of each run of frames, in bytes."""

    @property
    def seconds(self) -> float:
        """How long all frames of sound play."""
        return self.frames * self.first.samples / self.first.rate_hz if self.first else 0.0

    @property
    def promised_seconds(self) -> float | None:
        """How long the first header says that they play."""
        return self.promised * self.first.samples / self.first.rate_hz if self.first and self.promised else None

    @property
    def plain(self) -> bool:
        """Whether any decoder gets the length right: by one true header, or as it guesses right from the first frame's size."""
        if self.cut or self.junk or self.headers > 1:
            return False
        return self.promised == self.frames if self.headers else self.even and len(self.spans) == 1


def walk(data: Data) -> Layout:
    """Find all frames. About 0.3 s for an hour."""
    layout, at, end = Layout(), 0, len(data)
    stream: int | None = None
    while at < end:
        frame = header(data, at)
        if frame is None or (stream is not None and frame.stream != stream) or (stream is None and not _joins(data, at, frame)):
            step = _tag_size(data, at) or _junk(data, at, stream, layout)
            at += step
            continue
        stream = frame.stream
        if at + frame.size > end:
            layout.cut = True
            break
        _add(layout, data, at, frame)
        at += frame.size
    return layout


def _add(layout: Layout, data: Data, at: int, frame: Header) -> None:
    told = _told(data, at, frame)
    if told is not None:
        if not layout.headers and not layout.frames:
            layout.promised = told or None
        layout.headers += 1
        return
    if layout.first is None:
        layout.first = frame
    layout.frames += 1
    layout.even &= frame.size == layout.first.size
    if layout.spans and layout.spans[-1][1] == at:
        layout.spans[-1] = (layout.spans[-1][0], at + frame.size)
    else:
        layout.spans.append((at, at + frame.size))


def _told(data: Data, at: int, frame: Header) -> int | None:
    """Give the number of frames that a header frame tells (0 if it does not); `None` if this frame is sound."""
    tag = at + frame.tag_at
    if bytes(data[tag : tag + 4]) in (b"Xing", b"Info"):
        return int.from_bytes(data[tag + 8 : tag + 12], "big") if data[tag + 7] & 1 else 0
    if bytes(data[at + 36 : at + 40]) == b"VBRI":
        return int.from_bytes(data[at + 50 : at + 54], "big")
    return None


def _tag_size(data: Data, at: int) -> int:
    if bytes(data[at : at + 3]) == b"TAG" and len(data) - at >= 128:
        return 128
    return id3_size(data, at)


def _joins(data: Data, at: int, frame: Header) -> bool:
    """Whether a second frame of the same stream follows this one, or nothing more does."""
    after = at + frame.size
    if after + 4 > len(data):
        return after <= len(data) or at == 0
    following = header(data, after)
    return (following is not None and following.stream == frame.stream) or bool(_tag_size(data, after))


def _sync(data: bytes, at: int, end: int, stream: int | None) -> int | None:
    """Find the next place, before `end`, where two frames follow one another."""
    while (at := data.find(b"\xff", at, end)) >= 0:
        frame = header(data, at)
        if frame and stream in (None, frame.stream) and _joins(data, at, frame):
            return at
        at += 1
    return None


def _junk(data: Data, at: int, stream: int | None, layout: Layout) -> int:
    """Tell how many bytes to skip to the next frame or tag, and count them."""
    window = bytes(data[at : at + JUNK_LIMIT + 8192])
    found = _sync(window, 1, JUNK_LIMIT, stream)
    tag = window.find(b"ID3", 1, found)
    step = tag if tag > 0 and id3_size(window, tag) else found
    if step is None or layout.junk + step > JUNK_LIMIT:
        step = len(data) - at
    layout.junk += step
    return step


def sound(data: Data, layout: Layout | None = None) -> bytes:
    """Give the frames of sound alone, without headers, tags and junk."""
    return b"".join(bytes(data[start:end]) for start, end in (layout or walk(data)).spans)


def mend(data: Data, layout: Layout) -> bytes:
    """Give the frames of sound behind one header that tells how many they are. There must be one at least."""
    first_at = layout.spans[0][0]
    frames = sound(data, layout)
    return _header_frame(bytes(data[first_at : first_at + 4]), layout.frames, len(frames)) + frames


def _header_frame(like: bytes, frames: int, size: int) -> bytes:
    """Make a header frame for a stream whose frames start `like` this; the smallest that holds what it tells."""
    start = int.from_bytes(like, "big") & ~0x1F200 | 0x10000  # without bit rate and padding; without a checksum
    for index in range(1, 15):
        word = start | index << 12
        frame = _parse(word & 0xFFFEFEC0)
        if frame and frame.size >= frame.tag_at + 16:
            told = b"Xing" + (3).to_bytes(4, "big") + frames.to_bytes(4, "big") + (size + frame.size).to_bytes(4, "big")
            return (word.to_bytes(4, "big") + bytes(frame.tag_at - 4) + told).ljust(frame.size, b"\0")
    raise ValueError(
        "no bit rate of this stream has room for a header"
    )  # none exists: the largest frames have 144 bytes or more
