"""Helpers that observe runs: when work has started, when the caller is free, and what continues in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic, perf_counter
from typing import Any

from boomerang.invoker.backend import Backend
from boomerang.invoker.errors import InvokeError, RunStoppedError
from boomerang.invoker.events import Event, PhaseEntered
from boomerang.invoker.request import Chunks, Request
from boomerang.invoker.run import Run

STOP_SECONDS = 0.2
"""Maximum time from a stop until the caller is free."""
BOUND = 10.0
"""Timeout for every wait in a test, in seconds."""
WORKER = "invoker-worker"
"""Name of the threads that models work in."""


class AttentiveRun(Run):
    """A run that signals when its work is under way: it reads, it waits, or its own thread checks for a stop."""

    def __init__(self) -> None:
        self.under_way = threading.Event()
        super().__init__(self._hear)

    def await_work(self) -> None:
        """Wait until the work is under way; fail if the back end never shows it."""
        assert self.under_way.wait(BOUND), (
            f"the back end neither called run.wait, nor run.check in its own thread (named {WORKER}), "
            "nor reported the phase reading or inference"
        )

    def _hear(self, note: Event) -> None:
        if isinstance(note, PhaseEntered) and note.name in ("reading", "inference"):
            self.under_way.set()

    def check(self) -> None:
        self._seen()
        super().check()

    def wait(self, seconds: float) -> None:
        self.under_way.set()
        super().wait(seconds)

    @contextmanager
    def on_stop(self, hook: Callable[[], None]) -> Iterator[None]:
        with super().on_stop(hook):
            self._seen()
            yield

    def _seen(self) -> None:
        if threading.current_thread().name == WORKER:
            self.under_way.set()


class Watched:
    """A wrapper around a back end that signals when a run enters a phase."""

    def __init__(self, backend: Backend, phase: str) -> None:
        self._backend = backend
        self._phase = phase
        self.entered = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def invoke(self, request: Request[Any], run: Run) -> Chunks[Any]:
        run.add_listener(
            lambda note: self.entered.set() if isinstance(note, PhaseEntered) and note.name == self._phase else None
        )
        return self._backend.invoke(request, run)


def workers() -> set[threading.Thread]:
    """Return the threads that models work in."""
    return {thread for thread in threading.enumerate() if thread.name == WORKER}


@contextmanager
def nothing_left_behind() -> Iterator[None]:
    """Check that no thread started in the block is still running after it."""
    before = workers()
    yield
    until = monotonic() + BOUND
    for thread in workers() - before:
        thread.join(max(0.0, until - monotonic()))
    assert not workers() - before


class Beside:
    """A function that runs in a thread, with its result, error and end time."""

    def __init__(self, body: Callable[[], Any]) -> None:
        self._body = body
        self.result: Any = None
        self.error: BaseException | None = None
        self.ended_at = 0.0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.result = self._body()
        except (InvokeError, RunStoppedError) as error:
            self.error = error
        self.ended_at = perf_counter()

    def join(self) -> None:
        self._thread.join(BOUND)
        assert not self._thread.is_alive()

    def is_freed_by(self, stop: Callable[[], None]) -> None:
        """Stop the run, and check that the function ends in time, with `RunStoppedError`."""
        stopped_at = perf_counter()
        stop()
        self.join()
        assert isinstance(self.error, RunStoppedError)
        assert self.ended_at - stopped_at <= STOP_SECONDS
