"""Test reranking of the same documents in other orders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

from boomerang.invoker.entities.rerank import RerankDocument, RerankResult
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.workbench.experiments.rerank_order import Verdict, compare, steps
from tests.scripted import Answer

from .series import form_call, run

DOCS = ["a", "b", "c"]


def scored(score: Callable[[str, int], float]) -> Answer:
    """Score each document by its text and its place in the input."""

    def answer(request: Request[Any], _run: Run) -> Iterable[Any]:
        docs: Sequence[str] = request.payload()["docs"]
        result = [RerankDocument(index=index, text=text, score=score(text, index)) for index, text in enumerate(docs)]
        yield RerankResult(model="ranker", docs=sorted(result, key=lambda doc: -doc.score))

    return answer


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (lambda text, _place: 1 / (1 + DOCS.index(text)), Verdict.SAME_ORDER),
        (lambda text, _place: 0.9 if text == "a" else 0.5, Verdict.SAME_SCORES),
        (lambda _text, place: 1 - place / 10, Verdict.DEPENDS),
    ],
)
def test_the_verdict_compares_orders_and_scores(score: Callable[[str, int], float], expected: Verdict) -> None:
    result = compare(run(steps(form_call("rerank", docs=DOCS), None), scored(score)), None)
    assert result.verdict is expected
    assert [label for label, _scores in result.scores] == ["original order", "reversed", "shuffled"]


def test_scores_are_named_by_the_place_in_the_form() -> None:
    answer = scored(lambda text, _place: 1 / (1 + DOCS.index(text)))
    result = compare(run(steps(form_call("rerank", docs=DOCS), None), answer), None)
    assert [dict(scores) for _label, scores in result.scores] == [{0: 1.0, 1: 0.5, 2: 1 / 3}] * 3
    assert (result.least_tau, result.largest_difference, result.tied) == (1.0, 0.0, 0)


def test_failures_are_kept_and_leave_no_verdict() -> None:
    def answer(_request: Request[Any], _run: Run) -> Iterable[Any]:
        raise InvokeBadRequestError("no")

    result = compare(run(steps(form_call("rerank", docs=DOCS), None), answer), None)
    assert (len(result.errors), result.scores, result.verdict, result.documents) == (3, [], None, [])
