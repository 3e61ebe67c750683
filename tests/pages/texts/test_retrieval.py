"""Test the embedding and rerank pages: rows of texts, limits, and the display of odd results."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from boomerang.invoker.entities.model import EmbeddingInputType
from boomerang.invoker.entities.rerank import RerankDocument, RerankResult
from boomerang.workbench.samples.inputs import DOCUMENTS, QUERY, TEXTS
from tests.pages.visitor import Visitor
from tests.scripted import Desk, embedded

Visit = Callable[[str], Visitor]


def edit(page: Visitor, **change: object) -> Visitor:
    """Change the table of texts as its editor does."""
    state = {"edited_rows": {}, "added_rows": [], "deleted_rows": []} | change
    page.at.session_state[page.key(f"rows.{page.page_state.editor}")] = state
    return page.look()


@pytest.mark.parametrize(
    ("page_name", "count", "reason"), [("text_embedding", 5, "add a text"), ("rerank", 6, "add a document")]
)
def test_without_a_row_it_does_not_run(visit: Visit, page_name: str, count: int, reason: str) -> None:
    page = edit(visit(page_name), deleted_rows=list(range(count)))
    assert not page.can_run and reason in page.reason


def test_rows_are_changed_added_and_removed(visit: Visit, desk: Desk) -> None:
    page = visit("text_embedding")
    edit(page, edited_rows={0: {"text": "changed"}}, added_rows=[{"text": "new"}, {"text": "  "}], deleted_rows=[1]).run()
    assert desk.requests[0].texts == ["changed", *TEXTS[2:], "new"]


def test_rows_stay_as_they_were_edited_whatever_else_is_clicked(visit: Visit, desk: Desk) -> None:
    page = edit(visit("rerank"), deleted_rows=[1, 2, 3, 4, 5], added_rows=[{"document": "new"}])
    for _ in range(3):
        page.look().run()
        assert desk.requests[-1].docs == [DOCUMENTS[0], "new"]


def test_rows_of_blanks_do_not_count(visit: Visit, desk: Desk) -> None:
    page = edit(
        visit("text_embedding"), deleted_rows=[0, 1, 2, 3, 4], added_rows=[{"text": ""}, {"text": " \t"}, {"text": None}]
    )
    assert not page.can_run


def test_lines_are_pasted_as_rows(visit: Visit, desk: Desk) -> None:
    page = visit("rerank")
    page.type("paste", "one\n\n  two  \n").click("paste.add").run()
    assert desk.requests[0].docs == [*DOCUMENTS, "one", "two"]
    assert page.at.text_area(key="rerank.paste").value == ""


def test_pasted_lines_replace_the_rows_and_the_menu_closes(visit: Visit, desk: Desk) -> None:
    page = visit("rerank")
    page.at.session_state["rerank.paste.open"] = True
    page.look().type("paste", "one\n\n  two  \n").click("paste.replace")
    assert page.at.session_state["rerank.paste.open"] is False
    assert page.run() and desk.requests[0].docs == ["one", "two"]


def test_nothing_is_replaced_by_an_empty_paste(visit: Visit, desk: Desk) -> None:
    visit("rerank").type("paste", " \n").click("paste.replace").run()
    assert desk.requests[0].docs == DOCUMENTS


def test_a_sample_replaces_the_rows(visit: Visit, desk: Desk) -> None:
    page = edit(visit("text_embedding"), added_rows=[{"text": "typed"}])
    page.set("button_group", "sample", "One text").run()
    assert desk.requests[0].texts == TEXTS[:1]
    assert "Add a second text" in page.seen


def test_the_input_type_is_sent(visit: Visit, desk: Desk) -> None:
    page = visit("text_embedding").run()
    assert desk.requests[0].input_type is EmbeddingInputType.QUERY
    page.set("button_group", "input_type", EmbeddingInputType.DOCUMENT).run()
    assert desk.requests[1].input_type is EmbeddingInputType.DOCUMENT


def test_query_top_n_and_threshold_are_sent(visit: Visit, desk: Desk) -> None:
    page = visit("rerank").type("query", "Which?").set("number_input", "top_n", 2).set("number_input", "threshold", 0.35).run()
    request = desk.requests[0]
    assert (request.query, request.top_n, request.score_threshold) == ("Which?", 2, 0.35)
    assert page.metrics()["Dropped"] == "4"
    assert "4 dropped: cut by top_n = 2" in page.seen
    page.type("query", "")
    assert not page.can_run and "query" in page.reason


def test_top_n_follows_the_number_of_documents_until_it_is_set(visit: Visit, desk: Desk) -> None:
    page = edit(visit("rerank"), added_rows=[{"document": "seven"}])
    page.run()
    assert desk.requests[-1].top_n == 7
    page.set("number_input", "top_n", 3)
    edit(page, added_rows=[{"document": "seven"}, {"document": "eight"}]).run()
    assert desk.requests[-1].top_n == 3


def test_the_new_order_and_the_places_gained_are_drawn(visit: Visit, desk: Desk) -> None:
    page = visit("rerank").run()
    for text in ("▲ 5", "▼ 5", "▲ 1", DOCUMENTS[5]):
        assert text in page.seen


def test_when_every_document_is_dropped_the_answer_is_empty_and_they_are_listed(visit: Visit, desk: Desk) -> None:
    desk.answer = lambda request, run: [RerankResult(model="ranker", docs=[])]
    page = visit("rerank").set("button_group", "sample", "All dropped").run()
    assert page.state == "empty"
    assert "6 dropped: score below score_threshold = 1.01" in page.seen and DOCUMENTS[0] in page.seen


def test_scores_outside_zero_and_one_are_drawn(visit: Visit, desk: Desk) -> None:
    docs = [RerankDocument(index=0, text="a", score=7.25), RerankDocument(index=1, text="b", score=-3.5)]
    desk.answer = lambda request, run: [RerankResult(model="ranker", docs=docs)]
    page = visit("rerank").run()
    assert page.state == "done" and "7.25" in page.seen and "-3.5" in page.seen


@pytest.mark.parametrize(
    ("vectors", "text"),
    [
        ([[1.0, 0.0], [0.0, 0.0]], "1 zero"),
        ([[1.0, 0.0], [math.nan, 0.0]], "1 NaN"),
        ([[1.0, 0.0], [math.inf, 0.0]], "1 infinite"),
        ([[math.nan, math.nan]], "1 NaN"),
        ([[1.0], [1.0, 2.0]], "different dimensions"),
        ([[], []], "The vectors are empty."),
        ([[1.0, 0.0]] * 3, "Texts sent: 2; vectors returned: 3."),
        ([[1.0, 0.0]], "Texts sent: 2; vectors returned: 1."),
        ([[0.5] * 3] * 60, "First 40 of 60 texts"),
    ],
)
def test_odd_vectors_are_reported_and_break_nothing(visit: Visit, desk: Desk, vectors: list[list[float]], text: str) -> None:
    desk.answer = lambda request, run: [embedded(vectors)]
    page = visit("text_embedding")
    edit(page, deleted_rows=[2, 3, 4]).run()
    assert page.state == "done"
    assert text in page.seen
    assert page.metrics()["Vectors"] == str(len(vectors))


def test_the_query_sample_is_there(visit: Visit) -> None:
    assert visit("rerank").at.text_area(key="rerank.query").value == QUERY
