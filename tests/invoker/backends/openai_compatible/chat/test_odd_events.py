"""Tests that an odd event, label or byte never costs an answer: it is read, or skipped and reported; never dropped silently."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.backends.openai_compatible.chat.completion_reader import AnswerReader
from boomerang.invoker.entities.llm.result import LLMFold
from boomerang.invoker.errors import InvokeError, ProtocolError
from boomerang.invoker.events import ServerField
from boomerang.invoker.http.body.sse import Event
from tests.invoker.backends.openai_compatible.chat.odd_streams import STOP, answer_to, piece
from tests.invoker.backends.openai_compatible.chat.test_completion_reader import sending
from tests.invoker.backends.openai_compatible.chat.test_message_fields import DONE, line
from tests.invoker.backends.openai_compatible.desk import opened, streaming
from tests.loopback import head, whole


@pytest.mark.parametrize("indexes", [(1, 1, 1), (0, 1, 2), ("0", "0", "0"), (None, None, None), (0.0, 0.0, 0.0), (7, 3, 0)])
def test_the_only_choice_of_each_event_is_the_answer_whatever_its_index(indexes: Any) -> None:
    events = [piece(text, index) for text, index in zip(("Hel", "l", "o."), indexes, strict=True)]
    result, notices = answer_to([*events, STOP, DONE])
    assert result.message.content == "Hello." and notices == []


def test_of_several_choices_in_one_event_the_lowest_index_counts_with_a_notice() -> None:
    both = line({"choices": [{"index": 1, "delta": {"content": "B"}}, {"index": "0", "delta": {"content": "A"}}]})
    result, notices = answer_to([both, STOP, DONE])
    assert result.message.content == "A" and len(notices) == 1 and "more than one choice" in notices[0]


@pytest.mark.parametrize(
    "idle",
    [
        b": keepalive",
        b"ping",
        b"null",
        b'""',
        b"[]",
        b"{}",
        b"keep-alive",
        b"[HEARTBEAT]",
        b'"ping"',
        b"false",
        b": OPENROUTER",
    ],
)
def test_events_that_keep_the_connection_open_are_skipped_and_counted(idle: bytes) -> None:
    events = [piece("Hel"), b"data: " + idle + b"\n\n", b"data: " + idle + b"\n\n", piece("lo."), STOP, DONE]
    result, notices = answer_to(events)
    assert result.message.content == "Hello."
    assert notices == ["Skipped events without content: 2."]


def test_an_event_that_is_cut_stays_an_error() -> None:
    with opened(streaming([piece("Hel"), b'data: {"choices": [{"ind\n\n', STOP, DONE])) as desk:
        with pytest.raises(ProtocolError, match="broken or cut off"):
            desk.ask()
        assert [chunk.delta.message.content for chunk in desk.record.chunks] == ["Hel"]


def test_raw_control_characters_in_strings_are_read_with_one_notice() -> None:
    raw = b'data: {"choices":[{"index":0,"delta":{"content":"a\tb\x1b[0m"}}]}\n\n'
    result, notices = answer_to([raw, raw, STOP, DONE])
    assert result.message.content == "a\tb\x1b[0m" * 2
    assert len(notices) == 1 and "control characters" in notices[0]


def test_raw_line_breaks_in_the_strings_of_a_whole_answer_are_read() -> None:
    body = b'{"choices": [{"index": 0, "message": {"content": "one\ntwo"}, "finish_reason": "stop"}]}'
    with opened(sending(whole(body))) as desk:
        assert desk.ask().message.content == "one\ntwo"
        assert [notice for notice in desk.notices if "control characters" in notice]


@given(st.text(alphabet="aé語😀", min_size=1, max_size=8), st.data())
def test_a_character_that_is_cut_between_two_events_is_joined(text: str, data: st.DataObject) -> None:
    octets = text.encode()
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(octets) - 1)), max_size=4)))
    pieces = [octets[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(octets)], strict=True)]
    reader, fold = AnswerReader("m"), LLMFold()
    for part in pieces:
        fold.extend(reader.read(Event(b'{"choices":[{"delta":{"content":"' + part + b'"}}]}')))
    fold.extend(reader.read(Event(b'{"choices":[{"delta":{},"finish_reason":"stop"}]}')))
    assert fold.add(reader.last(0.0)).text == text


def test_a_character_that_stays_cut_is_replaced_with_a_notice() -> None:
    raw = b'data: {"choices":[{"index":0,"delta":{"content":"caf\xc3"}}]}\n\n'
    result, notices = answer_to([raw, piece("!"), STOP, DONE])
    assert result.message.content == "caf�!"
    assert len(notices) == 1 and "not UTF-8" in notices[0]


@pytest.mark.parametrize(
    "both",
    [
        lambda first, second: b"data: " + first + second + b"\n\n",
        lambda first, second: b"data: " + first + b" " + second + b"\n\n",
        lambda first, second: b"data: data: " + first + b"\n\ndata:data: data: " + second + b"\n\n",
        lambda first, second: b"data: [" + first + b"," + second + b"]\n\n",
        lambda first, second: b"data: " + first + b"data: " + second + b"data: [DONE]\n\n",
    ],
)
def test_two_objects_in_one_line_and_a_doubled_field_are_read(both: Any) -> None:
    first, second = piece("Hel").strip()[6:], piece("lo.").strip()[6:]
    result, _notices = answer_to([both(first, second), STOP, DONE])
    assert result.message.content == "Hello."


@pytest.mark.parametrize("media_type", ["application/json", "text/event-stream", "text/plain", "application/x-ndjson"])
@pytest.mark.parametrize("behind", [b"\ndata: [DONE]\n\n", b"", b"\n\n", b"\0\0", b"\nbye"])
def test_a_whole_object_is_read_with_whatever_follows_and_however_it_is_called(media_type: str, behind: bytes) -> None:
    value = {"choices": [{"index": 0, "message": {"content": "Hello."}, "finish_reason": "stop"}]}
    with opened(sending(head(media_type=media_type), json.dumps(value).encode() + behind)) as desk:
        assert desk.ask().message.content == "Hello."


@pytest.mark.parametrize("media_type", ["application/json", "text/event-stream"])
def test_a_whole_object_over_several_lines_is_read(media_type: str) -> None:
    value = {"choices": [{"index": 0, "message": {"content": "Hello."}, "finish_reason": "stop"}]}
    with opened(sending(head(media_type=media_type), json.dumps(value, indent=1).encode())) as desk:
        assert desk.ask().message.content == "Hello."


def test_objects_line_by_line_without_the_field_data_are_read() -> None:
    lines = b"".join(result.strip()[6:] + b"\n" for result in (piece("Hel"), piece("lo."), STOP))
    for media_type in ("application/x-ndjson", "application/json", "text/event-stream"):
        with opened(sending(head(media_type=media_type), lines)) as desk:
            assert desk.ask().message.content == "Hello."


STRANGE = {"status": "failed", "reason": "quota exhausted", "errcode": 1234}


@pytest.mark.parametrize(
    "value", [STRANGE, {"choices": [], "error_msg": "quota exhausted"}, {"fault": {"text": "quota exhausted"}}]
)
@pytest.mark.parametrize("before", [[], [piece("Hel")]])
def test_an_error_in_an_unknown_shape_is_an_error_in_its_words_if_nothing_else_ends_the_stream(
    value: dict[str, Any], before: list[bytes]
) -> None:
    with opened(streaming([*before, line(value), DONE])) as desk, pytest.raises(InvokeError, match="quota exhausted"):
        desk.ask()


def test_an_event_that_is_not_understood_is_a_notice_if_the_answer_is_complete() -> None:
    with opened(streaming([piece("Hel"), line(STRANGE), piece("lo."), STOP, DONE])) as desk:
        assert desk.ask().message.content == "Hello."
        assert len(desk.notices) == 1 and "quota exhausted" in desk.notices[0]
        assert any(isinstance(note, ServerField) and note.value == STRANGE for note in desk.record.events)


def test_words_in_the_stream_are_a_notice_if_the_answer_is_complete() -> None:
    result, notices = answer_to([piece("Hello."), b"data: warning: context almost full\n\n", STOP, DONE])
    assert result.message.content == "Hello." and "context almost full" in notices[0]
