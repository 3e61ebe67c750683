"""Tests that audio inside JSON or a stream of events is extracted, with a notice."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from boomerang.invoker.errors import (
    InvokeServerUnavailableError,
)
from tests.invoker.backends.openai_compatible.audio.speech_desk import MP3, answering, speech_event, spoken
from tests.invoker.backends.openai_compatible.desk import opened
from tests.loopback import ClientConnection, ReceivedRequest, chunked, head

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


@pytest.mark.parametrize("label", ["text/event-stream", "audio/mpeg", "text/plain"])
@pytest.mark.parametrize("size", [1, 3, 100])
def test_sound_inside_events_is_put_together_as_it_comes(label: str, size: int) -> None:
    parts = [base64.b64encode(MP3[at : at + size]).decode() for at in range(0, len(MP3), size)]
    events = [speech_event({"type": "speech.audio.delta", "audio": part}) for part in parts]
    end = [speech_event({"type": "speech.audio.done", "usage": {"total_tokens": 9}}), b"data: [DONE]\n\n"]
    stream = b"".join([*events, *end])

    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(head(media_type=label, Transfer_Encoding="chunked"), *chunked([stream]))

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
