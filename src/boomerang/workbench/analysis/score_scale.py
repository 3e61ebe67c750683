"""On which scale a reranker's scores are: a guess from the scores alone, with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite


class Scale(StrEnum):
    """What a score means."""

    UNIT = "0–1"
    """Probabilities or the like; scores of different queries can be compared, and a threshold has a meaning."""
    LOGIT = "logit"
    """Any number, 0 being even odds."""
    COSINE = "cosine: -1–1"
    RESCALED = "rescaled: best = 1, worst = 0"
    """The best of this very list has 1 and the worst 0, so that a score says nothing about another list."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Guess:
    """A scale and why we think so."""

    scale: Scale
    reason: str
    """One sentence."""


def guess(scores: Sequence[float], *, requested: int | None = None) -> Guess:
    """Guess the scale of the scores of one answer.

    Args:
        scores: In any order.
        requested: Documents that were sent, to know whether some were dropped and the worst score with them; as many as there
            are scores if not given.

    Source for rescaling: the OpenAI-compatible rerank class of Dify's SDK, which maps the best score to 1 and the worst to 0,
    and gives 0 to a document that is alone.
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
