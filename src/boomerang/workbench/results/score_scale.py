"""Guess the scale of a reranker's scores from the scores alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from boomerang.workbench.i18n.translate import _


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
    """One sentence, in the visitor's language."""


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
        return Guess(Scale.UNKNOWN, _("There are no scores."))
    if not all(isfinite(score) for score in scores):
        return Guess(Scale.UNKNOWN, _("Some scores are not finite numbers."))
    low, high = min(scores), max(scores)
    if rescaled := _rescaled(low, high, len(scores), dropped=(requested or 0) > len(scores)):
        return Guess(Scale.RESCALED, rescaled)
    scale, reason = Scale.LOGIT, _("Scores range from {low} to {high}: too far for a probability or a cosine.")
    if low >= 0 and high <= 1:
        scale, reason = Scale.UNIT, _("Scores range from {low} to {high}, without reaching both 0 and 1.")
    elif low >= -1 and high <= 1:
        scale, reason = (
            Scale.COSINE,
            _("Scores range from {low} to {high}: within −1 to 1, some negative. Logits near 0 would look the same."),
        )
    return Guess(scale, reason.format(low=f"{low:.3g}", high=f"{high:.3g}"))


def _rescaled(low: float, high: float, count: int, *, dropped: bool) -> str | None:
    if count == 1 and low == 0:
        return _("The only score is exactly 0, as after rescaling a single document.")
    if low == 0 and high == 1:
        return _("The best score is exactly 1 and the worst exactly 0.")
    if high == 1 and low >= 0 and dropped:
        return _("The best score is exactly 1; the worst, which would be 0, is among the dropped documents.")
    return None
