"""Test the correlation of document orders."""

from itertools import combinations
from math import inf, nan, sqrt

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from boomerang.workbench.analysis.rank_correlation import Move, kendall_of_orders, kendall_tau, moves, ranks, spearman, ties

SCORES = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=15)


def test_moves_count_places() -> None:
    result = moves(["a", "b", "c", "gone"], ["c", "a", "b", "new"])
    assert result == [Move("a", 1, 2), Move("b", 2, 3), Move("c", 3, 1), Move("gone", 4, None), Move("new", None, 4)]
    assert [move.places for move in result] == [-1, -1, 2, None, None]
    assert moves([], []) == []


def test_an_order_with_a_document_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="once"):
        moves([1, 1], [1])


def test_known_correlations() -> None:
    # Of ten pairs, eight agree and two do not.
    assert kendall_tau([1, 2, 3, 4, 5], [2, 1, 4, 3, 5]) == pytest.approx((8 - 2) / 10)
    # 1 - 6 * (1 + 1 + 1 + 1) / (5 * 24)
    assert spearman([1, 2, 3, 4, 5], [2, 1, 4, 3, 5]) == pytest.approx(0.8)
    # One pair is tied on the left: five of six pairs remain there, all six on the right, and five agree.
    assert kendall_tau([1, 1, 2, 3], [1, 2, 3, 4]) == pytest.approx(5 / sqrt(5 * 6))
    assert spearman([1, 1, 2, 3], [1, 2, 3, 4]) == pytest.approx(4.5 / sqrt(4.5 * 5))


def test_orders_are_compared_by_the_documents_that_both_have() -> None:
    assert kendall_of_orders("abcx", "abcy") == 1
    assert kendall_of_orders("abc", "cba") == -1
    assert kendall_of_orders("abx", "yza") is None


@pytest.mark.parametrize(("left", "right"), [([], []), ([1], [1]), ([1, 1], [1, 2]), ([1, nan], [1, 2]), ([2, 2], [3, 3])])
def test_what_has_no_order_has_no_correlation(left: list[float], right: list[float]) -> None:
    assert kendall_tau(left, right) is None
    assert spearman(left, right) is None


def test_infinite_scores_have_an_order() -> None:
    assert kendall_tau([-inf, 0, inf], [1, 2, 3]) == 1
    assert spearman([-inf, 0, inf], [1, 2, 3]) == pytest.approx(1)


@pytest.mark.parametrize("measure", [kendall_tau, spearman])
def test_lists_of_two_lengths_are_refused(measure) -> None:
    with pytest.raises(ValueError, match="one length"):
        measure([1, 2], [1, 2, 3])


def test_equal_numbers_share_their_mean_rank() -> None:
    assert list(ranks([10, 20, 10, 5])) == [2.5, 4, 2.5, 1]
    assert list(ranks([])) == []


def test_ties_are_named_by_position() -> None:
    assert ties([0.5, 0.1, 0.5, 0.1, 0.9]) == [[0, 2], [1, 3]]
    assert ties([]) == []


@given(SCORES)
def test_tau_is_symmetric_bounded_and_equals_the_count_of_pairs(pairs: list[tuple[int, int]]) -> None:
    x, y = [a for a, _ in pairs], [b for _, b in pairs]
    tau = kendall_tau(x, y)
    assert tau == kendall_tau(y, x)
    assume(tau is not None)
    signs = [((a > c) - (a < c), (b > d) - (b < d)) for (a, b), (c, d) in combinations(pairs, 2)]
    expected = sum(p * q for p, q in signs) / sqrt(sum(p * p for p, _ in signs) * sum(q * q for _, q in signs))
    assert tau == pytest.approx(expected)
    assert -1 <= tau <= 1
    assert kendall_tau(x, [-b for b in y]) == pytest.approx(-tau)
    assert kendall_tau(x, x) == 1


@given(SCORES)
def test_rho_is_symmetric_bounded_and_blind_to_scale(pairs: list[tuple[int, int]]) -> None:
    x, y = [a for a, _ in pairs], [b for _, b in pairs]
    rho = spearman(x, y)
    assume(rho is not None)
    assert -1 <= rho <= 1
    assert spearman(y, x) == pytest.approx(rho)
    assert spearman([a**3 for a in x], y) == pytest.approx(rho)
    assert spearman(x, x) == pytest.approx(1)
