"""Tests for tool calls in text: the same however the text is split, reported early, and only for tools in the request."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.backends.embedded.llama.tool_call_parser import CallReader, Part
from boomerang.invoker.backends.embedded.llama.tool_prompt import closed
from boomerang.invoker.backends.embedded.tasks.llm import Llama
from boomerang.invoker.entities.llm.result import LLMResult
from boomerang.invoker.entities.message import ToolCall
from boomerang.invoker.entities.tools import ToolCallFold
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.llm_text.json_schema import Checked, check
from boomerang.invoker.run import Run
from boomerang.workbench.samples import inputs
from tests.invoker.backends.embedded.asking import OSLO, TOOLS, ask, request

NAMES = ("get_weather", "add")
SAMPLE_TOOLS = [{key: value for key, value in tool.items() if key != "mock"} for tool in inputs.TOOLS]
"""These have parameter descriptions."""
OSLO_CALL = '{"name": "get_weather", "arguments": {"city": "Oslo", "unit": "C"}}'
ADD_CALL = '{"name": "add", "arguments": {"a": 19, "b": 23}}'

Read = tuple[str, list[tuple[str, Any]]]


def read(pieces: Sequence[str]) -> Read:
    """Return the text and the calls parsed from an answer's pieces."""
    numbers = itertools.count(1)
    reader = CallReader(NAMES, lambda: f"call_{next(numbers)}")
    parts: list[Part] = [part for piece in pieces for part in reader.feed(piece)] + reader.finish()
    fold = ToolCallFold()
    for part in parts:
        if isinstance(part, ToolCall):
            fold.add([part])
    calls = fold.calls()
    assert [call.id for call in calls] == [f"call_{number}" for number in range(1, len(calls) + 1)]
    assert all(call.type == "function" for call in calls)
    text = "".join(part for part in parts if isinstance(part, str))
    return text, [(call.function.name, json.loads(call.function.arguments)) for call in calls]


WEATHER = ("get_weather", {"city": "Oslo", "unit": "C"})
SUM = ("add", {"a": 19, "b": 23})
ANSWERS: dict[str, Read] = {
    OSLO_CALL: ("", [WEATHER]),
    f"```json\n{OSLO_CALL}\n```": ("", [WEATHER]),
    f"```\n{OSLO_CALL}\n{ADD_CALL}\n```\n": ("", [WEATHER, SUM]),
    f"{OSLO_CALL}\n{ADD_CALL}": ("", [WEATHER, SUM]),
    f"[{OSLO_CALL},\n {ADD_CALL}]": ("", [WEATHER, SUM]),
    f"<tool_call>\n{OSLO_CALL}\n</tool_call>\n<tool_call>{ADD_CALL}</tool_call>": ("", [WEATHER, SUM]),
    f'{{"type": "function", "function": {OSLO_CALL}}}': ("", [WEATHER]),
    f'{{"id": "x", "type": "function", "function": {OSLO_CALL}}} {ADD_CALL}': ("", [WEATHER, SUM]),
    '{"arguments": {"a": 1, "b": {"c": "}"}}, "name": "add"}': ("", [("add", {"a": 1, "b": {"c": "}"}})]),
    '{"name": "add", "parameters": {"a": "\\"}{", "b": []}}': ("", [("add", {"a": '"}{', "b": []})]),
    '{"name": "add", "arguments": "{\\"a\\": 1}"}': ("", [("add", {"a": 1})]),
    '{"name": "add"}': ("", [("add", {})]),
    '{"name": "get_\\u0077eather", "arguments": {}}': ("", [("get_weather", {})]),
    f"{OSLO_CALL} Let me look.": (" Let me look.", [WEATHER]),
    "": ("", []),
    "Oslo is cold.": ("Oslo is cold.", []),
    "  \nOslo.": ("  \nOslo.", []),
    "```python\nprint({1: 2})\n```": ("```python\nprint({1: 2})\n```", []),
    "[1] says so": ("[1] says so", []),
    "<b>bold</b>": ("<b>bold</b>", []),
    "<tool_": ("<tool_", []),
    '{"name": "cat_joke", "arguments": {"a": 1}}': ('{"name": "cat_joke", "arguments": {"a": 1}}', []),
    '{"name": "add", "age": 3}': ('{"name": "add", "age": 3}', []),
    '{"city": "Oslo"}': ('{"city": "Oslo"}', []),
    '{"name": "add", "argum': ('{"name": "add", "argum', []),
    '{broken "name"}': ('{broken "name"}', []),
    "{}": ("{}", []),
    f"I would call {OSLO_CALL}": (f"I would call {OSLO_CALL}", []),
    f'{OSLO_CALL}\n{{"name": "other", "arguments": {{}}}}': ('\n{"name": "other", "arguments": {}}', [WEATHER]),
}


