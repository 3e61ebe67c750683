"""Statistics of a repeated call: success rate, distinct answers, durations."""

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
    """The answer, in a form in which equal answers compare equal; ignored if there is a fault."""
    fault: str | None = None
    """What was wrong, such as an error's text or the path at which an answer violates its schema; `None` if it succeeded."""


@dataclass(frozen=True, slots=True)
class Times:
    """Durations of several calls, in seconds."""

    least: float
    median: float
    p95: float
    """The shortest time that 95 of 100 calls do not exceed (nearest rank), always one that was measured. With fewer than 20
    calls it is the largest."""
    largest: float


@dataclass(frozen=True, slots=True)
class Repeats:
    """Statistics of several attempts."""

    count: int
    ok: int
    """Attempts without a fault."""
    answers: tuple[tuple[Hashable, int], ...]
    """Distinct good answers with their counts, most frequent first; ties go to the earlier one."""
    faults: tuple[tuple[str, int], ...]
    """Distinct faults with their counts, in the same order."""
    first_seconds: float | None
    """Duration of the first attempt, good or not, which may include loading the model; `None` if there was no attempt."""
    times: Times | None
    """Durations of the good attempts after the first; `None` if there are none."""

    @property
    def share_ok(self) -> float | None:
        """Share of good attempts, 0 to 1; `None` if there were none."""
        return self.ok / self.count if self.count else None


def repeats(attempts: Sequence[Attempt]) -> Repeats:
    """Summarize attempts, in call order. Failed attempts are often quick, so their durations are ignored."""
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
    """Return statistics of durations; `None` if there are none."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    return Times(ordered[0], median(ordered), ordered[ceil(len(ordered) * 95 / 100) - 1], ordered[-1])
