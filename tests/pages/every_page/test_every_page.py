"""Test what the pages of all calls share: they open, one click gives a result, and every detail of a run can be inspected."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from boomerang.invoker.backends.scripted import Scripted
from boomerang.invoker.errors import InvokeRateLimitError
from boomerang.invoker.records.record import Outcome
from boomerang.invoker.records.record_values import dump
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.playground.session import app_state
from tests.pages.conftest import CONNECTION
from tests.pages.visitor import PAGES, Visitor
from tests.scripted import BOUND, PROVIDER, SPOKEN, Desk, good_answer

Visit = Callable[[str], Visitor]

RESULTS = {
    "llm": "Hello there.",
    "llm_structured_output": '"temperature_c": 24',
    "summary": "In short: a bridge.",
    "text_embedding": "5 × 3",
    "rerank": "▲ 5",
    "tts": "Download",
    "speech2text": "The quick test.",
    "moderation": "Sensitive",
}
METRICS = {
    "llm": {"Tokens in": "7", "Tokens out": "9", "Finish reason": "stop"},
    "llm_structured_output": {"Tokens in": "7", "Tokens out": "9", "Finish reason": "stop"},
    "summary": {"Summary": "19"},
    "text_embedding": {"Vectors": "5", "Dimensions": "3", "Tokens": "11"},
    "rerank": {"Documents": "6", "Returned": "6", "Dropped": "0"},
    "tts": {"Audio": f"{2 * len(SPOKEN) / 1000:.1f} kB"},
    "speech2text": {"Characters": "15"},
    "moderation": {"Characters": "35"},
}


def test_the_start_page_shows_every_call_and_its_model(desk: Desk) -> None:
    visitor = Visitor(CONNECTION)
    for model in ("talker", "embedder", "ranker", "speaker", "listener", "judge"):
        assert f"`{model}`" in visitor.seen
    assert visitor.seen.count("Ready to load") == len(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_with_its_sample_and_can_run(visit: Visit, page: str) -> None:
    visitor = visit(page)
    assert visitor.state == "idle"
    assert visitor.can_run
    assert visitor.at.button(key=visitor.key("stop")).disabled
    assert [tab.label for tab in visitor.at.tabs] == ["Metrics", "Sent", "Received", "Chunks", "Log", "Code"]


@pytest.mark.parametrize("page", PAGES)
def test_one_click_gives_the_result(visit: Visit, desk: Desk, page: str) -> None:
    visitor = visit(page).run()
    assert visitor.state == "done", visitor.failure()
    assert len(desk.requests) == 1
    assert RESULTS[page] in visitor.seen
    metrics = visitor.metrics()
    assert METRICS[page].items() <= metrics.items()
    assert all(value for value in metrics.values())
    assert visitor.can_run


@pytest.mark.parametrize("page", PAGES)
def test_what_was_sent_what_came_and_how_can_be_looked_at(visit: Visit, desk: Desk, page: str) -> None:
    visitor = visit(page)
    for name in ("Sent", "Received", "Chunks", "Log"):
        assert re.search("yet|appears? here after a run", visitor.tab(name))
    visitor.run()
    if page != "summary":
        assert PROVIDER in visitor.tab("Sent")
    assert f"back end `{desk.backend.kind}`" in visitor.tab("Sent")
    assert "Record as JSON" in visitor.tab("Received") or dump(visitor.record)["chunks"]
    assert "at, s" in visitor.tab("Chunks")
    assert visitor.record.id in visitor.tab("Log") and "completed" in visitor.tab("Log")
    member = "summary" if page == "summary" else page
    assert f"self.session.model.{member}.invoke(" in visitor.tab("Code")


@pytest.mark.parametrize("page", PAGES)
def test_a_failed_run_says_so_and_keeps_what_was_typed(visit: Visit, desk: Desk, page: str) -> None:
    def refuse(request: Request[Any], run: Run) -> list[Any]:
        raise InvokeRateLimitError("Slow down: 3 of 3 calls used.", status_code=429)

    desk.answer = refuse
    visitor = visit(page)
    before = {area.key: area.value for area in visitor.at.text_area}
    visitor.run()
    assert visitor.state == "failed"
    panel = visitor.panel()
    for text in (
        "Rate limited by the back end",
        "Server",
        "InvokeRateLimitError",
        "Slow down: 3 of 3 calls used.",
        "Wait a moment",
        "429",
    ):
        assert text in panel
    assert "Traceback" not in panel
    assert {area.key: area.value for area in visitor.at.text_area} == before
    assert visitor.can_run
    desk.answer = good_answer
    assert visitor.run().state == "done"


@pytest.mark.parametrize("page", PAGES)
def test_a_fault_of_ours_ends_in_the_panel_with_its_traceback(visit: Visit, desk: Desk, page: str) -> None:
    def broken(request: Request[Any], run: Run) -> list[Any]:
        raise ZeroDivisionError("not the model's fault")

    desk.answer = broken
    panel = visit(page).run().panel()
    assert "Playground" in panel and "Traceback (most recent call last)" in panel and "in broken" in panel


@pytest.mark.parametrize("page", PAGES)
def test_an_unavailable_connection_is_reported_on_the_page(visit: Visit, desk: Desk, page: str) -> None:
    """Break even the model list: the frame stays, and the error is in the panel."""

    def broken() -> Any:
        raise OSError("no such folder")

    visitor = Visitor(CONNECTION)
    visitor.may_break = True
    app_state.connections().remove(CONNECTION)
    app_state.connections().add(CONNECTION, broken)
    visitor.open(page)
    assert "no such folder" in visitor.panel() and "Traceback" in visitor.panel()


@pytest.mark.parametrize("page", PAGES)
def test_a_stopped_run_keeps_what_had_arrived(visit: Visit, desk: Desk, page: str) -> None:
    """Stop the run as the button does; a click that interrupts a running script needs a real browser."""
    arrived = threading.Event()

    def slow(request: Request[Any], run: Run) -> Iterator[Any]:
        first, *_ = good_answer(request, run)
        yield first
        arrived.set()
        run.wait(BOUND)

    desk.answer = slow
    visitor = visit(page)
    state = visitor.page_state

    def stop() -> None:
        assert arrived.wait(BOUND)
        assert state.job is not None
        state.job.stop()

    stopper = threading.Thread(target=stop)
    stopper.start()
    visitor.run()
    stopper.join(BOUND)
    assert visitor.state == "stopped"
    assert len(visitor.record.chunks) == 1 and visitor.record.outcome is Outcome.STOPPED
    if page == "llm":
        assert visitor.seen.count("Hello") > visitor.seen.count("Hello there")
    assert visitor.can_run


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_clock_is_reported_as_the_pages_clock(visit: Visit, desk: Desk, page: str) -> None:
    desk.answer = lambda request, run: [run.wait(BOUND)]
    visitor = visit(page)
    visitor.at.session_state[visitor.key("timeout")] = 1
    state, requests = visitor.page_state, threading.Event()
    silent = desk.answer

    def answer(request: Request[Any], run: Run) -> Any:
        requests.set()
        return silent(request, run)

    desk.answer = answer

    def expire() -> None:
        assert requests.wait(BOUND)
        assert state.job is not None and state.job.timeout == 1
        state.job.expire()

    clock = threading.Thread(target=expire)
    clock.start()
    visitor.run()
    clock.join(BOUND)
    assert visitor.state == "failed"
    assert "page's clock" in visitor.panel() and "Limits" in visitor.panel()


@pytest.mark.parametrize("page", PAGES)
def test_twenty_runs_in_a_row_make_one_job_at_a_time(visit: Visit, desk: Desk, page: str) -> None:
    most, at_once, lock = 0, 0, threading.Lock()

    def counted(request: Request[Any], run: Run) -> Iterator[Any]:
        nonlocal most, at_once
        with lock:
            at_once += 1
            most = max(most, at_once)
        try:
            yield from good_answer(request, run)
        finally:
            with lock:
                at_once -= 1

    desk.answer = counted
    visitor = visit(page)
    for _ in range(20 if page in ("llm", "moderation") else 3):
        visitor.run()
    assert most == 1 and at_once == 0
    assert len(desk.requests) in (3, 20)
    assert app_state.jobs().running == 0
    assert visitor.state == "done", visitor.failure()


def test_a_model_that_cannot_be_used_is_shown_with_its_reason(visit: Visit) -> None:
    visitor = visit("llm")
    picker = visitor.at.selectbox(key="llm.model")
    assert picker.options == ["talker", "toolless", "absent — unavailable"]
    assert visitor.at.session_state["llm.model"] == "talker"
    visitor.set("selectbox", "model", "absent")
    assert not visitor.can_run
    assert "run the fetcher" in visitor.reason
    assert visitor.set("selectbox", "model", "talker").can_run


@pytest.mark.parametrize(
    ("page", "models"),
    [
        ("llm_structured_output", ["talker", "toolless", "absent — unavailable"]),
        ("summary", ["talker", "toolless", "absent — unavailable"]),
        ("text_embedding", ["embedder"]),
        ("rerank", ["ranker"]),
        ("tts", ["speaker"]),
        ("speech2text", ["listener"]),
        ("moderation", ["judge"]),
    ],
)
def test_the_picker_has_models_of_one_type(visit: Visit, page: str, models: list[str]) -> None:
    assert visit(page).at.selectbox(key=f"{page}.model").options == models


@pytest.mark.parametrize("page", PAGES)
def test_a_connection_without_a_fitting_model_says_so(visit: Visit, desk: Desk, page: str) -> None:
    app_state.connections().remove(CONNECTION)
    app_state.connections().add(CONNECTION, lambda: Scripted(good_answer))
    visitor = visit(page)
    assert not visitor.can_run and "the connection has no " in visitor.reason
    assert Visitor(CONNECTION).seen.count("No model") == len(PAGES)
