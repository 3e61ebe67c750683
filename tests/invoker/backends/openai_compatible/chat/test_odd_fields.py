"""Tests that readable content in odd fields is read: reasoning, text, usage and tool calls in every shape that servers send."""

from __future__ import annotations

from typing import Any

import pytest

from boomerang.invoker.entities.llm.result import LLMFold
from boomerang.invoker.events import ServerField
from tests.invoker.backends.openai_compatible.chat.odd_streams import STOP, answer_to, piece
from tests.invoker.backends.openai_compatible.chat.test_message_fields import DONE, line
from tests.invoker.backends.openai_compatible.desk import CONFIG, HELLO, USAGE, event, opened, streaming


@pytest.mark.parametrize(
    "delta",
    [
        {"reasoning_content": "hmm"},
        {"reasoning": "hmm"},
        {"reasoning_text": "hmm"},
        {"thinking": "hmm"},
        {"reasoning": {"content": "hmm"}},
        {"reasoning": {"summary": [{"type": "summary_text", "text": "hmm"}]}},
        {"reasoning_details": [{"type": "reasoning.text", "text": "hmm", "index": 0}]},
        {"thinking_blocks": [{"type": "thinking", "thinking": "hmm", "signature": "s"}]},
        {"content": [{"type": "reasoning", "text": "hmm"}]},
        {"content": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "hmm"}]}]},
        {"content": [{"type": "thinking", "thinking": "hmm"}]},
        {"reasoning": "hmm", "reasoning_details": [{"type": "reasoning.text", "text": "hmm"}]},
        {"reasoning_content": "hmm", "thinking_blocks": [{"type": "thinking", "thinking": "hmm"}]},
        {"reasoning": "hmm", "reasoning_content": "hmm"},
    ],
)
def test_reasoning_is_reasoning_in_every_field_and_once(delta: dict[str, Any]) -> None:
    result, notices = answer_to([event(delta), event({"content": "yes"}), STOP, DONE])
    assert result.message.content == "<think>\nhmm\n</think>yes" and notices == []


@pytest.mark.parametrize(
    "delta",
    [
        {"content": ["Q"]},
        {"content": {"text": "Q"}},
        {"content": [{"type": "text", "text": {"value": "Q"}}]},
        {"content": [{"type": "output_text", "text": "Q"}]},
        {"content": [{"type": "text", "content": "Q"}]},
        "Q",
        ["Q"],
    ],
)
def test_text_is_text_in_every_shape(delta: Any) -> None:
    result, notices = answer_to([line({"choices": [{"index": 0, "delta": delta}]}), STOP, DONE])
    assert result.message.content == "Q" and notices == []


@pytest.mark.parametrize(
    ("delta", "field"),
    [
        ({"content": "Q", "citations": ["https://a.example"]}, "citations"),
        ({"content": [{"type": "video", "url": "https://a.example"}, "Q"]}, "content[].video"),
        ({"content": "Q", "mood": 7}, "mood"),
    ],
)
def test_a_field_of_an_unknown_shape_is_named_and_kept_in_the_record(delta: dict[str, Any], field: str) -> None:
    with opened(streaming([event(delta), event(delta), STOP, DONE])) as desk:
        assert desk.ask().message.content == "QQ"
        assert desk.notices == [
            f"The answer has the field {field}, which Dify's messages cannot carry. Its value is in the log."
        ]
        kept = [note for note in desk.record.events if isinstance(note, ServerField) and note.name == field]
        assert len(kept) == 2 and kept[0].value


def test_a_message_that_repeats_what_its_pieces_said_is_not_text_again() -> None:
    end = line({"choices": [{"index": 0, "delta": {}, "message": {"content": "Hello."}, "finish_reason": "stop"}]})
    result, _notices = answer_to([piece("Hel"), piece("lo."), end, DONE])
    assert result.message.content == "Hello."


