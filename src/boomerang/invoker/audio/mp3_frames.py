"""Find the frames of MPEG audio (layers I, II and III): their offsets, durations, and which are headers rather than audio.

A header frame (`Xing`, `Info` or `VBRI`) contains no audio but the length of its file. If several files were joined, decoders
and players trust the first header and stop after the first file. They also stop, or silently skip audio, where the sampling
rate or the channels change, and at junk between frames. So we find all frames ourselves, and pass one uniform stream after
another to a decoder.

Source: ISO/IEC 11172-3 2.4.1.3 and 13818-3 2.4.2.3 for the frame header, the sizes and rates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from .markers import CONTAINER, Data, skip, tag_size

CANDIDATES_LIMIT = 200_000
"""Maximum offsets tried as the start of audio. Maliciously crafted junk has one every few bytes."""
SECTIONS_LIMIT = 1000
"""Changes of format after which a stream is considered to end; each section needs its own decoder."""
FREE_FRAME_BYTES = 4608
"""Maximum frame size of a free-format stream."""
FREE_LEAST_BYTES = 24
FREE_TRIES = 8
"""How many headers after the first one are tried as the next frame's."""

_KBPS = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Kilobits per second by (MPEG version, layer); version 2.5 uses the table of 2."""

_RATES_HZ = (44100, 48000, 32000)
_FREE = 1 << 8
"""Set in the `stream` of a free-format header: a bit that no other format uses."""

_START = re.compile(
    # Two bytes that may follow the first of a frame header: valid version, layer, bit rate and sampling rate.
    rb"\xff(?=[\xe2-\xe7\xf2-\xf7\xfa-\xff][" + b"".join(rb"\x%x0-\x%xb" % (high, high) for high in range(15)) + rb"])"
    rb"|ID3|APETAGEX|" + CONTAINER,
    re.DOTALL,
)


class Header(NamedTuple):
    """Contents of the four-byte frame header."""

    size: int
    """Bytes of the frame, including the header; 0 in a free-format stream, where only the distance of two frames shows it."""
    samples: int
    """Samples per channel."""
    rate_hz: int
    channels: int
    stream: int
    """The bits that are constant within a stream: version, layer, rate, mono or not, free format or not."""
    tag_at: int
    """Offset of a possible `Xing` or `Info` header in the frame: after the side information. 0 in layers I and II."""
    padding: int
    """Bytes by which it is longer than others of its bit rate."""


@lru_cache(maxsize=4096)
def _parse(word: int) -> Header | None:
    version_bits, layer_bits = word >> 19 & 3, word >> 17 & 3
    rate_index, kbps_index = word >> 10 & 3, word >> 12 & 15
    if word >> 21 != 0x7FF or version_bits == 1 or not layer_bits or rate_index == 3 or kbps_index == 15:
        return None
    layer, newer = 4 - layer_bits, version_bits != 3
    rate_hz = _RATES_HZ[rate_index] >> {3: 0, 2: 1, 0: 2}[version_bits]
    samples = {1: 384, 2: 1152, 3: 576 if newer else 1152}[layer]
    slot = 4 if layer == 1 else 1
    padding = (word >> 9 & 1) * slot
    kbps = _KBPS[2 if newer else 1, layer][kbps_index - 1] if kbps_index else 0
    size = samples // 8 // slot * kbps * 1000 // rate_hz * slot + padding if kbps else 0
    mono = word >> 6 & 3 == 3
    side = (9 if mono else 17) if newer else (17 if mono else 32)
    stream = word & 0xFFFE0C00 | mono | (0 if kbps else _FREE)
    return Header(size, samples, rate_hz, 1 if mono else 2, stream, 4 + side if layer == 3 else 0, padding)


def header(data: Data, at: int) -> Header | None:
    """Parse the frame header at an offset; return `None` if there is none."""
    if at + 4 > len(data) or data[at] != 0xFF:
        return None
    # Ignore bits that do not matter here: private, copyright, original, emphasis and checksum.
    return _parse(int.from_bytes(data[at : at + 4], "big") & 0xFFFEFEC0)


class Finder:
    """Finds where audio begins in a file, limiting the work of all searches together.

    Args:
        data: The file.
    """

    def __init__(self, data: Data) -> None:
        self.data = data
        self._left = CANDIDATES_LIMIT
        self._free: dict[int, int] = {}
        """Bytes of an unpadded frame, by the stream of a free-format header."""

    def spend(self) -> bool:
        """Count one try; return whether the limit is reached, so that nothing more will be found."""
        self._left -= 1
        return self._left <= 0

    def frame(self, at: int) -> Header | None:
        """Parse the frame header at an offset, with its true size; return `None` if there is none."""
        frame_header = header(self.data, at)
        if frame_header is None or frame_header.size:
            return frame_header
        size = self._free.get(frame_header.stream) or self._free_size(at, frame_header)
        if not size:
            return None
        self._free[frame_header.stream] = size
        return frame_header._replace(size=size + frame_header.padding)

    def chained(self, at: int, frame: Header, need: int) -> bool:
        """Return whether frames of one format follow each other: `need` of them, or fewer up to a tag or the end."""
        data, count = self.data, 1
        while count < need:
            at += frame.size
            if at + 4 > len(data):
                return at <= len(data) or count > 1
            following = self.frame(at)
            if following is None or following.stream != frame.stream:
                return bool(tag_size(data, at))
            frame, count = following, count + 1
        return True

    def next(self, at: int, end: int | None = None, stream: int | None = None) -> int | None:
        """Return the next offset of audio, an audio container or a tag; `None` if there is none before `end`.

        Args:
            at: Where to begin.
            end: Where to stop; the end of the file by default.
            stream: Format of the previous frames, which needs less evidence than another one.
        """
        for match in _START.finditer(self.data, at, len(self.data) if end is None else min(end, len(self.data))):
            if self.spend():
                return None
            place = match.start()
            if len(match[0]) > 1:
                return place
            frame = self.frame(place)
            if frame and self.chained(place, frame, 2 if frame.stream == stream else 6 if _is_rare(frame) else 4):
                return place
        return None

    def _free_size(self, at: int, frame: Header) -> int:
        """Measure the frame distance of a free-format stream; return 0 if frames are not evenly spaced."""
        alike = re.compile(re.escape(bytes(self.data[at : at + 2])))
        places = alike.finditer(self.data, at + max(FREE_LEAST_BYTES, frame.tag_at), at + FREE_FRAME_BYTES)
        for place, _ in zip(places, range(FREE_TRIES), strict=False):
            second = header(self.data, place.start())
            if second is None or second.stream != frame.stream:
                continue
            size = place.start() - at - frame.padding
            third = header(self.data, place.start() + size + second.padding)
            if third is not None and third.stream == frame.stream:
                return size
        return 0


def _is_rare(frame: Header) -> bool:
    """Return whether it is layer I or free format: text in UTF-16 begins with a header of layer I."""
    return frame.samples == 384 or bool(frame.stream & _FREE)


def begins(data: Data, at: int = 0, finder: Finder | None = None) -> bool:
    """Return whether a stream of frames begins exactly here: two that match, or one that is all there is so far."""
    finder = finder or Finder(data)
    frame = finder.frame(at)
    if frame is None:
        return False
    rare = _is_rare(frame)
    return (at + frame.size > len(data) and not rare) or finder.chained(at, frame, 4 if rare else 2)


@dataclass(slots=True)
class Section:
    """Consecutive frames of one format, which a decoder reads as one stream."""

    first: Header
    smallest: int
    """Offset of the smallest frame."""
    least: int
    """Size of the smallest frame in bytes."""
    frames: int = 0
    """Complete audio frames."""
    even: bool = True
    """Whether all frames have the same size."""
    spans: list[tuple[int, int]] = field(default_factory=list)
    """The audio: start and end of each run of frames, in bytes."""

    @property
    def samples(self) -> int:
        """Samples per channel in all frames."""
        return self.frames * self.first.samples

    @property
    def seconds(self) -> float:
        """Duration of all frames."""
        return self.samples / self.first.rate_hz


@dataclass(slots=True)
class Layout:
    """The structure of a stream."""

    sections: list[Section] = field(default_factory=list)
    frames: int = 0
    """Complete audio frames."""
    end: int = 0
    """Where the stream ends: at the first byte of a file of another type, or with the data."""
    headers: int = 0
    """Header frames: more than one in joined files."""
    promised: int | None = None
    """Audio frames according to the first header."""
    expected: int = 0
    """Audio frames if the last header is right; 0 if it declares none."""
    cut: bool = False
    """Whether the last frame is incomplete."""
    junk: int = 0
    """Bytes that are neither frames nor tags nor zeros."""
    junk_places: int = 0
    """Number of places they are in."""
    junk_after: float = 0.0
    """Seconds of audio before the first of them."""

    @property
    def first(self) -> Header | None:
        """The first audio frame."""
        return self.sections[0].first if self.sections else None

    @property
    def spans(self) -> list[tuple[int, int]]:
        """The audio: start and end of each run of frames, in bytes."""
        return [span for section in self.sections for span in section.spans]

    @property
    def seconds(self) -> float:
        """Duration of all audio frames."""
        return sum(section.seconds for section in self.sections)

    @property
    def promised_seconds(self) -> float | None:
        """Duration of the audio frames according to the first header."""
        return self.promised * self.first.samples / self.first.rate_hz if self.first and self.promised else None

    @property
    def missing_seconds(self) -> float:
        """Duration of the audio missing at the end, according to the last header."""
        last = self.sections[-1].first if self.sections else None
        return max(0, self.expected - self.frames) * last.samples / last.rate_hz if last else 0.0

    @property
    def plain(self) -> bool:
        """Whether any decoder gets the length right: by a single correct header, or an estimate from the first frame's size."""
        if self.cut or self.junk or self.headers > 1 or len(self.sections) != 1 or self.frames < 2:
            return False
        return self.promised == self.frames if self.headers else self.sections[0].even and len(self.spans) == 1


