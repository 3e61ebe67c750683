"""Contract for start and end: no work before the first item, none after the last, and none once closed."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from boomerang.invoker.backend import ModelState
from boomerang.invoker.errors import InvokeError
from boomerang.invoker.records.record import Record
from boomerang.invoker.records.recorder import Recorded
from boomerang.invoker.request import InvokeType
from boomerang.invoker.run import Run
from boomerang.invoker.session import Session

from .subject import Subject, call, every_call, lengthy_request, must_have, read, request
from .watching import AttentiveRun, Beside, nothing_left_behind, workers


@every_call
def test_nothing_is_opened_before_the_first_item_is_asked_for(subject: Subject, invoke_type: InvokeType) -> None:
    backend = subject.fresh()
    before, records = workers(), list[Record[Any]]()
    states = [model.state for model in backend.models()]
    assert set(states) == {ModelState.AVAILABLE}
    stream = Recorded(backend, records.append).invoke(request(subject, invoke_type), Run())
    assert [model.state for model in backend.models()] == states
    assert (workers(), records) == (before, [])
    stream.close()
    backend.close()


@pytest.mark.parametrize("way", ["close", "forget", "session"])
def test_a_stream_that_is_left_early_ends_the_work(subject: Subject, way: str) -> None:
    must_have(subject, InvokeType.LLM)
    with Session(subject.backend) as session:
        with nothing_left_behind():
            stream = call(session, subject, InvokeType.LLM, **subject.endless())
            next(stream)
            if way == "close":
                stream.close()
            elif way == "forget":
                del stream
                gc.collect()
            else:
                session.close()
        assert read(call(session, subject, InvokeType.LLM)), "the model is free for the next"


def test_closing_the_back_end_ends_what_runs(subject: Subject) -> None:
    must_have(subject, InvokeType.LLM)
    backend = subject.fresh()
    with nothing_left_behind():
        requests = lengthy_request(subject, InvokeType.LLM)
        run = AttentiveRun()
        waiting = Beside(lambda: list(backend.invoke(requests, run)))
        run.await_work()
        backend.close()
        waiting.join()
    assert isinstance(waiting.error, InvokeError)
    assert waiting.error.backend == backend.kind
    assert "closed" in waiting.error.description


@every_call
def test_a_closed_back_end_says_so(subject: Subject, invoke_type: InvokeType) -> None:
    backend = subject.fresh()
    backend.close()
    with nothing_left_behind(), pytest.raises(InvokeError, match="closed"):
        list(backend.invoke(request(subject, invoke_type), Run()))
    backend.close()  # closing twice is harmless
