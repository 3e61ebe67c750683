"""State shared by all visitors: connections, jobs, and the limits of their earlier runs."""

from __future__ import annotations

import threading

from streamlit import runtime

from boomerang.workbench.connections.registry import EMBEDDED, Connections
from boomerang.workbench.runs.earlier_runs import RunHistories
from boomerang.workbench.runs.jobs import Jobs

__all__ = ["EMBEDDED", "close_all", "connections", "histories", "jobs", "start", "visitor_is_present"]


def visitor_is_present(visitor: str) -> bool:
    """Return whether a visitor's browser is connected; always true without a running server, as in page tests."""
    try:
        return runtime.get_instance().is_active_session(visitor)
    except RuntimeError:  # Streamlit's error for: no server yet, or no longer
        return True


_lock = threading.Lock()
_connections: Connections | None = None
_jobs: Jobs | None = None
_histories = RunHistories()


def start(registry: Connections) -> None:
    """Set the connections of this process, once, before the first page is drawn."""
    global _connections
    _connections = registry


def connections() -> Connections:
    """Return the connections of this process.

    Raises:
        RuntimeError: `start` was not called.
    """
    if _connections is None:
        raise RuntimeError("app_state.start was not called")
    return _connections


def jobs() -> Jobs:
    """Return the process's jobs."""
    global _jobs
    with _lock:
        if _jobs is None:
            _jobs = Jobs(visitor_is_present)
        return _jobs


def histories() -> RunHistories:
    """Return the earlier runs of all visitors; each visitor's session has its own history."""
    return _histories


def close_all() -> None:
    """Stop every job and close every connection, at the end of the process."""
    global _jobs
    with _lock:
        ending, _jobs = _jobs, None
    if ending is not None:
        ending.close()
    connections().close()
