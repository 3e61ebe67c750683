"""Tests for what a record stores of an invocation, and what it returns."""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.backends.scripted import Scripted
from boomerang.invoker.entities.llm.chunk import LLMResultChunk
from boomerang.invoker.entities.llm.request import RequestInvokeLLM
from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.entities.moderation import RequestInvokeModeration
from boomerang.invoker.entities.speech2text import RequestInvokeSpeech2Text
from boomerang.invoker.errors import InvokeRateLimitError, InvokeServerUnavailableError, InvokeTimeoutError, RunStoppedError
from boomerang.invoker.events import ModerationScores, Notice, RequestSent
from boomerang.invoker.records.record import Outcome, Record
from boomerang.invoker.records.record_values import dump
from boomerang.invoker.records.recorder import Recorded
from boomerang.invoker.request import InvokeType, Request
from boomerang.invoker.run import Run
from tests.invoker.answers import CHAT, HI, PROBE, answers_to, failing, listed, request_of, session_of, text_chunks

BOUND = 10.0
LLM = request_of(InvokeType.LLM)
every_call = pytest.mark.parametrize("invoke_type", InvokeType, ids=lambda invoke_type: invoke_type.value)


def record_of(answer: Any, request: Request[Any] = LLM) -> Record[Any]:
    """Return the record of an invocation that was read to its end, however that was."""
    records: list[Record[Any]] = []
    try:
        list(Recorded(Scripted(answer), records.append).invoke(request, Run()))
    except Exception as error:
        assert records[0].error is error or isinstance(error, RunStoppedError)
    (record,) = records
    return record


@every_call
def test_a_completed_invocation_has_all_its_chunks_and_times(invoke_type: InvokeType) -> None:
    record = record_of(lambda request, run: answers_to(invoke_type), request_of(invoke_type))
    assert record.chunks == answers_to(invoke_type)
    assert len(record.times) == len(record.chunks)
    assert (record.outcome, record.error, record.backend) == (Outcome.COMPLETED, None, "scripted")
    assert record.seconds is not None
    assert record.elapsed == record.seconds >= record.times[-1] >= 0


def test_what_had_come_before_a_failure_stays() -> None:
    record = record_of(failing(InvokeServerUnavailableError("down"), *text_chunks("a", "b")))
    assert [chunk.delta.message.content for chunk in record.chunks] == ["a", "b"]
    assert record.outcome is Outcome.FAILED
    assert isinstance(record.error, InvokeServerUnavailableError)


def test_a_failure_before_the_first_chunk_has_its_time_too() -> None:
    record = record_of(failing(InvokeServerUnavailableError("down")))
    assert (record.chunks, record.times) == ([], [])
    assert record.seconds is not None


def test_a_fault_of_ours_is_a_failure_with_its_traceback() -> None:
    record = record_of(failing(ZeroDivisionError("ours")))
    dumped = dump(record)["error"]
    assert (dumped["type"], dumped["description"]) == ("ZeroDivisionError", "ours")
    assert "Traceback" in dumped["traceback"]


def test_a_stopped_run_is_stopped_and_a_clock_that_ran_out_has_failed() -> None:
    def stopped(cause: Exception | None) -> Record[Any]:
        def answer(request: Request[Any], run: Run) -> Iterator[Any]:
            yield text_chunks("a")[0]
            run.stop(cause)
            run.check()

        return record_of(answer)

    assert (stopped(None).outcome, stopped(None).error) == (Outcome.STOPPED, None)
    late = InvokeTimeoutError("too late", clock="total", seconds=1)
    assert (stopped(late).outcome, stopped(late).error) == (Outcome.FAILED, late)


def test_a_closed_stream_is_stopped() -> None:
    session, records = session_of(lambda request, run: text_chunks(*"abc"))
    stream = session.model.llm.invoke(CHAT, HI)
    next(stream)
    assert (records[0].outcome, records[0].seconds) == (Outcome.RUNNING, None)
    stream.close()
    assert (records[0].outcome, records[0].error) == (Outcome.STOPPED, None)
    assert records[0].seconds is not None


def test_the_record_is_there_before_anything_is_asked_of_the_back_end() -> None:
    seen: list[int] = []
    records: list[Record[Any]] = []

    def answer(request: Request[Any], run: Run) -> list[LLMResultChunk]:
        seen.append(len(records))
        return text_chunks("a")

    list(Recorded(Scripted(answer), records.append).invoke(LLM, Run()))
    assert seen == [1]


def test_a_sink_that_fails_leaves_nothing_running() -> None:
    def sink(record: Record[Any]) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        list(Recorded(Scripted(lambda request, run: text_chunks("a")), sink).invoke(LLM, Run()))


def test_only_the_first_end_counts() -> None:
    record: Record[Any] = Record(LLM, "scripted")
    record.end(Outcome.STOPPED)
    before = record.seconds
    record.end(Outcome.FAILED, ValueError("late"))
    assert (record.outcome, record.error, record.seconds) == (Outcome.STOPPED, None, before)


def test_time_goes_on_while_it_runs_and_stops_then() -> None:
    record: Record[Any] = Record(LLM, "scripted")
    first, second = record.elapsed, record.elapsed
    record.end(Outcome.COMPLETED)
    assert 0 <= first <= second <= record.elapsed == record.elapsed
    assert record.started_at.tzinfo is not None


def test_a_request_is_given_as_what_it_is() -> None:
    record: Record[Any] = Record(LLM, "scripted")
    assert record.request_as(RequestInvokeLLM) is LLM
    with pytest.raises(TypeError, match=r"RequestInvokeModeration.*RequestInvokeLLM"):
        record.request_as(RequestInvokeModeration)


