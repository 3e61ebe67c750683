"""Speech both ways, over real sockets: what is sound, what only says that it is, and a transcription however it is labelled."""

from __future__ import annotations

import gzip
import io
import json
from typing import Any

import pytest

from invoker import (
    InvokeAuthorizationError,
    InvokeConnectionError,
    InvokeError,
    InvokeServerUnavailableError,
    ProtocolError,
    RunStoppedError,
)
from invoker.wire.limits import Limits
from tests.loopback import BOUND, Asked, Script, Wire, chunked, head, whole

from .desk import KEY, Desk, opened

SPEAKER = {"provider": "p", "model": "t", "model_type": "tts", "voice": "v"}
LISTENER = {"provider": "p", "model": "w", "model_type": "speech2text"}
WAV = b"RIFF\x60\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00" + bytes(80)
MP3 = b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10) + b"\xff\xfb\x90\x64" + bytes(413)


def answering(body: bytes | Any, media_type: str = "application/json") -> Script:
    """Give a script that answers with a body."""
    return lambda _asked, wire: wire.send(whole(body, media_type=media_type))


def spoken(desk: Desk) -> bytes:
    """Have something said."""
    return b"".join(desk.session.model.tts.invoke(SPEAKER, "Hello."))


def heard(desk: Desk) -> str:
    """Have something written down."""
    return desk.session.model.speech2text.invoke(LISTENER, io.BytesIO(b"RIFF"))


def in_two(sound: bytes, first: int, media_type: str) -> Script:
    """Give a script that sends a sound in two pieces, the first of so many bytes."""
    pieces = [sound[:first], sound[first:]]
    return lambda _asked, wire: wire.send(head(media_type=media_type, Transfer_Encoding="chunked"), *chunked(pieces))


@pytest.mark.parametrize("first", [1, 2, 3, 4, 11, 63])
@pytest.mark.parametrize(
    ("sound", "label", "media_type"),
    [
        (WAV, "audio/mpeg", "audio/wav"),
        (WAV, "audio/wav", "audio/wav"),
        (MP3, "text/plain", "audio/mpeg"),
        (MP3, "", "audio/mpeg"),
    ],
)
def test_the_type_of_a_sound_does_not_depend_on_where_its_first_piece_ends(
    first: int, sound: bytes, label: str, media_type: str
) -> None:
    with opened(in_two(sound, first, label)) as desk:
        assert spoken(desk) == sound
        assert {chunk.mime_type for chunk in desk.record.chunks} == {media_type}
        assert len(desk.notices) == (media_type != "audio/mpeg")


def test_a_short_sound_of_an_unknown_kind_is_passed_on_as_it_is_labelled() -> None:
    with opened(answering(b"\0\1\0\2", "audio/pcm")) as desk:
        assert spoken(desk) == b"\0\1\0\2" and desk.record.chunks[0].mime_type == "audio/pcm"


def test_a_sound_in_several_packed_members_comes_whole() -> None:
    sound = MP3 + bytes(range(256)) * 400
    members = b"".join(gzip.compress(sound[at : at + 30_000]) for at in range(0, len(sound), 30_000))
    answer = whole(members, media_type="audio/mpeg", Content_Encoding="gzip")
    with opened(lambda _asked, wire: wire.send(answer)) as desk:
        assert spoken(desk) == sound and desk.record.notices() == []


@pytest.mark.parametrize("packed", [True, False])
def test_of_a_sound_that_breaks_off_all_that_came_is_kept(packed: bool) -> None:
    sound = MP3 + bytes(range(256)) * 20
    body = gzip.compress(sound)[:-8] if packed else sound

    def script(_asked: Asked, wire: Wire) -> None:
        length = len(body) if packed else len(body) + 1
        more = {"Content_Encoding": "gzip"} if packed else {}
        wire.send(head(media_type="audio/mpeg", Content_Length=str(length), **more), body)
        raise EOFError

    with opened(script) as desk:
        with pytest.raises(InvokeConnectionError):
            spoken(desk)
        assert b"".join(chunk.audio for chunk in desk.record.chunks) == sound


def test_of_a_sound_without_an_end_the_limit_is_kept() -> None:
    answer = whole(gzip.compress(MP3 + bytes(2**20)), media_type="audio/mpeg", Content_Encoding="gzip")
    with opened(lambda _asked, wire: wire.send(answer), limits=Limits(answer_bytes=100_000)) as desk:
        with pytest.raises(ProtocolError, match="more than 100,000 bytes after decompression"):
            spoken(desk)
        assert b"".join(chunk.audio for chunk in desk.record.chunks) == (MP3 + bytes(100_000))[:100_000]


def test_a_transcription_with_control_characters_is_read_with_a_notice() -> None:
    for label in ("application/json", "text/plain"):
        with opened(answering(b'{"text": "one\ntwo\tthree"}', label)) as desk:
            assert heard(desk) == "one\ntwo\tthree"
            [notice] = desk.record.notices()
            assert "control characters" in str(notice)


