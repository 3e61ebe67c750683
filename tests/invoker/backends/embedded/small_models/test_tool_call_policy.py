"""Tests for when tools are called, and when again, on a scripted model that imitates a small model's failures."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from boomerang.invoker.backends.embedded.llama.runtime import Chunk, Route, Sink
from boomerang.invoker.backends.embedded.llama.tool_prompt import MOST_CALLS
from boomerang.invoker.backends.embedded.small_models.tool_call_policy import Calling, Toolbox
from boomerang.invoker.entities.message import PromptMessageTool
from boomerang.invoker.errors import InvokeBadRequestError
from tests.invoker.backends.embedded.asking import TOOLS

QUESTIONS = [{"role": "user", "content": "Oslo?"}]
INFORMED = [{"role": "user", "content": "Oslo?\n\nResult of get_weather: -3"}]
ENDS, GOES_ON = {"": 0.999}, {"": 0.9}
CALLS = {'{"': 0.6}


def weather(city: str) -> str:
    return json.dumps({"name": "get_weather", "arguments": {"city": city}})


class ScriptedModel:
    """A model that returns the given token probabilities and answers in order."""

    def __init__(self, likely: list[dict[str, float] | Exception], *answers: str, context_size: int = 4096) -> None:
        self.context_size = context_size
        self.likely = likely
        self.answers = list(answers)
        self.requests: list[Mapping[str, Any]] = []

    def first_token(self, route: Route, payload: Mapping[str, Any], sink: Sink) -> dict[str, float]:
        self.requests.append(payload)
        content = self.likely.pop(0)
        if isinstance(content, Exception):
            raise content
        return content

    def stream(self, route: Route, payload: Mapping[str, Any], sink: Sink) -> None:
        self.requests.append(payload)
        text = self.answers.pop(0)
        for character in text:
            sink({"choices": [{"delta": {"content": character}}]})
        reason = "stop" if text.endswith("}") else "length"
        sink({"choices": [{"delta": {}, "finish_reason": reason}], "usage": {"prompt_tokens": 100, "completion_tokens": 10}})


class Collected:
    """The emitted chunks."""

    def __init__(self) -> None:
        self.chunks: list[Chunk] = []

    def __call__(self, chunk: Chunk, /) -> None:
        self.chunks.append(chunk)

    def check(self) -> None:
        """Never stopped."""

    def on_stop(self, hook: Callable[[], None], /) -> AbstractContextManager[None]:
        return nullcontext()

    @property
    def texts(self) -> list[str]:
        text = "".join(choice["delta"].get("content", "") for chunk in self.chunks for choice in chunk["choices"])
        return [part + "}}" for part in text.split("}}") if part]


def call(model: ScriptedModel, made: tuple[str, ...] = (), **params: Any) -> Collected | None:
    received = Collected()
    tools = [PromptMessageTool.model_validate(tool) for tool in TOOLS]
    box = Toolbox(tools, QUESTIONS, INFORMED if made else QUESTIONS, made)
    answered = Calling(model, box, {"max_tokens": 200, **params}, received).call()
    assert answered or received.chunks == []
    return received if answered else None


def test_an_answer_that_would_not_begin_like_a_call_is_none() -> None:
    assert call(ScriptedModel([{"The": 0.9, "{": 0.05}])) is None


def test_calls_are_made_until_the_model_would_end() -> None:
    model = ScriptedModel([CALLS, GOES_ON, ENDS], weather("Oslo"), weather("Rome"))
    received = call(model)
    assert received is not None
    assert received.texts == [weather("Oslo"), weather("Rome")]
    assert received.chunks[-1] == {
        "choices": [{"delta": {}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20},
    }
    assert not any("usage" in chunk for chunk in received.chunks[:-1])
    assert [payload["messages"][-1]["content"] for payload in model.requests] == [
        "Oslo?",
        "Oslo?",
        weather("Oslo"),
        weather("Oslo") + "\n",
        weather("Oslo") + "\n" + weather("Rome"),
    ]
    assert [payload["max_tokens"] for payload in model.requests if "max_tokens" in payload] == [200, 190]


def test_the_same_call_is_not_made_twice_in_an_answer() -> None:
    received = call(ScriptedModel([CALLS, GOES_ON], weather("Oslo"), weather("Oslo").replace(": ", ":")))
    assert received is not None
    assert received.texts == [weather("Oslo")]


def test_after_results_the_same_call_is_no_answer() -> None:
    assert call(ScriptedModel([GOES_ON], weather("Oslo")), made=(weather("Oslo"),)) is None


def test_after_results_another_call_is_made_with_the_results_in_sight() -> None:
    model = ScriptedModel([GOES_ON, ENDS], weather("Rome"))
    received = call(model, made=(weather("Oslo"),))
    assert received is not None
    assert received.texts == [weather("Rome")]
    assert [payload["messages"][0]["content"] for payload in model.requests] == [
        QUESTIONS[0]["content"],
        INFORMED[0]["content"],
        QUESTIONS[0]["content"],
    ]


def test_after_results_the_model_that_would_end_makes_no_call() -> None:
    assert call(ScriptedModel([ENDS]), made=(weather("Oslo"),)) is None


def test_what_is_too_long_with_the_tools_is_asked_without_them_after_results_only() -> None:
    too_long = InvokeBadRequestError("The prompt has 5,000 tokens.", field="prompt_messages")
    assert call(ScriptedModel([too_long]), made=(weather("Oslo"),)) is None
    with pytest.raises(InvokeBadRequestError, match="5,000"):
        call(ScriptedModel([too_long]))


def test_a_further_call_that_is_cut_is_left_out_and_a_first_one_is_passed_on() -> None:
    received = call(ScriptedModel([CALLS, GOES_ON], weather("Oslo"), '{"name": "get_w'))
    assert received is not None
    assert received.texts == [weather("Oslo")]
    assert received.chunks[-1]["choices"][0]["finish_reason"] == "stop"
    cut = call(ScriptedModel([CALLS], '{"name": "get_w'))
    assert cut is not None
    assert cut.chunks[-1]["choices"][0]["finish_reason"] == "length"


@pytest.mark.parametrize(("context_size", "max_tokens"), [(150, 200), (4096, 10)])
def test_no_further_call_is_begun_without_room(context_size: int, max_tokens: int) -> None:
    model = ScriptedModel([CALLS], weather("Oslo"), context_size=context_size)
    received = call(model, max_tokens=max_tokens)
    assert received is not None
    assert received.texts == [weather("Oslo")]


def test_there_is_a_limit_to_calls() -> None:
    cities = [f"City {number}" for number in range(20)]
    received = call(ScriptedModel([CALLS, *[GOES_ON] * 20], *map(weather, cities)))
    assert received is not None
    assert received.texts == [weather(city) for city in cities[:MOST_CALLS]]


def test_with_a_seed_the_prompt_is_read_afresh_once() -> None:
    model = ScriptedModel([CALLS, GOES_ON, ENDS], weather("Oslo"), weather("Rome"))
    call(model, seed=1, cache_prompt=False)
    assert ["cache_prompt" in payload for payload in model.requests] == [True, False, False, False, False]
