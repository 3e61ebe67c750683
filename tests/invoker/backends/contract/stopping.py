"""Contract for stopping a run: the caller is freed immediately, the model soon, with the cause, and nothing is logged."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from boomerang.invoker.errors import InvokeTimeoutError, RunStoppedError
from boomerang.invoker.records.record import Record
from boomerang.invoker.request import InvokeType
from boomerang.invoker.run import Run
from boomerang.invoker.session import Session

from .subject import Subject, call, every_call, lengthy_request, must_have, read, request
from .watching import BOUND, AttentiveRun, Beside, Watched, nothing_left_behind, workers


@every_call
def test_a_run_that_was_stopped_before_is_never_begun(subject: Subject, invoke_type: InvokeType) -> None:
    run = Run()
    run.stop()
    before = workers()
    with pytest.raises(RunStoppedError):
        next(subject.backend.invoke(request(subject, invoke_type), run))
    assert workers() == before


@every_call
def test_a_stop_frees_any_waiting_caller_within_200_ms_and_ends_the_work(subject: Subject, invoke_type: InvokeType) -> None:
    requests, run = lengthy_request(subject, invoke_type), AttentiveRun()
    with nothing_left_behind():
        waiting = Beside(lambda: list(subject.backend.invoke(requests, run)))
        run.await_work()
        assert waiting.error is None
        waiting.is_freed_by(run.stop)
    # A summary takes long, and uses the LLM's model.
    probe = InvokeType.LLM if invoke_type is InvokeType.SYSTEM_SUMMARY else invoke_type
    assert list(subject.backend.invoke(request(subject, probe), Run())), "the model is free for the next"


@every_call
def test_a_stop_is_no_failure_to_log_whatever_its_cause(
    subject: Subject, invoke_type: InvokeType, caplog: pytest.LogCaptureFixture
) -> None:
    requests = lengthy_request(subject, invoke_type)
    causes = [None, InvokeTimeoutError("No answer within 1 second.", clock="total", seconds=1)]
    with caplog.at_level(logging.WARNING):
        for cause in causes:
            run = AttentiveRun()
            with nothing_left_behind():
                waiting = Beside(lambda run=run: list(subject.backend.invoke(requests, run)))  # type: ignore[misc]
                run.await_work()
                run.stop(cause)
                waiting.join()
            assert isinstance(waiting.error, RunStoppedError) if cause is None else waiting.error is cause
    assert caplog.messages == []


@pytest.mark.parametrize("phase", ["loading", "reading", "waiting"])
def test_stopping_a_session_frees_its_caller_whatever_the_back_end_waits_for(subject: Subject, phase: str) -> None:
    must_have(subject, InvokeType.LLM)
    with nothing_left_behind(), subject.silence(phase) as (backend, request):
        received = Watched(backend, phase)
        session = Session(received)
        waiting = Beside(lambda: read(call(session, subject, InvokeType.LLM, **request)))
        assert received.entered.wait(BOUND)
        waiting.is_freed_by(session.stop)


def test_the_cause_of_a_stop_is_what_the_caller_gets(subject: Subject) -> None:
    records: list[Record[Any]] = []
    must_have(subject, InvokeType.LLM)
    with nothing_left_behind(), subject.silence("reading") as (backend, request):
        received = Watched(backend, "reading")
        session = Session(received, record=records.append)
        waiting = Beside(lambda: read(call(session, subject, InvokeType.LLM, **request)))
        assert received.entered.wait(BOUND)
        cause = InvokeTimeoutError("No answer within 1 second.", clock="total", seconds=1)
        session.stop(cause)
        waiting.join()
    assert waiting.error is cause
    assert (records[0].outcome, records[0].error) == ("failed", cause)


def test_an_answer_under_way_is_stopped_between_two_chunks(subject: Subject) -> None:
    must_have(subject, InvokeType.LLM)
    session = Session(subject.backend)
    with nothing_left_behind():
        stream = call(session, subject, InvokeType.LLM, **subject.endless())
        next(stream)
        session.stop()
        with pytest.raises(RunStoppedError):
            next(stream)
    assert read(call(session, subject, InvokeType.LLM)), "the session and the model are free for the next"
