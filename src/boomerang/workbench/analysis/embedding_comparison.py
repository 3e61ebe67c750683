"""Compare two embeddings of the same texts: by two models, as query and document, or in one call and one by one.

Vectors are arrays of shape (texts, dimensions), as in `vectors`; row i on both sides is the same text.
Source: comparing neighbourhoods instead of coordinates is representational similarity analysis (Kriegeskorte et al. 2008).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .rank_correlation import spearman
from .vectors import Measure, Vectors, similarity


@dataclass(frozen=True, slots=True)
class Overlap:
    """The shares of nearest neighbours that two embeddings have in common."""

    k: int
    """Neighbours compared: as requested, or all other texts if there are fewer."""
    per_text: NDArray[np.float64]
    """Shares from 0 to 1, shape (texts,); NaN for a text whose vector is zero or not finite on one side."""
    mean: float | None
    """Mean of the defined shares; `None` if there are none."""


@dataclass(frozen=True, slots=True)
class Largest:
    """The largest difference between two sets of vectors."""

    difference: float
    """Largest absolute difference between two values; 0 if there are no vectors. Infinite if one side is not finite
    and the other differs."""
    row: int | None
    """Row of the largest difference; `None` if there are no vectors."""
    dimension: int | None
    least_cosine: float | None
    """Smallest cosine between a vector and its counterpart; `None` if no pair has one."""


def neighbour_overlap(left: Vectors, right: Vectors, k: int) -> Overlap:
    """Return how many of each text's `k` nearest neighbours (by cosine) both sides share. The dimensions may differ.

    Ties go to the earlier text, on both sides.

    Raises:
        ValueError: The numbers of texts differ, or `k` is less than 1.
    """
    _same_texts(left, right)
    if k < 1:
        raise ValueError(f"k is {k}; at least one neighbour is needed")
    k = min(k, max(0, len(left) - 1))
    shares = np.full(len(left), np.nan)
    if k:
        (near, known_left), (near_right, known_right) = _near(left, k), _near(right, k)
        for row in np.flatnonzero(known_left & known_right):
            shares[row] = len(np.intersect1d(near[row], near_right[row])) / k
    known = shares[~np.isnan(shares)]
    return Overlap(k, shares, float(known.mean()) if known.size else None)


def _near(vectors: Vectors, k: int) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return the rows of the nearest texts, shape (texts, k), and which texts have a usable vector."""
    cosines = similarity(vectors)
    usable = ~np.isnan(np.diag(cosines))
    cosines = np.where(np.isnan(cosines), -2.0, cosines)  # below every real cosine
    np.fill_diagonal(cosines, -np.inf)
    return np.argsort(-np.round(cosines, 12), axis=1, kind="stable")[:, :k], usable


def rank_correlation(left: Vectors, right: Vectors) -> float | None:
    """Return Spearman's rho between the pairwise cosines of the two sides: whether the same pairs of texts are similar on both.

    The dimensions may differ.

    Returns:
        From -1 to 1; `None` with fewer than three texts, if one side's cosines are all equal, or if no pair has a cosine.

    Raises:
        ValueError: The numbers of texts differ.
    """
    _same_texts(left, right)
    pairs = np.triu_indices(len(left), 1)
    x, y = np.round(similarity(left)[pairs], 12), np.round(similarity(right)[pairs], 12)
    known = ~(np.isnan(x) | np.isnan(y))
    return spearman(x[known], y[known])


def pair_cosines(left: Vectors, right: Vectors) -> NDArray[np.float64]:
    """Return the cosine between each vector and its counterpart.

    Returns:
        Shape (texts,), -1 to 1; NaN where a vector is zero or not finite.

    Raises:
        ValueError: The shapes differ.
    """
    _same_shape(left, right)
    return np.array([similarity(left[[row]], right[[row]], Measure.COSINE)[0, 0] for row in range(len(left))], np.float64)


def largest_difference(left: Vectors, right: Vectors) -> Largest:
    """Find the largest difference between two sets of vectors, such as one call with N texts and N calls with one text.

    Raises:
        ValueError: The shapes differ.
    """
    _same_shape(left, right)
    if not left.size:
        return Largest(0.0, None, None, None)
    with np.errstate(invalid="ignore", over="ignore"):
        differences = np.abs(left - right)
    same = (left == right) | (np.isnan(left) & np.isnan(right))
    differences = np.where(same, 0.0, np.where(np.isnan(differences), np.inf, differences))
    row, dimension = np.unravel_index(int(differences.argmax()), differences.shape)
    cosines = pair_cosines(left, right)
    known = cosines[~np.isnan(cosines)]
    least = float(known.min()) if known.size else None
    return Largest(float(differences[row, dimension]), int(row), int(dimension), least)


def _same_texts(left: Vectors, right: Vectors) -> None:
    if len(left) != len(right):
        raise ValueError(f"{len(left)} and {len(right)} texts cannot be compared")


def _same_shape(left: Vectors, right: Vectors) -> None:
    _same_texts(left, right)
    if left.shape != right.shape:
        raise ValueError(f"{left.shape[1]} and {right.shape[1]} dimensions cannot be compared value by value")
