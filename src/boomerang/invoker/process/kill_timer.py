"""A time limit for a child process to stop: native code that hangs ignores requests, so it is killed."""

from __future__ import annotations

import logging
import threading

from .child_process import Process

_log = logging.getLogger(__name__)


class KillTimer:
    """Kills a process that is still busy `seconds` after `start`, unless the block ends first."""

    def __init__(self, process: Process, seconds: float) -> None:
        self._process = process
        self._timer = threading.Timer(seconds, self._lose)
        self._timer.name = "invoker-kill-timer"
        self._timer.daemon = True
        self._lock = threading.Lock()
        self.fired = False
        """Whether the process was killed."""

    def start(self) -> None:
        """Start the timer; a second call has no effect."""
        with self._lock:
            if self._timer.ident is not None:
                return
            try:
                self._timer.start()
            except RuntimeError:
                # Since Python 3.12, no thread can start at interpreter shutdown; the process then ends with its stdin.
                if threading.main_thread().is_alive():
                    raise

    def _lose(self) -> None:
        self.fired = True
        _log.warning("Process %d did not stop and was killed; the next run loads its model anew", self._process.pid)
        self._process.kill()

    def __enter__(self) -> KillTimer:
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._timer.ident is not None:
            self._timer.join()
