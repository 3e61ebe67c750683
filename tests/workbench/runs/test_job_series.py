"""Test job series: calls in sequence, each with its own outcome; a failed call does not end the series, a stop does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from boomerang.invoker.backends.scripted import Scripted, llm_chunks
from boomerang.invoker.errors import InvokeBadRequestError, InvokeTimeoutError
from boomerang.invoker.records.record import Outcome
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.playground.run import run_status
from boomerang.workbench.runs.background_work import follow
from boomerang.workbench.runs.job_series import Series, Step
from boomerang.workbench.runs.session_calls import call
from tests.scripted import BOUND, PROVIDER

CONFIG = {"provider": PROVIDER, "model": "talker", "mode": "chat"}


def step(label: str) -> Step[None]:
    """Return a step that sends its label."""
    arguments = {"model_config": CONFIG, "prompt_messages": [{"role": "user", "content": label}]}
    return Step(label, call("llm", arguments), None)


def text_of(request: Request[Any]) -> str:
    """Return the text of a request."""
    return str(request.payload()["prompt_messages"][0]["content"])


def test_each_call_has_its_record_and_they_come_in_order() -> None:
    requests: list[str] = []

    def answer(request: Request[Any], run: Run) -> Iterator[Any]:
        requests.append(text_of(request))
        yield from llm_chunks(requests[-1])

    series = Series([step("a"), step("b"), step("c")], Scripted(answer))
    series.start().join(BOUND)
    assert requests == ["a", "b", "c"]
    assert [each.record.chunks[0].delta.message.content for each in series.steps if each.record] == requests
    assert run_status.name(series) == "done"


def test_one_that_fails_does_not_end_the_others() -> None:
    def answer(request: Request[Any], run: Run) -> Iterator[Any]:
        if text_of(request) == "b":
            raise InvokeBadRequestError("not b")
        yield from llm_chunks("fine")

    series = Series([step("a"), step("b"), step("c")], Scripted(answer))
    series.start().join(BOUND)
    assert [type(each.error) for each in series.steps] == [type(None), InvokeBadRequestError, type(None)]
    assert [each.record.outcome for each in series.steps if each.record] == [
        Outcome.COMPLETED,
        Outcome.FAILED,
        Outcome.COMPLETED,
    ]
    assert series.done == 3 and run_status.name(series) == "done" and series.error is None


def test_a_stop_ends_the_call_under_way_and_those_to_come_and_keeps_those_before() -> None:
    waiting = threading.Event()

    def answer(request: Request[Any], run: Run) -> Iterator[Any]:
        yield from llm_chunks("one", finish_reason="")
        if text_of(request) == "b":
            waiting.set()
            run.wait(BOUND)

    series = Series([step("a"), step("b"), step("c")], Scripted(answer))
    series.start()
    assert waiting.wait(BOUND)
    series.stop()
    series.join(BOUND)
    assert [each.record.outcome if each.record else None for each in series.steps] == [
        Outcome.COMPLETED,
        Outcome.STOPPED,
        None,
    ]
    assert run_status.name(series) == "stopped"


def test_the_clock_of_the_page_counts_for_the_whole_series() -> None:
    waiting = threading.Event()

    def answer(request: Request[Any], run: Run) -> Iterator[Any]:
        waiting.set()
        run.wait(BOUND)
        yield from llm_chunks("late")

    series = Series([step("a"), step("b")], Scripted(answer), timeout=0.01)
    series.start()
    assert waiting.wait(BOUND)
    series.expire()
    series.join(BOUND)
    assert isinstance(series.error, InvokeTimeoutError) and series.error.clock == "page"
    assert run_status.name(series) == "failed" and series.steps[1].record is None


def test_who_follows_learns_of_each_call_that_has_ended() -> None:
    gates = {label: threading.Event() for label in "ab"}

    def answer(request: Request[Any], run: Run) -> Iterator[Any]:
        assert gates[text_of(request)].wait(BOUND)
        yield from llm_chunks("fine")

    series = Series([step("a"), step("b")], Scripted(answer))
    series.start()
    seen = []
    for _ in follow([series], hz=200):
        if not seen or seen[-1] != series.done:
            seen.append(series.done)
            gates["ab"[min(series.done, 1)]].set()
    assert seen == [0, 1, 2]
