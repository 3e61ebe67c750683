"""Tests for reading answers: of any type, compressed, in any charset, too large, malformed, and a byte at a time."""

from __future__ import annotations

import gc
import gzip
import io
import json
import threading
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from boomerang.invoker.errors import (
    InvokeAuthorizationError,
    InvokeConnectionError,
    InvokeServerUnavailableError,
    ProtocolError,
    RunStoppedError,
)
from boomerang.invoker.events import HTTPEnd
from boomerang.invoker.http.body.sse import LONGEST_EVENT
from boomerang.invoker.http.cancellation import Clocks
from boomerang.invoker.http.limits import DEFAULTS
from boomerang.workbench.diagnosis.error_advice import advice
from tests.invoker.backends.openai_compatible.desk import CONFIG, GOOD, HELLO, USAGE, opened, streaming
from tests.loopback import BOUND, STREAM, ClientConnection, ReceivedRequest, Script, chunked, head, whole

WHOLE = {
    "model": "m-1",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}],
    "usage": USAGE,
}
EMBEDDER = {"provider": "p", "model": "e"}
LISTENER = {"provider": "p", "model": "w"}


def sending(*pieces: bytes) -> Script:
    """Return a script that answers with bytes and closes the connection."""

    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(*pieces)
        raise EOFError

    return script


# Content types.


@pytest.mark.parametrize("media_type", ["text/plain", "text/event-stream; charset=utf-8", "application/octet-stream", ""])
def test_a_stream_is_read_whatever_its_server_calls_it(media_type: str) -> None:
    with opened(sending(head(media_type=media_type), *GOOD)) as desk:
        assert desk.ask().message.content == "Hello."


@pytest.mark.parametrize("media_type", ["application/json", "Application/JSON; charset=utf-8", "text/plain"])
def test_a_whole_answer_to_the_wish_for_a_stream_is_read(media_type: str) -> None:
    with opened(sending(whole(WHOLE, media_type=media_type))) as desk:
        result = desk.ask()
        assert (result.message.content, result.finish_reason, result.usage.total_tokens) == ("Hello.", "stop", 7)


def test_a_page_instead_of_an_answer_is_reported_with_its_title_in_its_own_charset() -> None:
    page = "<!doctype html><title>登录 – 公司网关</title><p>hello".encode("gb18030")
    with opened(sending(whole(page, media_type="text/html; charset=gb18030"))) as desk:
        with pytest.raises(ProtocolError, match="登录 – 公司网关") as raised:
            desk.ask()
        assert "/v1" in str(advice(raised.value).next_step) and raised.value.status_code == 200


# Charsets.


@pytest.mark.parametrize(
    ("charset", "declared"),
    [
        ("utf-8", ""),
        ("utf-8", "; charset=utf-8"),
        ("gb18030", "; charset=GB18030"),
        ("shift_jis", '; charset="Shift_JIS"'),
        ("utf-16", "; charset=utf-16"),
        ("utf-8", "; charset=klingon"),
        ("utf-8", "; charset=hex"),  # Python knows it, but not as a charset
    ],
)
@pytest.mark.parametrize("shape", ["json", "text"])
def test_a_refusal_in_another_language_is_readable(charset: str, declared: str, shape: str) -> None:
    text = "無効な鍵"
    body = json.dumps({"error": {"message": text}}, ensure_ascii=False) if shape == "json" else text
    media_type = ("application/json" if shape == "json" else "text/plain") + declared
    with opened(sending(whole(body.encode(charset), 401, media_type))) as desk:
        with pytest.raises(InvokeAuthorizationError, match=text) as raised:
            desk.ask()
        assert text in (raised.value.body or "") and raised.value.status_code == 401


