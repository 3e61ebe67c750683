"""Tests for server-sent events: the same however a stream is split; nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.errors import ProtocolError
from boomerang.invoker.http.body.sse import Event, SSEDecoder


def decoded(*pieces: bytes) -> list[Event]:
    """Return the events of a whole stream."""
    decoder = SSEDecoder()
    result = [event for piece in pieces for event in decoder.feed(piece)]
    return [*result, *decoder.flush()]


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: one\n\ndata: two\n\n", [Event(b"one"), Event(b"two")]),
        (b"data:one\r\n\r\ndata:  two\r\n\r\n", [Event(b"one"), Event(b" two")]),
        (b"data: one\r\rdata: two\r\r", [Event(b"one"), Event(b"two")]),
        (b"\xef\xbb\xbfdata: one\n\n", [Event(b"one")]),
        (b": a comment\n\n\n: ping\ndata: one\n\n", [Event(b"one")]),
        (b"data: one\ndata: more\n\n", [Event(b"one\nmore")]),
        (b"data\n\n", []),  # no data, like events that only keep a connection open
        (b"data:\n\ndata: \n\ndata: one\n\n", [Event(b"one")]),
        (b'data: {"a": 1}\ndata: {"a": 2}\ndata: [DONE]\n', [Event(b'{"a": 1}'), Event(b'{"a": 2}'), Event(b"[DONE]")]),
        (b'data: {"a":\ndata: {"b": 1}\ndata: }\n\n', [Event(b'{"a":\n{"b": 1}\n}')]),
        (b"data: [{}\ndata: ,{}]\n\n", [Event(b"[{}\n,{}]")]),
        (b'data: one\n\nerror: {"code": 400}\n\n', [Event(b"one"), Event(b'{"code": 400}', "error", stray=True)]),
        (b"RuntimeError: no memory\n", [Event(b"RuntimeError: no memory", stray=True)]),
        (b"x-trace: 7\ndata: one\n\n", [Event(b"one")]),
        (b"event: error\ndata: {}\nid: 7\nretry: 10\n\ndata: x\n\n", [Event(b"{}", "error"), Event(b"x")]),
        (b"event: ping\n\ndata: x\n\n", [Event(b"x")]),
        (b"data: one\n\ndata: last", [Event(b"one"), Event(b"last")]),
        (b'data: one\n\n{"error": "full"}\n', [Event(b"one"), Event(b'{"error": "full"}', stray=True)]),
        (b"<html>\n", [Event(b"<html>", stray=True)]),
        (b"Internal Server Error", [Event(b"Internal Server Error", stray=True)]),
        (b"", []),
    ],
)
def test_events_are_read_at_every_split_point(stream: bytes, events: list[Event]) -> None:
    assert decoded(stream) == events
    assert decoded(*(stream[at : at + 1] for at in range(len(stream)))) == events
    for at in range(len(stream) + 1):
        assert decoded(stream[:at], stream[at:]) == events


LINES = st.sampled_from(
    [b"data: a", b"data:", b"data: \xe4\xbd\xa0", b"", b": c", b"event: e", b"id: 1", b"junk", b'{"error": 1}', b"x: y"]
)
ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])


@given(st.lists(st.tuples(LINES, ENDS), max_size=20), st.data())
def test_a_stream_means_the_same_however_it_is_cut(lines: list[tuple[bytes, bytes]], data: st.DataObject) -> None:
    stream = b"".join(line + end for line, end in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    assert decoded(*(stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True))) == decoded(stream)


@given(st.lists(st.binary(max_size=30).map(lambda text: text.replace(b"\n", b"").replace(b"\r", b"")), max_size=10))
def test_what_was_written_comes_back(texts: list[bytes]) -> None:
    stream = b"".join(b"data: " + text + b"\n\n" for text in texts)
    assert [event.data for event in decoded(stream)] == [text for text in texts if text]


def test_a_line_without_an_end_is_refused_in_time() -> None:
    decoder = SSEDecoder(longest=1000)
    with pytest.raises(ProtocolError, match="1,000 bytes"):
        for _ in range(100):
            list(decoder.feed(b"x" * 99))


@pytest.mark.parametrize("line", [b"data: 123\n", b"data\n"])
def test_an_event_without_an_end_is_refused_in_time(line: bytes) -> None:
    decoder = SSEDecoder(longest=1000)
    with pytest.raises(ProtocolError, match="An event of the stream has more than 1,000 bytes"):
        for _ in range(500):
            list(decoder.feed(line))


def test_many_events_may_be_longer_together_than_one() -> None:
    decoder = SSEDecoder(longest=1000)
    assert len([event for _ in range(500) for event in decoder.feed(b"data: 123\n\n")]) == 500
