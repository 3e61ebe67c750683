"""What all visitors share: connections and the jobs that run on them."""

from __future__ import annotations

import threading
from collections.abc import Callable

from streamlit import runtime

from invoker import Backend, connect

from .jobs import Jobs

EMBEDDED = "embedded"
"""The connection that is there without anybody configuring one."""


class Connections:
    """Configured back ends by name, each opened on first use and once for the process."""

    def __init__(self, openers: dict[str, Callable[[], Backend]]) -> None:
        self._lock = threading.Lock()
        self._openers = openers
        self._open: dict[str, Backend] = {}

    def names(self) -> list[str]:
        """Give the names, in the order of configuration."""
        with self._lock:
            return list(self._openers)

    def add(self, name: str, opener: Callable[[], Backend]) -> None:
        """Add a connection."""
        with self._lock:
            self._openers[name] = opener

    def remove(self, name: str) -> None:
        """Take a connection out and close its back end; the embedded one stays."""
        if name == EMBEDDED:
            return
        with self._lock:
            self._openers.pop(name, None)
            backend = self._open.pop(name, None)
        if backend is not None:
            backend.close()

    def get(self, name: str) -> Backend:
        """Give the back end of a connection."""
        with self._lock:
            if name not in self._open:
                self._open[name] = self._openers[name]()
            return self._open[name]

    def close(self) -> None:
        """Close what was opened."""
        with self._lock:
            backends = tuple(self._open.values())
            self._open.clear()
        for backend in backends:
            backend.close()


def visitor_is_present(visitor: str) -> bool:
    """Tell whether a visitor's browser is connected. Without a running server, as in tests of a page, everybody is."""
    try:
        return runtime.get_instance().is_active_session(visitor)
    except RuntimeError:  # Streamlit's word for: no server, not yet or not any more
        return True


CONNECTIONS = Connections({EMBEDDED: lambda: connect("embedded")})
_lock = threading.Lock()
_jobs: Jobs | None = None


def jobs() -> Jobs:
    """Give the process's jobs."""
    global _jobs
    with _lock:
        if _jobs is None:
            _jobs = Jobs(visitor_is_present)
        return _jobs


def close_all() -> None:
    """Stop every job and close every connection; at the end of the process."""
    global _jobs
    with _lock:
        ending, _jobs = _jobs, None
    if ending is not None:
        ending.close()
    CONNECTIONS.close()
