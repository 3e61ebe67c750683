"""Tests that a transcription is read in any shape and under any label; anything else is an error with the server's message."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from boomerang.invoker.errors import (
    InvokeError,
    InvokeServerUnavailableError,
    ProtocolError,
)
from tests.invoker.backends.openai_compatible.audio.speech_desk import answering, speech_event
from tests.invoker.backends.openai_compatible.desk import Desk, opened

LISTENER = {"provider": "p", "model": "w", "model_type": "speech2text"}


def transcript_of(desk: Desk) -> str:
    """Transcribe a recording."""
    return desk.session.model.speech2text.invoke(LISTENER, io.BytesIO(b"RIFF"))


def test_a_transcription_with_control_characters_is_read_with_a_notice() -> None:
    for label in ("application/json", "text/plain"):
        with opened(answering(b'{"text": "one\ntwo\tthree"}', label)) as desk:
            assert transcript_of(desk) == "one\ntwo\tthree"
            [notice] = desk.record.notices()
            assert "control characters" in str(notice)


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
        assert transcript_of(desk) == "Good morning."


def test_a_transcription_that_happens_to_be_json_is_a_text_all_the_same() -> None:
    for text in ("42", "null", "[Music]", '"Yes," she said.'):
        with opened(answering(text.encode(), "text/plain")) as desk:
            assert transcript_of(desk) == text


@pytest.mark.parametrize("label", ["text/plain", "", "application/json"])
@pytest.mark.parametrize(
    ("body", "kind"),
    [({"error": "no such file"}, InvokeServerUnavailableError), ({"detail": "no such file"}, ProtocolError)],
    ids=["an error", "no text"],
)
def test_an_answer_without_a_transcription_is_reported_in_the_servers_words(
    label: str, body: Any, kind: type[InvokeError]
) -> None:
    with opened(answering(body, label)) as desk:
        with pytest.raises(kind, match="no such file") as raised:
            transcript_of(desk)
        assert raised.value.status_code == 200 and json.loads(raised.value.body or "") == body
        assert (raised.value.url or "").endswith("/v1/audio/transcriptions")


@pytest.mark.parametrize(
    ("body", "label"),
    [(b"", ""), (b"\x8f\xff\0\1", ""), (b"<html><title>x</title></html>", ""), (b"<html></html>", "text/plain")],
    ids=["nothing", "what is no text", "a page", "a page that is labelled as text"],
)
def test_what_is_no_transcription_is_refused(body: bytes, label: str) -> None:
    with opened(answering(body, label)) as desk, pytest.raises(ProtocolError, match="instead of JSON"):
        transcript_of(desk)


@pytest.mark.parametrize("field", ["text", "transcript", "transcription"])
@pytest.mark.parametrize("label", ["application/json", "text/plain"])
def test_null_in_place_of_a_transcript_is_an_empty_one(field: str, label: str) -> None:
    with opened(answering(json.dumps({field: None, "segments": []}).encode(), label)) as desk:
        assert transcript_of(desk) == ""


SENTENCE = "Good morning. How are you?"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": SENTENCE, "task": "transcribe", "segments": [{"text": "no"}], "words": []}, ""),
        (SENTENCE, ""),
        ({"transcription": SENTENCE}, "transcription"),
        ({"transcript": SENTENCE}, "transcript"),
        ({"DisplayText": SENTENCE, "RecognitionStatus": "Success"}, "DisplayText"),
        ({"result": {"text": SENTENCE}, "success": True, "errors": [], "messages": []}, "result.text"),
        ({"result": SENTENCE, "code": 0}, "result"),
        ({"data": {"transcription": SENTENCE}}, "data.transcription"),
        ({"result": [{"text": SENTENCE, "key": "a"}]}, "result[].text"),
        ({"results": [{"alternatives": [{"transcript": SENTENCE}, {"transcript": "Good mourning."}]}]}, ""),
        ({"results": {"channels": [{"alternatives": [{"transcript": SENTENCE}]}]}}, ""),
        ({"segments": [{"text": " Good morning."}, {"text": " How are you?"}]}, "segments[].text"),
        ({"text": None, "segments": [{"text": "Good morning."}, {"text": "How are you?"}]}, "segments[].text"),
        ({"transcription": [{"text": " Good morning."}, {"text": " How are you?"}]}, "transcription[].text"),
        ({"combinedPhrases": [{"text": SENTENCE}]}, "combinedPhrases[].text"),
        ([{"text": "Good morning."}, {"text": "How are you?"}], "[].text"),
    ],
    ids=lambda value: "" if isinstance(value, str) else repr(value),
)
def test_a_transcript_is_read_in_every_shape(body: Any, field: str) -> None:
    with opened(answering(json.dumps(body).encode(), "application/json")) as desk:
        assert transcript_of(desk) == SENTENCE
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
        transcript_of(desk)


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
        ([*map(speech_event, DELTAS), speech_event({"type": "transcript.text.done", "text": SENTENCE})], 1),
        ([speech_event({"type": "transcript.text.done", "text": SENTENCE})], 1),
        ([*map(speech_event, DELTAS), DONE], 1),
        ([*map(speech_event, DELTAS)], 2),
        ([b": ping\n\n", *map(speech_event, CHUNKS), speech_event({"choices": [], "usage": {}}), DONE], 1),
        ([speech_event({"text": "Good morning."}), speech_event({"text": "How are you?"})], 1),
        ([speech_event({"text": SENTENCE}), speech_event({"type": "usage"})], 2),
        ([b"data: Good morning.\n\n", b"data: How are you?\n\n"], 1),
        ([b"data: ping\n\n", speech_event({"text": SENTENCE})], 2),
        ([speech_event("Good morning."), speech_event("How are you?")], 1),
        ([b"data: null\n\n", b'data: ""\n\n', b"data: []\n\n", speech_event({"text": SENTENCE})], 2),
    ],
)
def test_a_transcript_that_comes_as_events_is_put_together(events: list[bytes], notices: int, label: str) -> None:
    with opened(answering(b"".join(events), label)) as desk:
        assert transcript_of(desk) == SENTENCE
        assert len(desk.notices) == notices and "stream of events" in desk.notices[-1]


@pytest.mark.parametrize("label", ["text/event-stream", "text/plain"])
def test_events_without_a_text_are_refused_and_an_error_is_reported(label: str) -> None:
    with opened(answering(speech_event({"type": "session"}), label)) as desk, pytest.raises(ProtocolError, match="no `text`"):
        transcript_of(desk)
    for bad in (speech_event({"error": {"message": "no such file"}}), speech_event("no such file", "error")):
        script = answering(speech_event({"text": "Good"}) + bad, label)
        with opened(script) as desk, pytest.raises(InvokeServerUnavailableError, match="no such file"):
            transcript_of(desk)


def test_a_text_that_only_begins_like_an_event_is_a_text() -> None:
    text = "data: the new oil,\nsays the speaker."
    with opened(answering(text.encode(), "text/plain")) as desk:
        assert transcript_of(desk) == text


def test_half_a_character_in_a_transcript_is_replaced() -> None:
    with opened(answering(b'{"text": "a\\ud83d b"}', "application/json")) as desk:
        assert transcript_of(desk) == "a\ufffd b"