@pytest.mark.parametrize("declared", ["", "; charset=gbk", "; charset=utf-8"])
def test_a_refusal_in_chinese_is_readable_whether_its_charset_is_stated_or_not_and_so_is_its_note(declared: str) -> None:
    body = json.dumps({"error": {"message": "密钥无效"}}, ensure_ascii=False).encode("gbk")
    with opened(sending(whole(body, 401, f"application/json{declared}"))) as desk:
        with pytest.raises(InvokeAuthorizationError, match="密钥无效"):
            desk.ask()
        [end] = desk.of_type(HTTPEnd)
        assert "密钥无效" in end.body


def test_an_answer_in_a_charset_of_its_own_is_read_and_a_guess_is_reported() -> None:
    body = json.dumps({"text": "早上好"}, ensure_ascii=False).encode("gb18030")
    for media_type, notices in (
        ("application/json; charset=gb18030", []),
        ("application/json", ["The answer is not in UTF-8 and names no other charset. It was read as gb2312."]),
    ):
        with opened(sending(whole(body, media_type=media_type))) as desk:
            assert desk.session.model.speech2text.invoke(LISTENER, io.BytesIO(b"ID3 sound")) == "早上好"
            assert list(map(str, desk.record.notices())) == notices


def test_a_transcription_as_plain_text_is_read_in_its_charset() -> None:
    answer = whole("早上好\n".encode("gb18030"), media_type="text/plain; charset=gb18030")
    with opened(sending(answer)) as desk:
        assert desk.session.model.speech2text.invoke(LISTENER, io.BytesIO(b"ID3 sound")) == "早上好"


# Compressed answers.


def test_events_of_a_packed_stream_come_as_they_are_packed() -> None:
    went_on = threading.Event()

    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        packer = zlib.compressobj(wbits=31)
        connection.send(head(media_type="text/event-stream", Transfer_Encoding="chunked", Content_Encoding="gzip"))
        for event in GOOD[1:3]:
            packed = packer.compress(event) + packer.flush(zlib.Z_SYNC_FLUSH)
            connection.send(b"%x\r\n%s\r\n" % (len(packed), packed))
            assert went_on.wait(BOUND)  # send the next one once this one was received
            went_on.clear()
        packed = packer.compress(b"".join(GOOD[3:])) + packer.flush()
        connection.send(*chunked([packed]))

    with opened(script) as desk:
        texts = []
        for chunk in desk.session.model.llm.invoke(CONFIG, HELLO):
            texts.append(chunk.delta.message.content)
            went_on.set()
        assert texts == ["Hel", "lo.", ""]


@pytest.mark.parametrize(
    ("pieces", "error", "text"),
    [
        ([b"this is not gzip"], ProtocolError, "not JSON: 'this is not gzip'"),
        ([gzip.compress(b"".join(GOOD))[:-60]], InvokeConnectionError, "broke off: its compressed data is incomplete"),
        ([gzip.compress(b"".join(GOOD[:3]))[:-6] + b"123456"], ProtocolError, "compression is broken"),
        ([gzip.compress(GOOD[1]), b"rubbish behind it"], ProtocolError, "broke off"),
    ],
    ids=["not packed", "cut", "damaged", "with something behind it"],
)
def test_a_packed_stream_that_is_broken_is_reported(pieces: list[bytes], error: type[Exception], text: str) -> None:
    script = sending(head(media_type="text/event-stream", Content_Encoding="gzip"), *pieces)
    with opened(script) as desk, pytest.raises(error, match=text):
        desk.ask()


@pytest.mark.parametrize("encoding", ["br-of-our-own", "gzip, gzip"])
def test_an_answer_that_is_packed_unasked_is_refused(encoding: str) -> None:
    answer = whole(gzip.compress(gzip.compress(b"{}")), Content_Encoding=encoding)
    with opened(sending(answer)) as desk, pytest.raises(ProtocolError, match=f"packed as {encoding}"):
        desk.ask()


@pytest.mark.parametrize("charset", ["utf-8", "UTF-16", "gb18030"])
def test_a_charset_in_the_place_of_a_packing_is_let_pass(charset: str) -> None:
    with opened(sending(whole(WHOLE, Content_Encoding=charset))) as desk:
        assert desk.ask().message.content == "Hello."


