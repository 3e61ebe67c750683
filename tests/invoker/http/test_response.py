"""Tests for response bodies: everything readable is read, up to the limits, and data before an error is kept."""

from __future__ import annotations

import gzip
import itertools
import json
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.errors import (
    InvokeConnectionError,
    InvokeError,
    InvokeServerUnavailableError,
    ProtocolError,
    RunStoppedError,
)
from boomerang.invoker.events import Event, HTTPEnd, Notice
from boomerang.invoker.http.body.tolerant_json import LARGE
from boomerang.invoker.http.cancellation import Call, Clocks
from boomerang.invoker.http.client import Client
from boomerang.invoker.http.connection_pool import Pool
from boomerang.invoker.http.exchange import Http
from boomerang.invoker.http.limits import ANSWER_VARIABLE, EVENTS_VARIABLE, PARTS_PER_EVENT, Limits
from boomerang.invoker.http.redaction.masking import Hiding
from boomerang.invoker.http.response import Answer
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run
from tests.loopback import STREAM, ClientConnection, Loopback, ReceivedRequest, chunked, head, whole

Means = Callable[..., Http]


class _Hiding(Hiding):
    """A masker for a word that is too short for a credential, so that bodies stay readable."""

    def __call__(self, data: bytes) -> bytes:
        return data.replace(b"KEY", b"***")

    def text(self, text: str) -> str:
        return text.replace("KEY", "***")


