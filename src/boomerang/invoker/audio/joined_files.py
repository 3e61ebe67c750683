"""Split joined, truncated or unfinished files into plain files that any decoder reads to their end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from boomerang.invoker.messages.message import Message

from . import file_type, markers, mp3_frames
from .file_type import Kind
from .markers import Data
from .mp3_frames import Finder

ByteOrder: TypeAlias = Literal["big", "little"]

PARTS_LIMIT = 1000
"""Maximum plain files read from one file; each needs its own decoder."""

_OPEN_FROM = 0x7FFFF000
"""32-bit sizes from here on come from a writer that did not know the size when it wrote the header."""
_WAVES = (b"RIFF", b"RIFX", b"RF64", b"BW64")
_CAF_CHUNKS = frozenset((b"desc data kuki pakt chan info free strg mark regn inst midi ovvw peak edct umid uuid LIST").split())
_FLAC_HEAD = 42
"""Bytes of the signature and the first block, which describes the stream."""
_FLAC_TOTAL = (1 << 36) - 1


@dataclass(frozen=True, slots=True)
class Part:
    """A plain file: what one decoder reads from start to end."""

    kind: Kind
    pieces: tuple[Data, ...]
    """Its bytes, to be joined."""
    skip: int = 0
    """Samples per channel to drop at the start."""
    frames: int | None = None
    """Samples per channel after those, if counted; `None` to rely on the decoder."""
    claimed: int | None = None
    """Samples per channel according to the header, if we removed the value from it."""
    cut: Message | None = None
    """What is missing at the end, if anything."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Skipped bytes that are neither tags nor padding."""

    size: int
    after: float = 0.0
    """Seconds of audio, in the parts after this gap, before its first bytes."""
    places: int = 1
    """Number of places they are in."""


@dataclass(frozen=True, slots=True)
class Files:
    """The contents of a file."""

    parts: tuple[Part | Gap, ...]
    """In order."""
    headers: int = 1
    """How many files were joined, according to their headers."""


@dataclass(frozen=True, slots=True)
class _File:
    """One of possibly several joined files."""

    end: int
    """Offset of its end."""
    parts: tuple[Part | Gap, ...]
    headers: int = 1


def split(data: bytes) -> Files:
    """Return the plain files in a file, and the gaps between them."""
    finder, view = Finder(data), memoryview(data)
    parts: list[Part | Gap] = []
    headers = at = 0
    while at < len(data):
        kind, start = file_type.locate(data, at, finder)
        if kind is None or not kind.readable or len(parts) >= PARTS_LIMIT:
            parts.extend(_gap(data, markers.skip(data, at), len(data)))
            break
        if not file_type.is_tagged(data, at):  # remains of a tag whose declared size is too small
            parts.extend(_gap(data, markers.skip(data, at), start))
        file = _SPLITTERS.get(kind, _whole)(view, start, kind, finder)
        parts.extend(file.parts)
        headers += file.headers
        at = max(file.end, start + 1)
    return Files(tuple(parts), max(1, headers))


def _gap(data: Data, start: int, end: int) -> Iterator[Gap]:
    if start < end and bytes(data[start:end]).strip(b"\0"):
        yield Gap(end - start)


def _whole(data: Data, at: int, kind: Kind, finder: Finder) -> _File:
    return _File(len(data), (Part(kind, (data[at:],)),))


def _mp3(data: Data, at: int, kind: Kind, finder: Finder) -> _File:
    return _frames(data, at, mp3_frames.walk(data, at, finder=finder), kind)


def _frames(data: Data, at: int, layout: mp3_frames.Layout, kind: Kind) -> _File:
    """Return the sections of an MPEG stream, one part each."""
    cut = None
    if layout.missing_seconds > 0.1:
        cut = Message("audio.cut_by_header", seconds=layout.seconds + layout.missing_seconds)
    elif layout.cut:
        cut = Message("audio.cut_in_frame")
    gaps = (Gap(layout.junk, layout.junk_after, layout.junk_places),) if layout.junk else ()
    if layout.plain:
        start = at if layout.headers else layout.spans[0][0]
        return _File(layout.end, (Part(kind, (data[start : layout.spans[-1][1]],)),))
    last = len(layout.sections) - 1
    parts = tuple(
        Part(
            kind,
            tuple(mp3_frames.pieces(data, one)),
            skip=one.first.samples,
            frames=one.samples,
            cut=cut if index == last else None,
        )
        for index, one in enumerate(layout.sections)
    )
    return _File(layout.end, (*gaps, *parts), max(layout.headers, bool(parts)))


