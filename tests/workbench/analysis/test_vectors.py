"""Test embeddings: measures, neighbours, the map, and two embeddings of the same texts."""

from math import inf, nan, sqrt

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from boomerang.workbench.analysis.embedding_comparison import (
    largest_difference,
    neighbour_overlap,
    pair_cosines,
    rank_correlation,
)
from boomerang.workbench.analysis.vectors import Measure, Neighbour, facts, matrix, nearest, pca, similarity

VALUES = st.floats(-100, 100, allow_subnormal=False).map(lambda value: round(value, 3))


def arrays(dimensions: int, least: int = 1):
    row = st.lists(VALUES, min_size=dimensions, max_size=dimensions)
    return st.lists(row, min_size=least, max_size=8).map(matrix)


def distances(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points[:, None] - points[None], axis=2)


def test_rows_of_different_lengths_are_named() -> None:
    with pytest.raises(ValueError, match="vector 3 has 1 dimensions, the first one 2"):
        matrix([[1, 2], [3, 4], [5]])
    assert matrix([]).shape == (0, 0)
    assert matrix([[], []]).shape == (2, 0)


def test_facts_count_what_is_wrong() -> None:
    result = facts(matrix([[3, 4], [0, 0], [nan, 1], [inf, -inf]]))
    assert (result.count, result.dimensions) == (4, 2)
    assert list(result.norms[:2]) == [5, 0]
    assert np.isnan(result.norms[2])
    assert result.norms[3] == inf
    assert (result.least, result.largest) == (0, 4)
    assert (result.nan_values, result.infinite_values, result.zero_vectors) == (1, 2, 1)


def test_no_vectors_have_facts_too() -> None:
    result = facts(matrix([]))
    assert (result.count, result.least, result.largest, result.zero_vectors) == (0, None, None, 0)


def test_known_measures() -> None:
    vectors = matrix([[1, 0], [1, 1], [0, -2]])
    assert similarity(vectors) == pytest.approx(np.array([[1, sqrt(0.5), 0], [sqrt(0.5), 1, -sqrt(0.5)], [0, -sqrt(0.5), 1]]))
    assert similarity(vectors, measure=Measure.DOT).tolist() == [[1, 1, 0], [1, 2, -2], [0, -2, 4]]
    assert similarity(vectors, measure=Measure.EUCLID) == pytest.approx(np.sqrt([[0, 1, 5], [1, 0, 10], [5, 10, 0]]))
    assert similarity(vectors[:1], vectors[1:], Measure.DOT).tolist() == [[1, 0]]


def test_a_bad_vector_spoils_its_own_row_only() -> None:
    cosines = similarity(matrix([[1, 0], [0, 0], [nan, 1], [1, 1]]))
    assert np.isnan(cosines[[1, 2]]).all()
    assert cosines[0, 3] == pytest.approx(sqrt(0.5))
    assert np.isfinite(similarity(matrix([[inf, 0], [1, 0], [2, 1]]), measure=Measure.EUCLID)[1:, 1:]).all()


def test_tiny_and_huge_vectors_have_a_cosine() -> None:
    assert similarity(matrix([[1e-200, 1e-200], [1e200, 0]]))[0, 1] == pytest.approx(sqrt(0.5))


def test_vectors_of_two_dimensions_are_not_compared() -> None:
    with pytest.raises(ValueError, match="2 and 3 dimensions"):
        similarity(np.ones((1, 2)), np.ones((1, 3)))


def test_the_nearest_come_first() -> None:
    vectors = matrix([[1, 0], [0, 1], [2, 0.1], [nan, 0], [1, 1]])
    assert [result.row for result in nearest(vectors, 0)] == [2, 4, 1]
    assert [result.row for result in nearest(vectors, 0, Measure.DOT)] == [2, 4, 1]
    assert [result.row for result in nearest(vectors, 0, Measure.EUCLID)] == [4, 2, 1]
    assert nearest(vectors, 1, Measure.DOT, limit=1) == [Neighbour(4, 1.0)]
    assert [result.row for result in nearest(vectors, -1, limit=1)] == [2]
    assert nearest(vectors[:1], 0) == []
    with pytest.raises(IndexError):
        nearest(vectors, 5)


def test_points_on_a_line_have_all_their_variance_on_one_axis() -> None:
    result = pca(matrix([[0, 0, 0], [1, 2, 2], [3, 6, 6]]))
    assert result.shares == pytest.approx((1, 0))
    # Centred at 4/3 steps of length 3; the farthest is 5/3 steps on the positive side.
    assert result.points[:, 0] == pytest.approx([-4, -1, 5])
    assert result.points[:, 1] == pytest.approx([0, 0, 0], abs=1e-6)


@pytest.mark.parametrize("vectors", [[], [[1, 2]], [[1, 2], [1, 2]], [[0.1, 0.2]] * 3, [[nan, 1]], [[0, 0], [0, 0]], [[], []]])
def test_without_variance_there_is_no_share(vectors: list[list[float]]) -> None:
    result = pca(matrix(vectors))
    assert result.shares is None
    assert result.points.shape == (len(vectors), 2)
    assert not result.points[~np.isnan(result.points)].any()


def test_a_bad_vector_is_not_on_the_map_and_does_not_move_the_others() -> None:
    good = matrix([[1, 2], [4, 1], [0, 7]])
    result = pca(np.vstack([good[:1], [[inf, 0]], good[1:]]))
    assert np.isnan(result.points[1]).all()
    assert result.points[[0, 2, 3]] == pytest.approx(pca(good).points)


