"""Tests that events of any shape, depth, number and size give an answer or a clear error, at a bounded cost."""

from __future__ import annotations

import gzip
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.backends.openai_compatible.chat.completion_reader import AnswerReader
from boomerang.invoker.entities.llm.result import LLMFold
from boomerang.invoker.errors import InvokeError, ProtocolError
from boomerang.invoker.http.body.sse import Event
from boomerang.invoker.http.limits import Limits
from boomerang.invoker.http.redaction.masking import Hiding
from boomerang.invoker.records.record_values import dump
from tests.invoker.backends.openai_compatible.chat.odd_streams import STOP, piece
from tests.invoker.backends.openai_compatible.chat.test_completion_reader import sending
from tests.invoker.backends.openai_compatible.chat.test_message_fields import DONE
from tests.invoker.backends.openai_compatible.desk import opened, streaming
from tests.json_values import JSON_VALUES
from tests.loopback import head, whole

FIELDS = "choices delta message content tool_calls function arguments name index id usage text prompt_tokens type error model"
NAMES = [*FIELDS.split(), "reasoning_content", "reasoning_details", "finish_reason", "x_groq"]
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(ODD | JSON_VALUES, max_size=4), ODD)
def test_events_of_any_shape_are_an_answer_or_an_error_in_plain_words(values: list[Any], delta: Any) -> None:
    reader, fold = AnswerReader("m", hiding=Hiding(["sk-not-for-anybodys-eyes"])), LLMFold()
    events = [*values, {"choices": [{"delta": delta}]}, {"choices": [{"message": delta}]}, {"choices": [delta]}]
    try:
        for value in events:
            fold.extend(reader.read(Event(json.dumps(value).encode())))
        fold.add(reader.last(0.0))
    except InvokeError as error:
        for text in ("NoneType", "object has no attribute", "validation error", "unhashable", "indices must be"):
            assert text not in str(error)
    json.dumps(fold.text).encode()


@pytest.mark.parametrize("levels", [150, 900])
@pytest.mark.parametrize(
    "event",
    [
        '{"choices": [{"delta": {"extra": DEEP, "reasoning_details": DEEP, "content": DEEP}}]}',
        '{"choices": [{"delta": {"tool_calls": [{"id": "c", "x": DEEP, "function": {"name": "f", "arguments": DEEP}}]}}]}',
        '{"fault": DEEP}',
        "DEEP",
        '{"error": DEEP}',
        '{"choices": [{"delta": {}, "finish_reason": DEEP}]}',
    ],
)
def test_nesting_without_an_end_breaks_nothing(event: str, levels: int) -> None:
    data = event.replace("DEEP", "[" * levels + "]" * levels).encode()
    with opened(streaming([b"data: " + data + b"\n\n", piece("Hi"), STOP, DONE])) as desk:
        with suppress(InvokeError):
            desk.ask()
        json.dumps(dump(desk.record))


@given(st.binary(max_size=40))
def test_bytes_of_any_kind_are_an_answer_or_an_error(data: bytes) -> None:
    reader = AnswerReader("m")
    try:
        list(reader.read(Event(data)))
        reader.last(0.0)
    except InvokeError:
        pass


@pytest.mark.parametrize(
    "delta",
    [
        lambda n: {"reasoning_content": "x" * 40},
        lambda n: {"tool_calls": [{"index": 0, "id": "c", f"k{n}": "v", "function": {"name": "f", "arguments": "}"}}]},
        *(
            pytest.param(delta, marks=pytest.mark.slow)
            for delta in (
                lambda n: {"reasoning_details": [{"type": "reasoning.text", "text": "x" * 20, "index": n}]},
                lambda n: {"reasoning_details": [{"type": "reasoning.text", "text": "x" * 20, "index": 0}]},
                lambda n: {"extra_content": {f"k{n}": "v"}},
                lambda n: {f"field{n}": "v"},
                lambda n: {"tool_calls": [{"index": n, "id": f"c{n}", "function": {"name": "f", "arguments": "{}"}}]},
            )
        ),
    ],
)
def test_a_long_stream_costs_linear_work_whatever_its_field(delta: Any) -> None:
    """With quadratic work these events would take many minutes."""
    notices: list[str] = []
    reader = AnswerReader("m", notice=lambda id, **_values: notices.append(id))
    for number in range(20_000):
        reader.read(Event(json.dumps({"choices": [{"delta": delta(number)}]}).encode()))
    reader.read(Event(b'{"choices":[{"delta":{},"finish_reason":"stop"}]}'))
    reader.last(0.0)
    assert len(notices) < 40


def test_a_stream_of_too_many_events_ends_at_the_limit_and_keeps_what_came() -> None:
    with opened(streaming([piece("a")] * 200 + [STOP, DONE]), limits=Limits(events=50)) as desk:
        with pytest.raises(ProtocolError, match="BOOMERANG_MAX_EVENTS"):
            desk.ask()
        assert len(desk.record.chunks) == 50


def test_a_bomb_in_a_stream_ends_at_the_limit_and_keeps_what_came() -> None:
    bomb = b"data: " + b" " * 2**24 + b"\n\n"
    body = gzip.compress(piece("a") + bomb * 4)
    answer = head(media_type="text/event-stream", Content_Encoding="gzip", Content_Length=str(len(body)))
    with opened(sending(answer, body), limits=Limits(answer_bytes=2**23)) as desk:
        with pytest.raises(ProtocolError, match="BOOMERANG_MAX_ANSWER_MB"):
            desk.ask()
        assert [chunk.delta.message.content for chunk in desk.record.chunks] == ["a"]


def test_a_whole_answer_of_very_many_small_values_is_refused_before_it_is_parsed() -> None:
    body = b'{"choices": [' + b"{}," * 2**20 + b"{}]}"
    limits, shown = Limits(answer_bytes=2**23), pytest.raises(ProtocolError, match="BOOMERANG_MAX_ANSWER_MB")
    with opened(sending(whole(body)), limits=limits) as desk, shown:
        desk.ask()
