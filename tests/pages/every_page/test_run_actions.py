"""Test the row of actions under a result: what is copied and saved, and where the row is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from streamlit.testing.v1.element_tree import Block

from boomerang.invoker.backends.scripted import llm_chunks
from boomerang.invoker.entities.text_embedding import TextEmbeddingResult
from boomerang.invoker.errors import InvokeServerUnavailableError
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.playground.ui.copy_button import MOST_BYTES
from boomerang.workbench.samples.inputs import ARTICLE
from tests.pages.visitor import PAGES, Visitor, key_of, nodes
from tests.scripted import Desk, embedded

Visit = Callable[[str], Visitor]

COPIED = {
    "llm": "Hello there.",
    "summary": "In short: a bridge.",
    "speech2text": "The quick test.",
}
SAVED = {
    "llm": ["Text", "Markdown"],
    "llm_structured_output": ["JSON"],
    "summary": ["Summary"],
    "text_embedding": ["JSON", "CSV", "NPY"],
    "rerank": ["JSON", "CSV"],
    "tts": ["Download .mp3"],
    "speech2text": ["Text"],
    "moderation": [],
}


def actions(visitor: Visitor) -> list[Block]:
    """Return the rows of actions on a page."""
    return [node for node in nodes(visitor.at.main) if isinstance(node, Block) and key_of(node).startswith("actions-")]


def saved(row: Block) -> list[str]:
    """Return the labels of the downloads that can be pressed."""
    buttons = [node.proto for node in nodes(row) if node.type == "download_button"]
    return [button.label for button in buttons if not button.disabled]


@pytest.mark.parametrize("page", PAGES)
def test_one_row_has_every_action_of_a_result(visit: Visit, page: str) -> None:
    visitor = visit(page)
    assert actions(visitor) == []
    [row] = actions(visitor.run())
    keys = [getattr(node, "key", "") for node in nodes(row)]
    assert visitor.key("repeat") in keys and visitor.key("code") in keys
    assert saved(row) == SAVED[page]


@pytest.mark.parametrize("page", COPIED)
def test_a_text_is_copied_as_it_is(visit: Visit, page: str) -> None:
    assert visit(page).run().copied == [COPIED[page]]


def test_what_is_not_a_text_is_copied_as_json_or_as_a_table(visit: Visit) -> None:
    [value] = visit("llm_structured_output").run().copied
    assert json.loads(value) == {"city": "Lisbon", "temperature_c": 24, "sunny": True}
    [matrix] = visit("text_embedding").run().copied
    assert json.loads(matrix)[1] == [1.0, 0.0, 1.0]
    [verdict] = visit("moderation").run().copied
    assert json.loads(verdict) == {"result": True}
    [ranking] = visit("rerank").run().copied
    head, first, *_rest = ranking.splitlines()
    assert head.split("\t") == ["rank", "document", "score", "input position"]
    assert first.split("\t")[0] == "1" and first.split("\t")[3] == "6"


def test_the_document_is_next_to_its_rank(visit: Visit) -> None:
    [table] = [frame.value for frame in visit("rerank").run().at.dataframe if "rank" in frame.value.columns]
    assert list(table.columns)[:3] == ["rank", "document", "score"]


def test_a_very_long_answer_is_not_sent_twice(visit: Visit, desk: Desk) -> None:
    desk.answer = lambda request, run: llm_chunks("x" * (MOST_BYTES + 1), model="talker")
    visitor = visit("llm").run()
    assert visitor.copied == [] and "Too large to copy (1.0 MB)" in visitor.seen
    assert saved(actions(visitor)[0]) == SAVED["llm"]


def test_a_large_matrix_is_not_written_as_json_only_to_be_refused(visit: Visit, desk: Desk) -> None:
    def wide(request: Request[Any], run: Run) -> list[TextEmbeddingResult]:
        return [embedded([[0.5] * 12_000 for _text in request.texts])]

    desk.answer = wide
    visitor = visit("text_embedding").run()
    assert visitor.copied == [] and "Too large to copy (1.2 MB)" in visitor.seen


@pytest.mark.parametrize("page", PAGES)
def test_a_failed_run_without_output_can_be_sent_again(visit: Visit, desk: Desk, page: str) -> None:
    def refuse(request: Request[Any], run: Run) -> list[Any]:
        raise InvokeServerUnavailableError("busy")

    desk.answer = refuse
    visitor = visit(page).run()
    assert visitor.state == "failed" and visitor.copied == [] and not visitor.at.metric
    [row] = actions(visitor)
    assert visitor.key("repeat") in [getattr(node, "key", "") for node in nodes(row)]


def test_partial_output_and_its_actions_are_above_the_error(visit: Visit, desk: Desk) -> None:
    def breaks(request: Request[Any], run: Run) -> Iterator[Any]:
        yield next(iter(llm_chunks("Half an", " answer.", model="talker")))
        raise InvokeServerUnavailableError("cable cut")

    desk.answer = breaks
    visitor = visit("llm").run()
    assert visitor.state == "failed" and visitor.copied == ["Half an"]
    keys = visitor.keys()
    assert keys.index("actions-llm-row") < keys.index("llm.error-panel")


def test_a_summary_repeats_neither_its_source_nor_the_numbers_of_its_status(visit: Visit, desk: Desk) -> None:
    visitor = visit("summary").run()
    assert [area.value for area in visitor.at.text_area if area.disabled] == []
    label = f"Source text · {len(ARTICLE):,} characters"
    [source] = [expander for expander in visitor.at.expander if expander.label == label]
    visitor.at.session_state[key_of(source)] = True
    visitor.look()
    assert [area.value for area in visitor.at.text_area if area.disabled] == [ARTICLE]
    assert visitor.seen.count(f"{len(ARTICLE):,} →") == 1


def test_a_comparison_has_its_own_row_in_each_pane_without_what_concerns_all(visit: Visit) -> None:
    visitor = visit("llm").set("button_group", "panes", 2).run()
    assert len(actions(visitor)) == 2 and visitor.copied == ["Hello there."] * 2
    assert not [button for button in visitor.at.button if button.key and button.key.endswith("repeat")]
