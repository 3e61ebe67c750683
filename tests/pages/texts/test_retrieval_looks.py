"""Test the views of vectors and rankings, their comparisons, and the experiments of both pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from boomerang.invoker.entities.model import EmbeddingInputType
from boomerang.invoker.entities.rerank import RerankDocument, RerankResult
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.events import ArgumentsNotSent
from boomerang.workbench.samples.inputs import DOCUMENTS, TEXTS
from tests.pages.visitor import Visitor
from tests.scripted import Desk, embedded

Visit = Callable[[str], Visitor]


def look(page: Visitor, name: str) -> Visitor:
    """Select a view of the result."""
    return page.set("button_group", "look", name)


def experiment(page: Visitor, name: str) -> Visitor:
    """Open an experiment and run it."""
    return page.set("button_group", "experiment", name).click(f"try-{name}.run")


def ranked(scores: list[float]) -> Callable[[Any, Any], list[Any]]:
    """Return an answer that scores documents by their place in the sample."""

    def answer(request: Any, _run: Any) -> list[Any]:
        by_text = dict(zip(DOCUMENTS, scores, strict=True))
        docs = [RerankDocument(index=i, text=text, score=by_text[text]) for i, text in enumerate(request.docs)]
        return [RerankResult(model="ranker", docs=sorted(docs, key=lambda doc: -doc.score)[: request.top_n])]

    return answer


def test_vectors_can_be_looked_at_in_four_ways(visit: Visit, desk: Desk) -> None:
    desk.answer = lambda request, run: [embedded([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [-1.0, 0.0], [0.0, 0.0]])]
    page = visit("text_embedding").run()
    assert "Cosine similarity" in page.seen
    look(page, "nearest")
    nearest = next(frame.value for frame in page.at.dataframe if "Cosine" in frame.value.columns)
    assert list(nearest["row"]) == [2, 3, 4]
    page.set("button_group", "measure", "euclid")
    frame = next(frame.value for frame in page.at.dataframe if "Euclidean distance" in frame.value.columns)
    assert list(frame["row"]) == [2, 5, 3, 4]
    page.set("selectbox", "row", 4).set("button_group", "measure", "cosine")
    assert "it has no neighbors" in page.seen
    assert "not similarity" in look(page, "map").seen
    assert "Vector values" in look(page, "vector").seen


def test_one_text_shows_its_numbers_and_two_have_no_map(visit: Visit, desk: Desk) -> None:
    page = visit("text_embedding").set("button_group", "sample", "One text").run()
    assert "Vector values" in page.seen and "Add a second text" in page.seen
    page.set("button_group", "rows.as", "JSON").type("rows.json", '["a", "b"]').run()
    assert "The map needs at least three texts" in page.seen and "Cosine similarity" in page.seen


@pytest.mark.parametrize("name", ["similarity", "nearest", "map", "vector"])
def test_five_hundred_texts_of_8192_dimensions_are_usable(visit: Visit, desk: Desk, name: str) -> None:
    numbers = [float(value % 97) - 48 for value in range(8192)]
    desk.answer = lambda request, run: [embedded([[numbers[row], *numbers[1:]] for row in range(500)])]
    page = visit("text_embedding")
    page.at.session_state["text_embedding.look"] = name
    page.run()
    assert page.state == "done" and "500 × 8,192" in page.seen
    if name == "similarity":
        assert "First 40 of 500 texts" in page.seen
    assert "First 20 of 500 vectors" in page.seen


@pytest.mark.parametrize(("shift", "text"), [(0.0, "No difference"), (0.3, "The vectors differ")])
def test_query_and_document_are_compared_text_by_text(visit: Visit, desk: Desk, shift: float, text: str) -> None:
    def answer(request: Any, run: Any) -> list[Any]:
        more = shift if request.input_type is EmbeddingInputType.DOCUMENT else 0.0
        return [embedded([[1.0, index + more] for index, _text in enumerate(request.texts)])]

    desk.answer = answer
    page = experiment(visit("text_embedding"), "two-types")
    assert [request.input_type.value for request in desk.requests] == ["query", "document"]
    assert text in page.seen
    assert page.metrics()["Dimensions"] == "2"


def test_where_the_input_type_is_not_sent_nothing_is_said_of_the_model(visit: Visit, desk: Desk) -> None:
    def answer(request: Any, run: Any) -> list[Any]:
        run.report(ArgumentsNotSent(("input_type",)))
        return [embedded([[1.0, index] for index, _text in enumerate(request.texts)])]

    desk.answer = answer
    page = experiment(visit("text_embedding"), "two-types")
    assert "input_type was not sent" in page.seen and "No difference" not in page.seen


@pytest.mark.parametrize(("alone", "text"), [(1.0, "Equal up to rounding"), (1.5, "Batching changes the vectors")])
def test_one_call_is_compared_with_many(visit: Visit, desk: Desk, alone: float, text: str) -> None:
    desk.answer = lambda request, run: [embedded([[alone if len(request.texts) == 1 else 1.0, 2.0]] * len(request.texts))]
    page = experiment(visit("text_embedding"), "batch")
    assert [len(request.texts) for request in desk.requests] == [5, 1, 1, 1, 1, 1]
    assert text in page.seen and page.metrics()["Compared"] == "5 / 5"
    assert page.metrics()["Max difference"] == f"{alone - 1:.2g}"


def test_an_experiment_with_a_failure_reports_it_and_compares_the_rest(visit: Visit, desk: Desk) -> None:
    def answer(request: Any, run: Any) -> list[Any]:
        if request.texts == [TEXTS[2]]:
            raise InvokeBadRequestError("Not this one.", field="texts")
        return [embedded([[1.0, 2.0]] * len(request.texts))]

    desk.answer = answer
    page = experiment(visit("text_embedding"), "batch")
    assert "Not this one." in page.faults and page.metrics()["Compared"] == "4 / 5"


def test_two_embeddings_share_neighbours_and_a_difference_of_dimensions_is_named(visit: Visit, desk: Desk) -> None:
    answers = iter([[[1.0, float(index)] for index in range(5)], [[1.0, float(index), 0.0] for index in range(5)]])
    desk.answer = lambda request, run: [embedded(next(answers))]
    page = visit("text_embedding")
    page.at.segmented_control(key="text_embedding.panes").set_value(2)
    page.look()
    page.run()
    assert "The dimensions differ" in page.seen
    assert page.metrics()["Neighbor overlap@3"] == "100%" and page.metrics()["Rank correlation"] == "1.000"


def test_a_ranking_can_be_looked_at_in_four_ways(visit: Visit, desk: Desk) -> None:
    desk.answer = ranked([0.1, 0.7, 0.2, 0.9, 0.3, 0.4])
    page = visit("rerank").run()
    assert "Scores look absolute (0–1)" in page.seen
    assert "Rank changes from the input order" in look(page, "movement").seen
    assert "Scores of the documents" in look(page, "scores").seen
    look(page, "quality")
    metrics = page.metrics()
    assert (metrics["nDCG@3"], metrics["MRR"], metrics["Recall@3"]) == ("1.000", "1.000", "1.000")


def test_another_threshold_is_tried_without_a_new_call(visit: Visit, desk: Desk) -> None:
    desk.answer = ranked([0.1, 0.7, 0.2, 0.9, 0.3, 0.5])
    page = visit("rerank").run()
    page.set("slider", "preview", 0.5)
    assert "3 of 6 kept at score" in page.seen
    assert len(desk.requests) == 1


def test_quality_follows_the_labels_after_the_run(visit: Visit, desk: Desk) -> None:
    desk.answer = ranked([0.9, 0.7, 0.2, 0.1, 0.3, 0.5])
    page = look(visit("rerank").run(), "quality")
    assert page.metrics()["MRR"] == "0.500"
    page.set("button_group", "rows.as", "JSON").type("rows.json", f'[{{"document": "{DOCUMENTS[0]}", "label": 3}}]')
    assert page.metrics()["MRR"] == "1.000" and len(desk.requests) == 1
    page.type("rows.json", f'["{DOCUMENTS[0]}"]')
    assert "Label the documents" in page.seen


@pytest.mark.parametrize(
    ("scores", "text"),
    [
        ([0.1, 0.7, 0.2, 0.9, 0.3, 0.4], "The same ranking for every input order"),
        ([0.5] * 6, "Tied documents keep their input order"),
    ],
)
def test_documents_in_another_order_are_ranked_alike(visit: Visit, desk: Desk, scores: list[float], text: str) -> None:
    desk.answer = ranked(scores)
    page = experiment(visit("rerank"), "order")
    assert [len(request.docs) for request in desk.requests] == [6, 6, 6]
    assert desk.requests[1].docs == DOCUMENTS[::-1]
    assert text in page.seen


def test_a_reranker_that_goes_by_places_is_found_out(visit: Visit, desk: Desk) -> None:
    page = experiment(visit("rerank"), "order")
    assert "The ranking depends on the input order" in page.seen
    assert page.metrics()["Min Kendall τ"] == "-1.000"


def test_two_rankings_are_compared_by_a_slope_and_their_labels(visit: Visit, desk: Desk) -> None:
    turns = iter([ranked([0.9, 0.8, 0.7, 0.6, 0.5, 0.4]), ranked([0.4, 0.5, 0.6, 0.7, 0.8, 0.9])])
    desk.answer = lambda request, run: next(turns)(request, run)
    page = visit("rerank")
    page.at.segmented_control(key="rerank.panes").set_value(2)
    page.look()
    page.run()
    assert page.metrics()["Kendall τ"] == "-1.000"
    assert "Rank changes" in page.seen and "nDCG@3" in page.seen


@pytest.mark.parametrize("name", ["list", "movement", "scores", "quality"])
def test_a_thousand_documents_are_usable(visit: Visit, desk: Desk, name: str) -> None:
    page = visit("rerank")
    page.type("paste", "\n".join(f"document number {number}" for number in range(1000))).click("paste.add")
    page.at.session_state["rerank.look"] = name
    page.run()
    assert page.state == "done" and page.metrics()["Returned"] == "1,006"
    if name in ("movement", "scores"):
        assert "of 1006 documents" in page.seen