def test_events_are_kept_with_their_kinds() -> None:
    def answer(request: Request[Any], run: Run) -> list[LLMResultChunk]:
        run.phase("loading")
        run.report(Notice("a word was left out", items=("x",)))
        run.phase("generating")
        run.report(ModerationScores({"hate": 0.1}))
        return text_chunks("a")

    record = record_of(answer)
    assert record.phase() == "generating"
    assert record.notices() == ["a word was left out"]
    assert dump(record)["events"][1]["items"] == ["x"]
    assert dump(record)["events"][0].keys() == {"kind", "seconds", "name"}
    assert record.sent is record.request
    assert Record(LLM, "scripted").phase() is None


def test_what_was_sent_is_what_the_last_event_says() -> None:
    record: Record[Any] = Record(LLM, "scripted")
    run = Run(record.events.append)
    other = request_of(InvokeType.LLM, model="other")
    run.report(RequestSent(other))
    run.phase("generating")
    assert record.sent is other
    assert dump(record)["sent"]["model"] == "other"
    assert dump(record)["request"]["model"] == "tiny"


@every_call
def test_a_dump_is_json_and_holds_all_of_it(invoke_type: InvokeType) -> None:
    request = request_of(invoke_type)
    dumped = dump(record_of(lambda request, run: answers_to(invoke_type), request))
    read = json.loads(json.dumps(dumped, allow_nan=False))
    assert read == dumped
    assert (read["invoke_type"], read["outcome"], read["error"]) == (invoke_type.value, "completed", None)
    assert read["request"] == read["sent"] == request.payload()
    assert len(read["chunks"]) == len(answers_to(invoke_type))


def test_a_dump_of_an_error_has_all_that_it_knows() -> None:
    error = InvokeRateLimitError("slow down", provider="p", field="f", status_code=429, body="{}", hint="wait")
    error.retry_after = 1.5
    dumped = dump(record_of(failing(error)))["error"]
    assert dumped == {
        "type": "InvokeRateLimitError",
        "description": "slow down",
        "backend": "scripted",
        "provider": "p",
        "model": "tiny",
        "field": "f",
        "status_code": 429,
        "body": "{}",
        "hint": "wait",
        "retry_after": 1.5,
    }
    late = InvokeTimeoutError("too late", clock="total", seconds=2)
    assert dump(record_of(failing(late)))["error"]["clock"] == "total"


def test_no_secret_reaches_a_record() -> None:
    secret = "sk-do-not-show"
    session, records = session_of(lambda request, run: answers_to(request.invoke_type))
    config = {**CHAT, "credentials": {"api_key": secret}, "api_key": secret, "completion_params": {"temperature": 0}}
    session.model.llm.invoke(config, HI, stream=False)
    session.model.moderation.invoke({**PROBE, "credentials": {"api_key": secret}}, "text")
    for record in records:
        assert secret not in json.dumps(dump(record))
        assert secret not in repr(record)


def test_a_recording_is_in_a_record_once_and_in_its_dump_once() -> None:
    recording = bytes(1000)
    record = record_of(lambda request, run: answers_to(InvokeType.SPEECH2TEXT), RequestInvokeSpeech2Text.of(PROBE, recording))
    assert record.request_as(RequestInvokeSpeech2Text).file is recording
    dumped = dump(record)
    assert dumped["request"]["file"] == dumped["sent"]["file"] == {"sha256": sha256(recording).hexdigest(), "encoding": "hex"}
    assert [b64decode(data) for data in dumped["media"].values()] == [recording]


def test_what_records_is_otherwise_the_back_end_that_it_wraps() -> None:
    model = listed(ModelType.LLM)
    inner = Scripted(failing(ZeroDivisionError()), models=[model])
    outer = Recorded(inner, lambda record: None)
    assert (outer.kind, outer.models(), outer.system_model()) == ("scripted", (model,), model)
    outer.close()
    with pytest.raises(InvokeServerUnavailableError, match="closed"):
        list(inner.invoke(LLM, Run()))


@given(st.lists(st.sampled_from(["chunk", "note", "read"]), max_size=30), st.booleans())
def test_times_rise_and_are_never_more_than_chunks(steps: list[str], ends: bool) -> None:
    record: Record[Any] = Record(LLM, "scripted")
    for step in steps:
        if step == "chunk":
            record.add(text_chunks("a")[0])
        elif step == "note":
            Run(record.events.append).phase("generating")
        else:
            assert len(dump(record)["chunks"]) == len(record.times) == len(record.chunks)
    if ends:
        record.end(Outcome.COMPLETED)
    assert record.times == sorted(record.times)
    assert all(0 <= seconds <= record.elapsed for seconds in record.times)


def test_a_record_can_be_read_while_it_grows() -> None:
    chunk = text_chunks("word")[0]
    record: Record[Any] = Record(LLM, "scripted")
    grown = threading.Event()

    def grow() -> None:
        for _ in range(20_000):
            record.add(chunk)
        grown.set()

    grower = threading.Thread(target=grow)
    grower.start()
    while not grown.is_set():
        times, chunks = len(record.times), len(record.chunks)
        assert times <= chunks
    grower.join(BOUND)
    assert len(record.times) == len(record.chunks) == 20_000


def test_what_is_worked_out_of_a_record_is_new_while_it_grows_and_kept_when_it_has_ended() -> None:
    record: Record[Any] = Record(LLM, "scripted")
    for chunk in text_chunks("a", "b"):
        record.add(chunk)
        assert record.once("count", lambda: [len(record.chunks)]) == [len(record.chunks)]
    record.end(Outcome.COMPLETED)
    kept = record.once("count", lambda: [len(record.chunks)])
    assert kept == [len(record.chunks)]
    assert record.once("count", lambda: ["never"]) is kept
    assert record.once("another", lambda: ["other"]) == ["other"]
