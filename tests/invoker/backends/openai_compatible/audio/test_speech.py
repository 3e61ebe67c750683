"""Speech both ways, over real sockets: what is sound, what only says that it is, and a transcription however it is labelled."""

from __future__ import annotations

import base64
import gzip
import io
import json
from typing import Any

import pytest

from boomerang.invoker.audio.file_type import sniff
from boomerang.invoker.errors import (
    InvokeAuthorizationError,
    InvokeConnectionError,
    InvokeError,
    InvokeServerUnavailableError,
    ProtocolError,
    RunStoppedError,
)
from boomerang.invoker.http.limits import Limits
from tests.invoker.backends.openai_compatible.desk import KEY, Desk, opened
from tests.invoker.sounds import id3, sound
from tests.loopback import BOUND, Asked, Script, Wire, chunked, head, whole

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


@pytest.mark.parametrize("first", [1, 12, 70, 30_000])
@pytest.mark.parametrize("sound", [sound("wav"), sound("vorbis"), sound("mp3")], ids=["WAV", "Ogg", "MP3"])
@pytest.mark.parametrize("before", [id3(b"\xff\xfb" * 20_000), id3(b"x" * 50) * 2, bytes(8192), b""])
def test_tags_and_padding_before_a_sound_do_not_hide_its_type(first: int, before: bytes, sound: bytes) -> None:
    body, media_type = before + sound, sniff(sound)
    pieces = [body[:first], *(body[at : at + 5000] for at in range(first, len(body), 5000))]

    def script(_asked: Asked, wire: Wire) -> None:
        wire.send(head(media_type="audio/mpeg", Transfer_Encoding="chunked"), *chunked(pieces))

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


B64 = base64.b64encode(MP3).decode()
HALVES = [base64.b64encode(part).decode() for part in (MP3[:30], MP3[30:])]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"audio": B64}, "audio"),
        ({"status": 0, "data": {"audio": B64}}, "data.audio"),
        ({"data": {"audio": MP3.hex()}, "trace_id": "0123456789abcdef0123456789abcdef"}, "data.audio"),
        ({"audioContent": B64}, "audioContent"),
        ({"audio": f"data:audio/mpeg;base64,{B64}"}, "audio"),
        ({"data": [{"b64_json": B64.rstrip("=")}]}, "data[0].b64_json"),
        ({"audio": HALVES}, "audio[]"),
        ({"choices": [{"message": {"audio": {"id": "x" * 40, "data": B64}}}]}, "choices[0].message.audio.data"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("label", ["application/json", "audio/mpeg", ""])
def test_sound_inside_json_is_unpacked(body: Any, field: str, label: str) -> None:
    with opened(answering(body, label)) as desk:
        assert spoken(desk) == MP3
        assert {chunk.mime_type for chunk in desk.record.chunks} == {"audio/mpeg"}
        assert desk.notices == [f"The server sent the sound inside JSON, as text in `{field}`; it was unpacked."]


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
def test_json_without_sound_is_told_as_it_came(body: Any) -> None:
    with opened(answering(body)) as desk, pytest.raises(ProtocolError, match="instead of sound") as raised:
        spoken(desk)
    assert json.loads(raised.value.body or "") == body


def speech_event(value: Any, name: str = "") -> bytes:
    """Give an event with JSON."""
    return (f"event: {name}\n" if name else "").encode() + b"data: " + json.dumps(value).encode() + b"\n\n"


@pytest.mark.parametrize("label", ["text/event-stream", "audio/mpeg", "text/plain"])
@pytest.mark.parametrize("size", [1, 3, 100])
def test_sound_inside_events_is_put_together_as_it_comes(label: str, size: int) -> None:
    parts = [base64.b64encode(MP3[at : at + size]).decode() for at in range(0, len(MP3), size)]
    events = [speech_event({"type": "speech.audio.delta", "audio": part}) for part in parts]
    end = [speech_event({"type": "speech.audio.done", "usage": {"total_tokens": 9}}), b"data: [DONE]\n\n"]
    stream = b"".join([*events, *end])

    def script(_asked: Asked, wire: Wire) -> None:
        wire.send(head(media_type=label, Transfer_Encoding="chunked"), *chunked([stream]))

    with opened(script) as desk:
        assert spoken(desk) == MP3
        assert desk.notices == ["The sound came as a stream of events, which was not asked for; it was put together."]


def test_events_that_hold_no_sound_are_counted_and_an_error_ends_the_stream() -> None:
    good = speech_event({"audio": B64})
    with opened(answering(good + speech_event({"audio": "§"}) + b"data: ping\n\n", "text/event-stream")) as desk:
        assert spoken(desk) == MP3 and any("left out (2)" in notice for notice in desk.notices)
    for bad in (speech_event({"error": {"message": "voice broke"}}), speech_event("voice broke", "error")):
        with opened(answering(good + bad, "text/event-stream")) as desk:
            with pytest.raises(InvokeServerUnavailableError, match="voice broke"):
                spoken(desk)
            assert desk.record.chunks[0].result


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


@pytest.mark.parametrize("field", ["text", "transcript", "transcription"])
@pytest.mark.parametrize("label", ["application/json", "text/plain"])
def test_null_in_place_of_a_transcript_is_an_empty_one(field: str, label: str) -> None:
    with opened(answering(json.dumps({field: None, "segments": []}).encode(), label)) as desk:
        assert heard(desk) == ""


WORDS = "Good morning. How are you?"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": WORDS, "task": "transcribe", "segments": [{"text": "no"}], "words": []}, ""),
        (WORDS, ""),
        ({"transcription": WORDS}, "transcription"),
        ({"transcript": WORDS}, "transcript"),
        ({"DisplayText": WORDS, "RecognitionStatus": "Success"}, "DisplayText"),
        ({"result": {"text": WORDS}, "success": True, "errors": [], "messages": []}, "result.text"),
        ({"result": WORDS, "code": 0}, "result"),
        ({"data": {"transcription": WORDS}}, "data.transcription"),
        ({"result": [{"text": WORDS, "key": "a"}]}, "result[].text"),
        ({"results": [{"alternatives": [{"transcript": WORDS}, {"transcript": "Good mourning."}]}]}, ""),
        ({"results": {"channels": [{"alternatives": [{"transcript": WORDS}]}]}}, ""),
        ({"segments": [{"text": " Good morning."}, {"text": " How are you?"}]}, "segments[].text"),
        ({"text": None, "segments": [{"text": "Good morning."}, {"text": "How are you?"}]}, "segments[].text"),
        ({"transcription": [{"text": " Good morning."}, {"text": " How are you?"}]}, "transcription[].text"),
        ({"combinedPhrases": [{"text": WORDS}]}, "combinedPhrases[].text"),
        ([{"text": "Good morning."}, {"text": "How are you?"}], "[].text"),
    ],
    ids=lambda value: "" if isinstance(value, str) else repr(value),
)
def test_a_transcript_is_read_in_every_shape(body: Any, field: str) -> None:
    with opened(answering(json.dumps(body).encode(), "application/json")) as desk:
        assert heard(desk) == WORDS
        if field:
            assert desk.notices == [f"The server gave the transcript as `{field}` and not as `text`; it was read all the same."]
        else:
            assert len(desk.notices) == ("results" in body)


