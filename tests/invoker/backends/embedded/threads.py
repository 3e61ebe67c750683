"""Run functions in threads in tests; every wait has a timeout."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from time import perf_counter

from boomerang.invoker.errors import RunStoppedError
from boomerang.invoker.run import Run
from tests.invoker.backends.contract.watching import BOUND, STOP_SECONDS


def in_thread(body: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """Run a function in a thread; after the join the list contains its result or exception."""
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
    """Stop a run whose consumer is in a thread, and check that the thread ends in time, with `RunStoppedError`."""
    stopped_at = perf_counter()
    run.stop()
    thread.join(BOUND)
    assert perf_counter() - stopped_at <= STOP_SECONDS
    assert isinstance(outcome[0], RunStoppedError)