# Too large.


def pouring(*first: bytes, piece: bytes = bytes(65536).replace(b"\0", b"x"), most: int = 100 * 2**20) -> Script:
    """Return a script that sends some bytes, and then a hundred megabytes in one line."""

    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(*first)
        for _ in range(most // len(piece)):
            connection.send(piece)
        raise EOFError

    return script


def test_a_line_of_a_hundred_megabytes_ends_at_a_bound_of_memory() -> None:
    with opened(pouring(head(media_type="text/event-stream"), GOOD[1], b'data: {"x": "')) as desk:
        tracemalloc.start()
        try:
            with pytest.raises(ProtocolError, match=f"A line of the stream has more than {LONGEST_EVENT:,} bytes"):
                desk.ask()
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert most < 3 * LONGEST_EVENT
        assert [chunk.delta.message.content for chunk in desk.record.chunks] == ["Hel"]


def test_an_event_that_never_ends_ends_at_the_same_bound() -> None:
    lines = b"data: " + b"x" * 60_000 + b"\n"
    shown = pytest.raises(ProtocolError, match=f"An event of the stream has more than {LONGEST_EVENT:,} bytes")
    with opened(pouring(head(media_type="text/event-stream"), GOOD[1], piece=lines)) as desk, shown:
        desk.ask()


def test_a_whole_answer_that_is_announced_too_large_is_not_even_begun() -> None:
    with opened(sending(head(Content_Length=str(DEFAULTS.answer_bytes + 1)), b"{")) as desk:
        with pytest.raises(ProtocolError, match=f"more than {DEFAULTS.answer_bytes:,} bytes"):
            desk.session.model.text_embedding.invoke(EMBEDDER, ["x"])
        assert desk.of_type(HTTPEnd)[0].bytes == 0


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"a": "' + b"x" * 2**22, id="no JSON"),
        pytest.param(b'{"data": [' + b"[0.5]," * 2**17 + b"0]}", id="odd", marks=pytest.mark.slow),
    ],
)
def test_an_error_that_is_kept_does_not_keep_the_answer(body: bytes) -> None:
    with opened(sending(head(), body)) as desk:
        for _ in range(2):  # the first round fills intentional caches
            with suppress(ProtocolError):
                desk.session.model.text_embedding.invoke(EMBEDDER, ["x"])
            gc.collect()
            if not tracemalloc.is_tracing():
                tracemalloc.start()
        try:
            assert desk.record.error is not None and tracemalloc.get_traced_memory()[0] < 2**20
        finally:
            tracemalloc.stop()


def test_a_refusal_without_an_end_is_read_as_far_as_it_is_of_use() -> None:
    with opened(pouring(head(401, "text/plain"), b"No key. ")) as desk, pytest.raises(InvokeAuthorizationError, match="No key"):
        desk.ask()


# Incomplete refusals.


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ((b'{"error": "No mem',), "No mem"),
        ((), "Said"),
    ],
    ids=["half of its words", "no words"],
)
@pytest.mark.parametrize("then", ["close", "silence", "drip"])
def test_a_refusal_counts_however_its_words_end(more: tuple[bytes, ...], text: str, then: str) -> None:
    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(head(500, Content_Length="900"), *more)
        if then == "silence":
            connection.wait_until_gone()
        elif then == "drip":
            connection.drip_until_gone(b" ")
        raise EOFError

    clocks = Clocks(between_chunks=0.2)
    if then == "drip":
        clocks = Clocks(total=0.3)
    with opened(script, clocks=clocks) as desk, pytest.raises(InvokeServerUnavailableError, match=text) as raised:
        desk.ask()
    assert raised.value.status_code == 500


# Malformed HTTP.