@pytest.mark.parametrize(
    ("usages", "expected"),
    [
        ([USAGE, {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}], (5, 2, 7)),
        ([USAGE, {"prompt_tokens": None, "completion_tokens": None, "total_tokens": None}], (5, 2, 7)),
        ([USAGE, None], (5, 2, 7)),
        ([{"prompt_tokens": "5", "completion_tokens": "2", "total_tokens": "7"}], (5, 2, 7)),
        ([{"prompt_tokens": 5.0, "completion_tokens": 2.0}], (5, 2, 7)),
        ([{"input_tokens": 5}, {"output_tokens": 2}], (5, 2, 7)),
        ([{"prompt_tokens": 5, "completion_tokens": 1}, {"prompt_tokens": 5, "completion_tokens": 2}], (5, 2, 7)),
    ],
)
def test_a_usage_is_the_real_numbers_wherever_they_came(usages: list[Any], expected: tuple[int, int, int]) -> None:
    events = [event({"content": "Hi"}, usage=usage) for usage in usages]
    result, _notices = answer_to([*events, STOP, DONE])
    usage = result.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == expected


@pytest.mark.parametrize("usage", [None, {}, [], "many", {"prompt_tokens": None}, {"prompt_tokens": "none"}])
def test_a_usage_without_a_number_is_none(usage: Any) -> None:
    with opened(streaming([event({"content": "Hi"}, usage=usage), STOP, DONE])) as desk:
        assert LLMFold().extend(desk.session.model.llm.invoke(CONFIG, HELLO, stream=True)).usage is None


def calls(*fragments: Any, notices: int | None = 0) -> list[tuple[str, str]]:
    """Return name and arguments of the calls that a stream of `tool_calls` adds up to."""
    with opened(
        streaming([*(event({"tool_calls": fragment}) for fragment in fragments), event({}, "tool_calls"), DONE])
    ) as desk:
        result = [(call.function.name, call.function.arguments) for call in desk.ask().message.tool_calls]
        assert notices is None or len(desk.notices) == notices
        return result


def test_interleaved_fragments_without_an_index_go_to_the_call_of_their_id() -> None:
    first = {"id": "a1", "function": {"name": "f", "arguments": '{"p"'}}
    other = {"id": "a2", "function": {"name": "g", "arguments": '{"q":1}'}}
    more = {"id": "a1", "function": {"arguments": ":2}"}}
    expected = [("f", '{"p":2}'), ("g", '{"q":1}')]
    assert calls([first], [other], [more]) == expected
    for index in (0, 1):  # or all under one index, or each under its own
        fragments = [first | {"index": 0}, other | {"index": index}, more | {"index": 0}]
        assert calls(*([fragment] for fragment in fragments)) == expected


def test_a_fragment_with_a_new_id_and_no_index_that_goes_on_is_more_of_its_call() -> None:
    torn = [{"id": f"x{n}", "function": {"name": "f", "arguments": part}} for n, part in enumerate(('{"p"', ":", "2}"))]
    assert calls(*([fragment] for fragment in torn)) == [("f", '{"p":2}')]


@pytest.mark.parametrize(
    "value",
    [
        {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}},
        {"0": {"id": "c", "function": {"name": "f", "arguments": '{"a": 1}'}}},
        [{"id": "c", "function": {"name": "f", "parameters": {"a": 1}}}],
        [{"id": "c", "name": "f", "arguments": {"a": 1}}],
        [{"id": "c", "name": "f", "input": {"a": 1}}],
        [{"id": 5, "function": {"name": "f", "arguments": {"a": 1}}}],
        [{"id": "c", "index": "0", "function": {"name": "f", "arguments": '{"a": 1}'}}],
        [{"id": "c", "index": 0.0, "type": None, "function": {"name": "f", "arguments": '{"a": 1}'}}],
        [None, {"id": "c", "function": {"name": "f", "arguments": '{"a": 1}'}}],
    ],
)
def test_a_call_of_any_shape_is_a_call_with_its_arguments(value: Any) -> None:
    assert calls(value) == [("f", '{"a": 1}')]


def test_what_is_no_call_is_named() -> None:
    assert calls(["f(1)"], notices=1) == []
