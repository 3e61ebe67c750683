"""A ranking as it came back: each document's new place, where it stood before, and why others are missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from invoker import Record

from .words import _


@dataclass(frozen=True, slots=True)
class Row:
    """One returned document."""

    rank: int
    """From 1."""
    position: int
    """Where it stood in the input, from 1."""
    score: float
    text: str

    @property
    def moved(self) -> int:
        """Places gained; negative when it lost some."""
        return self.position - self.rank


def ranking(record: Record[Any] | None) -> list[Row]:
    """Give the returned documents in their new order; none where there is no answer."""
    docs = record.chunks[0].docs if record is not None and record.chunks else ()
    return [Row(rank, doc.index + 1, doc.score, doc.text) for rank, doc in enumerate(docs, 1)]


def movement(places: int) -> str:
    """Write how far a document moved."""
    if places == 0:
        return "= 0"
    return f"▲ {places}" if places > 0 else f"▼ {-places}"


def reason_dropped(returned: int, top_n: int, threshold: float) -> str:
    """Say why documents are missing from the answer, as far as the answer can tell."""
    if returned >= top_n:
        words = _("cut by top_n = {top_n}, or below it score_threshold = {threshold}")
        return words.format(top_n=top_n, threshold=f"{threshold:g}")
    return _("score below score_threshold = {threshold}").format(threshold=f"{threshold:g}")
