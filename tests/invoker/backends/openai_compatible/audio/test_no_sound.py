"""Tests that a response that is only labelled as audio is an error with the server's message."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from boomerang.invoker.errors import (
    InvokeAuthorizationError,
    ProtocolError,
    RunStoppedError,
)
from tests.invoker.backends.openai_compatible.audio.speech_desk import answering, spoken
from tests.invoker.backends.openai_compatible.desk import KEY, opened
from tests.loopback import BOUND, ClientConnection, ReceivedRequest, head

ERROR = {"error": {"message": "voice not found", "code": "401"}}
EVENTS = b'data: {"type": "speech.audio.delta", "audio": "//uQ"}\n\n'


@pytest.mark.parametrize("label", ["audio/mpeg", "application/octet-stream", "application/json", ""])
def test_an_error_that_is_labelled_as_sound_is_reported_as_an_error(label: str) -> None:
    with opened(answering(ERROR, label)) as desk:
        with pytest.raises(InvokeAuthorizationError, match="voice not found") as raised:
            spoken(desk)
        assert raised.value.status_code == 200 and json.loads(raised.value.body or "") == ERROR
        assert (raised.value.url or "").endswith("/v1/audio/speech") and not desk.record.chunks


@pytest.mark.parametrize(
    ("body", "label", "text"),
    [
        (b'{"detail": "voice not found"}', "audio/mpeg", "JSON text instead of sound: voice not found"),
        (b"Internal Server Error", "text/plain", "plain text instead of sound: Internal Server Error"),
        (b"<html><title>nginx</title></html>", "audio/mpeg", "HTML page instead of sound: nginx"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "", "XML text instead of sound: AccessDenied"),
        (EVENTS, "text/event-stream", "plain text instead of sound: data: {.*audio.delta"),
        ("声音不存在".encode("gb18030"), "text/plain; charset=gb18030", "text/plain instead of sound: 声音不存在"),
    ],
    ids=["JSON", "text", "a page", "XML", "events", "a charset of its own"],
)
def test_what_is_no_sound_is_reported_in_the_servers_words(body: bytes, label: str, text: str) -> None:
    with opened(answering(body, label)) as desk:
        with pytest.raises(ProtocolError, match=text) as raised:
            spoken(desk)
        assert raised.value.status_code == 200 and raised.value.body
        assert not desk.record.chunks and not desk.notices


def test_a_long_error_that_comes_in_pieces_is_read_whole() -> None:
    long = {"detail": "no voice " * 400}

    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(head(media_type="audio/mpeg"))
        connection.drip(json.dumps(long).encode(), 50)
        raise EOFError

    with opened(script) as desk, pytest.raises(ProtocolError, match=r"(no voice ){399}no voice"):
        spoken(desk)


@pytest.mark.parametrize(
    ("body", "text"),
    [(b"", "with nothing instead of sound"), (b"\x89PNG\r\n\x1a\n" + bytes(90), "with PNG image instead of sound")],
    ids=["nothing", "an image"],
)
def test_what_has_no_words_is_named(body: bytes, text: str) -> None:
    with opened(answering(body, "audio/mpeg")) as desk, pytest.raises(ProtocolError, match=text):
        spoken(desk)


def test_a_key_in_an_error_that_is_labelled_as_sound_stays_hidden() -> None:
    with opened(answering({"detail": f"bad key {KEY}"}, "audio/mpeg")) as desk:
        with pytest.raises(ProtocolError, match="bad key •••") as raised:
            spoken(desk)
        assert KEY not in (raised.value.body or "")


def test_a_stop_ends_the_wait_for_enough_of_a_sound() -> None:
    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(head(media_type="audio/mpeg"), b"RI")
        desk.session.stop()
        connection.wait_until_gone()

    with opened(script) as desk:
        with pytest.raises(RunStoppedError):
            spoken(desk)
        assert desk.server.connections[0].left.wait(BOUND) and not desk.record.chunks


@pytest.mark.parametrize(
    "body",
    [
        {"audio": base64.b64encode(b"no sound at all " * 9).decode()},
        {"audio": None},
        {"audio": "not base64, but words"},
        {"audio": {"url": "https://example.com/speech.mp3"}},
        {"audio": []},
        [1, 2, 3],
    ],
    ids=repr,
)
def test_json_without_sound_is_reported_as_it_came(body: Any) -> None:
    with opened(answering(body)) as desk, pytest.raises(ProtocolError, match="instead of sound") as raised:
        spoken(desk)
    assert json.loads(raised.value.body or "") == body
