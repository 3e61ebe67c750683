"""Files that were joined, cut off or left unfinished: the plain files in them, which any decoder reads to their end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import kinds, mp3
from .kinds import Kind

_OPEN_SIZES = (0, 0x7FFFFFFF, 0xFFFFFFFF)
"""Sizes in a WAV header whose writer did not know the size when it wrote the header."""


@dataclass(frozen=True, slots=True)
class Files:
    """The plain files that a file consists of."""

    parts: tuple[bytes, ...]
    """In order; one for most files. For MP3 it is always one, its several headers made one true one."""
    headers: int = 1
    """How many files were joined, as far as their headers tell."""
    cut: str | None = None
    """What is missing at the end, if something is: half a sentence."""


def split(data: bytes, kind: Kind) -> Files:
    """Give the plain files in a file of a kind that is readable."""
    return _SPLITTERS.get(kind, _one)(data)


def _one(data: bytes) -> Files:
    return Files((data,))


def _mp3(data: bytes) -> Files:
    layout = mp3.walk(data)
    if layout.first is None:
        return Files(())
    promised = layout.promised_seconds if layout.headers == 1 else None
    cut = None
    if promised and promised > layout.seconds + 0.1:
        cut = f"its header tells of {promised:.1f} s"
    elif layout.cut:
        cut = "its last frame is not all there"
    return Files((data if layout.plain else mp3.mend(data, layout),), max(1, layout.headers), cut)


def _wav(data: bytes) -> Files:
    parts: list[bytes] = []
    at = 0
    while data[at + 8 : at + 12] == b"WAVE":
        size = int.from_bytes(data[at + 4 : at + 8], "little") + 8
        after = next((end for end in (at + size, at + size + 1) if data[end : end + 4] in (b"RIFF", b"RF64")), None)
        parts.append(_closed(data[at:after]))
        if after is None:
            break
        at = after
    missing = at + size - len(data)
    known = size - 8 not in _OPEN_SIZES and data[at : at + 4] == b"RIFF"
    return Files(tuple(parts), len(parts), _short(len(data), missing) if known and missing > 1 else None)


def _closed(wav: bytes) -> bytes:
    """Write the real size into a data chunk whose writer never came back to do so."""
    at = 12
    while at + 8 <= len(wav):
        name, size = wav[at : at + 4], int.from_bytes(wav[at + 4 : at + 8], "little")
        if name == b"data":
            have = len(wav) - at - 8
            return wav[: at + 4] + have.to_bytes(4, "little") + wav[at + 8 :] if size in _OPEN_SIZES else wav
        at += 8 + size + size % 2
    return wav


def _aiff(data: bytes) -> Files:
    missing = int.from_bytes(data[4:8], "big") + 8 - len(data)
    return Files((data,), 1, _short(len(data), missing) if missing > 1 else None)


def _flac(data: bytes) -> Files:
    # The signature and the head of the first block, which always has the same type and size.
    parts = _before_each(data, b"fLaC\x00\x00\x00\x22") or (data,)
    return Files(parts, len(parts))


def _ogg(data: bytes) -> Files:
    """Walk the pages (RFC 3533, 6): a page that begins a stream behind one that ended a stream begins a new file."""
    starts, at, ended = [0], 0, False
    while data[at : at + 4] == b"OggS" and at + 27 <= len(data):
        flags, table = data[at + 5], data[at + 27 : at + 27 + data[at + 26]]
        if flags & 2 and ended:
            starts.append(at)
            ended = False
        at += 27 + len(table) + sum(table)
        ended = ended or (bool(flags & 4) and at <= len(data))
    ends = [*starts[1:], len(data)]
    parts = tuple(data[start:end] for start, end in zip(starts, ends, strict=True))
    return Files(parts, len(parts), None if ended else "its last page is missing")


def _before_each(data: bytes, mark: bytes) -> tuple[bytes, ...]:
    pieces = data.split(mark)
    return tuple(mark + piece for piece in pieces[1:])


def _short(have: int, missing: int) -> str:
    return f"{have / 1000:.0f} of {(have + missing) / 1000:.0f} kB are there"


_SPLITTERS: dict[Kind, Callable[[bytes], Files]] = {
    kinds.MP3: _mp3,
    kinds.WAV: _wav,
    kinds.AIFF: _aiff,
    kinds.FLAC: _flac,
    kinds.OGG_VORBIS: _ogg,
    kinds.OGG_OPUS: _ogg,
    kinds.OGG_FLAC: _ogg,
}
