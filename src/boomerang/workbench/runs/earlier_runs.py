"""Earlier runs of each visitor, in memory: bounded in number and bytes. The oldest go first, an open one never.

A history lives as long as its visitor's session refers to it: the process only knows weak references. So it is gone with the
visitor, and a visitor can only reach their own.
"""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from boomerang.invoker.request import InvokeType

from . import run_size
from .jobs import Job


@dataclass(frozen=True, slots=True)
class Limits:
    """Most that is kept; only an open run may exceed it."""

    runs: int = 100
    """Runs of one visitor, on all pages together."""
    bytes: int = 64 * 2**20
    """Estimated bytes of one visitor's runs: 64 MiB."""
    bytes_in_all: int = 256 * 2**20
    """Estimated bytes of all visitors' runs: 256 MiB."""


@dataclass(slots=True, eq=False)
class EarlierRun:
    """A running or ended run of a page."""

    job: Job
    page: InvokeType
    part: str
    """Part of the pane that it was started in; empty for the page itself."""
    number: int
    """Grows with each run of the process."""
    started_at: datetime
    opened: bool = False
    """Whether a page shows it in place of its latest run."""
    _measured: int | None = None

    @property
    def bytes(self) -> int:
        """Its estimated size; a rough one until it is measured."""
        return self._measured if self._measured is not None else run_size.quick_bytes_of(self.job)

    @property
    def measured(self) -> bool:
        """Whether its size has been measured."""
        return self._measured is not None

    def measure(self) -> None:
        """Measure its size; call it after its end."""
        self._measured = run_size.bytes_of(self.job)


class RunHistories:
    """The histories of all visitors of the process.

    Args:
        limits: Most that is kept.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.lock = threading.RLock()
        self._histories: weakref.WeakSet[RunHistory] = weakref.WeakSet()
        self._numbers = itertools.count(1)

    def new(self, owner: str) -> RunHistory:
        """Return the empty history of a new visitor.

        Args:
            owner: The visitor's browser.
        """
        history = RunHistory(self, owner)
        with self.lock:
            self._histories.add(history)
        return history

    def next_number(self) -> int:
        """Return the number of the next run."""
        return next(self._numbers)

    def with_run(self, job: Job, owner: str) -> RunHistory | None:
        """Return a history of the same browser that has a run; `None` if there is none."""
        with self.lock:
            return next((history for history in self._histories if history.owner == owner and history.has(job)), None)

    def enforce(self) -> None:
        """Drop the oldest runs until every limit is kept."""
        limits = self.limits
        with self.lock:
            histories = list(self._histories)
            for history in histories:
                _drop_oldest(limits.runs, [history], lambda _run: 1)
                _drop_oldest(limits.bytes, [history], lambda run: run.bytes)
            _drop_oldest(limits.bytes_in_all, histories, lambda run: run.bytes)


class RunHistory:
    """One visitor's runs, oldest first. Thread-safe.

    Args:
        histories: Those of all visitors.
        owner: The visitor's browser.
    """

    def __init__(self, histories: RunHistories, owner: str) -> None:
        self.owner = owner
        self._histories = histories
        self._lock = histories.lock
        self._runs: dict[str, EarlierRun] = {}

    def keep(self, job: Job, page: InvokeType, part: str = "") -> None:
        """Add a run of a page, once.

        Args:
            job: The run.
            page: Type of the page's invocation.
            part: Part of the pane that it was started in.
        """
        with self._lock:
            if job.id not in self._runs:
                started = datetime.now(UTC) - timedelta(seconds=job.seconds)
                self._runs[job.id] = EarlierRun(job, page, part, self._histories.next_number(), started)
        self.measure()
        self._histories.enforce()

    def measure(self) -> None:
        """Measure the runs that have ended since the last call."""
        unmeasured = [run for run in self.runs() if not run.measured and not run.job.running]
        for run in unmeasured:
            run.measure()  # outside the lock: it takes a while
        if unmeasured:
            self._histories.enforce()

    def has(self, job: Job) -> bool:
        """Return whether a run is kept."""
        return job.id in self._runs

    def runs(self, page: InvokeType | None = None) -> list[EarlierRun]:
        """Return the runs of a page, or of all pages; the latest first."""
        with self._lock:
            return [run for run in reversed(self._runs.values()) if page in (None, run.page)]

    def open(self, run: EarlierRun) -> None:
        """Protect a run from being dropped, because a page shows it."""
        with self._lock:
            run.opened = True

    def close(self, run: EarlierRun) -> None:
        """End the protection of a run."""
        with self._lock:
            run.opened = False
        self._histories.enforce()

    def drop(self, run: EarlierRun) -> None:
        """Forget one run."""
        with self._lock:
            self._runs.pop(run.job.id, None)

    def clear(self, page: InvokeType) -> None:
        """Forget the ended runs of a page that are not open."""
        for run in self.runs(page):
            if not run.opened and not run.job.running:
                self.drop(run)

    def continue_from(self, job: Job) -> None:
        """Take over the runs of the visit that a job belongs to, after the browser reloaded the page."""
        before = self._histories.with_run(job, self.owner)
        if before is None:
            return
        with self._lock:
            copies = {run.job.id: replace(run, opened=False) for run in before.runs()}
            both = sorted((copies | self._runs).values(), key=lambda run: run.number)
            self._runs = {run.job.id: run for run in both}
        self._histories.enforce()


def _drop_oldest(limit: int, histories: Iterable[RunHistory], weight: Callable[[EarlierRun], int]) -> None:
    """Drop the oldest runs that are not open while all together weigh more than a limit."""
    runs = [(run.number, run, history) for history in histories for run in history.runs()]
    total = sum(weight(run) for _, run, _ in runs)
    for _, run, history in sorted(runs, key=lambda one: one[0]):
        if total <= limit:
            return
        if not run.opened:
            history.drop(run)
            total -= weight(run)