def test_one_dimension_makes_a_map_too() -> None:
    result = pca(matrix([[1], [2], [6]]))
    assert result.points == pytest.approx(np.array([[-2, 0], [-1, 0], [3, 0]]))
    assert result.shares == (1, 0)


@given(arrays(2, least=2))
def test_the_map_keeps_distances_of_flat_data(vectors: np.ndarray) -> None:
    assert distances(pca(vectors).points) == pytest.approx(distances(vectors), rel=1e-6, abs=1e-4)


@given(arrays(2, least=2), st.integers(0, 1000))
def test_the_map_finds_a_plane_in_many_dimensions(flat: np.ndarray, seed: int) -> None:
    basis = np.linalg.qr(np.random.default_rng(seed).standard_normal((12, 2)))[0]
    result = pca(flat @ basis.T + 3)
    assert distances(result.points) == pytest.approx(distances(flat), rel=1e-6, abs=1e-4)
    assert result.shares is None or sum(result.shares) == pytest.approx(1)


@given(arrays(5, least=2))
def test_shares_are_those_of_the_singular_values(vectors: np.ndarray) -> None:
    result = pca(vectors)
    assume(result.shares is not None)
    squares = np.linalg.svd(vectors - vectors.mean(axis=0), compute_uv=False) ** 2
    assert result.shares == pytest.approx(np.pad(squares, (0, 2))[:2] / squares.sum(), abs=1e-6)
    assert (distances(result.points) <= distances(vectors) + 1e-4).all()


def test_the_same_vectors_give_the_same_map_and_mirrored_ones_do_not_flip_it() -> None:
    vectors = np.random.default_rng(1).standard_normal((20, 8))
    assert np.array_equal(pca(vectors).points, pca(vectors.copy()).points)
    assert pca(vectors[:, ::-1]).points == pytest.approx(pca(vectors).points)


def test_the_same_neighbours_overlap_wholly_whatever_the_dimensions() -> None:
    vectors = np.random.default_rng(2).standard_normal((10, 4))
    wider = np.pad(vectors * 7, ((0, 0), (0, 3)))
    result = neighbour_overlap(vectors, wider, 3)
    assert (result.k, result.mean) == (3, 1)
    assert rank_correlation(vectors, wider) == pytest.approx(1)


def test_a_known_overlap() -> None:
    angles = {"left": [0, 10, 90, 100], "right": [0, 90, 10, 100]}
    left, right = (
        np.stack([np.cos(np.radians(settings)), np.sin(np.radians(settings))], axis=1)
        for settings in (angles["left"], angles["right"])
    )
    assert neighbour_overlap(left, right, 1).per_text.tolist() == [0, 0, 0, 0]
    assert neighbour_overlap(left, right, 2).per_text.tolist() == [1, 0.5, 0.5, 1]
    assert neighbour_overlap(left, right, 99).k == 3
    assert neighbour_overlap(left, right, 99).mean == 1


def test_texts_with_a_bad_vector_have_no_overlap() -> None:
    left = matrix([[1, 0], [0, 0], [1, 1], [0, 1]])
    result = neighbour_overlap(left, left, 1)
    assert np.isnan(result.per_text[1])
    assert result.mean == 1
    assert neighbour_overlap(left[:1], left[:1], 5).mean is None
    assert neighbour_overlap(matrix([]), matrix([]), 5).mean is None


def test_too_few_texts_have_no_rank_correlation() -> None:
    for count in range(3):
        assert rank_correlation(np.eye(3)[:count], np.eye(3)[:count]) is None


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match="2 and 3 texts"):
        neighbour_overlap(np.ones((2, 2)), np.ones((3, 2)), 1)
    with pytest.raises(ValueError, match="at least one"):
        neighbour_overlap(np.ones((2, 2)), np.ones((2, 2)), 0)
    with pytest.raises(ValueError, match="2 and 3 dimensions"):
        largest_difference(np.ones((2, 2)), np.ones((2, 3)))


def test_the_largest_difference_is_found() -> None:
    left = matrix([[1, 0, 0], [0, 1, 0]])
    right = matrix([[1, 0, 0], [0, 1, -0.25]])
    result = largest_difference(left, right)
    assert (result.difference, result.row, result.dimension) == (0.25, 1, 2)
    assert result.least_cosine == pytest.approx(1 / sqrt(1 + 0.25**2))
    assert largest_difference(left, left).difference == 0
    assert largest_difference(matrix([[nan]]), matrix([[nan]])).difference == 0
    assert largest_difference(matrix([[nan]]), matrix([[1]])).difference == inf
    assert largest_difference(matrix([[inf]]), matrix([[inf]])).difference == 0
    assert largest_difference(matrix([]), matrix([])).row is None


def test_query_and_document_are_compared_row_by_row() -> None:
    result = pair_cosines(matrix([[1, 0], [0, 2], [0, 0]]), matrix([[2, 0], [1, 0], [1, 0]]))
    assert result[:2] == pytest.approx([1, 0])
    assert np.isnan(result[2])
    assert pair_cosines(matrix([]), matrix([])).shape == (0,)


@given(arrays(3))
def test_cosines_are_symmetric_and_bounded(vectors: np.ndarray) -> None:
    cosines = similarity(vectors)
    known = cosines[~np.isnan(cosines)]
    assert (np.abs(known) <= 1).all()
    assert np.allclose(cosines, cosines.T, equal_nan=True)
    assert similarity(vectors, measure=Measure.EUCLID) == pytest.approx(distances(vectors), abs=1e-4)