def walk(data: Data, at: int = 0, end: int | None = None, finder: Finder | None = None) -> Layout:
    """Find all frames from an offset to the end of the stream. Takes about 0.3 s for an hour."""
    finder = finder or Finder(data)
    layout = Layout(end=len(data) if end is None else end)
    section: Section | None = None
    done = 0.0  # seconds of the sections before this one
    while at < layout.end:
        frame = finder.frame(at)
        if frame is None or section is None or frame.stream != section.first.stream:
            if frame is None or not finder.chained(at, frame, 2 if section is None else 3):
                at = _step(finder, at, section, done, layout)
                continue
            if _claimed(data, at, frame) is None:
                if len(layout.sections) >= SECTIONS_LIMIT:
                    layout.end = at
                    break
                done += section.seconds if section else 0.0
                section = Section(frame, at, frame.size)
                layout.sections.append(section)
        if at + frame.size > layout.end:
            layout.cut = True
            break
        claimed = _claimed(data, at, frame)
        if claimed is not None:
            layout.promised = layout.promised if layout.headers or layout.sections else claimed or None
            layout.expected = layout.frames + claimed if claimed else 0
            layout.headers += 1
        elif section is not None:
            layout.frames += 1
            _add(section, at, frame)
        at += frame.size
    layout.sections = [section for section in layout.sections if section.frames]
    return layout


