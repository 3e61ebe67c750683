"""Analyse embeddings: similarity, nearest neighbours, a 2D map, and defects.

Vectors are the rows of a float array of shape (texts, dimensions). Values that cannot be computed, because a vector is zero or
not finite, are NaN: one bad vector affects only its own row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float64]


class Measure(StrEnum):
    """A similarity or distance between two vectors."""

    COSINE = "cosine"
    """-1 to 1; higher is nearer."""
    DOT = "dot"
    """Any number; higher is nearer. Equals the cosine if all norms are 1."""
    EUCLID = "euclid"
    """A distance, 0 or more; lower is nearer."""


@dataclass(frozen=True, slots=True)
class VectorFacts:
    """Basic facts about a set of vectors."""

    count: int
    dimensions: int
    norms: NDArray[np.float64]
    """Euclidean (L2) norms, shape (texts,); NaN or infinite if the vector is."""
    least: float | None
    """The smallest finite value; `None` if there is none."""
    largest: float | None
    nan_values: int
    infinite_values: int
    zero_vectors: int
    """Number of all-zero vectors."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A row and its distance or similarity."""

    row: int
    value: float
    """In the requested measure."""


@dataclass(frozen=True, slots=True)
class Map:
    """Vectors projected onto a plane."""

    points: NDArray[np.float64]
    """Shape (texts, 2); NaN for vectors that are not finite."""
    shares: tuple[float, float] | None
    """Shares of the variance on the two axes, 0 to 1; `None` if there is no variance, as with fewer than two vectors or equal
    ones."""


def matrix(embeddings: Sequence[Sequence[float]]) -> Vectors:
    """Convert a result's embeddings to an array.

    Returns:
        Shape (texts, dimensions); (0, 0) without embeddings.

    Raises:
        ValueError: The embeddings have different numbers of dimensions; the message names a row.
    """
    if not embeddings:
        return np.zeros((0, 0))
    wanted = len(embeddings[0])
    for row, embedding in enumerate(embeddings):
        if len(embedding) != wanted:
            raise ValueError(f"vector {row + 1} has {len(embedding)} dimensions, the first one {wanted}")
    return np.asarray(embeddings, np.float64).reshape(len(embeddings), wanted)


def facts(vectors: Vectors) -> VectorFacts:
    """Count and measure the vectors; also works without any."""
    finite = vectors[np.isfinite(vectors)]
    return VectorFacts(
        count=len(vectors),
        dimensions=vectors.shape[1],
        norms=np.sqrt(np.square(vectors).sum(axis=1)),
        least=float(finite.min()) if finite.size else None,
        largest=float(finite.max()) if finite.size else None,
        nan_values=int(np.isnan(vectors).sum()),
        infinite_values=int(np.isinf(vectors).sum()),
        zero_vectors=int((vectors == 0).all(axis=1).sum()) if vectors.size else 0,
    )


def similarity(vectors: Vectors, others: Vectors | None = None, measure: Measure = Measure.COSINE) -> NDArray[np.float64]:
    """Compare every vector with every other.

    Args:
        vectors: Shape (texts, dimensions).
        others: Shape (other texts, dimensions); defaults to `vectors`.
        measure: What to compute.

    Returns:
        Shape (texts, other texts). Cosines with a zero vector are NaN. Distances are exact to about 1e-8 of the norms.

    Raises:
        ValueError: The dimensions differ.
    """
    if others is not None and others.shape[1] != vectors.shape[1]:
        raise ValueError(f"{vectors.shape[1]} and {others.shape[1]} dimensions cannot be compared")
    right = vectors if others is None else others
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        if measure is Measure.COSINE:
            measured = np.clip(_unit(vectors) @ _unit(right).T, -1.0, 1.0)
        elif measure is Measure.DOT:
            measured = vectors @ right.T
        else:
            squares = np.square(vectors).sum(axis=1)[:, None] + np.square(right).sum(axis=1)
            measured = np.sqrt(np.maximum(squares - 2 * (vectors @ right.T), 0.0))
            if others is None:
                np.fill_diagonal(measured, np.diag(measured) * 0)  # exactly 0, but NaN stays NaN
    return measured


def _unit(vectors: Vectors) -> Vectors:
    # Scale by the largest value first: squares of values below 1e-154 would underflow.
    scaled = vectors / np.abs(vectors).max(axis=1, keepdims=True, initial=0.0)
    unit: Vectors = scaled / np.linalg.norm(scaled, axis=1, keepdims=True)
    return unit


def nearest(vectors: Vectors, row: int, measure: Measure = Measure.COSINE, *, limit: int | None = None) -> list[Neighbour]:
    """Sort the other rows by nearness to one row. Ties keep their order; rows with NaN are left out.

    Raises:
        IndexError: The row does not exist.
    """
    values = similarity(vectors[[row]], vectors, measure)[0]
    order = np.argsort(values if measure is Measure.EUCLID else -values, kind="stable")
    itself = row % len(vectors)
    neighbours = [
        Neighbour(int(other), float(values[other])) for other in order if other != itself and not np.isnan(values[other])
    ]
    return neighbours[:limit]


def pca(vectors: Vectors) -> Map:
    """Project vectors onto the plane of largest variance (principal components of the centred vectors).

    Distances on the map never exceed the true ones, and are exact for vectors in one plane. The map is deterministic: on each
    axis the point farthest from the centre is on the positive side.
    """
    points = np.full((len(vectors), 2), np.nan)
    good = np.isfinite(vectors).all(axis=1)
    if not good.any():
        return Map(points, None)
    # Scale, so that no square overflows or underflows.
    centred = vectors[good] - vectors[good].mean(axis=0)
    scale = float(np.abs(centred).max(initial=0.0))
    if not scale > np.abs(vectors[good]).max(initial=0.0) * 1e-12:  # equal vectors leave only rounding errors
        points[good] = 0.0
        return Map(points, None)
    coordinates, variances, total = _components(centred / scale)
    points[good] = coordinates * scale
    return Map(points, (float(variances[0] / total), float(variances[1] / total)))


def _components(centred: Vectors) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return coordinates on the first two axes, shape (texts, 2), their variances and the total variance, unscaled."""
    if centred.shape[0] <= centred.shape[1]:
        # Use the smaller of the two matrices with equal eigenvalues: 500 texts of 8,192 dimensions take 500 x 500.
        values, axes = np.linalg.eigh(centred @ centred.T)
        coordinates = axes[:, ::-1][:, :2] * np.sqrt(np.maximum(values[::-1][:2], 0.0))
    else:
        values, axes = np.linalg.eigh(centred.T @ centred)
        coordinates = centred @ axes[:, ::-1][:, :2]
    wide = np.zeros((len(centred), 2))
    wide[:, : coordinates.shape[1]] = coordinates
    for axis in wide.T:
        # Round, so that the first of two equally far points always decides.
        farthest = axis[np.argmax(np.round(np.abs(axis), 9))]
        axis *= -1.0 if farthest < 0 else 1.0
    return wide, np.square(wide).sum(axis=0), float(np.square(centred).sum())
