"""A run belongs to a job, not to a page script: a click reruns the script, the job goes on, the page attaches to it again.

So it survives leaving the page and coming back, and a reload of the browser: who has the cookie that it was started with and
its id, which stands in the address, finds it again.
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
"""Invokes something on a session; a stream that it returns is read to its end."""

WorkT = TypeVar("WorkT", bound="Work")

ABANDONED_AFTER_SECONDS = 15.0
"""How long a job goes on for a visitor who is gone: a reload of the page takes less, and nothing should run for nobody."""
WATCH_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class JobOrigin:
    """What a job was started from, for views."""

    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Of the call, by Dify's parameter names."""
    connection: str = ""
    """Name of the connection; empty if it was made on none that has a name."""
    visit: str = ""
    """The browser tab in which it was started."""
    form: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the form as it stood, to restore it after a reload."""
    context: ValuesByType = field(default_factory=ValuesByType)
    """What else views need to know of the form as it stood."""


class Job(Work):
    """One run, with the record that it fills.

    Args:
        call: What to invoke.
        backend: Through which back end.
        system_model: The LLM that plays Dify's workspace default in this run.
        unchecked: Whether input is sent that the back end would refuse by itself.
        origin: What it is started from.
        **more: Of `Work`.
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
        """Of each invocation that the call made, in order."""
        self.origin = origin or JobOrigin()
        self.system_model = system_model
        self._call = call
        self.unchecked = unchecked
        self._session = Session(backend, record=self._begin, system_model=system_model, unchecked=unchecked)

    def ended_with(self, record: Record[Any] | None, error: Exception | None) -> Self:
        """Take the end of a call that another job made, so that it is never started itself."""
        self.records = [] if record is None else [record]
        self.error = error
        self._finished = True
        return self

    @property
    def record(self) -> Record[Any] | None:
        """The record of the invocation under way, or of the last one."""
        return self.records[-1] if self.records else None

    def wait(self, size: int) -> int:
        """Wait until more than `size` chunks are there or it has ended; give how many are there."""
        with self.changed:
            self.changed.wait_for(lambda: self._finished or self._chunks() > size)
            return self._chunks()

    @property
    def size(self) -> int:
        """How much has happened: grows with every chunk."""
        return sum(len(record.chunks) for record in tuple(self.records))

    def _chunks(self) -> int:
        return len(self.record.chunks) if self.record else 0

    def _begin(self, record: Record[Any]) -> None:
        self.records.append(record)
        if self.stop_requested:  # asked before the stream was open, when the session knew of no run to stop
            self._session.stop(self._stop_cause)

    def _do(self) -> None:
        self._invoke(self._call)

    def _end(self, cause: Exception | None) -> None:
        self._session.stop(cause)

    def _invoke(self, call: Call) -> Any:
        """Make a call and read its stream to the end; give what it returned, nothing for a stream."""
        result = call(self._session)
        if not isinstance(result, Generator):
            return result
        with closing(result):
            for _ in result:
                self._notify()
        return None


class Jobs:
    """All jobs of the process, and the one thread that watches their clocks and their visitors.

    Args:
        present: Tells whether a visitor is still there.
        abandoned_after: Seconds that a job goes on for a visitor who is gone.
        watch_every: Seconds between two looks at clocks and visitors.
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
        # Of jobs that somebody holds, ended ones too: Streamlit holds a lost session for a minute, and a reload takes less.
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
        """Let the browser that started a job find it, though it has ended already."""
        with self._lock:
            self._known[job.id] = job
        return job

    def find(self, job_id: str, owner: str) -> Job | None:
        """Return a job by its id to the browser that started it, and to no other."""
        with self._lock:
            job = self._known.get(job_id)
        return job if isinstance(job, Job) and owner and secrets.compare_digest(job.owner, owner) else None

    @property
    def running(self) -> int:
        """How many jobs have not ended."""
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
            self._look_after_all()  # in a frame of its own: this one waits, and must hold no job that has ended

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
