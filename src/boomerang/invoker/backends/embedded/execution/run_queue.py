"""A fair lock: one run at a time; the others wait in order, know their position, and can be stopped while waiting."""

from __future__ import annotations

import threading
from collections import deque

from boomerang.invoker.events import QueuePosition
from boomerang.invoker.run import Run


class FairLock:
    """A lock that is acquired in order of arrival; a waiting run can be stopped."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._taken = False
        self._queue: deque[Run] = deque()

    def take(self, run: Run) -> None:
        """Wait until it is this run's turn.

        Reports the phase `waiting` if it has to wait, and the number of runs ahead whenever that changes.

        Raises:
            RunStoppedError: The run was stopped while waiting; it does not hold the lock then.
        """
        run.check()
        with self._changed:
            if not self._taken:
                self._taken = True
                return
            self._queue.append(run)
        run.phase("waiting")
        try:
            with run.on_stop(self._wake):
                self._wait(run)
        except BaseException:
            self._leave(run)
            raise
        if run.stopped:
            self._leave(run)
            run.check()

    def give(self) -> None:
        """Release the lock to the next run in the queue. Any thread may call this."""
        with self._changed:
            if self._queue:
                self._queue.popleft()
            else:
                self._taken = False
            self._changed.notify_all()

    def _wait(self, run: Run) -> None:
        reported: int | None = None
        while True:
            with self._changed:
                while (before := self._before(run)) == reported and not run.stopped:
                    self._changed.wait()
            if run.stopped or not before:
                return
            reported = before
            run.report(QueuePosition(before))  # outside the lock, as it calls a listener

    def _before(self, run: Run) -> int:
        """Return the number of runs ahead of this one, including the holder of the lock; 0 if this run holds it."""
        return self._queue.index(run) + 1 if run in self._queue else 0

    def _leave(self, run: Run) -> None:
        """Remove a run from the queue; if it was given the lock at that moment, pass it on."""
        with self._changed:
            if run in self._queue:
                self._queue.remove(run)
                self._changed.notify_all()
                return
        self.give()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
