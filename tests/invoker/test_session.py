"""Tests for `Session`: it opens requests, stops them, and closes what it opened."""

from __future__ import annotations

import gc
import threading
import tracemalloc
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest

from boomerang.invoker.backends.scripted import Scripted
from boomerang.invoker.entities.llm.chunk import LLMResultChunk
from boomerang.invoker.entities.summary import SummaryResult
from boomerang.invoker.errors import InvokeBadRequestError, InvokeTimeoutError, ProtocolError, RunStoppedError
from boomerang.invoker.records.record import Outcome
from boomerang.invoker.request import InvokeType, Request
from boomerang.invoker.run import Run
from boomerang.invoker.session import Session

from .answers import CAT, CHAT, HI, PROBE, RERANK, SPEAK, answering, answers_to, recorded, request_of, session_of, text_chunks

BOUND = 10.0

every_call = pytest.mark.parametrize("invoke_type", InvokeType, ids=lambda invoke_type: invoke_type.value)


@every_call
def test_a_request_is_opened_as_a_stream_of_its_chunks(invoke_type: InvokeType) -> None:
    session, records = recorded(answering()[0])
    request = request_of(invoke_type)
    assert list(session.open(request)) == answers_to(invoke_type)
    assert records[0].request is request


@every_call
def test_an_answer_without_a_chunk_is_an_error_of_the_call_and_of_its_record(invoke_type: InvokeType) -> None:
    session, records = session_of(lambda request, run: [])
    with pytest.raises(ProtocolError, match=f"No response from {invoke_type.value}") as caught:
        list(session.open(request_of(invoke_type)))
    assert caught.value.backend == "scripted"
    if invoke_type is not InvokeType.SYSTEM_SUMMARY:
        assert (caught.value.provider, caught.value.model) == (PROBE["provider"], PROBE["model"])
    assert (records[0].outcome, records[0].error) == (Outcome.FAILED, caught.value)


def test_an_answer_without_a_chunk_is_an_error_whether_it_streams_or_not() -> None:
    session, _ = session_of(lambda request, run: [])
    with pytest.raises(ProtocolError):
        session.model.llm.invoke(CHAT, HI, stream=False)
    with pytest.raises(ProtocolError):
        list(session.model.tts.invoke(SPEAK, "Hello."))
    with pytest.raises(ProtocolError):
        session.model.moderation.invoke(PROBE, "text")


def test_a_chunk_whose_audio_cannot_be_read_is_a_failure_that_its_record_holds() -> None:
    sound = answers_to(InvokeType.TTS)[0]
    broken, ends = sound.model_copy(update={"result": "no hex"}), list[str]()

    def answer(request: Request[Any], run: Run) -> Iterator[Any]:
        try:
            yield from (sound, broken, sound)
        finally:
            ends.append("closed")

    session, records = session_of(answer)
    stream = session.model.tts.invoke(SPEAK, "Hello.")
    assert next(stream) == b"ID3"
    with pytest.raises(ProtocolError, match="audio chunk cannot be read") as caught:
        next(stream)
    assert (records[0].outcome, records[0].error) == (Outcome.FAILED, caught.value)
    assert (records[0].chunks, caught.value.body, ends) == ([sound, broken], "no hex", ["closed"])


def test_a_one_shot_call_takes_the_first_answer_and_reads_to_the_end() -> None:
    ends: list[str] = []

    def answer(request: Request[Any], run: Run) -> Iterator[SummaryResult]:
        yield SummaryResult(summary="first")
        yield SummaryResult(summary="second")
        ends.append("end")

    session, records = session_of(answer)
    assert session.model.summary.invoke("text", "", 0) == "first"
    assert ends == ["end"]
    assert [chunk.summary for chunk in records[0].chunks] == ["first", "second"]
    assert records[0].outcome is Outcome.COMPLETED


def test_the_error_of_a_one_shot_call_that_comes_late_is_kept() -> None:
    def answer(request: Request[Any], run: Run) -> Iterator[SummaryResult]:
        yield SummaryResult(summary="first")
        raise ProtocolError("cut")

    session, _ = session_of(answer)
    with pytest.raises(ProtocolError, match="cut"):
        session.model.summary.invoke("text", "", 0)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (lambda model: model.llm.invoke({"provider": "p", "model": "m"}, HI), "mode"),
        (lambda model: model.llm.invoke(CHAT, "Hi"), "prompt_messages"),
        (lambda model: model.llm.invoke(CHAT, [{"role": "user", "content": [5]}]), "prompt_messages.0.content"),
        (lambda model: model.llm.invoke(CHAT, HI, [{"name": "f"}]), "tools.0.description"),
        (lambda model: model.llm.invoke(None, HI), "LLMModelConfig"),
        (lambda model: model.llm_structured_output.invoke(CHAT, HI, "object"), "structured_output_schema"),
        (lambda model: model.summary.invoke(5, ""), "text"),
        (lambda model: model.summary.invoke("text", "", -1), "min_summarize_length"),
        (lambda model: model.text_embedding.invoke(PROBE, "text"), "texts"),
        (lambda model: model.text_embedding.invoke(PROBE, ["text"], "answer"), "input_type"),
        (lambda model: model.text_embedding.invoke_multimodal(PROBE, [CAT]), "tenant_id"),
        (lambda model: model.rerank.invoke(PROBE, ["a"], "q"), "score_threshold"),
        (lambda model: model.rerank.invoke(RERANK, "q", ["a"]), "docs"),
        (lambda model: model.rerank.invoke_multimodal(PROBE, [CAT], CAT), "query"),
        (lambda model: model.tts.invoke(PROBE, "text"), "voice"),
        (lambda model: model.speech2text.invoke({}, BytesIO(b"")), "provider"),
        (lambda model: model.moderation.invoke(PROBE, None), "text"),
    ],
)
def test_a_wrong_argument_is_reported_at_once_by_its_name_and_nothing_is_sent(body: Any, field: str) -> None:
    backend, request = answering()
    session, records = recorded(backend)
    with pytest.raises(InvokeBadRequestError) as caught:
        body(session.model)
    assert caught.value.field == field
    assert (request, records) == ([], [])