def _wave(data: Data, at: int, kind: Kind, finder: Finder) -> _File:
    """Return a WAV file with a plain, correct header, whatever sizes its own header declares.

    Source: Microsoft, "Multimedia programming interface and data specifications 1.0"; EBU Tech 3306 (RF64, BW64).
    """
    mark = bytes(data[at : at + 4])
    order: ByteOrder = "big" if mark == b"RIFX" else "little"
    head = b""
    long_size, claimed_end = None, _riff_end(data, at, order)
    for name, begin, size in _chunks(data, at + 12, order):
        if name == b"ds64":
            long_size = int.from_bytes(data[begin + 8 : begin + 16], "little")
            claimed_end = min(len(data), at + 8 + int.from_bytes(data[begin : begin + 8], "little"))
        elif name in (b"fmt ", b"fact"):
            chunk = bytes(data[begin : begin + size])
            head += name + len(chunk).to_bytes(4, order) + chunk + b"\0" * (len(chunk) % 2)
        elif name == b"data":
            break
    else:
        return _File(max(at + 12, claimed_end), (Part(kind, (data[at:],)),))
    if long_size is not None and size == 0xFFFFFFFF:
        size = long_size
    have = len(data) - begin
    end = begin + size
    if size >= _OPEN_FROM or (size == 0 and not _is_chunk(data, begin, order)):
        end = markers.next_wave(data, begin)
    elif claimed_end > end + 1 and not any(
        _is_chunk(data, place, order) or markers.skip(data, place) > place for place in (end, end + 1)
    ):
        end = claimed_end  # the size of the audio is wrong, that of the file is right
    size = end - begin
    sound = data[begin : begin + size]
    cut = _short(len(data) - at, size - have) if size > have else None
    head = (b"RIFX" if order == "big" else b"RIFF") + (12 + len(head) + len(sound)).to_bytes(4, order) + b"WAVE" + head
    part = Part(kind, (head + b"data" + len(sound).to_bytes(4, order), sound), cut=cut)
    end += size % 2 if bytes(data[end : end + 1]) == b"\0" else 0
    return _File(_trailer(data, min(end, len(data)), claimed_end, order), (part,))


