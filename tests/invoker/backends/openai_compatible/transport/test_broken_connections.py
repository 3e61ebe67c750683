"""Tests for streams and connections that break or that we close, and for the record of an exchange."""

from __future__ import annotations

import json
from typing import Any

import pytest

from boomerang.invoker.errors import (
    InvokeConnectionError,
    InvokeServerUnavailableError,
    ProtocolError,
)
from boomerang.invoker.events import HTTPEnd, HTTPRequest, HTTPResponse
from boomerang.invoker.records.record import Outcome
from tests.invoker.backends.openai_compatible.desk import CONFIG, GOOD, HELLO, opened, streaming
from tests.invoker.backends.openai_compatible.transport.failing_servers import FRAME, closing, silent
from tests.loopback import STREAM, Script


@pytest.mark.parametrize(
    ("events", "text"),
    [
        ([*GOOD[:2], b"data: {broken\n\n"], "broken or cut off: '{broken'"),
        ([*GOOD[:2], b"Traceback (most recent call last)\n"], "not JSON: 'Traceback"),
        ([*GOOD[:2]], "without a finish reason"),
        ([*GOOD[:2], b"data: [1]\n\n"], "not JSON: '1'|broke off its answer"),
    ],
)
def test_a_broken_stream_is_an_error_and_keeps_what_had_come(events: list[bytes], text: str) -> None:
    with opened(streaming(events)) as desk:
        with pytest.raises(ProtocolError, match=text):
            desk.ask()
        assert [chunk.delta.message.content for chunk in desk.record.chunks] == ["Hel"]
        assert desk.record.outcome is Outcome.FAILED


@pytest.mark.parametrize("content", [{"message": "KV cache is full", "code": 500}, "KV cache is full"])
def test_an_error_in_mid_stream_is_reported_in_the_servers_words(content: Any) -> None:
    events = [*GOOD[:2], b"data: " + json.dumps({"error": content}).encode() + b"\n\n"]
    with opened(streaming(events)) as desk, pytest.raises(InvokeServerUnavailableError, match="KV cache is full"):
        desk.ask()
    assert len(desk.record.chunks) == 1


@pytest.mark.parametrize(
    ("script", "text"),
    [
        (closing(), "before it answered"),
        (closing(STREAM), "in the middle"),
        (closing(STREAM, b"%x\r\n" % len(GOOD[1]), GOOD[1][:20]), "in the middle"),
        (closing(STREAM, b"%x\r\n%s\r\n" % (len(GOOD[1]), GOOD[1])), "in the middle"),
        (closing(b"SMTP ready\r\n"), "closed the connection"),
    ],
    ids=["at once", "after the head", "mid-frame", "between frames", "another protocol"],
)
def test_a_connection_that_breaks_is_reported_as_such(script: Script, text: str) -> None:
    with opened(script) as desk:
        with pytest.raises(InvokeConnectionError, match=text) as raised:
            desk.ask()
        assert raised.value.url == f"{desk.server.address}/v1/chat/completions"
        assert raised.value.answered is (text != "before it answered")


def test_closing_a_stream_ends_the_work_of_the_server() -> None:
    with opened(silent(STREAM, FRAME)) as desk:
        stream = desk.session.model.llm.invoke(CONFIG, HELLO)
        assert next(stream).delta.message.content == "Hel"
        stream.close()
        assert desk.server.connections[0].left.wait(1.0)


def test_closing_the_back_end_ends_what_runs() -> None:
    with opened(silent(STREAM, FRAME)) as desk:
        stream = desk.session.model.llm.invoke(CONFIG, HELLO)
        next(stream)
        desk.backend.close()
        with pytest.raises(InvokeServerUnavailableError, match="closed"):
            next(stream)


def test_what_went_over_http_is_noted() -> None:
    with opened(streaming(GOOD)) as desk:
        desk.ask()
        [request], [response], [end] = desk.of_type(HTTPRequest), desk.of_type(HTTPResponse), desk.of_type(HTTPEnd)
    assert request.method == "POST" and request.headers["authorization"] == "•••"
    assert json.loads(request.body)["model"] == "m"
    assert response.status == 200 and response.headers["content-type"] == "text/event-stream"
    assert response.peer == desk.server.address.removeprefix("http://") and (response.took or 0) > 0
    assert end.bytes == len(b"".join(GOOD)) and (end.took or 0) >= (response.took or 0)
