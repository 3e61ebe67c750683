"""Runs that are watched while they work: when the work is under way, when its caller is free, what goes on behind it."""

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
"""How long a stopped run may keep whoever waits for it."""
BOUND = 10.0
"""Seconds after which a wait in a test has failed."""
WORKER = "invoker-worker"
"""What the threads are called in which models work."""


class AttentiveRun(Run):
    """A run that says when the work for it is under way: it reads, it waits, or its own thread asks for the stop."""

    def __init__(self) -> None:
        self.under_way = threading.Event()
        super().__init__(self._hear)

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
    """A back end around another that says when a run enters a phase."""

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
    """Give the threads in which models work."""
    return {thread for thread in threading.enumerate() if thread.name == WORKER}


@contextmanager
def nothing_left_behind() -> Iterator[None]:
    """See to it that no thread goes on that was started in the block."""
    before = workers()
    yield
    until = monotonic() + BOUND
    for thread in workers() - before:
        thread.join(max(0.0, until - monotonic()))
    assert not workers() - before


class Beside:
    """A body that runs beside the test, and when and how it ended."""

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
        """Stop what runs, and see to it that the body ends with the stop and in time."""
        stopped_at = perf_counter()
        stop()
        self.join()
        assert isinstance(self.error, RunStoppedError)
        assert self.ended_at - stopped_at <= STOP_SECONDS
