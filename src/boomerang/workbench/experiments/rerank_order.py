"""Check whether rerank scores change when the documents are reversed or shuffled."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from boomerang.workbench.analysis.rank_correlation import kendall_of_orders, ties
from boomerang.workbench.i18n.translate import N_
from boomerang.workbench.results.rankings import ranking
from boomerang.workbench.runs.job_series import Series, Step

from .form_call import FormCall

SEED = 20260503
SAME = 1e-4
"""Largest difference between two scores of a document that counts as rounding."""


@dataclass(frozen=True, slots=True)
class Order:
    """The order in which the documents were sent."""

    order: tuple[int, ...]
    """Places in the form, in the order sent."""
    docs: tuple[str, ...]
    """The documents as in the form."""


class Verdict(Enum):
    """The effect of the input order on the result."""

    SAME_ORDER = "same order"
    SAME_SCORES = "same scores"
    """Only documents with equal scores change places."""
    DEPENDS = "depends"


@dataclass(frozen=True, slots=True)
class OrderComparison:
    """Scores of the same documents, sent in several orders."""

    docs: tuple[str, ...]
    scores: Sequence[tuple[str, Mapping[int, float]]]
    """Label of each order with a result → score by the document's place in the form, best first."""
    errors: Sequence[tuple[str, Exception]]
    verdict: Verdict | None
    """`None` before the end, and with fewer than two results."""
    least_tau: float | None
    """Lowest Kendall τ between the first result's order and another's."""
    largest_difference: float | None
    tied: int
    """Number of documents in the first result whose score is not unique."""

    @property
    def documents(self) -> list[int]:
        """Places in the form of all returned documents."""
        return list(dict.fromkeys(document for _label, scores in self.scores for document in scores))


def steps(form_call: FormCall, _settings: None) -> Sequence[Step[Order]]:
    """Return the form's call with its documents in three orders."""
    docs = tuple(form_call.arguments.get("docs", ()))
    original = tuple(range(len(docs)))
    shuffled = tuple(random.Random(SEED).sample(original, len(original)))
    orders = ((N_("original order"), original), (N_("reversed"), original[::-1]), (N_("shuffled"), shuffled))
    return [form_call.step(label, Order(order, docs), docs=[docs[index] for index in order]) for label, order in orders]


def compare(series: Series[Order], _settings: None) -> OrderComparison:
    """Compare the results so far."""
    scored = [(step.label, scores(step)) for step in series.steps if step.ended]
    answered = [(label, by_document) for label, by_document in scored if by_document]
    first = answered[0][1] if answered else {}
    others = [by_document for _label, by_document in answered[1:]]
    taus = [kendall_of_orders(list(first), list(other)) for other in others]
    known = [tau for tau in taus if tau is not None]
    return OrderComparison(
        docs=series.steps[0].facts.docs,
        scores=answered,
        errors=[(step.label, step.error) for step in series.steps if step.error is not None],
        verdict=_verdict(first, others) if others and not series.running else None,
        least_tau=min(known) if known and len(known) == len(taus) else None,
        largest_difference=_spread(first, others) if others else None,
        tied=sum(map(len, ties(list(first.values())))),
    )


def scores(step: Step[Order]) -> dict[int, float]:
    """Return the scores of a successful step by each document's place in the form, best first."""
    record = step.completed
    if record is None:
        return {}
    order = step.facts.order
    return {order[row.position - 1]: row.score for row in ranking(record) if 0 < row.position <= len(order)}


def _verdict(first: Mapping[int, float], others: Sequence[Mapping[int, float]]) -> Verdict:
    if all(list(other) == list(first) for other in others):
        return Verdict.SAME_ORDER
    tied = ties(list(first.values()))
    if all(set(other) == set(first) for other in others) and _spread(first, others) <= SAME and tied:
        return Verdict.SAME_SCORES
    return Verdict.DEPENDS


def _spread(first: Mapping[int, float], others: Sequence[Mapping[int, float]]) -> float:
    """Return the largest difference between two scores of a document."""
    return max(
        (abs(other[document] - score) for other in others for document, score in first.items() if document in other),
        default=0.0,
    )
