"""Tests that an answer's audio is complete and has the right type, however it is split, labelled, tagged or compressed."""

from __future__ import annotations

import gzip

import pytest

from boomerang.invoker.audio.file_type import sniff
from boomerang.invoker.errors import (
    InvokeConnectionError,
    ProtocolError,
)
from boomerang.invoker.http.limits import Limits
from tests.invoker.backends.openai_compatible.audio.speech_desk import MP3, answering, spoken
from tests.invoker.backends.openai_compatible.desk import opened
from tests.invoker.sounds import id3, sound
from tests.loopback import ClientConnection, ReceivedRequest, Script, chunked, head, whole

WAV = b"RIFF\x60\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00" + bytes(80)


def in_two(sound: bytes, first: int, media_type: str) -> Script:
    """Return a script that sends audio in two pieces, the first of `first` bytes."""
    pieces = [sound[:first], sound[first:]]
    return lambda _request, connection: connection.send(
        head(media_type=media_type, Transfer_Encoding="chunked"), *chunked(pieces)
    )


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


@pytest.mark.parametrize("first", [1, 12, 70, 30_000])
@pytest.mark.parametrize("sound", [sound("wav"), sound("vorbis"), sound("mp3")], ids=["WAV", "Ogg", "MP3"])
@pytest.mark.parametrize("before", [id3(b"\xff\xfb" * 20_000), id3(b"x" * 50) * 2, bytes(8192), b""])
def test_tags_and_padding_before_a_sound_do_not_hide_its_type(first: int, before: bytes, sound: bytes) -> None:
    body, media_type = before + sound, sniff(sound)
    pieces = [body[:first], *(body[at : at + 5000] for at in range(first, len(body), 5000))]

    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(head(media_type="audio/mpeg", Transfer_Encoding="chunked"), *chunked(pieces))

    with opened(script) as desk:
        assert spoken(desk) == body
        assert {chunk.mime_type for chunk in desk.record.chunks} == {media_type}


def test_silence_at_the_start_of_bare_samples_is_not_waited_out() -> None:
    body = bytes(200_000)
    with opened(in_two(body, 20_000, "audio/pcm")) as desk:
        assert spoken(desk) == body
        assert len(desk.record.chunks[0].audio) <= 20_000


def test_a_short_sound_of_an_unknown_kind_is_passed_on_as_it_is_labelled() -> None:
    with opened(answering(b"\0\1\0\2", "audio/pcm")) as desk:
        assert spoken(desk) == b"\0\1\0\2" and desk.record.chunks[0].mime_type == "audio/pcm"


def test_a_sound_in_several_packed_members_comes_whole() -> None:
    sound = MP3 + bytes(range(256)) * 400
    members = b"".join(gzip.compress(sound[at : at + 30_000]) for at in range(0, len(sound), 30_000))
    answer = whole(members, media_type="audio/mpeg", Content_Encoding="gzip")
    with opened(lambda _request, connection: connection.send(answer)) as desk:
        assert spoken(desk) == sound and desk.record.notices() == []


@pytest.mark.parametrize("packed", [True, False])
def test_of_a_sound_that_breaks_off_all_that_came_is_kept(packed: bool) -> None:
    sound = MP3 + bytes(range(256)) * 20
    body = gzip.compress(sound)[:-8] if packed else sound

    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        length = len(body) if packed else len(body) + 1
        more = {"Content_Encoding": "gzip"} if packed else {}
        connection.send(head(media_type="audio/mpeg", Content_Length=str(length), **more), body)
        raise EOFError

    with opened(script) as desk:
        with pytest.raises(InvokeConnectionError):
            spoken(desk)
        assert b"".join(chunk.audio for chunk in desk.record.chunks) == sound


def test_of_a_sound_without_an_end_the_limit_is_kept() -> None:
    answer = whole(gzip.compress(MP3 + bytes(2**20)), media_type="audio/mpeg", Content_Encoding="gzip")
    with opened(lambda _request, connection: connection.send(answer), limits=Limits(answer_bytes=100_000)) as desk:
        with pytest.raises(ProtocolError, match="more than 100,000 bytes after decompression"):
            spoken(desk)
        assert b"".join(chunk.audio for chunk in desk.record.chunks) == (MP3 + bytes(100_000))[:100_000]
