"""Test the quality of an order by labels."""

from itertools import permutations
from math import log2, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.workbench.analysis.relevance import Quality, mean, quality, quality_range

LABELS = st.lists(st.integers(0, 3), min_size=1, max_size=5)


def test_a_known_order() -> None:
    result = quality([0, 3, 1], k=2, left_out=[2])
    best = 7 / log2(2) + 3 / log2(3)
    assert result.ndcg == pytest.approx((7 / log2(3)) / best)
    assert result.reciprocal_rank == 1 / 2
    assert result.recall == pytest.approx(1 / 3)


def test_the_grade_from_which_a_document_is_relevant_can_be_set() -> None:
    result = quality([1, 2, 3], k=2, relevant_from=3)
    assert (result.reciprocal_rank, result.recall) == (1 / 3, 0)
    assert quality([1, 2], k=2, relevant_from=3).recall is None
    assert quality([1, 2], k=2, relevant_from=3).ndcg is not None


@pytest.mark.parametrize(("labels", "left_out"), [([], []), ([0, 0], []), ([], [0]), ([0], [0])])
def test_without_a_relevant_document_there_is_no_quality(labels: list[int], left_out: list[int]) -> None:
    assert quality(labels, k=3, left_out=left_out) == Quality(None, None, None)


def test_relevant_documents_that_were_all_left_out_are_a_bad_order() -> None:
    assert quality([0, 0], k=10, left_out=[3]) == Quality(0, 0, 0)
    assert quality([], k=10, left_out=[3]) == Quality(0, 0, 0)


@pytest.mark.parametrize(
    "wrong", [{"k": 0}, {"k": 1, "relevant_from": 0}, {"k": 1, "relevant_from": 4}, {"k": 1, "left_out": [4]}]
)
def test_values_out_of_range_are_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match="labels from 0 to 3"):
        quality([1], **wrong)


def test_tied_scores_give_a_range() -> None:
    worst, best = quality_range([0, 3, 1], [0.5, 0.5, 0.9], k=3)
    assert worst == quality([1, 0, 3], k=3)
    assert best == quality([1, 3, 0], k=3)
    worst, best = quality_range([1, 0], [0.9, 0.1], k=1)
    assert worst == best == Quality(1, 1, 1)
    assert quality_range([3, 0], [nan, 0.1], k=1)[1] == quality([0, 3], k=1)


def test_the_mean_over_queries_leaves_out_those_without_a_measure() -> None:
    assert mean([1.0, None, 0.5]) == 0.75
    assert mean([None]) is None
    assert mean([]) is None


@given(LABELS, st.integers(1, 6))
def test_the_best_order_has_an_ndcg_of_one_and_no_order_more(labels: list[int], k: int) -> None:
    best = quality(sorted(labels, reverse=True), k=k)
    assert best.ndcg == (pytest.approx(1) if any(labels) else None)
    for order in permutations(labels):
        result = quality(order, k=k)
        assert result.ndcg is None or 0 <= result.ndcg <= 1 + 1e-12
        assert result.recall is None or 0 <= result.recall <= best.recall


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=5), st.integers(1, 6))
def test_the_range_holds_every_order_that_fits_the_scores(pairs: list[tuple[int, int]], k: int) -> None:
    worst, best = quality_range([label for label, _ in pairs], [score for _, score in pairs], k=k)
    for order in permutations(pairs):
        scores = [score for _, score in order]
        if scores != sorted(scores, reverse=True):
            continue
        result = quality([label for label, _ in order], k=k)
        for low, value, high in zip(*(quality_as_tuple(one) for one in (worst, result, best)), strict=True):
            assert (low is None and value is None and high is None) or low - 1e-12 <= value <= high + 1e-12


def quality_as_tuple(result: Quality) -> tuple[float | None, float | None, float | None]:
    return result.ndcg, result.reciprocal_rank, result.recall
