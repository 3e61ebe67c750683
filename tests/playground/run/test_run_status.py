"""The state of a run: one of seven names, the same for every kind of call, and its text on the page."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from boomerang.invoker.backends.scripted import Scripted, llm_chunks
from boomerang.invoker.entities.rerank import RerankResult
from boomerang.invoker.entities.speech2text import Speech2TextResult
from boomerang.invoker.entities.summary import SummaryResult
from boomerang.invoker.entities.tts import TTSResult
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.events import PhaseEntered, QueuePosition
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.playground.run import run_status
from boomerang.workbench.runs.jobs import Job
from tests.runs import CALLS, TYPES, job_of, run
from tests.scripted import BOUND, call_chunk, embedded, good_answer, structured_chunks

EMPTY: dict[str, Any] = {
    "llm": lambda: llm_chunks("", ""),
    "llm_structured_output": lambda: structured_chunks(None, "not an object"),
    "summary": lambda: [SummaryResult(summary=" \n")],
    "text_embedding": lambda: [embedded([])],
    "rerank": lambda: [RerankResult(model="ranker", docs=[])],
    "tts": lambda: [TTSResult.of(b"", "audio/mpeg")],
    "speech2text": lambda: [Speech2TextResult(result="")],
}

SCRIPT = """
import streamlit as st
from boomerang.playground.run import run_status
run_status.draw(st.session_state["job"], st.session_state["type"], ready=True)
"""


def drawn(job: Job | None, name: str) -> AppTest:
    """Draw a state."""
    at = AppTest.from_string(SCRIPT, default_timeout=10)
    at.session_state["job"] = job
    at.session_state["type"] = TYPES[name]
    at.run()
    assert not at.exception
    return at


def test_nothing_run_yet_is_idle() -> None:
    assert run_status.name(None) == "idle"
    assert "Not run yet" in drawn(None, "llm").markdown[0].value


@pytest.mark.parametrize("name", CALLS)
def test_each_call_can_be_done(name: str) -> None:
    job = run(name)
    assert job.error is None and run_status.name(job) == "done"
    assert "Done in" in drawn(job, name).markdown[0].value


@pytest.mark.parametrize("name", EMPTY)
def test_each_call_that_brought_nothing_is_empty_and_says_what_is_missing(name: str) -> None:
    job = run(name, lambda request, handle: EMPTY[name]())
    assert job.error is None and run_status.name(job) == "empty"
    at = drawn(job, name)
    assert "Empty result" in at.markdown[0].value
    assert at.caption[0].value == run_status.EMPTY[TYPES[name]]


def test_a_tool_call_without_text_is_no_empty_answer() -> None:
    assert (
        run_status.name(run("llm", lambda request, handle: [call_chunk({"id": "c", "name": "add", "arguments": "{}"})]))
        == "done"
    )


def test_an_empty_object_is_an_object() -> None:
    assert run_status.name(run("llm_structured_output", lambda request, handle: structured_chunks({}))) == "done"


@pytest.mark.parametrize("name", CALLS)
def test_each_call_can_fail(name: str) -> None:
    def refuse(request: Request[Any], handle: Run) -> list[Any]:
        raise InvokeBadRequestError("no")

    job = run(name, refuse)
    assert run_status.name(job) == "failed"
    assert "Failed after" in drawn(job, name).markdown[0].value


@pytest.mark.parametrize("name", CALLS)
def test_each_call_that_brings_nothing_at_all_has_failed(name: str) -> None:
    assert run_status.name(run(name, lambda request, handle: [])) == "failed"


@pytest.mark.parametrize("name", CALLS)
def test_each_call_runs_stops_and_is_stopped(name: str) -> None:
    requests, obey = threading.Event(), threading.Event()

    def waits(request: Request[Any], handle: Run) -> Iterator[Any]:
        requests.set()
        assert obey.wait(BOUND)
        handle.check()
        yield from good_answer(request, handle)

    job = job_of(name, waits).start()
    assert requests.wait(BOUND)
    assert run_status.name(job) == "running"
    job.stop()
    assert run_status.name(job) == "stopping"
    obey.set()
    job.join(BOUND)
    assert run_status.name(job) == "stopped"
    assert "Stopped after" in drawn(job, name).markdown[0].value


def test_what_was_done_otherwise_than_asked_is_said() -> None:
    job = Job(lambda session: session.model.summary.invoke("Short.", "Briefly."), Scripted(good_answer)).start()
    job.join(BOUND)
    assert run_status.name(job) == "done"
    [notice] = drawn(job, "summary").text
    assert notice.value.startswith("Returned unchanged, no model was called")


def test_a_run_that_waits_says_how_many_come_before_it() -> None:
    record = run("llm").record
    assert record is not None
    record.events.append(PhaseEntered("waiting"))
    assert run_status.phase_of(record) == "queued"
    for before, text in ((2, "2 runs before yours"), (1, "1 run before yours")):
        record.events.append(QueuePosition(before, seconds=0.1))
        assert run_status.phase_of(record) == f"queued: {text}"
    record.events.append(PhaseEntered("reading", seconds=0.2))
    assert run_status.phase_of(record) == "processing the prompt"
