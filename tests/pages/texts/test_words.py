"""Test the summary and moderation pages: short texts without a model call, the system model, and moderation details."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from boomerang.invoker.entities.message import UserPromptMessage
from boomerang.invoker.entities.moderation import ModerationResult
from boomerang.invoker.entities.speech2text import Speech2TextResult
from boomerang.invoker.entities.summary import SummaryResult
from boomerang.invoker.events import ModelExchange, ModerationScores
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.workbench.samples.inputs import ARTICLE, INSTRUCTION, MODERATION, SHORT_NOTE
from tests.pages.visitor import Visitor
from tests.scripted import Desk

Visit = Callable[[str], Visitor]


@pytest.mark.parametrize(
    ("page_name", "answer"),
    [("summary", SummaryResult(summary="half \ud800")), ("speech2text", Speech2TextResult(result="half \ud800"))],
)
def test_half_of_a_character_from_a_server_breaks_nothing(visit: Visit, desk: Desk, page_name: str, answer: Any) -> None:
    desk.answer = lambda request, run: [answer]
    page = visit(page_name).run()
    assert page.state == "done" and "half \ufffd" in page.seen


def test_text_instruction_and_system_model_are_sent(visit: Visit, desk: Desk) -> None:
    visit("summary").set("selectbox", "model", "toolless").run()
    request = desk.requests[0]
    assert (request.text, request.instruction, request.system_model) == (ARTICLE, INSTRUCTION, "toolless")


def test_a_short_text_comes_back_unchanged_and_no_model_is_called(visit: Visit, desk: Desk) -> None:
    page = visit("summary").set("button_group", "sample", "Short note (unchanged)")
    assert "returned unchanged, no model call" in page.seen
    page.run()
    assert desk.requests == [] and page.state == "done"
    assert SHORT_NOTE in page.seen and "Returned unchanged, no model was called" in page.faults
    assert "Nothing was sent" in page.tab("Sent")


def test_the_length_from_which_a_model_is_called_can_be_set(visit: Visit, desk: Desk) -> None:
    page = visit("summary").type("text", "Quite short.").set("number_input", "least", 5).run()
    assert len(desk.requests) == 1 and page.state == "done"
    assert page.metrics()["Source text"] == "12"


def test_what_the_system_model_was_asked_can_be_looked_at(visit: Visit, desk: Desk) -> None:
    answer = desk.answer

    def events(request: Request[Any], run: Run) -> Iterator[Any]:
        run.report(ModelExchange("piece 1 of 2", (UserPromptMessage(content="first half"),), "a"))
        run.report(ModelExchange("piece 2 of 2", (UserPromptMessage(content="second half"),), "b"))
        yield from answer(request, run)

    desk.answer = events
    page = visit("summary").run()
    assert "(2)" in page.seen and "piece 2 of 2" in page.seen and "first half" in page.seen
    assert "second half" in page.set("selectbox", "exchange", 1).seen
    assert "piece 1 of 2" in page.tab("Log")


@pytest.mark.parametrize("page_name", ["summary", "moderation"])
def test_without_text_it_does_not_run(visit: Visit, page_name: str) -> None:
    page = visit(page_name).type("text", "  ")
    assert not page.can_run and "enter a text" in page.reason


@pytest.mark.parametrize("sample", MODERATION)
def test_a_sample_fills_the_text(visit: Visit, desk: Desk, sample: str) -> None:
    visit("moderation").set("button_group", "sample", sample).run()
    assert desk.requests[0].text == MODERATION[sample]


@pytest.mark.parametrize(("result", "text"), [(True, "flag: Sensitive"), (False, "Not sensitive")])
def test_the_flag_is_drawn_in_words(visit: Visit, desk: Desk, result: bool, text: str) -> None:
    desk.answer = lambda request, run: [ModerationResult(result=result)]
    page = visit("moderation").run()
    assert page.state == "done"
    assert text in page.seen and f"result = {result}" in page.seen


def test_categories_that_the_back_end_knows_are_drawn_beside_the_flag(visit: Visit, desk: Desk) -> None:
    def events(request: Request[Any], run: Run) -> Iterator[Any]:
        run.report(ModerationScores({"violence": 0.875, "any": 0.9}, threshold=0.5))
        yield ModerationResult(result=True)

    desk.answer = events
    page = visit("moderation").run()
    assert "violence" in page.seen and "0.875" in page.seen and "reaches 0.5" in page.seen


def test_the_source_of_a_summary_is_that_of_its_own_run(visit: Visit, desk: Desk) -> None:
    visitor = visit("summary").type("text", "The first text.").set("number_input", "least", 1).run()
    visitor.type("text", "The second text, longer.").run()
    labels = [expander.label for expander in visitor.at.expander]
    assert "Source text · 24 characters" in labels and "Source text · 15 characters" not in labels
