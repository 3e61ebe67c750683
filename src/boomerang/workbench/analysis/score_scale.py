"""Guess the scale of a reranker's scores from the scores alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite


class Scale(StrEnum):
    """The scale of a score."""

    UNIT = "0–1"
    """Probabilities or similar: comparable between queries, and usable with a threshold."""
    LOGIT = "logit"
    """Any number; 0 means even odds."""
    COSINE = "cosine: -1–1"
    RESCALED = "rescaled: best = 1, worst = 0"
    """The best score of the list is 1 and the worst 0, so scores are not comparable between lists."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Guess:
    """A scale and the reason for it."""

    scale: Scale
    reason: str
    """One sentence."""


def guess(scores: Sequence[float], *, requested: int | None = None) -> Guess:
    """Guess the scale of one result's scores.

    Args:
        scores: In any order.
        requested: Number of documents sent, to detect that some were dropped and the worst score with them; defaults to the
            number of scores.

    Source for rescaling: the OpenAI-compatible rerank class of Dify's SDK maps the best score to 1 and the worst to 0, and
    gives a single document 0.
    """
    if not scores:
        return Guess(Scale.UNKNOWN, "There are no scores.")
    if not all(isfinite(score) for score in scores):
        return Guess(Scale.UNKNOWN, "Some scores are not finite numbers.")
    low, high = min(scores), max(scores)
    if rescaled := _rescaled(low, high, len(scores), dropped=(requested or 0) > len(scores)):
        return Guess(Scale.RESCALED, rescaled)
    span = f"The scores lie from {low:.3g} to {high:.3g}"
    if low >= 0 and high <= 1:
        return Guess(Scale.UNIT, f"{span}, none at both ends at once.")
    if low >= -1 and high <= 1:
        return Guess(Scale.COSINE, f"{span}: within -1 and 1, with negative ones. Logits near 0 would look the same.")
    return Guess(Scale.LOGIT, f"{span}: beyond what a probability or a cosine can be.")


def _rescaled(low: float, high: float, count: int, *, dropped: bool) -> str | None:
    if count == 1 and low == 0:
        return "The only score is exactly 0, which is what rescaling makes of a document that is alone."
    if low == 0 and high == 1:
        return "The best score is exactly 1 and the worst exactly 0."
    if high == 1 and low >= 0 and dropped:
        return "The best score is exactly 1; the worst, which would be 0, is among the dropped documents."
    return None
