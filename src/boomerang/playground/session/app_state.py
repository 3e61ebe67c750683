"""What all visitors share: connections and the jobs that run on them."""

from __future__ import annotations

import threading

from streamlit import runtime

from boomerang.workbench.connections import registry
from boomerang.workbench.connections.registry import EMBEDDED
from boomerang.workbench.runs.jobs import Jobs
from boomerang.workbench.store.app_folder import app_folder

__all__ = ["CONNECTIONS", "EMBEDDED", "close_all", "jobs", "visitor_is_present"]


def visitor_is_present(visitor: str) -> bool:
    """Tell whether a visitor's browser is connected. Without a running server, as in tests of a page, everybody is."""
    try:
        return runtime.get_instance().is_active_session(visitor)
    except RuntimeError:  # Streamlit's word for: no server, not yet or not any more
        return True


CONNECTIONS = registry.from_process(app_folder())
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
