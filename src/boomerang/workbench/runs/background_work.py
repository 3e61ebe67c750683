"""Work in a background thread that pages follow and stop."""

from __future__ import annotations

import secrets
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from time import monotonic, thread_time
from typing import Self

from boomerang.invoker.errors import InvokeTimeoutError, RunStoppedError
from boomerang.invoker.messages.message import Message

TICKS_PER_SECOND = 25.0
"""Most ticks of progress per second."""
SILENT_SECONDS = 0.1
"""Time between two ticks without progress."""
TICK_SHARE = 10
"""A tick is followed by a pause of at least so many times its own processor time."""


class Work(ABC):
    """Work in its own thread, which a page can follow and stop.

    Args:
        visitor: The browser tab that follows it; changes when the page is reloaded.
        owner: The browser that started it; only that browser can find it again.
        timeout: Seconds until the page's timeout.
        changed: Notified on progress; shared by jobs that a page follows together.
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
        self.stop_requested = False
        """Whether a stop was requested."""
        self._stop_cause: Exception | None = None
        self._thread = threading.Thread(target=self._work, name="job", daemon=True)

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return not self._finished

    @property
    def stopping(self) -> bool:
        """Whether a stop was requested and it has not ended yet."""
        return self.stop_requested and not self._finished

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return monotonic() - self._started

    @property
    def overdue(self) -> bool:
        """Whether it exceeds the page's timeout."""
        return self.running and self.seconds > self.timeout

    @property
    @abstractmethod
    def size(self) -> int:
        """A counter of progress: grows with every change."""

    def start(self) -> Self:
        """Start it; call once."""
        self._thread.start()
        return self

    def stop(self, cause: Exception | None = None) -> None:
        """Request a stop. It ends as soon as the operation it waits for obeys. Thread-safe and idempotent."""
        with self.changed:
            if not self.stop_requested:
                self.stop_requested, self._stop_cause = True, cause
        self._end(cause)

    def expire(self) -> None:
        """Stop it because of the page's timeout."""
        message = Message("runs.page_clock", seconds=self.timeout)
        self.stop(InvokeTimeoutError(message, clock="page", seconds=self.timeout))

    def join(self, timeout: float | None = None) -> None:
        """Wait until it has ended."""
        self._thread.join(timeout)

    def follow(self, hz: float = TICKS_PER_SECOND) -> Iterator[None]:
        """Yield on progress until it has ended; see `follow`."""
        return follow([self], hz)

    @abstractmethod
    def _do(self) -> None:
        """Do the work; an exception becomes its error."""

    @abstractmethod
    def _end(self, cause: Exception | None) -> None:
        """Stop the running work. Thread-safe."""

    def _work(self) -> None:
        try:
            self._do()
        except RunStoppedError:
            pass  # the record has it
        except Exception as error:
            self.error = error
        finally:
            with self.changed:
                self._finished = True
                self.changed.notify_all()

    def _notify(self) -> None:
        with self.changed:
            self.changed.notify_all()


def follow(jobs: Sequence[Work], hz: float = TICKS_PER_SECOND) -> Iterator[None]:
    """Yield on progress of jobs that share one condition: immediately after a pause, then at most `hz` times a second.

    A caller that takes long for a tick gets fewer of them, so that many pages share a process fairly. Without progress it
    yields every `SILENT_SECONDS`, so that a page can count seconds. The last tick comes when one of the jobs has ended: the
    page must then be redrawn.

    Args:
        jobs: The jobs to follow.
        hz: Most ticks per second.
    """
    size = 0
    news_from = 0.0  # earliest time of the next progress tick; other ticks do not delay it

    def ended() -> bool:
        return any(not job.running for job in jobs)

    def grown() -> bool:
        return sum(job.size for job in jobs) != size

    changed, period = jobs[0].changed, 1 / hz
    while True:
        finished = ended()
        begun = thread_time()
        yield
        if finished:
            return
        took, now = thread_time() - begun, monotonic()
        for job in jobs:
            job.seen_at = now
        with changed:
            changed.wait_for(lambda: ended() or grown(), max(period, SILENT_SECONDS))
            if grown():
                changed.wait_for(ended, max(0.0, news_from - monotonic()))
                news_from = monotonic() + max(period, TICK_SHARE * took)
            size = sum(job.size for job in jobs)
