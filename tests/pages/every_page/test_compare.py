"""Test comparison: the same input in several panes, each with its own model, parameters, state and Stop button."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest

from boomerang.invoker.backends.scripted import llm_chunks
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.playground.run import run_status
from tests.pages.visitor import PAGES, Visitor
from tests.scripted import Desk, good_answer

Visit = Callable[[str], Visitor]


def panes(visitor: Visitor, count: int) -> Visitor:
    """Set the number of panes."""
    visitor.at.segmented_control(key=visitor.key("panes")).set_value(count)
    return visitor.look()


def states(visitor: Visitor, count: int) -> list[str]:
    """Return the state of each pane."""
    state = [visitor.page_state, *(visitor.page_state.part(f"pane{number}") for number in range(2, count + 1))]
    return [run_status.name(each.job) for each in state]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("count", [2, 4])
def test_every_page_compares(visit: Visit, desk: Desk, page: str, count: int) -> None:
    visitor = panes(visit(page), count)
    if not visitor.can_run:  # the third model of the list is unavailable
        pytest.skip(visitor.reason)
    visitor.run()
    assert states(visitor, count) == ["done"] * count
    assert len(desk.requests) == count
    assert "Comparison" in visitor.seen


def test_each_pane_has_its_own_model_and_parameters(visit: Visit, desk: Desk) -> None:
    visitor = panes(visit("llm"), 2)
    assert [visitor.at.selectbox(key=f"llm.{part}model").value for part in ("", "pane2.")] == ["talker", "toolless"]
    visitor.at.selectbox(key="llm.pane2.model").set_value("talker")
    visitor.unfold("pane2.settings")
    visitor.at.slider(key="llm.pane2.talker.temperature").set_value(1.5)
    visitor.look().run()
    temperatures = [request.completion_params["temperature"] for request in desk.requests]
    assert sorted(temperatures) == [0.5, 1.5], "two runs at the same time come in any order"


def test_one_pane_that_fails_does_not_stop_the_others(visit: Visit, desk: Desk) -> None:
    def answer(request: Request[Any], run: Run) -> Iterator[Any]:
        if request.model == "toolless":
            raise InvokeBadRequestError("no such luck")
        yield from good_answer(request, run)

    desk.answer = answer
    visitor = panes(visit("llm"), 2).run()
    assert states(visitor, 2) == ["done", "failed"]
    assert "no such luck" in visitor.seen


def test_a_pane_runs_alone(visit: Visit, desk: Desk) -> None:
    visitor = panes(visit("moderation"), 2)
    visitor.click("pane2.run.one")
    assert states(visitor, 2) == ["idle", "done"]
    assert len(desk.requests) == 1


def test_the_first_pane_is_the_page_itself(visit: Visit, desk: Desk) -> None:
    visitor = visit("moderation").run()
    panes(visitor, 2)
    assert states(visitor, 2) == ["done", "idle"]
    panes(visitor, 1)
    assert visitor.state == "done", visitor.failure()


def table(visitor: Visitor) -> dict[str, list[str]]:
    """Return the comparison's table of metrics: label → its cells."""
    [html] = [html for html in re.findall("<table.*?</table>", visitor.html, re.DOTALL) if html.find(">A · ") > 0]
    rows = [re.findall("<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall("<tr>(.*?)</tr>", html)]
    return {label: [unescape(re.sub("<[^>]*>", "", cell)) for cell in cells] for label, *cells in rows}


def test_the_best_of_each_metric_is_named_and_a_tie_has_none(visit: Visit, desk: Desk) -> None:
    def answer(request: Request[Any], run: Run) -> Iterator[Any]:
        run.wait(0.05 if request.model == "talker" else 0.0)
        yield from llm_chunks("a", "b")

    desk.answer = answer
    rows = table(panes(visit("llm"), 2).run())
    assert rows["Metric"] == ["A · talker", "B · toolless"]
    assert [cell.endswith("★ fastest") for cell in rows["Total"]] == [False, True]
    assert [cell.endswith("★ first") for cell in rows["First token"]] == [False, True]
    assert rows["Finish reason"] == ["stop", "stop"]
    assert not {"Status", "Cost", "Tokens out"} & rows.keys(), "all are done, and neither reports a usage"


def test_the_table_is_the_first_thing_in_the_card(visit: Visit, desk: Desk) -> None:
    seen = panes(visit("llm"), 2).run().seen
    assert seen.index("Comparison") < seen.index("A · talker", seen.index("Comparison")) < seen.index("The texts are identical")


def test_totals_are_compared_without_the_time_in_the_queue(visit: Visit, desk: Desk) -> None:
    def answer(request: Request[Any], run: Run) -> Iterator[Any]:
        run.phase("waiting")
        run.wait(0.3 if request.model == "talker" else 0.0)
        run.phase("reading")
        run.wait(0.0 if request.model == "talker" else 0.1)
        yield from llm_chunks("a", "b")

    desk.answer = answer
    rows = table(panes(visit("llm"), 2).run())
    assert [cell.endswith("★ fastest") for cell in rows["Total without queue"]] == [True, False]
    assert "Queue" in rows and "Total" not in rows


def test_a_pane_that_failed_or_did_not_run_has_its_state_and_no_values(visit: Visit, desk: Desk) -> None:
    def answer(request: Request[Any], run: Run) -> Iterator[Any]:
        if request.model == "toolless":
            raise InvokeBadRequestError("no such luck")
        yield from good_answer(request, run)

    desk.answer = answer
    visitor = panes(visit("llm"), 3)
    visitor.click("run.one").click("pane2.run.one")
    rows = table(visitor)
    assert rows["Status"] == ["Done", "Failed", "Not run"]
    assert rows["Total"][1:] == ["—", "—"] and "★" not in " ".join(rows["Total"])


def test_the_name_of_a_model_is_escaped_in_the_table(visit: Visit, desk: Desk) -> None:
    visitor = visit("llm").set("toggle", "config.by_hand", True)
    visitor.type("config.text", '{"provider": "p", "model": "<img src=x>"}')
    panes(visitor, 2).run()
    assert "<img" not in visitor.html
