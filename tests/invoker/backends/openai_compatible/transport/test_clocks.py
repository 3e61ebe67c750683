"""Tests that each timeout runs independently and is named when it ends a call."""

from __future__ import annotations

import threading

import pytest

from boomerang.invoker.errors import (
    InvokeRateLimitError,
    InvokeTimeoutError,
)
from boomerang.invoker.http.cancellation import Clocks
from tests.invoker.backends.openai_compatible.desk import CONFIG, GOOD, HELLO, opened
from tests.invoker.backends.openai_compatible.transport.failing_servers import FRAME, silent
from tests.loopback import BOUND, STREAM, ClientConnection, ReceivedRequest, chunked, whole


@pytest.mark.parametrize(
    ("pieces", "clock"),
    [
        ((), "first byte"),
        ((b"HTTP/1.1 200 OK\r\n",), "between chunks"),
        ((STREAM,), "between chunks"),
        ((STREAM, FRAME), "between chunks"),
    ],
)
def test_each_clock_runs_and_is_named(pieces: tuple[bytes, ...], clock: str) -> None:
    with opened(silent(*pieces), clocks=Clocks(first_byte=0.3, between_chunks=0.2)) as desk:
        with pytest.raises(InvokeTimeoutError) as raised:
            desk.ask()
        assert raised.value.clock == clock and raised.value.seconds == {"first byte": 0.3, "between chunks": 0.2}[clock]
        assert desk.server.connections[0].left.wait(BOUND)


def test_the_total_clock_ends_a_stream_that_never_stops_talking() -> None:
    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(STREAM)
        while True:
            connection.send(FRAME)
            connection.left.wait(0.01)

    with opened(script, clocks=Clocks(total=0.4)) as desk, pytest.raises(InvokeTimeoutError) as raised:
        desk.ask()
    assert raised.value.clock == "total" and desk.record.chunks


def test_a_reader_who_takes_longer_than_the_server_may_still_gets_all_of_its_answer() -> None:
    seen, sent = threading.Event(), threading.Event()

    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        first, *rest = chunked(GOOD[1:])
        connection.send(STREAM, first)
        assert seen.wait(BOUND)
        connection.send(*rest)
        sent.set()

    with opened(script, clocks=Clocks(between_chunks=0.25)) as desk:
        stream = desk.session.model.llm.invoke(CONFIG, HELLO)
        texts = [next(stream).delta.message.content]
        seen.set()
        assert sent.wait(BOUND)
        threading.Event().wait(0.4)  # this reader is slow, and the rest waits in its socket
        assert "".join([*map(str, texts), *(str(chunk.delta.message.content) for chunk in stream)]) == "Hello."


def test_the_total_clock_runs_on_from_attempt_to_attempt() -> None:
    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        if len(desk.server.requests) == 1:
            connection.send(whole({"message": "busy"}, 503, Retry_After="0.8"))
        else:
            connection.wait_until_gone()

    with opened(script, clocks=Clocks(total=1.0)) as desk:
        with pytest.raises(InvokeTimeoutError) as raised:
            desk.ask()
        assert raised.value.clock == "total" and len(desk.server.requests) == 2
        assert desk.record.seconds is not None and desk.record.seconds < 1.8  # otherwise the timeout started again


def test_a_rate_limit_that_outlasts_the_total_clock_is_reported_at_once() -> None:
    limited = whole({"error": {"message": "slow down"}}, 429, Retry_After="3")
    with opened(lambda _request, connection: connection.send(limited), clocks=Clocks(total=1.0)) as desk:
        with pytest.raises(InvokeRateLimitError, match="slow down") as raised:
            desk.ask()
        assert raised.value.retry_after == 3.0 and len(desk.server.requests) == 1
