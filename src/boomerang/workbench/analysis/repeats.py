"""The same call many times: how often it works, how many answers it has, how long it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median


@dataclass(frozen=True, slots=True)
class Attempt:
    """One of the calls."""

    seconds: float
    answer: Hashable = None
    """What came back, in a form in which equal answers are equal; it does not count where there is a fault."""
    fault: str | None = None
    """What was wrong, such as an error's words or the path at which an answer breaks its schema; `None` if it was good."""


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of several calls."""

    least: float
    median: float
    p95: float
    """The least time that 95 of 100 calls do not exceed (nearest rank): always one that was measured. Of fewer than 20
    calls it is the largest."""
    largest: float


@dataclass(frozen=True, slots=True)
class Repeats:
    """What many attempts tell."""

    count: int
    ok: int
    """Those without a fault."""
    answers: tuple[tuple[Hashable, int], ...]
    """Distinct good answers and how often each came, the most frequent first; of equally frequent ones the earlier first."""
    faults: tuple[tuple[str, int], ...]
    """Distinct faults, in the same order."""
    first_seconds: float | None
    """Of the first attempt, good or not, which may have waited for the model to load; `None` if there was none."""
    times: Times | None
    """Of the good attempts after the first; `None` if there is none."""

    @property
    def share_ok(self) -> float | None:
        """Share of good attempts, 0 to 1; `None` if there was none at all."""
        return self.ok / self.count if self.count else None


def repeats(attempts: Sequence[Attempt]) -> Repeats:
    """Sum up attempts, in the order in which they were made. A fault is often quick, so its time does not count."""
    good = [attempt for attempt in attempts if attempt.fault is None]
    return Repeats(
        count=len(attempts),
        ok=len(good),
        answers=tuple(Counter(attempt.answer for attempt in good).most_common()),
        faults=tuple(Counter(attempt.fault for attempt in attempts if attempt.fault is not None).most_common()),
        first_seconds=attempts[0].seconds if attempts else None,
        times=times([attempt.seconds for attempt in attempts[1:] if attempt.fault is None]),
    )


def times(seconds: Sequence[float]) -> Times | None:
    """Describe times; `None` for none."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    return Times(ordered[0], median(ordered), ordered[ceil(len(ordered) * 95 / 100) - 1], ordered[-1])