def test_a_stream_is_opened_when_it_is_read_and_not_before() -> None:
    backend, request = answering()
    session, records = recorded(backend)
    stream = session.model.llm.invoke(CHAT, HI)
    assert (request, records) == ([], [])
    next(stream)
    assert (len(request), len(records)) == (1, 1)
    stream.close()


def test_a_stream_can_be_read_once() -> None:
    session, _ = recorded(answering()[0])
    stream = session.model.llm.invoke(CHAT, HI)
    assert len(list(stream)) == 2
    assert list(stream) == []


def test_exiting_a_session_closes_the_streams_that_were_left_open() -> None:
    closed: list[bool] = []

    def answer(request: Request[Any], run: Run) -> Iterator[LLMResultChunk]:
        try:
            yield from text_chunks(*"abc")
        finally:
            closed.append(run.stopped)

    session, records = session_of(answer)
    with session:
        stream = session.model.llm.invoke(CHAT, HI)
        unread = session.model.llm.invoke(CHAT, HI)
        next(stream)
    assert closed == [True]
    assert [record.outcome for record in records] == [Outcome.STOPPED]
    assert list(stream) == list(unread) == []


def test_exiting_a_session_keeps_its_back_end_open() -> None:
    backend, _ = answering()
    with Session(backend) as session:
        session.model.moderation.invoke(PROBE, "text")
    assert Session(backend).model.moderation.invoke(PROBE, "text") is True


def test_a_session_keeps_no_stream_alive() -> None:
    session, records = recorded(answering()[0])
    stream = session.model.llm.invoke(CHAT, HI)
    next(stream)
    del stream
    gc.collect()
    assert [record.outcome for record in records] == [Outcome.STOPPED]


def test_a_stop_reaches_a_caller_between_two_chunks_with_its_cause() -> None:
    session, records = session_of(lambda request, run: text_chunks(*"abc"))
    stream = session.model.llm.invoke(CHAT, HI)
    next(stream)
    cause = InvokeTimeoutError("too late", clock="page", seconds=1)
    session.stop(cause)
    with pytest.raises(InvokeTimeoutError) as caught:
        next(stream)
    assert caught.value is cause
    assert (records[0].outcome, records[0].error) == (Outcome.FAILED, cause)
    assert len(records[0].chunks) == 1


def test_a_stop_without_cause_between_two_chunks_is_no_failure() -> None:
    session, records = session_of(lambda request, run: text_chunks(*"abc"))
    stream = session.model.llm.invoke(CHAT, HI)
    next(stream)
    session.stop()
    with pytest.raises(RunStoppedError):
        next(stream)
    assert (records[0].outcome, records[0].error) == (Outcome.STOPPED, None)


def test_a_stop_ends_every_run_under_way_and_no_later_one() -> None:
    entered = threading.Barrier(3)

    def answer(request: Request[Any], run: Run) -> Iterator[Any]:
        if getattr(request, "text", "") == "silent":
            entered.wait(BOUND)
            run.wait(BOUND)
        yield from answers_to(request.invoke_type)

    session, _ = session_of(answer)
    outcomes: list[object] = []

    def body() -> None:
        try:
            outcomes.append(session.model.moderation.invoke(PROBE, "silent"))
        except RunStoppedError as error:
            outcomes.append(type(error))

    threads = [threading.Thread(target=body) for _ in range(2)]
    for thread in threads:
        thread.start()
    entered.wait(BOUND)
    session.stop()
    for thread in threads:
        thread.join(BOUND)
    assert outcomes == [RunStoppedError, RunStoppedError]
    assert session.model.moderation.invoke(PROBE, "loud") is True


def test_one_session_serves_many_threads() -> None:
    session, records = recorded(answering()[0])
    barrier = threading.Barrier(8)
    texts: list[str] = []

    def body() -> None:
        barrier.wait(BOUND)
        for _ in range(50):
            texts.append(session.model.llm.invoke(CHAT, HI, stream=False).message.get_text_content())

    threads = [threading.Thread(target=body) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND)
    assert texts == ["Hello"] * 400
    assert len(records) == 400
    assert {record.outcome for record in records} == {Outcome.COMPLETED}


def test_memory_stays_flat_over_a_hundred_thousand_chunks() -> None:
    chunk = text_chunks("word")[0]

    def answer(request: Request[Any], run: Run) -> Iterator[LLMResultChunk]:
        for _ in range(100_000):
            yield chunk.model_copy()

    session = Session(Scripted(answer))
    stream = session.model.llm.invoke(CHAT, HI)
    for _ in range(1_000):
        next(stream)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        rest = sum(1 for _ in stream)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert rest == 99_000
    assert after - before < 100_000, "bytes; a byte kept for each chunk would be more"
    assert peak - before < 100_000
