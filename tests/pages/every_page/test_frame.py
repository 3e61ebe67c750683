"""Test the frame of a page with a page script from the test: events between drawing its buttons and its result."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from streamlit.testing.v1 import AppTest

from boomerang.invoker.entities.moderation import ModerationResult
from boomerang.invoker.request import InvokeType, Request
from boomerang.invoker.run import Run
from tests.pages.conftest import CONNECTION
from tests.scripted import BOUND, Desk

SCRIPT = """
import streamlit as st
from boomerang.invoker.request import InvokeType
from boomerang.playground.page import frame
from boomerang.playground.results import moderation

page = frame.Page(InvokeType.MODERATION, "Moderation", "Flag sensitive text")
page.run(lambda pane: {"model_config": {"provider": "p", "model": "judge"}}, text=st.session_state.get("text", "Hi"))
page.show(st.session_state.get("view", moderation.draw), st.session_state.get("live"))
"""


def opened(**state: Any) -> AppTest:
    """Open the page."""
    at = AppTest.from_string(SCRIPT, default_timeout=30)
    for name, value in {"connection": CONNECTION, **state}.items():
        at.session_state[name] = value
    at.run()
    assert not at.exception
    return at


def test_a_run_that_ends_while_its_page_is_drawn_leaves_no_button_behind(desk: Desk) -> None:
    """End the run after its buttons are drawn and before its result is: both must be redrawn."""
    go = threading.Event()

    def answer(request: Request[Any], run: Run) -> Iterator[Any]:
        assert go.wait(BOUND)
        yield ModerationResult(result=True)

    def end(_pane: Any, job: Any) -> Any:
        go.set()
        job.join(BOUND)
        return lambda: None

    desk.answer = answer
    at = opened(live=end)
    at.button(key="moderation.run").click().run()
    assert not at.exception and go.is_set()
    assert not at.button(key="moderation.run").disabled
    assert at.button(key="moderation.stop").disabled
    assert any("Done in" in markdown.value for markdown in at.markdown)


def test_a_view_that_breaks_leaves_the_inspector_and_the_numbers(desk: Desk) -> None:
    def broken(page: Any, record: Any) -> None:
        raise ZeroDivisionError("in the view")

    at = opened(view=broken)
    at.button(key="moderation.run").click().run()
    assert not at.exception
    assert any("in the view" in code.value and "Traceback" in code.value for code in at.code)
    assert any("Done in" in markdown.value and "2 characters" in markdown.value for markdown in at.markdown)
    assert [tab.label for tab in at.tabs] == ["Metrics", "Sent", "Received", "Chunks", "Log", "Code"]
    assert "plain-table" in at.html[-1].body


def test_a_fault_while_the_runs_are_drawn_is_shown_with_its_traceback(desk: Desk) -> None:
    def broken(pane: Any, job: Any) -> Any:
        raise ZeroDivisionError("while drawing")

    desk.answer = lambda request, run: [run.wait(BOUND)]
    at = opened(live=broken)
    at.button(key="moderation.run").click().run()
    assert not at.exception
    assert any("while drawing" in code.value and "Traceback" in code.value for code in at.code)
    assert not at.button(key="moderation.stop").disabled


def test_a_press_that_was_left_behind_starts_no_run_when_the_page_is_opened_again(desk: Desk) -> None:
    at = opened()
    pages = at.session_state["_pages"]
    pages[InvokeType.MODERATION].run_requested = True
    at.session_state["_open"] = "llm"
    at.run()
    assert not desk.requests and not pages[InvokeType.MODERATION].run_requested
    pages[InvokeType.MODERATION].run_requested = True
    at.run()
    assert len(desk.requests) == 1


def test_a_result_is_noted_as_old_as_soon_as_the_form_differs_from_what_was_sent(desk: Desk) -> None:
    def is_noted(at: AppTest) -> bool:
        return any("Input changed since this run" in markdown.value for markdown in at.markdown)

    desk.answer = lambda request, run: [ModerationResult(result=True)]
    at = opened(text="Hi")
    assert not is_noted(at)
    at.button(key="moderation.run").click().run()
    assert not is_noted(at)
    at.session_state["text"] = "Hello"
    at.run()
    assert is_noted(at)
    at.session_state["text"] = "Hi"
    at.run()
    assert not is_noted(at)
