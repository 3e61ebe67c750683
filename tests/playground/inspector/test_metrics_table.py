"""Test the metrics of a run that goes on: redrawn on a tick, but not on each."""

from __future__ import annotations

from typing import Any

from streamlit.testing.v1 import AppTest

from boomerang.invoker.backends.scripted import llm_chunks
from boomerang.invoker.records.record import Record
from boomerang.invoker.request import InvokeType
from tests.invoker.answers import request_of
from tests.playground.parsed_markup import cells

CLOCKS: list[float] = []
"""The times that the page's clock returns, in order."""


def page() -> None:
    import streamlit

    from boomerang.playground.inspector import metrics_table
    from tests.playground.inspector.test_metrics_table import CLOCKS, more

    record = streamlit.session_state["record"]
    update = metrics_table.live(record, "x", clock=lambda: CLOCKS.pop(0))
    more(record)
    update()


def more(record: Record[Any]) -> None:
    record.chunks.extend(llm_chunks("b", "c"))
    record.times.extend([0.2, 0.3])


def chunks_shown(*clocks: float) -> str:
    """Return the number of chunks in the table after a tick."""
    CLOCKS[:] = clocks
    record: Record[Any] = Record(request_of(InvokeType.LLM), "scripted")
    record.chunks.extend(llm_chunks("a", "a"))
    record.times.extend([0.05, 0.1])
    at = AppTest.from_function(page, default_timeout=30)
    at.session_state["record"] = record
    at.run()
    assert not at.exception, at.exception
    assert not CLOCKS
    [table] = [html.body for html in at.html if "plain-table" in html.body]
    assert any("plain-bar" in html.body for html in at.html)
    return {row[0]: row[1] for row in cells(table)}["Chunks"]


def test_a_tick_redraws_what_is_due() -> None:
    assert chunks_shown(10.0, 10.01, 10.6, 10.6) == "4"


def test_a_tick_too_early_costs_nothing() -> None:
    assert chunks_shown(10.0, 10.01, 10.4) == "2"


def test_a_slow_redraw_is_not_repeated_soon() -> None:
    assert chunks_shown(10.0, 10.2, 13.0) == "2", "it took 0.2 s, so the next may come after 4 s"