@pytest.mark.parametrize(
    "body",
    [{"result": "error", "message": "no such file"}, {"segments": [{"id": 1}]}, {"text": {}}, {"text": True}, {}, [], 5, None],
)
def test_what_is_no_transcript_is_refused(body: Any) -> None:
    with (
        opened(answering(json.dumps(body).encode(), "application/json")) as desk,
        pytest.raises(ProtocolError, match="no `text`"),
    ):
        heard(desk)


DELTAS = [{"type": "transcript.text.delta", "delta": piece} for piece in ("Good ", "morning.", " How are you?")]
CHUNKS = [
    {"object": "transcription.chunk", "choices": [{"delta": {"content": piece}}]}
    for piece in ("Good morning.", " How are you?")
]
DONE = b"data: [DONE]\n\n"


@pytest.mark.parametrize("label", ["text/event-stream", "text/plain", "", "application/json"])
@pytest.mark.parametrize(
    ("events", "notices"),
    [
        ([*map(speech_event, DELTAS), speech_event({"type": "transcript.text.done", "text": WORDS})], 1),
        ([speech_event({"type": "transcript.text.done", "text": WORDS})], 1),
        ([*map(speech_event, DELTAS), DONE], 1),
        ([*map(speech_event, DELTAS)], 2),
        ([b": ping\n\n", *map(speech_event, CHUNKS), speech_event({"choices": [], "usage": {}}), DONE], 1),
        ([speech_event({"text": "Good morning."}), speech_event({"text": "How are you?"})], 1),
        ([speech_event({"text": WORDS}), speech_event({"type": "usage"})], 2),
        ([b"data: Good morning.\n\n", b"data: How are you?\n\n"], 1),
        ([b"data: ping\n\n", speech_event({"text": WORDS})], 2),
        ([speech_event("Good morning."), speech_event("How are you?")], 1),
        ([b"data: null\n\n", b'data: ""\n\n', b"data: []\n\n", speech_event({"text": WORDS})], 2),
    ],
)
def test_a_transcript_that_comes_as_events_is_put_together(events: list[bytes], notices: int, label: str) -> None:
    with opened(answering(b"".join(events), label)) as desk:
        assert heard(desk) == WORDS
        assert len(desk.notices) == notices and "stream of events" in desk.notices[-1]


@pytest.mark.parametrize("label", ["text/event-stream", "text/plain"])
def test_events_without_a_text_are_refused_and_an_error_is_told(label: str) -> None:
    with opened(answering(speech_event({"type": "session"}), label)) as desk, pytest.raises(ProtocolError, match="no `text`"):
        heard(desk)
    for bad in (speech_event({"error": {"message": "no such file"}}), speech_event("no such file", "error")):
        script = answering(speech_event({"text": "Good"}) + bad, label)
        with opened(script) as desk, pytest.raises(InvokeServerUnavailableError, match="no such file"):
            heard(desk)


def test_a_text_that_only_begins_like_an_event_is_a_text() -> None:
    text = "data: the new oil,\nsays the speaker."
    with opened(answering(text.encode(), "text/plain")) as desk:
        assert heard(desk) == text


def test_half_a_character_in_a_transcript_is_replaced() -> None:
    with opened(answering(b'{"text": "a\\ud83d b"}', "application/json")) as desk:
        assert heard(desk) == "a\ufffd b"
