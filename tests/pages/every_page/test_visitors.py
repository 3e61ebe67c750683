"""Test visitors: each has their own values and records, and values persist while another page is open."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from boomerang.invoker.backends.scripted import Scripted
from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.entities.moderation import ModerationResult
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.playground.session import app_state
from boomerang.playground.session.visitor import visitor as visitor_id
from boomerang.workbench.runs.jobs import Job
from tests.pages.conftest import CONNECTION
from tests.pages.visitor import PAGES, Visitor
from tests.scripted import BOUND, Desk, good_answer, listed

Visit = Callable[[str], Visitor]


@pytest.mark.parametrize("page", PAGES)
def test_values_and_result_are_there_when_the_visitor_comes_back(visit: Visit, desk: Desk, page: str) -> None:
    visitor = visit(page)
    if not page.startswith(("text_embedding", "speech2text")):
        for area in visitor.at.text_area:
            if area.key and not area.key.endswith(("paste", "schema", "parameters", "extra")):
                area.set_value(f"{area.value} And more.")
        visitor.look()
    if page == "summary":
        visitor.set("number_input", "least", 7)
    else:
        visitor.set("toggle", "config.by_hand", True)
    before = {area.key: area.value for area in visitor.at.text_area if not area.disabled}
    visitor.run()
    record, count = visitor.record.id, len(desk.requests)
    visitor.open("start").open("moderation" if page != "moderation" else "tts").open(page)
    assert {area.key: area.value for area in visitor.at.text_area if not area.disabled} == before
    assert visitor.state == "done" and visitor.record.id == record
    visitor.run()
    first, again = desk.requests[count - 1], desk.requests[-1]
    assert again == first and len(desk.requests) == count + 1


def test_rows_are_there_when_the_visitor_comes_back(visit: Visit, desk: Desk) -> None:
    visitor = visit("rerank").type("paste", "one more").click("paste.add")
    visitor.at.session_state["rerank.rows.2"] = {
        "edited_rows": {0: {"document": "first"}},
        "added_rows": [],
        "deleted_rows": [1],
    }
    visitor.look()
    rows = list(visitor.page_state.rows)
    assert rows[0] == "first" and rows[-1] == "one more" and len(rows) == 6
    visitor.open("llm").open("rerank").run()
    assert desk.requests[0].docs == rows


def test_two_visitors_do_not_see_each_others_records(desk: Desk) -> None:
    ann, ben = Visitor(CONNECTION).open("moderation"), Visitor(CONNECTION).open("moderation")
    ann.type("text", "Ann's text")
    ben.type("text", "Ben's text")
    desk.answer = lambda request, run: [ModerationResult(result="Ann" in request.text)]
    ann.run()
    assert ben.look().state == "idle" and "Ann" not in ben.seen
    ben.run()
    ann.look()
    assert "Sensitive" in ann.seen and "Not sensitive" not in ann.seen
    assert "Not sensitive" in ben.seen
    assert "Ben" not in ann.seen + ann.tab("Sent") and "Ann" not in ben.seen + ben.tab("Sent")
    assert ann.record.id != ben.record.id


def test_one_visitors_run_does_not_hold_up_another(desk: Desk) -> None:
    waiting = threading.Event()

    def answer(request: Request[Any], run: Run) -> Iterator[Any]:
        if request.text == "slow":
            waiting.set()
            run.wait(BOUND)
        yield ModerationResult(result=False)

    desk.answer = answer
    config = {"provider": "p", "model": "judge"}
    slow = app_state.jobs().submit(
        Job(lambda session: session.model.moderation.invoke(config, "slow"), desk.backend, visitor="ann")
    )
    assert waiting.wait(BOUND)
    assert Visitor(CONNECTION).open("moderation").run().state == "done"
    assert slow.running
    slow.stop()
    slow.join(BOUND)
    assert not slow.running


def test_picking_another_connection_changes_the_models(desk: Desk) -> None:
    other = Scripted(good_answer, models=[listed("talker-2", ModelType.LLM)])
    app_state.connections().add("other", lambda: other)
    try:
        visitor = Visitor(CONNECTION).open("llm")
        assert "talker" in visitor.at.selectbox(key="llm.model").options
        visitor.at.selectbox(key="connection").set_value("other")
        visitor.look()
        assert visitor.at.selectbox(key="llm.model").options == ["talker-2"]
        assert visitor.config["model"] == "talker-2"
    finally:
        app_state.connections().remove("other")


def test_a_connection_that_was_taken_out_does_not_take_the_page_with_it(desk: Desk) -> None:
    app_state.connections().add("other", lambda: desk.backend)
    visitor = Visitor("other").open("llm")
    app_state.connections().remove("other")
    visitor.look()
    assert visitor.at.button(key="llm.run")


def test_outside_a_page_there_is_no_visitor() -> None:
    assert visitor_id() == ""
    assert app_state.visitor_is_present("anybody")
