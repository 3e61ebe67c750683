"""A run belongs to a job, not to a page script: a click reruns the script, the job goes on, the page attaches to it again.

So it survives leaving the page and coming back, and a reload of the browser: who has the cookie that it was started with and
its id, which stands in the address, finds it again.
"""

from __future__ import annotations

import secrets
import threading
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from time import monotonic
from typing import Any, Self, TypeVar

from boomerang.invoker.backend import Backend
from boomerang.invoker.errors import InvokeTimeoutError, RunStoppedError
from boomerang.invoker.records.record import Record
from boomerang.invoker.session import Session

Call = Callable[[Session], Any]
"""Invokes something on a session; a stream that it returns is read to its end."""

WorkT = TypeVar("WorkT", bound="Work")

ABANDONED_AFTER_SECONDS = 15.0
"""How long a job goes on for a visitor who is gone: a reload of the page takes less, and nothing should run for nobody."""
WATCH_SECONDS = 0.5


class Work(ABC):
    """Something that goes on in a thread of its own, watched by a page, and can be stopped.

    Args:
        visitor: The browser tab that watches it; another one when the page was reloaded.
        owner: The browser that started it, which alone may find it again.
        timeout: Seconds until the page's clock runs out.
        changed: Notified of news; shared by what a page follows together.
    """

    def __init__(
        self,
        *,
        visitor: str = "",
        owner: str = "",
        timeout: float = 600.0,
        changed: threading.Condition | None = None,
    ) -> None:
        self.id = secrets.token_urlsafe(16)
        self.visitor = visitor
        self.owner = owner
        self.timeout = timeout
        self.error: Exception | None = None
        self.seen_at = monotonic()
        self.changed = changed or threading.Condition()
        self._started = monotonic()
        self._finished = False
        self.stop_asked = False
        """Whether somebody wanted it to end."""
        self._stop_cause: Exception | None = None
        self._thread = threading.Thread(target=self._work, name="job", daemon=True)

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return not self._finished

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop and has not ended yet."""
        return self.stop_asked and not self._finished

    @property
    def seconds(self) -> float:
        """Seconds since it was started."""
        return monotonic() - self._started

    @property
    def overdue(self) -> bool:
        """Whether the page's clock ran out."""
        return self.running and self.seconds > self.timeout

    @property
    @abstractmethod
    def size(self) -> int:
        """How much has happened: grows with all news."""

    def start(self) -> Self:
        """Begin, once."""
        self._thread.start()
        return self

    def stop(self, cause: Exception | None = None) -> None:
        """Ask it to end; it ends as soon as what it waits for obeys. Safe from any thread, and more than once."""
        with self.changed:
            if not self.stop_asked:
                self.stop_asked, self._stop_cause = True, cause
        self._end(cause)

    def expire(self) -> None:
        """Stop it because the page's clock ran out."""
        words = f"No answer within {self.timeout:g} seconds: the page's clock ran out and stopped the run."
        self.stop(InvokeTimeoutError(words, clock="page", seconds=self.timeout))

    def join(self, timeout: float | None = None) -> None:
        """Wait until it has ended."""
        self._thread.join(timeout)

    def follow(self, hz: float = 13.0) -> Iterator[None]:
        """Tick for news until it has ended; see `follow`."""
        return follow([self], hz)

    @abstractmethod
    def _do(self) -> None:
        """Do all of it; what it raises is its error."""

    @abstractmethod
    def _end(self, cause: Exception | None) -> None:
        """Have what is under way end, from another thread."""

    def _work(self) -> None:
        try:
            self._do()
        except RunStoppedError:
            pass  # the record tells
        except Exception as error:
            self.error = error
        finally:
            with self.changed:
                self._finished = True
                self.changed.notify_all()

    def _tell(self) -> None:
        with self.changed:
            self.changed.notify_all()


class Job(Work):
    """One run, with the record that it fills.

    Args:
        call: What to invoke.
        backend: Through which back end.
        system_model: The LLM that plays Dify's workspace default in this run.
        unchecked: Whether input is sent that the back end would refuse by itself.
        **more: Of `Work`.
    """

    def __init__(
        self, call: Call, backend: Backend, *, system_model: str | None = None, unchecked: bool = False, **more: Any
    ) -> None:
        super().__init__(**more)
        self.records: list[Record[Any]] = []
        """Of each invocation that the call made, in order."""
        self.arguments: dict[str, Any] = {}
        """What it was called with, for views."""
        self.context: dict[str, Any] = {}
        """What else views want to know of the form as it stood."""
        self.system_model = system_model
        self.form: dict[str, Any] = {}
        """The form as it stood, for who comes back after a reload."""
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
        if self.stop_asked:  # asked before the stream was open, when the session knew of no run to stop
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
                self._tell()
        return None


CALM_HZ = 2.0
"""Ticks a second while a page is being opened: the seconds still count."""


def follow(jobs: Sequence[Work], hz: float = 13.0, calm: float = 0.0) -> Iterator[None]:
    """Tick for news of jobs that share one condition, at once after a silence and at most `hz` times a second.

    Ticks as often while there is none, so that a page can count the seconds. The last tick comes when one of the jobs has
    ended: the page is then to be drawn again.

    Args:
        jobs: What to follow.
        hz: Most ticks in a second.
        calm: Seconds at the beginning with `CALM_HZ` ticks only: a browser that has just opened the page loads the code of its
            widgets, and a flow of updates could keep it from showing them.
    """
    calm_until = monotonic() + calm
    size = 0
    news_from = 0.0  # when news may be told again; a tick without news does not delay the next one

    def ended() -> bool:
        return any(not job.running for job in jobs)

    def grown() -> bool:
        return sum(job.size for job in jobs) != size

    changed = jobs[0].changed
    while True:
        finished = ended()
        yield
        if finished:
            return
        period = 1 / hz if monotonic() > calm_until else 1 / min(hz, CALM_HZ)
        for job in jobs:
            job.seen_at = monotonic()
        with changed:
            changed.wait_for(lambda: ended() or grown(), period)
            if grown():
                changed.wait_for(ended, max(0.0, news_from - monotonic()))
                news_from = monotonic() + period
            size = sum(job.size for job in jobs)


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
        """Give a job by its id to the browser that started it, and to no other."""
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
