"""Threads in tests: a body runs beside the test, every wait has a bound."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from time import perf_counter

from boomerang.invoker.errors import RunStoppedError
from boomerang.invoker.run import Run
from tests.invoker.backends.contract.watching import BOUND, STOP_SECONDS


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


def stops_at_once(run: Run, thread: threading.Thread, outcome: Sequence[object]) -> None:
    """Stop a run whose consumer is in a thread, and see to it that the thread ends with the stop and in time."""
    stopped_at = perf_counter()
    run.stop()
    thread.join(BOUND)
    assert perf_counter() - stopped_at <= STOP_SECONDS
    assert isinstance(outcome[0], RunStoppedError)