@pytest.mark.parametrize(("text", "expected"), ANSWERS.items())
def test_calls_are_read_out_of_an_answer(text: str, expected: Read) -> None:
    assert read([text]) == expected


@given(st.sampled_from(list(ANSWERS)), st.lists(st.integers(0, 120), max_size=12))
def test_the_calls_are_the_same_however_the_text_is_cut(text: str, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    assert read([text[start:end] for start, end in itertools.pairwise(places)]) == ANSWERS[text]


@given(st.text('{}[]",:\\n ameagrutdsx`<>/_1', max_size=80), st.lists(st.integers(0, 80), max_size=8))
def test_any_text_reads_the_same_however_it_is_cut(text: str, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [text[start:end] for start, end in itertools.pairwise(places)]
    assert parts_of(pieces) == parts_of(list(text))


def parts_of(pieces: Sequence[str]) -> list[str]:
    """Return the parsed parts as text, adjacent ones joined; arguments may be truncated."""
    reader = CallReader(NAMES, lambda: "id")
    parts = [part for piece in pieces for part in reader.feed(piece)] + reader.finish()
    read: list[str] = []
    kinds = [(isinstance(part, str), part if isinstance(part, str) else part.function.arguments, part) for part in parts]
    for is_text, group in itertools.groupby(kinds, key=lambda kind: (kind[0], not kind[0] and bool(kind[2].id))):  # type: ignore[union-attr]
        read.append(f"{is_text}{''.join(text for _, text, _ in group)}")
    return read


def test_a_call_begins_before_its_arguments_are_complete() -> None:
    reader = CallReader(NAMES)
    parts = reader.feed('{"name": "get_weather", "arguments": {')
    assert [part.function.name for part in parts if isinstance(part, ToolCall)] == ["get_weather", ""]
    (more,) = reader.feed('"city": "Os')
    assert isinstance(more, ToolCall)
    assert more.function.arguments == '"city": "Os'


def test_text_is_not_kept_back_once_it_cannot_be_a_call() -> None:
    reader = CallReader(NAMES)
    assert reader.feed("The ") == ["The "]
    assert reader.feed('{"name": "add"') == ['{"name": "add"']


def test_two_readers_give_different_ids() -> None:
    ids = {part.id for _ in range(2) for part in CallReader(NAMES).feed(OSLO_CALL) if isinstance(part, ToolCall) and part.id}
    assert len(ids) == 2


def called(result: LLMResult) -> list[tuple[str, Any]]:
    return [(call.function.name, json.loads(call.function.arguments)) for call in result.message.tool_calls]


def test_the_default_model_calls_tools_in_fragments(qwen: Llama) -> None:
    chunks = list(qwen.stream(request(qwen, OSLO, TOOLS), Run()))
    result = LLMResult.of(chunks)
    assert called(result)[0][1]["city"] == "Oslo"
    assert called(result)[1] == SUM
    assert result.finish_reason == "tool_calls"
    assert result.message.content == ""
    assert sum(bool(chunk.delta.message.tool_calls) for chunk in chunks) > 4


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 4, 6])
def test_arguments_keep_to_the_schema_of_their_tool(qwen: Llama, seed: int) -> None:
    """With these seeds the default model once turned descriptions into properties, sometimes endlessly."""
    weather, add = SAMPLE_TOOLS
    result = ask(qwen, request(qwen, OSLO, SAMPLE_TOOLS, seed=seed))
    assert [name for name, _ in called(result)] == ["get_weather", "add"]
    for (_, arguments), tool in zip(called(result), (weather, add), strict=True):
        assert check(arguments, tool["parameters"] | {"additionalProperties": False}) == Checked()


@pytest.mark.slow
def test_the_same_seed_gives_the_same_calls(qwen: Llama) -> None:
    results = [ask(qwen, request(qwen, OSLO, TOOLS, seed=5, temperature=1.0)) for _ in range(2)]
    assert called(results[0]) == called(results[1])


@pytest.mark.slow
def test_tokens_are_counted_over_all_calls(qwen: Llama) -> None:
    usage = ask(qwen, request(qwen, OSLO, TOOLS, temperature=0)).usage
    assert 40 <= usage.completion_tokens <= 60  # two calls
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


CLOSED = {"type": "object", "properties": {"a": {}}, "additionalProperties": False}
OPEN_ = {"type": "object", "properties": {"a": {}}}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (OPEN_, CLOSED),
        ({"properties": {"b": OPEN_}}, {"properties": {"b": CLOSED}, "additionalProperties": False}),
        ({"items": OPEN_}, {"items": CLOSED}),
        ({"$defs": {"B": OPEN_}}, {"$defs": {"B": CLOSED}}),
        ({"anyOf": [OPEN_, {"type": "null"}]}, {"anyOf": [CLOSED, {"type": "null"}]}),
    ],
)
def test_properties_that_no_schema_names_are_left_out(schema: dict[str, Any], expected: dict[str, Any]) -> None:
    assert closed(schema) == expected