def _add(section: Section, at: int, frame: Header) -> None:
    section.frames += 1
    section.even &= frame.size == section.first.size
    if frame.size < section.least:
        section.smallest, section.least = at, frame.size
    if section.spans and section.spans[-1][1] == at:
        section.spans[-1] = (section.spans[-1][0], at + frame.size)
    else:
        section.spans.append((at, at + frame.size))


def _step(finder: Finder, at: int, section: Section | None, done: float, layout: Layout) -> int:
    """Return where to continue if no frame starts here: after a tag, at the next audio, or at the end of the stream."""
    if (after := skip(finder.data, at)) > at and not finder.spend():
        return after
    next_at = finder.next(at, layout.end, section.first.stream if section else None)
    stop = layout.end if next_at is None else next_at
    if next_at == at:  # neither frame nor tag: a file of another type
        layout.end = at
        return at
    if bytes(finder.data[at:stop]).strip(b"\0"):
        if not layout.junk:
            layout.junk_after = done + (section.seconds if section else 0.0)
        layout.junk += stop - at
        layout.junk_places += 1
    return stop


def _claimed(data: Data, at: int, frame: Header) -> int | None:
    """Return the number of frames that a header frame declares (0 if none); `None` if this frame is audio."""
    if not frame.tag_at:
        return None
    tag = at + frame.tag_at
    if bytes(data[tag : tag + 4]) in (b"Xing", b"Info"):
        return int.from_bytes(data[tag + 8 : tag + 12], "big") if data[tag + 7 : tag + 8] and data[tag + 7] & 1 else 0
    if bytes(data[at + 36 : at + 40]) == b"VBRI":
        return int.from_bytes(data[at + 50 : at + 54], "big")
    return None


def sound(data: Data, layout: Layout | None = None) -> bytes:
    """Return only the audio frames, without headers, tags and junk."""
    return b"".join(bytes(data[start:end]) for start, end in (layout or walk(data)).spans)


def silent_frame(data: Data, section: Section) -> bytes:
    """Return a silent frame in a section's format, as small as its smallest.

    Put before the frames of a section, it makes any decoder read to their end: a decoder estimates the length of a stream from
    the size of its first frame, and does not open a stream of a single one.
    """
    start = bytearray(data[section.smallest : section.smallest + 4])
    start[1] |= 1  # no checksum
    return bytes(start).ljust(section.least, b"\0")


def pieces(data: Data, section: Section) -> Iterator[Data]:
    """Yield the bytes of a section for a decoder: a silent frame, then the audio frames."""
    yield silent_frame(data, section)
    for start, end in section.spans:
        yield data[start:end]
