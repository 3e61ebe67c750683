"""Tests for the back end that answers from a function."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from boomerang.invoker.backends.scripted import Scripted, llm_chunks
from boomerang.invoker.entities.llm.chunk import LLMResultChunk, LLMUsage
from boomerang.invoker.entities.llm.result import LLMResult
from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.errors import InvokeBadRequestError, RunStoppedError
from boomerang.invoker.request import InvokeType, Request
from boomerang.invoker.run import Run
from tests.invoker.answers import USAGE, listed, request_of, text_chunks

BOUND = 10.0
LLM = request_of(InvokeType.LLM)


def test_it_is_asked_with_the_very_request_and_run_when_the_stream_is_first_read() -> None:
    requests: list[tuple[Request[Any], Run]] = []

    def answer(request: Request[Any], run: Run) -> list[LLMResultChunk]:
        requests.append((request, run))
        return text_chunks("a")

    run = Run()
    stream = Scripted(answer).invoke(LLM, run)
    assert requests == []
    assert len(list(stream)) == 1
    assert requests[0][0] is LLM
    assert requests[0][1] is run


def test_what_it_answers_with_is_closed_with_the_stream() -> None:
    ends: list[str] = []

    def answer(request: Request[Any], run: Run) -> Iterator[LLMResultChunk]:
        try:
            yield from text_chunks("a", "b")
        finally:
            ends.append("closed")

    stream = Scripted(answer).invoke(LLM, Run())
    next(stream)
    assert ends == []
    stream.close()
    assert ends == ["closed"]


def test_an_error_says_where_it_happened_before_and_amid_the_stream() -> None:
    def answer(request: Request[Any], run: Run) -> Iterator[LLMResultChunk]:
        if request is not LLM:
            raise InvokeBadRequestError("no")
        yield from text_chunks("a")
        raise InvokeBadRequestError("no more")

    backend = Scripted(answer)
    for request, chunks in ((LLM, 1), (request_of(InvokeType.LLM, model="other"), 0)):
        stream = backend.invoke(request, Run())
        assert [next(stream) for _ in range(chunks)] == text_chunks("a")[:chunks]
        with pytest.raises(InvokeBadRequestError) as caught:
            next(stream)
        assert (caught.value.backend, caught.value.provider) == ("scripted", "acme/probe/probe")
        assert caught.value.model == request.model  # type: ignore[attr-defined]


def test_a_request_without_a_model_has_no_place() -> None:
    def answer(request: Request[Any], run: Run) -> list[Any]:
        raise InvokeBadRequestError("no")

    with pytest.raises(InvokeBadRequestError) as caught:
        next(Scripted(answer).invoke(request_of(InvokeType.SYSTEM_SUMMARY), Run()))
    assert (caught.value.provider, caught.value.model) == (None, None)


def test_an_answer_that_waits_is_freed_by_a_stop() -> None:
    entered = threading.Event()
    outcome: list[BaseException] = []

    def answer(request: Request[Any], run: Run) -> list[Any]:
        entered.set()
        run.wait(BOUND * 10)
        return []

    run = Run()

    def body() -> None:
        try:
            list(Scripted(answer).invoke(LLM, run))
        except RunStoppedError as error:
            outcome.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    assert entered.wait(BOUND)
    run.stop()
    thread.join(BOUND)
    assert len(outcome) == 1


def test_the_first_llm_is_the_system_model() -> None:
    def answer(request: Request[Any], run: Run) -> list[Any]:
        return []

    tts, first, second = listed(ModelType.TTS), listed(ModelType.LLM), listed(ModelType.LLM, model="second")
    assert Scripted(answer, models=[tts, first, second]).system_model() is first
    assert Scripted(answer, models=[tts]).system_model() is None
    assert Scripted(answer).models() == ()


def test_chunks_are_made_as_an_llm_streams_them() -> None:
    chunks = list(llm_chunks("a", "b", model="m", finish_reason="length", usage=USAGE))
    assert [chunk.delta.index for chunk in chunks] == [0, 1]
    assert [chunk.delta.finish_reason for chunk in chunks] == [None, "length"]
    assert [chunk.delta.usage for chunk in chunks] == [None, USAGE]
    assert LLMResult.of(llm_chunks("a", "b")).usage == LLMUsage.empty_usage()
    assert list(llm_chunks()) == []
