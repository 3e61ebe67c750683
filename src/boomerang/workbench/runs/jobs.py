"""A run belongs to a job, not to a page script: a rerun leaves the job running, and the page reattaches to it.

So a job survives leaving the page, returning, and reloading the browser: a browser with the cookie that started the job
finds it again by its id, which is in the URL.
"""

from __future__ import annotations

import secrets
import threading
import weakref
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Self, TypeVar

from boomerang.invoker.backend import Backend
from boomerang.invoker.records.record import Record
from boomerang.invoker.session import Session

from .background_work import Work
from .values_by_type import ValuesByType

Call = Callable[[Session], Any]
"""Invokes something on a session; a returned stream is read to its end."""

WorkT = TypeVar("WorkT", bound="Work")

ABANDONED_AFTER_SECONDS = 15.0
"""Seconds a job continues after its visitor left: a page reload takes less, and no job should run without a visitor."""
WATCH_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class JobOrigin:
    """The call, form and connection that a job was started from, for views."""

    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Call arguments, keyed by Dify's parameter names."""
    connection: str = ""
    """Name of the connection; empty if it has none."""
    visit: str = ""
    """The browser tab that started it."""
    form: Mapping[str, Any] = field(default_factory=dict)
    """Form fields at the start, to restore them later."""
    files: Mapping[str, Any] = field(default_factory=dict)
    """Contents of the form's file fields at the start."""
    context: ValuesByType = field(default_factory=ValuesByType)
    """Other form data at the start that views need."""


class Job(Work):
    """One run and its record.

    Args:
        call: The call to make.
        backend: The back end to use.
        system_model: The LLM that plays Dify's workspace default in this run.
        unchecked: Whether to send input that the back end would otherwise refuse.
        origin: What it is started from.
        **more: Arguments of `Work`.
    """

    def __init__(
        self,
        call: Call,
        backend: Backend,
        *,
        system_model: str | None = None,
        unchecked: bool = False,
        origin: JobOrigin | None = None,
        **more: Any,
    ) -> None:
        super().__init__(**more)
        self.records: list[Record[Any]] = []
        """Records of the call's invocations, in order."""
        self.origin = origin or JobOrigin()
        self.system_model = system_model
        self._call = call
        self.unchecked = unchecked
        self._session = Session(backend, record=self._begin, system_model=system_model, unchecked=unchecked)

    def ended_with(self, record: Record[Any] | None, error: Exception | None) -> Self:
        """Adopt the outcome of a call that another job made, instead of being started."""
        self.records = [] if record is None else [record]
        self.error = error
        self._finished = True
        return self

    @property
    def record(self) -> Record[Any] | None:
        """The record of the current or last invocation."""
        return self.records[-1] if self.records else None

    def wait(self, size: int) -> int:
        """Wait until there are more than `size` chunks or the job has ended; return the number of chunks."""
        with self.changed:
            self.changed.wait_for(lambda: self._finished or self._chunks() > size)
            return self._chunks()

    @property
    def size(self) -> int:
        """A counter of progress: grows with every chunk."""
        return sum(len(record.chunks) for record in tuple(self.records))

    def _chunks(self) -> int:
        return len(self.record.chunks) if self.record else 0

    def _begin(self, record: Record[Any]) -> None:
        self.records.append(record)
        if self.stop_requested:  # requested before the stream was open, when the session had no run to stop
            self._session.stop(self._stop_cause)

    def _do(self) -> None:
        """Make the call and read its stream to the end."""
        result = self._call(self._session)
        if isinstance(result, Generator):
            with closing(result):
                for _ in result:
                    self._notify()

    def _end(self, cause: Exception | None) -> None:
        self._session.stop(cause)


class Jobs:
    """All jobs of the process, and the thread that watches their timeouts and visitors.

    Args:
        present: Returns whether a visitor is still connected.
        abandoned_after: Seconds a job continues after its visitor left.
        watch_every: Seconds between two checks of timeouts and visitors.
    """

    def __init__(
        self,
        present: Callable[[str], bool],
        *,
        abandoned_after: float = ABANDONED_AFTER_SECONDS,
        watch_every: float = WATCH_SECONDS,
    ) -> None:
        self._present = present
        self._abandoned_after = abandoned_after
        self._watch_every = watch_every
        self._lock = threading.Condition()
        self._jobs: list[Work] = []
        # All referenced jobs, including ended ones: Streamlit keeps a disconnected session for a minute, and a reload takes
        # less.
        self._known: weakref.WeakValueDictionary[str, Work] = weakref.WeakValueDictionary()
        self._closed = False
        self._watcher = threading.Thread(target=self._watch, name="jobs", daemon=True)
        self._watcher.start()

    def submit(self, job: WorkT) -> WorkT:
        """Start a job and watch it."""
        with self._lock:
            self._jobs.append(job)
            self._known[job.id] = job
            job.start()
            self._lock.notify_all()
        return job

    def remember(self, job: WorkT) -> WorkT:
        """Make an ended job findable for the browser that started it."""
        with self._lock:
            self._known[job.id] = job
        return job

    def find(self, job_id: str, owner: str) -> Job | None:
        """Return a job by its id, but only to the browser that started it."""
        with self._lock:
            job = self._known.get(job_id)
        return job if isinstance(job, Job) and owner and secrets.compare_digest(job.owner, owner) else None

    @property
    def running(self) -> int:
        """Number of jobs that have not ended."""
        with self._lock:
            return sum(job.running for job in self._jobs)

    def close(self) -> None:
        """Stop every job and the watcher, and wait for them."""
        with self._lock:
            self._closed = True
            jobs = tuple(self._jobs)
            self._lock.notify_all()
        for job in jobs:
            job.stop()
        for job in jobs:
            job.join(5)
        self._watcher.join(5)

    def _watch(self) -> None:
        while True:
            with self._lock:
                self._jobs = [job for job in self._jobs if job.running]
                if not self._jobs:
                    self._lock.wait_for(lambda: self._jobs or self._closed)
                else:
                    self._lock.wait_for(lambda: self._closed, self._watch_every)
                if self._closed:
                    return
            self._look_after_all()  # in a frame of its own: this frame waits, and must not keep references to ended jobs

    def _look_after_all(self) -> None:
        with self._lock:
            jobs = tuple(self._jobs)
        for job in jobs:
            if self._present(job.visitor):
                job.seen_at = monotonic()
            if job.overdue:
                job.expire()
            elif monotonic() - job.seen_at > self._abandoned_after:
                job.stop()
