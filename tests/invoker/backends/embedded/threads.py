"""Threads in tests: a body runs beside the test, every wait has a bound."""

from __future__ import annotations

import threading
from collections.abc import Callable

BOUND = 10.0
"""Seconds after which a wait in a test has failed."""


def in_thread(body: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """Run a body in a thread; what it returned or raised is in the list after the join."""
    outcome: list[object] = []

    def target() -> None:
        try:
            outcome.append(body())
        except Exception as error:
            outcome.append(error)

    thread = threading.Thread(target=target)
    thread.start()
    return thread, outcome
