"""The quality of a document order against a person's labels: nDCG, reciprocal rank, recall.

Labels are grades from 0 (does not answer) to 3 (answers fully).
Source: nDCG after Järvelin and Kekäläinen 2002, with the gain 2^label - 1 of Burges et al. 2005 and the discount
log2(place + 1).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import fsum, isnan, log2

GRADES = range(4)


@dataclass(frozen=True, slots=True)
class Quality:
    """The quality of an order. Measures range from 0 to 1; `None` if no document is relevant, as all orders are then equal."""

    ndcg: float | None
    """Gain of the first `k` places divided by the gain of the best possible order."""
    reciprocal_rank: float | None
    """1 divided by the place of the first relevant document; 0 if none was returned. Its mean over queries is the MRR."""
    recall: float | None
    """Share of the relevant documents in the first `k` places."""


def quality(labels: Sequence[int], *, k: int, left_out: Sequence[int] = (), relevant_from: int = 1) -> Quality:
    """Score one order.

    Args:
        labels: Grades of the returned documents, best place first.
        k: Places that count, 1 or more; may exceed the number of documents.
        left_out: Grades of the documents that were not returned, in any order.
        relevant_from: The lowest grade, 1 to 3, that counts as relevant for reciprocal rank and recall.

    Raises:
        ValueError: `k`, a label or `relevant_from` is out of range.
    """
    if k < 1 or relevant_from not in GRADES[1:] or not {*labels, *left_out} <= set(GRADES):
        raise ValueError(
            f"k from 1, labels from 0 to 3, relevant from 1 to 3; not {k}, {[*labels, *left_out]}, {relevant_from}"
        )
    everything = [*labels, *left_out]
    relevant = sum(label >= relevant_from for label in everything)
    best = _gain(sorted(everything, reverse=True)[:k])
    first = next((place for place, label in enumerate(labels, 1) if label >= relevant_from), None)
    return Quality(
        ndcg=_gain(labels[:k]) / best if best else None,
        reciprocal_rank=(1 / first if first else 0.0) if relevant else None,
        recall=sum(label >= relevant_from for label in labels[:k]) / relevant if relevant else None,
    )


def quality_range(
    labels: Sequence[int], scores: Sequence[float], *, k: int, left_out: Sequence[int] = (), relevant_from: int = 1
) -> tuple[Quality, Quality]:
    """Score the worst and the best order that fit the scores; documents with equal scores may be in either order.

    Args:
        labels: Grades of the returned documents, aligned with `scores`; in any order.
        scores: Higher is better; NaN comes last.
        k: As in `quality`.
        left_out: As in `quality`.
        relevant_from: As in `quality`.

    Raises:
        ValueError: As in `quality`, or the numbers of labels and scores differ.
    """
    pairs = list(zip([-float("inf") if isnan(score) else score for score in scores], labels, strict=True))

    def ordered(sign: int) -> Quality:
        order = sorted(pairs, key=lambda pair: (-pair[0], sign * pair[1]))
        return quality([label for _, label in order], k=k, left_out=left_out, relevant_from=relevant_from)

    return ordered(1), ordered(-1)


def mean(values: Iterable[float | None]) -> float | None:
    """Return the mean of a measure over several queries, ignoring `None`; `None` if nothing remains."""
    known = [value for value in values if value is not None]
    return fsum(known) / len(known) if known else None


def _gain(labels: Sequence[int]) -> float:
    return fsum((2**label - 1) / log2(place + 1) for place, label in enumerate(labels, 1))