@pytest.mark.parametrize(
    ("script", "text"),
    [
        (sending(b"SMTP ready\r\n\r\n"), "rules of HTTP: illegal status line"),
        (sending(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), "rules of HTTP: illegal header line"),
        (sending(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"), "rules of HTTP: bad Content-Length"),
        (sending(b"HTTP/1.1 200 OK\r\n", *[b"X-More: and more\r\n"] * 10_000), "rules of HTTP"),
        (sending(STREAM, b"zz\r\nwhat?\r\n"), "rules of HTTP: illegal chunk header"),
        (sending(head(307, Location="http://[no]:address/")), "rules of HTTP"),
    ],
    ids=[
        "another protocol",
        "a line that is no header",
        "a length that is none",
        "a head without an end",
        "a chunk",
        "a place",
    ],
)
def test_what_is_not_http_is_reported_as_such_and_not_as_a_connection_that_closed(script: Script, text: str) -> None:
    def then_silent(request: ReceivedRequest, connection: ClientConnection) -> None:
        with suppress(EOFError, ConnectionError):
            script(request, connection)
        connection.wait_until_gone()

    with opened(then_silent) as desk:
        with pytest.raises(ProtocolError, match=text):
            desk.ask()
        assert desk.server.connections[0].left.wait(1.0)


@pytest.mark.parametrize("media_type", ["application/json", "text/event-stream"])
def test_an_answer_that_is_nested_without_an_end_is_not_json(media_type: str) -> None:
    body = b"data: " * (media_type == "text/event-stream") + b"[" * 100_000
    with opened(sending(whole(body, media_type=media_type))) as desk, pytest.raises(ProtocolError, match="JSON"):
        desk.ask()


# A byte at a time.


def drips(data: bytes) -> Iterator[bytes]:
    """Yield bytes one by one, each in its own chunk."""
    for at in range(len(data)):
        yield b"1\r\n%s\r\n" % data[at : at + 1]


def test_chunks_appear_as_they_are_complete_and_a_stop_works_in_the_middle() -> None:
    seen, dripping = threading.Event(), threading.Event()

    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(STREAM)
        for event in GOOD[1:3]:
            connection.send(*drips(event))
            assert seen.wait(BOUND)  # send nothing more until this one was received
            seen.clear()
        connection.send(*drips(GOOD[1][:9]))
        dripping.set()
        connection.drip_until_gone(b"1\r\nx\r\n")

    with opened(script) as desk:
        stream: Any = desk.session.model.llm.invoke(CONFIG, HELLO)
        assert next(stream).delta.message.content == "Hel"
        seen.set()
        assert next(stream).delta.message.content == "lo."
        seen.set()
        assert dripping.wait(BOUND)
        desk.session.stop()
        with pytest.raises(RunStoppedError):
            next(stream)
        assert desk.server.connections[0].left.wait(1.0)


def test_a_server_that_goes_on_when_all_is_said_does_not_keep_the_answer() -> None:
    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(STREAM, *list(chunked(GOOD))[:-1])
        connection.drip_until_gone(b"d\r\n: keep-alive\n\r\n")

    with opened(script) as desk:
        assert desk.ask().message.content == "Hello."
        assert desk.server.connections[0].left.wait(1.0)


@pytest.mark.parametrize("behind", [b"zz\r\nwhat?\r\n", b""], ids=["rubbish", "a closed connection"])
def test_what_comes_when_all_is_said_changes_nothing(behind: bytes) -> None:
    with opened(sending(STREAM, *list(chunked(GOOD))[:-1], behind)) as desk:
        assert desk.ask().message.content == "Hello."


def test_a_server_that_closes_behind_an_early_refusal_is_read() -> None:
    def refuse(connection: ClientConnection) -> None:
        connection.socket.recv(10)
        connection.send(whole({"error": {"message": "too large"}}, 413))
        connection.wait_until_gone()

    with opened(streaming(GOOD), server={"first": refuse}) as desk, pytest.raises(Exception, match="too large") as raised:
        desk.ask([{"role": "user", "content": "x" * 100_000}])
    assert not isinstance(raised.value, InvokeConnectionError)
