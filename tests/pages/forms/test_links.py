"""Test what a URL restores, for links and reloads, and that visitors cannot open each other's runs."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from boomerang.playground.session.page_state import PageState
from tests.pages.conftest import CONNECTION
from tests.pages.visitor import PAGES, TYPES, Visitor
from tests.scripted import Desk

Visit = Callable[[str], Visitor]


def linked(page: str, **query: str) -> Visitor:
    """Open a page by a link."""
    visitor = Visitor(CONNECTION)
    for name, value in query.items():
        visitor.at.query_params[name] = value
    return visitor.open(page)


def test_a_link_fills_the_form(desk: Desk) -> None:
    query = {"model": "toolless", "stream": "false", "toolless.temperature": "0.9"}
    visitor = linked("llm", messages='[{"role": "user", "content": "Hi there"}]', **query)
    assert visitor.at.selectbox(key="llm.model").value == "toolless"
    visitor.run()
    [request] = desk.requests
    assert request.stream is False
    assert [message.content for message in request.prompt_messages] == ["Hi there"]


@pytest.mark.parametrize(
    "query",
    [
        {"model": "no such model"},
        {"messages": "no JSON"},
        {"messages": '[{"role": "user"}, 7, null]'},
        {"messages": '[{"role": "pope", "content": "x"}]'},
        {"stream": "perhaps", "panes": "many", "timeout": "soon"},
        {"panes": "99"},
        {"run": "made up"},
        {"talker.temperature": "9e99"},
        {"stop_words": '{"a": 1}'},
    ],
)
def test_a_broken_link_breaks_nothing(desk: Desk, query: dict[str, str]) -> None:
    visitor = linked("llm", **query)
    assert visitor.can_run
    if "no such model" in query.values():
        assert "no such model" in visitor.seen.replace("\\", "")


@pytest.mark.parametrize(("page", "field", "value"), [("text_embedding", "input_type", "both"), ("rerank", "top_n", "-4")])
def test_a_value_that_a_field_does_not_take_is_passed_over(desk: Desk, page: str, field: str, value: str) -> None:
    assert linked(page, **{field: value}).run().state == "done"


@pytest.mark.parametrize("page", [page for page in PAGES if page != "speech2text"])
def test_rows_and_texts_of_a_link_are_sent(desk: Desk, page: str) -> None:
    texts = {"text": "linked text", "query": "linked text", "rows": '["linked text"]'}
    visitor = linked(page, **texts, messages='[{"role": "user", "content": "linked text"}]', least="1")
    visitor.run()
    assert "linked text" in json.dumps(desk.requests[0].payload())


def test_a_run_of_another_one_is_not_found_by_its_id(desk: Desk) -> None:
    ann = Visitor(CONNECTION).open("moderation").run()
    assert ann.page_state.job is not None
    ann.page_state.job.owner = "ann's browser"  # all sessions of this test share one id
    ben = linked("moderation", run=ann.page_state.job.id)
    state: PageState = ben.at.session_state["_pages"][TYPES["moderation"]]
    assert state.job is None and ben.state == "idle"