def _chunks(data: Data, at: int, order: ByteOrder) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and declared size of each chunk. Tolerates a missing padding byte after a chunk of odd size."""
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], order)
        yield bytes(data[at : at + 4]), at + 8, size
        at += 8 + size
        if size % 2 and not (_is_chunk(data, at, order) and not _is_chunk(data, at + 1, order)):
            at += 1


def _is_chunk(data: Data, at: int, order: ByteOrder) -> bool:
    """Return whether a chunk seems to begin here: a printable name, and a size that fits in the data."""
    name = bytes(data[at : at + 4])
    size = int.from_bytes(data[at + 4 : at + 8], order)
    return at + 8 + size <= len(data) and len(name) == 4 and all(32 <= byte < 127 for byte in name)


def _riff_end(data: Data, at: int, order: ByteOrder) -> int:
    size = int.from_bytes(data[at + 4 : at + 8], order)
    return min(len(data), at + 8 + size)


def _trailer(data: Data, at: int, end: int, order: ByteOrder) -> int:
    """Return where a file ends: after the non-audio chunks that follow its audio."""
    for name, begin, size in _chunks(data, at, order):
        if name in _WAVES or begin - 8 >= end or not _is_chunk(data, begin - 8, order):
            return begin - 8
        at = begin + size
    return at


def _aiff(data: Data, at: int, kind: Kind, finder: Finder) -> _File:
    end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "big")
    for name, begin, size in _chunks(data, at + 12, "big"):
        if name == b"SSND":
            end = max(end, begin + size)
            break
    cut = _short(len(data) - at, end - len(data)) if end > len(data) + 1 else None
    end = min(end, len(data))
    return _File(end, (Part(kind, (data[at:end],), cut=cut),))


def _w64(data: Data, at: int, kind: Kind, finder: Finder) -> _File:
    return _sized(data, at, kind, int.from_bytes(data[at + 16 : at + 24], "little"))


def _au(data: Data, at: int, kind: Kind, finder: Finder) -> _File:
    order: ByteOrder = "little" if bytes(data[at : at + 4]) == b"dns." else "big"
    head, size = (int.from_bytes(data[at + place : at + place + 4], order) for place in (4, 8))
    return _sized(data, at, kind, head + size if size < _OPEN_FROM else 0)


def _caf(data: Data, at: int, kind: Kind, finder: Finder) -> _File:
    """Return a Core Audio file, up to the end of its last chunk. Source: Apple Core Audio Format Specification 1.0."""
    end = at + 8
    while end + 12 <= len(data) and bytes(data[end : end + 4]) in _CAF_CHUNKS:
        size = int.from_bytes(data[end + 4 : end + 12], "big", signed=True)
        if size < 0:
            return _whole(data, at, kind, finder)
        end += 12 + size
    return _sized(data, at, kind, end - at)


def _sized(data: Data, at: int, kind: Kind, size: int) -> _File:
    """Return a file whose header declares its size; 0 if it does not."""
    end = at + size if size else len(data)
    cut = _short(len(data) - at, end - len(data)) if end > len(data) + 1 else None
    return _File(min(end, len(data)), (Part(kind, (data[at:end],), cut=cut),))


def _flac(data: Data, at: int, kind: Kind, finder: Finder) -> _File:
    """Return a FLAC stream with an unknown length in its header, so that a decoder reads to the end (RFC 9639, 8.2)."""
    head = bytes(data[at : at + _FLAC_HEAD])
    if len(head) < _FLAC_HEAD:
        return _whole(data, at, kind, finder)
    following = file_type.find(data, at + _FLAC_HEAD, len(data), finder)
    end = following[1] if following else len(data)
    fields = int.from_bytes(head[18:26], "big")
    head = head[:18] + (fields & ~_FLAC_TOTAL).to_bytes(8, "big") + head[26:]
    return _File(end, (Part(kind, (head, data[at + _FLAC_HEAD : end]), claimed=fields & _FLAC_TOTAL or None),))


def _ogg(data: Data, at: int, kind: Kind, finder: Finder) -> _File:
    """Return one link of a chain: all pages up to the next start of a stream (RFC 3533, 4 and 6).

    A decoder silently skips pages with a wrong checksum, so they are counted here.
    """
    start, begun, ended = at, False, False
    lost_bytes, places, after, granule = 0, 0, 0.0, 0
    rate_hz = _ogg_rate_hz(data, at)
    while at + markers.OGG_HEAD <= len(data):
        size = markers.ogg_page_size(data, at)
        page = bytes(data[at : at + size])
        if size and len(page) == size and not markers.ogg_page_is_sound(page):
            size = 0
        if not size:
            next_at = None if ended else markers.next_page(data, at + 1)
            if next_at is None or file_type.find(data, at, next_at, finder):
                break
            after = after if lost_bytes else granule / rate_hz
            lost_bytes, places = lost_bytes + next_at - at, places + 1
            at = next_at
            continue
        flags = page[5]
        if flags & 2 and begun:
            break
        begun = begun or not flags & 2 or bool(flags & 4)
        at += size
        ended = ended or (bool(flags & 4) and at <= len(data))
        if len(page) == size and page[6:14] != b"\xff" * 8:
            granule = int.from_bytes(page[6:14], "little")
    at = min(at, len(data))
    cut = None if ended else Message("audio.cut_in_page")
    gaps = (Gap(lost_bytes, after, places),) if lost_bytes else ()
    return _File(at, (*gaps, Part(kind, (data[start:at],), cut=cut)))


def _ogg_rate_hz(data: Data, at: int) -> int:
    """Return the units per second of an Ogg stream's positions: 48,000 except for Vorbis."""
    head = bytes(data[at : at + 128])
    place = head.find(b"\x01vorbis")
    return int.from_bytes(head[place + 12 : place + 16], "little") or 48000 if place >= 0 else 48000


def _short(have: int, missing: int) -> Message:
    return Message("audio.cut_by_size", have=f"{have / 1000:.0f}", all=f"{(have + missing) / 1000:.0f}")


_SPLITTERS: dict[Kind, Callable[[Data, int, Kind, Finder], _File]] = {
    file_type.MP3: _mp3,
    file_type.WAV: _wave,
    file_type.W64: _w64,
    file_type.AIFF: _aiff,
    file_type.AU: _au,
    file_type.CAF: _caf,
    file_type.FLAC: _flac,
    file_type.OGG_VORBIS: _ogg,
    file_type.OGG_OPUS: _ogg,
    file_type.OGG_FLAC: _ogg,
}
