"""A confusion matrix: verdicts against expectations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts of verdicts. "Positive" means a verdict of true, such as a flagged text.

    All measures range from 0 to 1 and are `None` where they would divide by zero.
    """

    true_positives: int
    false_positives: int
    """Flagged but should not have been: false alarms."""
    true_negatives: int
    false_negatives: int
    """Not flagged but should have been: misses."""

    @property
    def count(self) -> int:
        """Number of verdicts."""
        return self.true_positives + self.false_positives + self.true_negatives + self.false_negatives

    @property
    def precision(self) -> float | None:
        """Share of flagged texts that should be flagged; `None` if nothing was flagged."""
        return _share(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self) -> float | None:
        """Share of texts to flag that were flagged; `None` if there were none to flag."""
        return _share(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; `None` if nothing was or should have been flagged."""
        return _share(2 * self.true_positives, 2 * self.true_positives + self.false_positives + self.false_negatives)

    @property
    def accuracy(self) -> float | None:
        """Share of correct verdicts; `None` if there are none."""
        return _share(self.true_positives + self.true_negatives, self.count)


def confusion(pairs: Iterable[tuple[bool, bool]]) -> Confusion:
    """Count verdicts.

    Args:
        pairs: Expected and actual verdict of each text. May be empty.
    """
    counts = Counter((bool(expected), bool(got)) for expected, got in pairs)
    return Confusion(
        true_positives=counts[True, True],
        false_positives=counts[False, True],
        true_negatives=counts[False, False],
        false_negatives=counts[True, False],
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
