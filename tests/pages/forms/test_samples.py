"""Test samples: run all from the start page, and send rejected ones anyway."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.records.record import Outcome
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.playground.session import app_state
from tests.pages.conftest import CONNECTION
from tests.pages.visitor import TYPES, Visitor
from tests.scripted import Desk, good_answer

Visit = Callable[[str], Visitor]


def test_running_all_samples_leaves_each_run_on_its_page(desk: Desk) -> None:
    def answer(request: Request[Any], run: Run) -> Iterator[Any]:
        if request.invoke_type.value == "moderation":
            raise InvokeBadRequestError("Not today.")
        yield from good_answer(request, run)

    desk.answer = answer
    visitor = Visitor(CONNECTION).click("run")
    assert len(desk.requests) == len(TYPES)
    for page in TYPES:
        visitor.open(page)
        assert visitor.state == ("failed" if page == "moderation" else "done"), page
        assert visitor.record.request.invoke_type is TYPES[page]
        assert visitor.page_state.job is not None and visitor.page_state.job.origin.connection == CONNECTION
    visitor.open("llm")
    assert "Hello there." in visitor.seen.replace("\\", "")
    job = visitor.page_state.job
    assert job is not None and app_state.jobs().find(job.id, job.owner) is job  # a reload finds it too


def test_a_run_of_a_page_itself_is_not_replaced_by_a_sample(desk: Desk) -> None:
    visitor = Visitor(CONNECTION).click("run")
    visitor.open("moderation").type("text", "Mine.").run()
    own = visitor.record.id
    visitor.open("start")
    assert visitor.open("moderation").record.id == own


@pytest.mark.parametrize(
    ("page", "field", "argument"),
    [("moderation", "text", "text"), ("tts", "text", "content_text"), ("llm_structured_output", "text", "prompt_messages")],
)
def test_a_form_that_is_refused_here_can_be_sent_to_see_the_servers_own_refusal(
    visit: Visit, desk: Desk, page: str, field: str, argument: str
) -> None:
    unchecked: list[bool] = []

    def answer(request: Request[Any], run: Run) -> Iterator[Any]:
        unchecked.append(run.unchecked)
        raise InvokeBadRequestError("Input must not be empty (HTTP 400)", status_code=400)
        yield

    desk.answer = answer
    visitor = visit(page).type(field, "")
    assert not visitor.can_run and desk.requests == []
    visitor.click("send_anyway")
    assert visitor.state == "failed" and "Input must not be empty" in visitor.panel()
    assert unchecked == [True] and visitor.record.outcome is Outcome.FAILED
    sent = desk.requests[0].payload()[argument]
    assert not sent if isinstance(sent, str) else sent[-1]["content"] == ""


def test_the_sample_with_a_broken_schema_can_be_sent_anyway(visit: Visit, desk: Desk) -> None:
    visitor = visit("llm_structured_output").set("button_group", "sample", "Broken schema (refused)")
    assert not visitor.can_run
    visitor.click("send_anyway")
    assert desk.requests[0].payload()["structured_output_schema"] == {"type": "objekt"}


def test_what_no_server_could_be_asked_cannot_be_sent_anyway(visit: Visit) -> None:
    visitor = visit("llm_structured_output").type("schema", "{")
    assert not visitor.can_run and not can_send_anyway(visitor)
    assert not can_send_anyway(visit("moderation"))


def can_send_anyway(visitor: Visitor) -> bool:
    """Return whether the page offers to send anyway."""
    return any(button.key == visitor.key("send_anyway") for button in visitor.at.button)