class ServedBody:
    """A response with given bytes, and the ids of its notices."""

    def __init__(self, body: bytes | Iterable[bytes], limits: Limits | None = None, **headers: str) -> None:
        self.reported: list[Event] = []
        self.run = Run(self.reported.append)
        pieces = iter([body] if isinstance(body, bytes) else body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = httpx.Response(200, headers=named, content=pieces)
        self.answer = Answer(response, Call(Clocks()), self.run, limits or Limits(), _Hiding())

    @property
    def notices(self) -> list[str]:
        return [note.message.id for note in self.reported if isinstance(note, Notice) and isinstance(note.message, Message)]

    def events(self) -> tuple[list[bytes], InvokeError | None]:
        """Return the events, and the final error."""
        result: list[bytes] = []
        try:
            for event in self.answer.events():
                result.append(event.data)
        except InvokeError as error:
            return result, error
        return result, None


@pytest.fixture
def http() -> Iterator[Means]:
    """Yield a function that returns an `Http` for a server."""
    with ExitStack() as opened:

        def reach(address: str, limits: Limits | None = None) -> Http:
            client = opened.enter_context(Client(Pool(), httpx.URL(address)))
            return Http(client, Clocks(), limits=limits or Limits())

        yield reach


def bomb(size: int, before: bytes = b"") -> bytes:
    """Compress `size` letters after some bytes."""
    packer = zlib.compressobj(9, wbits=31)
    start = packer.compress(before) + packer.flush(zlib.Z_SYNC_FLUSH)
    return start + b"".join(packer.compress(b"x" * 2**20) for _ in range(size // 2**20)) + packer.flush()


# Limits.


def test_a_whole_answer_is_read_up_to_its_limit_and_the_error_names_it() -> None:
    for size in (1000, 1001):
        body = b'"' + b"x" * (size - 2) + b'"'
        for data, headers in ((body, {}), (gzip.compress(body), {"Content_Encoding": "gzip"})):
            served = ServedBody(data, Limits(answer_bytes=1000), **headers)
            if size == 1000:
                assert len(served.answer.json()) == 998
            else:
                with pytest.raises(ProtocolError, match="more than 1,000 bytes") as raised:
                    served.answer.json()
                assert ANSWER_VARIABLE in str(raised.value) and served.answer.beginning == body[:1000]


@pytest.mark.parametrize("read", ["read", "json", "events", "pieces", "peek"])
def test_a_bomb_takes_no_more_memory_than_its_limit(read: str) -> None:
    packed = bomb(64 * 2**20) if read != "peek" else gzip.compress(b" " * 64 * 2**20)
    limits = Limits(answer_bytes=2**20)
    served = ServedBody(packed, limits, Content_Encoding="gzip")
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError, match="more than 1,048,576 bytes after decompression"):
            result = getattr(served.answer, read)()
            for _ in result if isinstance(result, Iterator) else ():
                pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * limits.answer_bytes


def test_what_came_before_the_limit_is_passed_on() -> None:
    events = [b"data: %d\n\n" % number for number in range(50)]
    served = ServedBody(bomb(8 * 2**20, b"".join(events)), Limits(answer_bytes=2**20), Content_Encoding="gzip")
    result, error = served.events()
    assert result == [b"%d" % number for number in range(50)] and isinstance(error, ProtocolError)
    pieces = ServedBody([b"x" * 700, b"y" * 700], Limits(answer_bytes=1000)).answer.pieces()
    assert next(pieces) + next(pieces) == b"x" * 700 + b"y" * 300
    with pytest.raises(ProtocolError):
        next(pieces)


@pytest.mark.parametrize("count", [20, 21])
@pytest.mark.parametrize("together", [True, False])
def test_the_events_of_a_stream_are_limited(count: int, together: bool) -> None:
    events = [b"data: x\n\n"] * count
    result, error = ServedBody([b"".join(events)] if together else events, Limits(events=20)).events()
    assert len(result) == 20
    if count > 20:
        assert isinstance(error, ProtocolError) and "more than 20 events" in str(error) and EVENTS_VARIABLE in str(error)
    else:
        assert error is None


@pytest.mark.parametrize(
    "line", [b": keep-alive\n", b"\n", b"event: ping\n", b"data: x\n"], ids=["comment", "blank", "name", "data"]
)
def test_lines_that_say_nothing_have_an_end(line: bytes) -> None:
    result, error = ServedBody([b"data: first\n\n", *itertools.repeat(line * 50, 100)], Limits(events=20)).events()
    assert result == [b"first"] and isinstance(error, ProtocolError)
    assert f"more than {20 * PARTS_PER_EVENT} lines or pieces" in str(error) and EVENTS_VARIABLE in str(error)


@pytest.mark.parametrize("read", ["read", "pieces", "events", "peek"])
def test_pieces_without_an_end_have_an_end(read: str) -> None:
    served = ServedBody(itertools.repeat(b" "), Limits(events=20))
    with pytest.raises(ProtocolError, match="more than 200 lines or pieces"):
        result = getattr(served.answer, read)()
        for _ in result if isinstance(result, Iterator) else ():
            pass
    assert served.answer.size <= 201


def test_what_unpacks_to_nothing_has_an_end() -> None:
    nothing = gzip.compress(b"") * 1000
    served = ServedBody(itertools.repeat(nothing), Limits(answer_bytes=100_000), Content_Encoding="gzip")
    with pytest.raises(ProtocolError, match="more than 100,000 bytes"):
        served.answer.read()


@pytest.mark.parametrize("item", [b"{},", b"[],", b"1,", b'"a",'], ids=range(4))
def test_json_of_many_small_values_is_refused_before_it_is_parsed(item: bytes) -> None:
    body = b"[" + item * (LARGE // 2) + b"0]"
    with pytest.raises(ProtocolError, match="JSON needs more than 4,194,304 bytes of memory") as raised:
        ServedBody(body, Limits(answer_bytes=4 * 2**20)).answer.json()
    assert ANSWER_VARIABLE in str(raised.value)
    _, error = ServedBody(b"data: " + body + b"\n\n", Limits(answer_bytes=4 * 2**20)).events()
    assert isinstance(error, ProtocolError) and "JSON needs more" in str(error)


@pytest.mark.slow
def test_an_answer_in_tiny_pieces_takes_no_more_memory_than_in_one() -> None:
    served = ServedBody(itertools.repeat(b"ab", 300_000))
    tracemalloc.start()
    try:
        body = served.answer.read()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(body) == 600_000 and peak < 3_000_000


def test_a_stop_works_between_the_pieces_of_one_from_the_network() -> None:
    served = ServedBody(bomb(8 * 2**20), Content_Encoding="gzip")
    pieces = served.answer.pieces()
    next(pieces)
    served.run.stop()
    with pytest.raises(RunStoppedError):
        next(pieces)


# Events.


def test_events_are_read_as_they_come_and_without_keys() -> None:
    sent: list[int] = []

    def body() -> Iterator[bytes]:
        for number in range(3):
            sent.append(number)
            yield b'data: {"n": %d, "k": "KEY"}\n\n' % number
        yield b"data: last"

    events = ServedBody(body()).answer.events()
    assert next(events).data == b'{"n": 0, "k": "***"}' and sent == [0]
    assert [event.data for event in events] == [b'{"n": 1, "k": "***"}', b'{"n": 2, "k": "***"}', b"last"]


def test_the_rest_can_be_drained_when_the_events_were_left_early() -> None:
    served = ServedBody([b"data: 1\n\n", b"data: 2\n\n", b"data: 3\n\n"])
    events = served.answer.events()
    assert next(events).data == b"1"
    events.close()  # type: ignore[attr-defined]
    served.answer.finish()
    assert served.answer.size == 27


@pytest.mark.parametrize("cut", [0, -4])
def test_events_of_which_each_is_a_member_are_read_and_a_cut_one_is_an_error_at_the_end(cut: int) -> None:
    body = b"".join(gzip.compress(b"data: %d\n\n" % number) for number in range(9))
    result, error = ServedBody([body[:cut] if cut else body], Content_Encoding="gzip").events()
    assert result == [b"%d" % number for number in range(9)]
    assert isinstance(error, InvokeConnectionError) is bool(cut)


def test_a_cut_answer_is_an_error_also_where_it_is_read_as_a_whole() -> None:
    packed = gzip.compress(b'{"a": 1}')
    for cut in (packed[:-1], packed[:-12]):
        with pytest.raises(InvokeConnectionError, match="broke off"):
            ServedBody(cut, Content_Encoding="gzip").answer.json()


# JSON.


@pytest.mark.parametrize(
    ("body", "headers", "value", "notices"),
    [
        (b'{"a": 1}', {}, {"a": 1}, []),
        (b'\xef\xbb\xbf {"a": 1} \r\n', {}, {"a": 1}, []),
        (b'{"a": 1}\0\0\0', {}, {"a": 1}, []),
        (b'{"a": "\t\n\x1b"}', {}, {"a": "\t\n\x1b"}, ["http.control_characters"]),
        (b'{"a": "\xff"}', {}, {"a": "\ufffd"}, ["http.bad_utf8"]),
        (b'{"a": "KEY\xff"}', {}, {"a": "***\ufffd"}, ["http.bad_utf8"]),
        (b'{"a": 1}\n\ndata: [DONE]\n\n', {}, {"a": 1}, ["http.trailing"]),
        (b'{"a": ' + b"9" * 5000 + b"}", {}, {"a": "9" * 5000}, ["http.long_integer"]),
        (b'{"a": [NaN, Infinity]}', {}, None, []),
        ('{"a": "早上好"}'.encode("gb2312"), {}, {"a": "早上好"}, ["http.guessed_charset"]),
        ('{"a": "早上好"}'.encode("gb2312"), {"Content_Type": "x/y; charset=utf8"}, {"a": "早上好"}, ["http.guessed_charset"]),
        ('{"a": "é"}'.encode("latin-1"), {"Content_Type": "x/y; charset=latin-1"}, {"a": "é"}, []),
        ('{"a": "é"}'.encode(), {"Content_Type": "x/y; charset=latin-1"}, {"a": "é"}, []),
        (b'{"a": "\xff\xff"}', {"Content_Type": "x/y; charset=gb18030"}, {"a": "\ufffd\ufffd"}, ["http.bad_utf8"]),
        (b'{"a": "\xff"}', {"Content_Type": "x/y; charset=punycode"}, {"a": "\ufffd"}, ["http.bad_utf8"]),
        ('{"a": "KEY"}'.encode("utf-16"), {}, {"a": "***"}, []),
        (gzip.compress(b'{"a": "\t"}'), {}, {"a": "\t"}, ["http.packed_unlabelled", "http.control_characters"]),
    ],
    ids=range(17),
)  # fmt: skip
def test_json_is_read_as_far_as_it_can_be(body: bytes, headers: dict[str, str], value: Any, notices: list[str]) -> None:
    served = ServedBody(body, **headers)
    result = served.answer.json()
    assert served.notices == notices and (value is None or result == value)


@pytest.mark.parametrize(
    "body", [b"", b" ", b"<html>", b"[" * 100_000, b'{"a":' * 100_000, b"404 not found", b'{"a": 1', b"\xff\xfe"]
)
def test_what_is_no_json_is_an_error_in_our_words(body: bytes) -> None:
    with pytest.raises(ProtocolError, match=r"^The server answered with .* instead of JSON\.$"):
        ServedBody(body).answer.json()


def test_each_oddity_is_reported_once() -> None:
    served = ServedBody(b"")
    served.answer.report({"control_characters", "trailing"})
    served.answer.report({"control_characters", "bad_utf8"})
    assert served.notices == ["http.control_characters", "http.trailing", "http.bad_utf8"]


@given(
    st.dictionaries(st.text(), st.text() | st.integers(), min_size=1),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
)
def test_whatever_is_packed_and_cut_means_the_same(value: dict[str, Any], charset: str) -> None:
    if value.get("error"):
        return
    body = gzip.compress(json.dumps(value, ensure_ascii=False).encode(charset, "surrogatepass"))
    served = ServedBody([body[at : at + 5] for at in range(0, len(body), 5)], Content_Encoding="gzip")
    expected = json.loads(json.dumps(value).replace("KEY", "***"))
    assert served.answer.json() == expected and served.notices == []


# On the wire.


def test_what_is_asked_for_is_what_can_be_unpacked(http: Means) -> None:
    with Loopback(lambda _request, connection: connection.send(whole({"ok": 1}))) as server:
        with http(server.address).get("x", Run()) as answer:
            assert answer.json() == {"ok": 1}
        assert server.requests[0].headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize("packing", ["br", "zstd", "gzip"])
def test_a_refusal_that_cannot_be_unpacked_is_still_a_refusal(http: Means, packing: str) -> None:
    answer = whole(b"\x8b\x02\x80" + bytes(30), 503, Content_Encoding=packing, Retry_After="99")
    with Loopback(lambda _request, connection: connection.send(answer)) as server:
        means = http(server.address)
        with pytest.raises(InvokeServerUnavailableError), means.get("x", Run()):
            pass


def test_a_bomb_in_the_response_is_refused_and_its_connection_closed(http: Means) -> None:
    packed = bomb(64 * 2**20)

    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(head(Content_Encoding="gzip", Content_Length="99999999"), packed)
        connection.wait_until_gone()

    notes: list[Event] = []
    with Loopback(script) as server:
        means = http(server.address, Limits(answer_bytes=2**20))
        text = "more than 1,048,576 bytes"
        with pytest.raises(ProtocolError, match=text), means.get("x", Run(notes.append)) as answer:
            answer.json()
        assert server.connections[0].left.wait(1.0)
    [end] = [note for note in notes if isinstance(note, HTTPEnd)]
    assert end.bytes <= 2**20 + 2**16


def test_tiny_chunks_are_events_like_others(http: Means) -> None:
    stream = b"".join(b"data: %d\n\n" % number for number in range(100))
    pieces = [stream[at : at + 1] for at in range(len(stream))]

    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(STREAM, b"".join(chunked(pieces)))

    with Loopback(script) as server, http(server.address).get("x", Run()) as answer:
        assert [event.data for event in answer.events()] == [b"%d" % number for number in range(100)]


@pytest.mark.parametrize(
    "lines",
    [
        [b"Content-Length: " + b"9" * 5000],
        [b"X-%d: and more" % number for number in range(20_000)],
        [b"X-Long: " + b"x" * 200_000],
        [b"Content-Length: 5", b"Content-Length: 6"],
        [b"Transfer-Encoding: gzip, chunked"],
        [b"Content-Encoding: \xff\xfe"],
        [b"Content-Type: x/y; charset=" + b"x" * 50_000],
    ],
    ids=["long number", "many", "long", "two lengths", "another coding", "no text", "long charset"],
)
def test_no_head_does_worse_than_an_error_of_ours(http: Means, lines: list[bytes]) -> None:
    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\n", b"\r\n".join(lines), b"\r\n\r\n{}")
        raise EOFError

    with Loopback(script) as server:
        try:
            with http(server.address).get("x", Run()) as answer:
                assert answer.json() == {}
        except InvokeError as error:
            assert "4300" not in str(error)