ERROR = {"error": {"message": "voice not found", "code": "401"}}
EVENTS = b'data: {"type": "speech.audio.delta", "audio": "//uQ"}\n\n'


@pytest.mark.parametrize("label", ["audio/mpeg", "application/octet-stream", "application/json", ""])
def test_an_error_that_is_labelled_as_sound_is_told_as_an_error(label: str) -> None:
    with opened(answering(ERROR, label)) as desk:
        with pytest.raises(InvokeAuthorizationError, match="voice not found") as raised:
            spoken(desk)
        assert raised.value.status_code == 200 and json.loads(raised.value.body or "") == ERROR
        assert (raised.value.url or "").endswith("/v1/audio/speech") and not desk.record.chunks


@pytest.mark.parametrize(
    ("body", "label", "words"),
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
def test_what_is_no_sound_is_told_in_the_servers_words(body: bytes, label: str, words: str) -> None:
    with opened(answering(body, label)) as desk:
        with pytest.raises(ProtocolError, match=words) as raised:
            spoken(desk)
        assert raised.value.status_code == 200 and raised.value.body
        assert not desk.record.chunks and not desk.notices


def test_a_long_error_that_comes_in_pieces_is_read_whole() -> None:
    long = {"detail": "no voice " * 400}

    def script(_asked: Asked, wire: Wire) -> None:
        wire.send(head(media_type="audio/mpeg"))
        wire.drip(json.dumps(long).encode(), 50)
        raise EOFError

    with opened(script) as desk, pytest.raises(ProtocolError, match=r"(no voice ){399}no voice"):
        spoken(desk)


@pytest.mark.parametrize(
    ("body", "words"),
    [(b"", "with nothing instead of sound"), (b"\x89PNG\r\n\x1a\n" + bytes(90), "with PNG image instead of sound")],
    ids=["nothing", "an image"],
)
def test_what_has_no_words_is_named(body: bytes, words: str) -> None:
    with opened(answering(body, "audio/mpeg")) as desk, pytest.raises(ProtocolError, match=words):
        spoken(desk)


def test_a_key_in_an_error_that_is_labelled_as_sound_stays_hidden() -> None:
    with opened(answering({"detail": f"bad key {KEY}"}, "audio/mpeg")) as desk:
        with pytest.raises(ProtocolError, match="bad key •••") as raised:
            spoken(desk)
        assert KEY not in (raised.value.body or "")


def test_a_stop_ends_the_wait_for_enough_of_a_sound() -> None:
    def script(_asked: Asked, wire: Wire) -> None:
        wire.send(head(media_type="audio/mpeg"), b"RI")
        desk.session.stop()
        wire.wait_until_gone()

    with opened(script) as desk:
        with pytest.raises(RunStoppedError):
            spoken(desk)
        assert desk.server.connections[0].left.wait(BOUND) and not desk.record.chunks


# Speech to text.


@pytest.mark.parametrize("label", ["text/plain", "text/plain; charset=utf-8", ""])
@pytest.mark.parametrize(
    "body",
    [
        b"Good morning.\n",
        "\ufeffGood morning.".encode(),
        b'{"text": "Good morning."}',
        '\ufeff{"text": "Good morning."}'.encode(),
    ],
    ids=["text", "with a mark before it", "JSON", "JSON with a mark before it"],
)
def test_a_transcription_is_read_however_it_is_labelled(body: bytes, label: str) -> None:
    with opened(answering(body, label)) as desk:
        assert heard(desk) == "Good morning."


def test_a_transcription_that_happens_to_be_json_is_a_text_all_the_same() -> None:
    for text in ("42", "null", "[Music]", '"Yes," she said.'):
        with opened(answering(text.encode(), "text/plain")) as desk:
            assert heard(desk) == text


@pytest.mark.parametrize("label", ["text/plain", "", "application/json"])
@pytest.mark.parametrize(
    ("body", "kind"),
    [({"error": "no such file"}, InvokeServerUnavailableError), ({"detail": "no such file"}, ProtocolError)],
    ids=["an error", "no text"],
)
def test_an_answer_without_a_transcription_is_told_in_the_servers_words(label: str, body: Any, kind: type[InvokeError]) -> None:
    with opened(answering(body, label)) as desk:
        with pytest.raises(kind, match="no such file") as raised:
            heard(desk)
        assert raised.value.status_code == 200 and json.loads(raised.value.body or "") == body
        assert (raised.value.url or "").endswith("/v1/audio/transcriptions")


@pytest.mark.parametrize(
    ("body", "label"),
    [(b"", ""), (b"\x8f\xff\0\1", ""), (b"<html><title>x</title></html>", ""), (b"<html></html>", "text/plain")],
    ids=["nothing", "what is no text", "a page", "a page that is labelled as text"],
)
def test_what_is_no_transcription_is_refused(body: bytes, label: str) -> None:
    with opened(answering(body, label)) as desk, pytest.raises(ProtocolError, match="instead of JSON"):
        heard(desk)
