"""Work in a thread of its own that pages watch and stop."""

from __future__ import annotations

import secrets
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from time import monotonic
from typing import Self

from boomerang.invoker.errors import InvokeTimeoutError, RunStoppedError
from boomerang.invoker.messages.message import Message


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
        self.stop_requested = False
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
        return self.stop_requested and not self._finished

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
            if not self.stop_requested:
                self.stop_requested, self._stop_cause = True, cause
        self._end(cause)

    def expire(self) -> None:
        """Stop it because the page's clock ran out."""
        message = Message("runs.page_clock", seconds=self.timeout)
        self.stop(InvokeTimeoutError(message, clock="page", seconds=self.timeout))

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

    def _notify(self) -> None:
        with self.changed:
            self.changed.notify_all()


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
