"""A model in memory: loaded on first use, once, shared by all runs, used by one at a time, given back on close."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Generic, TypeAlias, TypeVar

from boomerang.invoker.backend import ModelState
from boomerang.invoker.errors import InvokeServerUnavailableError
from boomerang.invoker.messages.message import Message
from boomerang.invoker.request import Chunks
from boomerang.invoker.run import Run

from .run_queue import FairLock
from .worker_thread import WorkerChannel, Workers, produce

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
    any more goes on and serves the next run. A load that failed is tried again by the next run, and a model that has ended by
    itself is loaded anew.

    Args:
        load: Loads the model; raises an `InvokeError` if it cannot, or an `ImportError` if its runtime is not there. What
            can be broken off ends when told by `on_close`.
        unload: Gives back what the model holds beyond its Python object.
        alive: Tells whether a model can still be used; left out where a model cannot end by itself. Must be quick.
    """

    def __init__(
        self,
        load: Callable[[], ModelT],
        unload: Callable[[ModelT], None] | None = None,
        alive: Callable[[ModelT], bool] | None = None,
    ) -> None:
        self._load = load
        self._unload = unload
        self._alive = alive
        self._lock = threading.Lock()
        self._future: Future[ModelT] | None = None
        self._life = Run()
        self._queue = FairLock()
        self._workers = Workers()

    @property
    def state(self) -> ModelState:
        """Whether the model is in memory; `unavailable` if the last load failed."""
        future = self._future
        if future is None or self._has_ended(future):
            return ModelState.AVAILABLE
        if not future.done():
            return ModelState.LOADING
        return ModelState.LOADED if future.exception() is None else ModelState.UNAVAILABLE

    @property
    def reason(self) -> str | Message | None:
        """Why the last load failed."""
        future = self._future
        error = future.exception() if future is not None and future.done() else None
        return None if error is None else getattr(error, "message", None) or str(error)

    def model(self, run: Run) -> ModelT:
        """Return the loaded model; load it first if need be, noting the phase `loading`.

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

    def stream(self, run: Run, work: Callable[[ModelT, WorkerChannel[ItemT]], None], phase: str = "inference") -> Chunks[ItemT]:
        """Load the model, wait for a turn, run `work(model, emit)` in a thread, and yield what it emits.

        The phase is noted when the work begins; whoever knows which item begins the answer reports `generating`.
        The turn ends when the work really has, not when its consumer leaves.
        """
        self.model(run)
        self._queue.take(run)
        try:
            if self._life.stopped:
                raise _closed()
            model = self.model(run)  # again: the one before may have ended while this run waited
            run.phase(phase)
        except BaseException:
            self._queue.give()
            raise
        yield from produce(run, lambda emit: work(model, emit), workers=self._workers, done=self._queue.give)

    def call(self, run: Run, work: Callable[[ModelT, Checkpoint], ResultT]) -> ResultT:
        """Do the same for a work with one result."""

        def once(model: ModelT, emit: WorkerChannel[ResultT]) -> None:
            emit(work(model, emit.check))

        (result,) = self.stream(run, once)
        return result

    def on_close(self, hook: Callable[[], None]) -> AbstractContextManager[None]:
        """Make a block inside of which `hook` is called when the engine is closed; at once if it already is."""
        return self._life.on_stop(hook)

    def close(self) -> None:
        """Stop what runs and give the memory back; the engine is not used again."""
        with self._lock:
            self._life.stop()
        self._workers.close(CLOSING_SECONDS)
        with self._lock:
            future, self._future = self._future, None
        self._give_back(future)

    def _loading(self) -> Future[ModelT]:
        with self._lock:
            if self._life.stopped:
                raise _closed()
            before = self._future
            if before is not None and not (before.done() and (before.exception() or self._has_ended(before))):
                return before
            self._future = future = Future[ModelT]()
            self._workers.start(WorkerChannel[None](), lambda _: self._load_into(future, before), lambda: _settle(future))
            return future

    def _load_into(self, future: Future[ModelT], before: Future[ModelT] | None) -> None:
        try:
            self._give_back(before)
            model = self._load()
        except BaseException as error:  # whoever waits for the model raises it
            future.set_exception(_closed() if self._life.stopped else _unimportable(error) or error)
            return
        with self._lock:
            if self._future is future:
                future.set_result(model)
        if not future.done():  # closed meanwhile, and `close` did not wait so long
            future.set_result(model)
            self._give_back(future)

    def _has_ended(self, future: Future[ModelT]) -> bool:
        """Whether the model was loaded and has ended since."""
        loaded = future.done() and future.exception() is None
        return loaded and self._alive is not None and not self._alive(future.result())

    def _give_back(self, future: Future[ModelT] | None) -> None:
        if future is not None and future.done() and future.exception() is None and self._unload is not None:
            self._unload(future.result())


def _unimportable(error: BaseException) -> InvokeServerUnavailableError | None:
    if not isinstance(error, ImportError):
        return None
    wanted = InvokeServerUnavailableError(
        Message("embedded.no_runtime", fault=str(error)), hint=Message("embedded.no_runtime_hint")
    )
    wanted.__cause__ = error
    return wanted


def _settle(future: Future[ModelT]) -> None:
    if not future.done():  # the thread was told to end before it began
        future.set_exception(_closed())


def _closed() -> InvokeServerUnavailableError:
    return InvokeServerUnavailableError(Message("embedded.closed"))