@pytest.mark.parametrize(
    "schema",
    [
        True,
        {"type": "object"},
        OPEN_ | {"additionalProperties": True},
        OPEN_ | {"additionalProperties": {"type": "string"}},
        OPEN_ | {"patternProperties": {"^x": {}}},
        {"allOf": [OPEN_, {"properties": {"b": {}}}]},
        OPEN_ | {"anyOf": [{"required": ["a"]}, {"properties": {"b": {}}}]},
    ],
)
def test_a_schema_that_speaks_of_further_properties_stays_as_it_is(schema: Any) -> None:
    assert closed(schema) == schema


@pytest.mark.slow
@pytest.mark.parametrize(
    ("question", "called"),
    [
        ("What is 2 plus 2?", "add"),
        ("What's the weather in Paris in Fahrenheit?", "get_weather"),
        ("Tell me a joke about cats.", None),
        ("Who wrote Hamlet?", None),
        ("Thanks, that is all!", None),
    ],
)
def test_the_default_model_calls_a_tool_only_if_one_helps(qwen: Llama, question: str, called: str | None) -> None:
    result = ask(qwen, request(qwen, question, TOOLS, max_tokens=30, temperature=0))
    assert [call.function.name for call in result.message.tool_calls][:1] == ([called] if called else [])
    assert bool(result.message.content) is (called is None)


OSLO_MADE = {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Oslo"}'}}
ADD_MADE = {"id": "c2", "type": "function", "function": {"name": "add", "arguments": '{"a": 19, "b": 23}'}}
OSLO_RESULT = {"role": "tool", "tool_call_id": "c1", "content": '{"temperature": -3, "sky": "snow"}'}
ADD_RESULT = {"role": "tool", "tool_call_id": "c2", "content": "42"}


def calling(*calls: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": "", "tool_calls": list(calls)}


@pytest.mark.slow
@pytest.mark.parametrize(
    "steps",
    [
        [calling(OSLO_MADE, ADD_MADE), OSLO_RESULT, ADD_RESULT],
        [calling(OSLO_MADE), OSLO_RESULT, calling(ADD_MADE), ADD_RESULT],
    ],
)
def test_after_all_results_the_model_answers_in_text(qwen: Llama, steps: list[dict[str, Any]]) -> None:
    result = ask(qwen, request(qwen, [{"role": "user", "content": OSLO}, *steps], TOOLS, temperature=0))
    assert "42" in result.message.get_text_content()
    assert (result.message.tool_calls, result.finish_reason) == ([], "stop")


@pytest.mark.slow
def test_after_the_first_of_two_results_the_model_makes_the_other_call(qwen: Llama) -> None:
    prompt = [{"role": "user", "content": OSLO}, calling(OSLO_MADE), OSLO_RESULT]
    result = ask(qwen, request(qwen, prompt, TOOLS, temperature=0))
    assert called(result) == [SUM]
    assert (result.message.content, result.finish_reason) == ("", "tool_calls")


@pytest.mark.slow
def test_a_call_can_use_the_result_of_the_one_before(qwen: Llama) -> None:
    made = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 3, "b": 4}'}}
    prompt = [
        {"role": "user", "content": "Add 3 and 4, then add 10 to the result."},
        calling(made),
        {"role": "tool", "tool_call_id": "c1", "content": "7"},
    ]
    ((name, arguments),) = called(ask(qwen, request(qwen, prompt, TOOLS, temperature=0)))
    assert (name, sorted(arguments.values())) == ("add", [7, 10])


@pytest.mark.parametrize("prompt", [[OSLO_RESULT], [{"role": "user", "content": "Hi"}, OSLO_RESULT]])
def test_results_of_calls_that_were_not_made_are_answered_in_text(qwen: Llama, prompt: list[dict[str, Any]]) -> None:
    result = ask(qwen, request(qwen, prompt, TOOLS, temperature=0, max_tokens=20))
    assert (bool(result.message.content), result.message.tool_calls) == (True, [])


def test_tools_are_refused_where_they_cannot_be_used(smollm2: Llama) -> None:
    with pytest.raises(InvokeBadRequestError, match="mode chat") as caught:
        ask(smollm2, request(smollm2, "Hi", TOOLS, mode="completion"))
    assert caught.value.field == "tools"
    broken = [{"name": "f", "description": "", "parameters": {"type": "wurst"}}]
    with pytest.raises(InvokeBadRequestError, match=r"at \$\.type: "):
        ask(smollm2, request(smollm2, "Hi", broken))
