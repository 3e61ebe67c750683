"""The vectors of a record, analysed once, so that reruns of the page cost nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from boomerang.invoker.records.record import Record

if TYPE_CHECKING:  # numpy is loaded with the first vectors
    from numpy.typing import NDArray

    from boomerang.workbench.analysis.vectors import Map, VectorFacts, Vectors

MOST_IN_MATRIX = 40
"""Most rows of the matrix to draw; more would be unreadable."""
MOST_ON_MAP = 1_000


class RecordVectors:
    """Vectors of one result, all of the same dimension.

    Args:
        rows: The vectors as returned; at least one, each with at least one number.
    """

    def __init__(self, rows: Sequence[Sequence[float]]) -> None:
        from boomerang.workbench.analysis.vectors import matrix

        self.vectors: Vectors = matrix(rows)

    def __len__(self) -> int:
        return len(self.vectors)

    @cached_property
    def facts(self) -> VectorFacts:
        """Basic facts about the vectors."""
        import numpy as np

        from boomerang.workbench.analysis.vectors import facts

        with np.errstate(over="ignore", invalid="ignore"):
            return facts(self.vectors)

    @cached_property
    def odd(self) -> dict[str, int]:
        """Number of vectors with NaN, with infinite values, and that are all zero."""
        import numpy as np

        return {
            "NaN": int(np.isnan(self.vectors).any(axis=1).sum()),
            "infinite": int(np.isinf(self.vectors).any(axis=1).sum()),
            "zero": self.facts.zero_vectors,
        }

    @cached_property
    def cosines(self) -> NDArray[Any]:
        """Cosines between the first rows, shape (rows, rows)."""
        from boomerang.workbench.analysis.vectors import similarity

        return similarity(self.vectors[:MOST_IN_MATRIX])

    @cached_property
    def map(self) -> Map:
        """The first rows projected onto a plane."""
        from boomerang.workbench.analysis.vectors import pca

        return pca(self.vectors[:MOST_ON_MAP])

    @cached_property
    def neighbours(self) -> list[int | None]:
        """For each row on the map, the nearest other row by cosine; `None` if unknown."""
        import numpy as np

        from boomerang.workbench.analysis.vectors import similarity

        cosines = similarity(self.vectors[:MOST_ON_MAP])
        np.fill_diagonal(cosines, np.nan)
        best = np.where(np.isnan(cosines), -np.inf, cosines).argmax(axis=1)
        return [int(near) if np.isfinite(cosines[row, near]) else None for row, near in enumerate(best)]


def vectors_of(record: Record[Any]) -> RecordVectors:
    """Return the vectors of an embedding's record, analysed once.

    Raises:
        ValueError: The dimensions differ.
    """
    return record.once("vectors", lambda: RecordVectors(record.chunks[0].embeddings))


def as_csv(rows: Sequence[Sequence[float]], texts: Sequence[str]) -> str:
    """Return vectors as CSV: the text, then one column per dimension."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["text", *range(len(rows[0]))])
    writer.writerows([text, *row] for text, row in zip(texts, rows, strict=False))
    return out.getvalue()


def as_npy(rows: Sequence[Sequence[float]]) -> bytes:
    """Return vectors as a NumPy file: float32, shape (rows, dimensions)."""
    import numpy as np

    out = io.BytesIO()
    np.save(out, np.asarray(rows, dtype=np.float32), allow_pickle=False)
    return out.getvalue()
