"""Decompress a response body in pieces of bounded size, according to its bytes rather than its label.

Sources: RFC 9110, 8.4 (Content-Encoding); RFC 1952, 2.2 (gzip has one or more members). httpx decompresses each network piece
in one step, which turns 64 kB into 64 MB.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from enum import Enum
from itertools import chain
from typing import Any

from boomerang.invoker.errors import InvokeConnectionError, ProtocolError
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run

from .charset import fits, is_charset

ACCEPTED = "gzip, deflate"
"""Value of Accept-Encoding: exactly the formats decompressed here."""
PIECE = 64 * 1024
"""Maximum bytes of a piece of output."""
_KNOWN = frozenset({"gzip", "deflate"})
_ALIASES = {"x-gzip": "gzip", "x-deflate": "deflate"}
_HARMLESS = frozenset({"", "identity", "none", "binary", "8bit", "chunked"})
"""Labels for an uncompressed body."""
_GZIP = b"\x1f\x8b\x08"
_USUAL = 0x78
"""First byte of nearly all zlib data; text may begin with the other valid ones."""
_ENOUGH = 16
"""Bytes needed to tell text from compressed data if nothing else does."""
_CONTROL = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f]")


class _Packing(Enum):
    """Compression of a body: its label, and zlib's `wbits`."""

    PLAIN = "", 0
    GZIP = "gzip", 31
    ZLIB = "deflate", 15
    RAW = "deflate", -15  # sent by servers that take the name literally (RFC 9110, 8.4.1.2)

    @property
    def label(self) -> str:
        return self.value[0]

    def unpacker(self) -> Any:
        """Return a new decompressor; its type has no public name."""
        return zlib.decompressobj(self.value[1])


def unpacked(raw: Iterator[bytes], label: str, run: Run) -> Iterator[bytes]:
    """Yield the decompressed body in pieces of at most `PIECE` bytes, or unchanged if it is not compressed.

    Args:
        raw: The body as received.
        label: The header Content-Encoding; empty if absent.
        run: Receives a notice if the label is wrong, or if data follows the compressed data.

    Raises:
        ProtocolError: It is compressed in another way, twice, or damaged. What could be decompressed was yielded before.
        InvokeConnectionError: It is truncated. What arrived was yielded before.
    """
    parts = (part.strip().lower() for part in label.split(","))
    names = [_ALIASES.get(part, part) for part in parts if part not in _HARMLESS]
    beginning, packing = b"", None
    for piece in raw:
        beginning += piece  # at most a few bytes until the format is known
        if (packing := _packing(beginning, names, label)) is not None:
            break
    else:
        if not beginning:
            return
        packing = _packing(beginning, names, label, ended=True)
    assert packing is not None
    _report(packing, names, label, run)
    body = chain((beginning,), raw)
    if packing is _Packing.PLAIN:
        yield from body
        return
    start = b""
    for piece in _inflated(body, packing, run):
        if len(start) < len(_GZIP) and (start := start + piece[: len(_GZIP)]).startswith(_GZIP):
            raise ProtocolError(Message("http.packed_twice", label=label or packing.label))
        yield piece


def _packing(beginning: bytes, names: list[str], label: str, *, ended: bool = False) -> _Packing | None:
    """Return the compression of a body by its beginning; `None` if more bytes are needed."""
    cut = len(beginning) < len(_GZIP) and _GZIP.startswith(beginning)
    if cut and not ended:
        return None
    others = [name for name in names if name not in _KNOWN and not is_charset(name)]  # some servers put the charset there
    if not others and (beginning.startswith(_GZIP) or (cut and "gzip" in names)):
        return _Packing.GZIP
    if not names:
        return _Packing.PLAIN
    if len(beginning) < 2 and not ended:
        return None
    if not others and _is_zlib(beginning) and ("deflate" in names or ("gzip" in names and beginning[0] == _USUAL)):
        return _Packing.ZLIB
    if not others and "deflate" not in names:
        return _Packing.PLAIN
    if len(beginning) < _ENOUGH and not ended:
        return None
    if not _CONTROL.search(beginning) and fits(beginning, "utf-8"):
        return _Packing.PLAIN
    if others:
        raise ProtocolError(Message("http.packed_unknown", label=label))
    return _Packing.RAW if _is_deflate(beginning) else _Packing.PLAIN


def _is_zlib(data: bytes) -> bool:
    """Return whether data begins with a zlib header (RFC 1950, 2.2)."""
    return len(data) > 1 and data[0] & 15 == 8 and data[0] >> 4 <= 7 and (data[0] << 8 | data[1]) % 31 == 0


def _is_deflate(data: bytes) -> bool:
    try:
        _Packing.RAW.unpacker().decompress(data, PIECE)
    except zlib.error:
        return False
    return True


def _report(packing: _Packing, names: list[str], label: str, run: Run) -> None:
    """Report a wrong label."""
    if packing is _Packing.PLAIN:
        if names:
            run.notice("http.labelled_packed", label=label)
    elif not names:
        run.notice("http.packed_unlabelled", packing=packing.label)
    elif names != [packing.label]:
        run.notice("http.packed_otherwise", label=label, packing=packing.label)


def _inflated(raw: Iterable[bytes], packing: _Packing, run: Run) -> Iterator[bytes]:
    """Decompress all members of a body; zeros after one are padding."""
    member: Any = packing.unpacker()
    pending, left_over = b"", 0
    for data in raw:
        while data:
            if member is None:
                pending = (pending + data).lstrip(b"\0")
                if left_over or not _may_begin(pending, packing):
                    left_over, pending = left_over + len(pending), b""
                if len(pending) < len(_GZIP):
                    break
                data, pending, member = pending, b"", packing.unpacker()
            yield from _drained(member, data)
            data = b""
            if member.eof:
                data, member = member.unused_data, None
    if member is not None or pending:
        cut = InvokeConnectionError(Message("http.packed_cut"))
        cut.answered = True
        raise cut
    if left_over:
        run.notice("http.left_over", count=left_over)


def _may_begin(data: bytes, packing: _Packing) -> bool:
    """Return whether data, possibly still incomplete, begins another member."""
    if packing is _Packing.GZIP:
        return data.startswith(_GZIP) or _GZIP.startswith(data)
    return packing is _Packing.ZLIB and (data in (b"", bytes((_USUAL,))) or _is_zlib(data))


def _drained(member: Any, data: bytes) -> Iterator[bytes]:
    """Decompress the part of `data` that belongs to a member."""
    while True:
        before = member.copy()
        try:
            piece = member.decompress(data, PIECE)
        except zlib.error as error:
            yield from _salvaged(before, data)
            raise ProtocolError(Message("http.packed_damaged", reason=str(error))) from error
        if piece:
            yield piece
        data = member.unconsumed_tail
        if member.eof or (not data and len(piece) < PIECE):
            return


def _salvaged(member: Any, data: bytes) -> Iterator[bytes]:
    """Decompress what precedes the damage, which zlib discards; byte by byte, as zlib does not report the position."""
    with suppress(zlib.error):
        for byte in data:
            if piece := member.decompress(bytes((byte,))):
                yield piece
