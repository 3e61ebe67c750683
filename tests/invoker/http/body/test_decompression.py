"""Tests for compressed bodies: read according to their bytes, completely, and in pieces of bounded size."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.errors import InvokeConnectionError, InvokeError, ProtocolError
from boomerang.invoker.events import Event, Notice
from boomerang.invoker.http.body.decompression import PIECE, unpacked
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run

TEXT = b'{"answer": "' + b"words and more words; " * 20 + b'"}'


def raw_deflate(data: bytes) -> bytes:
    """Compress like servers that take the name deflate literally."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def flushed(data: bytes) -> bytes:
    """Compress to a member that is flushed before its end."""
    packer = zlib.compressobj(wbits=31)
    return packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH) + packer.flush()


def read(raw: Sequence[bytes], label: str = "") -> tuple[bytes, list[str], InvokeError | None]:
    """Return the data read, the ids of the notices, and the final error."""
    notes: list[Event] = []
    body, failure = b"", None
    try:
        for piece in unpacked(iter(raw), label, Run(notes.append)):
            body += piece
    except InvokeError as error:
        failure = error
    return body, [note.message.id for note in notes if isinstance(note, Notice) and isinstance(note.message, Message)], failure


def cuts(data: bytes) -> Iterator[list[bytes]]:
    """Yield the same bytes in pieces of several sizes."""
    for size in (len(data) or 1, 7, 1):
        yield [data[start : start + size] for start in range(0, len(data), size)]


PLAIN, GZIP, ZLIB, RAW = TEXT, gzip.compress(TEXT), zlib.compress(TEXT), raw_deflate(TEXT)


@pytest.mark.parametrize(
    ("label", "data", "notices"),
    [
        ("", PLAIN, []),
        ("identity", PLAIN, []),
        ("none", PLAIN, []),
        (" None , IDENTITY,", PLAIN, []),
        ("gzip", GZIP, []),
        ("GZIP", GZIP, []),
        ("x-gzip", GZIP, []),
        ("gzip, identity", GZIP, []),
        ("identity, gzip", GZIP, []),
        ("deflate", ZLIB, []),
        ("Deflate", RAW, []),
        ("gzip", PLAIN, ["http.labelled_packed"]),
        ("deflate", PLAIN, ["http.labelled_packed"]),
        ("br", PLAIN, ["http.labelled_packed"]),
        ("utf-8", PLAIN, ["http.labelled_packed"]),
        ("UTF-16", PLAIN, ["http.labelled_packed"]),
        ("gzip", b"ID3\x04\0\0\0\0\0\0 sound", ["http.labelled_packed"]),
        ("deflate", b"ID3\x04\0\0\0\0\0\0 sound and more sound", ["http.labelled_packed"]),
        ("deflate", b"{}", ["http.labelled_packed"]),
        ("", GZIP, ["http.packed_unlabelled"]),
        ("identity", GZIP, ["http.packed_unlabelled"]),
        ("utf-8", GZIP, ["http.packed_otherwise"]),
        ("gzip, gzip", GZIP, ["http.packed_otherwise"]),
        ("deflate", GZIP, ["http.packed_otherwise"]),
        ("gzip", ZLIB, ["http.packed_otherwise"]),
        ("gzip", b"", []),
        ("br", b"", []),
    ],
    ids=range(27),
)
def test_a_body_is_read_as_what_its_bytes_are(label: str, data: bytes, notices: list[str]) -> None:
    expected = TEXT if data in (GZIP, ZLIB, RAW) else data
    for pieces in cuts(data):
        assert read(pieces, label) == (expected, notices, None)
        assert read([b"", *pieces, b""], label) == (expected, notices, None)


def test_what_is_not_packed_is_not_kept_back() -> None:
    def raw() -> Iterator[bytes]:
        yield b"d"
        raise AssertionError("asked for more before the first byte was passed on")

    assert next(unpacked(raw(), "", Run())) == b"d"


@pytest.mark.parametrize(
    ("label", "data"),
    [
        ("br", b"\x8b\x02\x80" + bytes(30)),
        ("zstd", b"\x28\xb5\x2f\xfd" + bytes(30)),
        ("br, gzip", GZIP),
        ("of-our-own", GZIP),
        ("br", b"\x06"),
        ("gzip, gzip", gzip.compress(GZIP)),
        ("gzip", gzip.compress(GZIP)),
        ("deflate", zlib.compress(GZIP)),
        ("", gzip.compress(GZIP)),
    ],
    ids=range(9),
)
def test_what_cannot_be_unpacked_is_a_clear_error(label: str, data: bytes) -> None:
    for pieces in cuts(data):
        _, _, error = read(pieces, label)
        assert isinstance(error, ProtocolError) and f"packed as {label or 'gzip'}" in str(error)


