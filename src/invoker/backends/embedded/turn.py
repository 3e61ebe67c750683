"""One at a time: whoever uses a model waits for a turn, and can be stopped while it waits."""

from __future__ import annotations

import threading
from collections import deque

from ...run import Run


class Turn:
    """One at a time, in order of arrival; whoever waits can be stopped."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = False
        self._queue: deque[threading.Event] = deque()

    def take(self, run: Run) -> None:
        """Wait until it is this run's turn; notes the phase `waiting` if it has to.

        Raises:
            RunStoppedError: The run was stopped while it waited; it has no turn then.
        """
        run.check()
        with self._lock:
            if not self._taken:
                self._taken = True
                return
            mine = threading.Event()
            self._queue.append(mine)
        run.phase("waiting")
        with run.on_stop(mine.set):
            mine.wait()
        if run.stopped:
            with self._lock:
                given = mine not in self._queue
                if not given:
                    self._queue.remove(mine)
            if given:
                self.give()
            run.check()

    def give(self) -> None:
        """End one's turn; the next in the queue has it now. Any thread may call this."""
        with self._lock:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._taken = False
