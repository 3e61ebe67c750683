"""A run belongs to a job, not to a page script: a click reruns the script, the job goes on, the page attaches to it again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from time import monotonic
from typing import Any

from invoker import Backend, InvokeTimeoutError, Record, RunStoppedError, Session

Call = Callable[[Session], Any]
"""Invokes something on a session; a stream that it returns is read to its end."""

ABANDONED_AFTER_SECONDS = 15.0
"""How long a job goes on for a visitor who is gone: a reload of the page takes less, and nothing should run for nobody."""
WATCH_SECONDS = 0.5


class Job:
    """One run in a thread of its own, with the record that it fills.

    Args:
        call: What to invoke.
        backend: Through which back end.
        visitor: Whose run it is.
        timeout: Seconds until the page's clock runs out.
        system_model: The LLM that plays Dify's workspace default in this run.
    """

    def __init__(
        self, call: Call, backend: Backend, *, visitor: str = "", timeout: float = 600.0, system_model: str | None = None
    ) -> None:
        self.visitor = visitor
        self.timeout = timeout
        self.record: Record[Any] | None = None
        self.error: Exception | None = None
        self.seen_at = monotonic()
        self._call = call
        self._session = Session(backend, record=self._begin, system_model=system_model)
        self._started = monotonic()
        self._changed = threading.Condition()
        self._finished = False
        self._stop_asked = False
        self._stop_cause: Exception | None = None
        self._thread = threading.Thread(target=self._work, name="job", daemon=True)

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return not self._finished

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop and has not ended yet."""
        return self._stop_asked and not self._finished

    @property
    def seconds(self) -> float:
        """Seconds since it was started."""
        return monotonic() - self._started

    @property
    def overdue(self) -> bool:
        """Whether the page's clock ran out."""
        return self.running and self.seconds > self.timeout

    def start(self) -> Job:
        """Begin, once."""
        self._thread.start()
        return self

    def stop(self, cause: Exception | None = None) -> None:
        """Ask it to end; it ends as soon as its back end obeys. Safe from any thread, and more than once."""
        with self._changed:
            if not self._stop_asked:
                self._stop_asked, self._stop_cause = True, cause
        self._session.stop(cause)

    def expire(self) -> None:
        """Stop it because the page's clock ran out."""
        words = f"No answer within {self.timeout:g} seconds: the page's clock ran out and stopped the run."
        self.stop(InvokeTimeoutError(words, clock="page", seconds=self.timeout))

    def join(self, timeout: float | None = None) -> None:
        """Wait until it has ended."""
        self._thread.join(timeout)

    def follow(self, hz: float = 13.0) -> Iterator[None]:
        """Tick for news, at once after a silence and at most `hz` times a second; and as often while there is none."""
        period = 1 / hz
        size = 0
        news_from = 0.0  # when news may be told again; a tick without news does not delay the next one
        while True:
            finished = self._finished
            yield
            if finished:
                return
            self.seen_at = monotonic()
            with self._changed:
                self._changed.wait_for(self._is_news_since(size), period)
                if self._size() != size:
                    self._changed.wait_for(lambda: self._finished, max(0.0, news_from - monotonic()))
                    news_from = monotonic() + period
                size = self._size()

    def wait(self, size: int) -> int:
        """Wait until more than `size` chunks are there or it has ended; give how many are there."""
        with self._changed:
            self._changed.wait_for(lambda: self._finished or self._size() > size)
            return self._size()

    def _is_news_since(self, size: int) -> Callable[[], bool]:
        return lambda: self._finished or self._size() != size

    def _size(self) -> int:
        return len(self.record.chunks) if self.record else 0

    def _begin(self, record: Record[Any]) -> None:
        self.record = record
        if self._stop_asked:  # asked before the stream was open, when the session knew of no run to stop
            self._session.stop(self._stop_cause)

    def _work(self) -> None:
        try:
            result = self._call(self._session)
            if isinstance(result, Generator):
                with closing(result):
                    for _ in result:
                        with self._changed:
                            self._changed.notify_all()
        except RunStoppedError:
            pass  # the record tells
        except Exception as error:
            self.error = error
        finally:
            with self._changed:
                self._finished = True
                self._changed.notify_all()


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
        self._jobs: list[Job] = []
        self._closed = False
        self._watcher = threading.Thread(target=self._watch, name="jobs", daemon=True)
        self._watcher.start()

    def submit(self, job: Job) -> Job:
        """Start a job and watch it."""
        with self._lock:
            self._jobs.append(job)
            job.start()
            self._lock.notify_all()
        return job

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
                jobs = tuple(self._jobs)
            for job in jobs:
                if self._present(job.visitor):
                    job.seen_at = monotonic()
                if job.overdue:
                    job.expire()
                elif monotonic() - job.seen_at > self._abandoned_after:
                    job.stop()