@pytest.mark.parametrize("member", [gzip.compress, flushed, zlib.compress], ids=["gzip", "flushed", "zlib"])
@pytest.mark.parametrize("padding", [b"", b"\0" * 600], ids=["", "padded"])
def test_every_member_is_read(member: object, padding: bytes) -> None:
    assert callable(member)
    events = [b"data: %d\n\n" % number for number in range(30)]
    data = b"".join(member(event) + padding for event in events) + member(b"")
    for pieces in cuts(data):
        assert read(pieces, "deflate" if member is zlib.compress else "gzip") == (b"".join(events), [], None)


def test_an_event_in_a_member_of_its_own_comes_when_it_is_there() -> None:
    events = [b"data: %d\n\n" % number for number in range(5)]
    seen: list[bytes] = []

    def raw() -> Iterator[bytes]:
        for number, event in enumerate(events):
            assert seen == events[:number]
            yield gzip.compress(event)

    for piece in unpacked(raw(), "gzip", Run()):
        seen.append(piece)
    assert seen == events


@pytest.mark.parametrize("junk", [b"rubbish", b"\0\0rubbish", b"\r\n", b"\x1f\x8b rubbish"], ids=range(4))
@pytest.mark.parametrize("label", ["gzip", "deflate", "raw"])
def test_what_follows_the_last_member_is_left_out_with_a_notice(label: str, junk: bytes) -> None:
    data = {"gzip": GZIP, "deflate": ZLIB, "raw": RAW}[label]
    for pieces in cuts(data + junk):
        assert read(pieces, "gzip" if label == "gzip" else "deflate") == (TEXT, ["http.left_over"], None)


@given(st.sampled_from([GZIP, ZLIB, RAW, gzip.compress(TEXT[:50]) + gzip.compress(TEXT[50:])]), st.data())
def test_a_body_that_is_cut_is_said_to_be_and_what_came_is_read(packed: bytes, data: st.DataObject) -> None:
    length = data.draw(st.integers(1, len(packed) - 1))
    size = data.draw(st.integers(1, length))
    cut = packed[:length]
    first = len(gzip.compress(TEXT[:50]))
    whole = length == first and packed not in (GZIP, ZLIB, RAW)
    label = "deflate" if packed in (ZLIB, RAW) else "gzip"
    body, notices, error = read([cut[start : start + size] for start in range(0, length, size)], label)
    if not whole and not notices:
        assert isinstance(error, InvokeConnectionError) and error.answered and "broke off" in str(error)
    if error is not None:
        wbits = {ZLIB: 15, RAW: -15}.get(packed, 31)
        assert TEXT.startswith(body) and body.startswith(zlib.decompressobj(wbits).decompress(cut))


@pytest.mark.parametrize("position", [-8, -5, -1], ids=["checksum", "end of the checksum", "length"])
def test_what_comes_before_the_broken_part_is_read(position: int) -> None:
    data = bytearray(GZIP)
    data[position] ^= 255
    for pieces in cuts(bytes(data)):
        body, _, error = read(pieces, "gzip")
        assert body == TEXT and isinstance(error, ProtocolError) and "compression is broken" in str(error)


def test_a_broken_part_in_the_middle_costs_nothing_before_it() -> None:
    start = flushed(TEXT)[: -len(zlib.compress(b""))]
    body, _, error = read([start[:-2] + b"\xff" * 50], "gzip")
    assert body.startswith(TEXT[:200]) and isinstance(error, ProtocolError)


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=5), st.sampled_from([gzip.compress, flushed]), st.data())
def test_members_mean_the_same_however_they_are_cut(parts: list[bytes], member: object, data: st.DataObject) -> None:
    assert callable(member)
    packed = b"".join(member(part) for part in parts)
    if b"".join(parts).startswith(b"\x1f\x8b\x08"):
        return
    places = sorted(data.draw(st.lists(st.integers(0, len(packed)), max_size=8)))
    pieces = [packed[a:b] for a, b in zip([0, *places], [*places, len(packed)], strict=True)]
    assert read(pieces, "gzip") == (b"".join(parts), [], None)


@given(st.binary(max_size=300), st.sampled_from(["", "gzip", "deflate", "br", "utf-8", "gzip, br"]))
def test_no_bytes_do_worse_than_an_error_of_ours(data: bytes, label: str) -> None:
    read([data], label)


@pytest.mark.parametrize("label", ["gzip", "deflate"])
def test_a_little_that_unpacks_to_much_comes_in_small_pieces(label: str) -> None:
    packer = zlib.compressobj(9, wbits=31 if label == "gzip" else 15)
    bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(64)) + packer.flush()
    assert len(bomb) < 2**17
    tracemalloc.start()
    try:
        sizes = [len(piece) for piece in unpacked(iter([bomb]), label, Run())]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sum(sizes) == 64 * 2**20 and max(sizes) <= PIECE and peak < 2**20
