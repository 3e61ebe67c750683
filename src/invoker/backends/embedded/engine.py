"""A model in memory: loaded on first use, once, shared by all runs, used by one at a time, given back on close."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeAlias, TypeVar

from ...backend import ModelState
from ...errors import InvokeServerUnavailableError
from ...request import Chunks
from ...run import Run
from .turn import Turn
from .worker import Emit, Workers, produce

ModelT = TypeVar("ModelT")
ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

Checkpoint: TypeAlias = Callable[[], None]
"""To be called between two steps of a work; raises when nobody waits for the work any more."""

CLOSING_SECONDS = 5.0
"""How long `close` waits for native code to come to a checkpoint."""


class Engine(Generic[ModelT]):
    """A model that is loaded when first needed.

    Loading and working happen in threads of its own, so a run that is stopped is free at once. A load that nobody waits for
    any more goes on and serves the next run. A load that failed is tried again by the next run.

    Args:
        load: Loads the model; raises an `InvokeError` if it cannot.
        unload: Gives back what the model holds beyond its Python object.
    """

    def __init__(self, load: Callable[[], ModelT], unload: Callable[[ModelT], None] | None = None) -> None:
        self._load = load
        self._unload = unload
        self._lock = threading.Lock()
        self._future: Future[ModelT] | None = None
        self._closed = False
        self._turn = Turn()
        self._workers = Workers()

    @property
    def state(self) -> ModelState:
        """Whether the model is in memory; `unavailable` if the last load failed."""
        future = self._future
        if future is None:
            return ModelState.AVAILABLE
        if not future.done():
            return ModelState.LOADING
        return ModelState.LOADED if future.exception() is None else ModelState.UNAVAILABLE

    @property
    def reason(self) -> str | None:
        """Why the last load failed."""
        future = self._future
        error = future.exception() if future is not None and future.done() else None
        return None if error is None else str(error)

    def model(self, run: Run) -> ModelT:
        """Give the loaded model; load it first if need be, noting the phase `loading`.

        Raises:
            InvokeError: It cannot be loaded.
            RunStoppedError: The run was stopped meanwhile; the load goes on.
        """
        run.check()
        future = self._loading()
        if not future.done():
            run.phase("loading")
            over = threading.Event()
            future.add_done_callback(lambda _: over.set())
            with run.on_stop(over.set):
                over.wait()
            run.check()
        return future.result()

    def stream(self, run: Run, work: Callable[[ModelT, Emit[ItemT]], None]) -> Chunks[ItemT]:
        """Load the model, wait for a turn, run `work(model, emit)` in a thread, and yield what it emits.

        The turn ends when the work really has, not when its consumer leaves.
        """
        model = self.model(run)
        self._turn.take(run)
        if self._closed:
            self._turn.give()
            raise _closed()
        yield from produce(run, lambda emit: work(model, emit), workers=self._workers, done=self._turn.give)

    def call(self, run: Run, work: Callable[[ModelT, Checkpoint], ResultT]) -> ResultT:
        """Do the same for a work with one result."""

        def once(model: ModelT, emit: Emit[ResultT]) -> None:
            emit(work(model, emit.check))

        (result,) = self.stream(run, once)
        return result

    def close(self) -> None:
        """Stop what runs and give the memory back; the engine is not used again."""
        with self._lock:
            self._closed = True
        self._workers.close(CLOSING_SECONDS)
        with self._lock:
            future, self._future = self._future, None
        if future is not None and future.done() and future.exception() is None and self._unload is not None:
            self._unload(future.result())

    def _loading(self) -> Future[ModelT]:
        with self._lock:
            if self._closed:
                raise _closed()
            future = self._future
            if future is None or (future.done() and future.exception() is not None):
                self._future = future = Future()
                self._workers.start(Emit[None](), lambda _: self._load_into(future), lambda: _settle(future))
            return future

    def _load_into(self, future: Future[ModelT]) -> None:
        try:
            future.set_result(self._load())
        except BaseException as error:  # whoever waits for the model raises it
            future.set_exception(error)


def _settle(future: Future[ModelT]) -> None:
    if not future.done():  # the thread was told to end before it began
        future.set_exception(_closed())


def _closed() -> InvokeServerUnavailableError:
    return InvokeServerUnavailableError("The model was closed.")
