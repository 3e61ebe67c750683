"""A model in memory: loaded once on first use, shared by all runs, used by one at a time, unloaded on close."""

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
"""Called between two steps of the work; raises once the work is abandoned."""

CLOSING_SECONDS = 5.0
"""How long `close` waits for native code to reach a checkpoint."""


class Engine(Generic[ModelT]):
    """A model that is loaded on first use.

    Loading and inference run in the engine's own threads, so a stopped run returns at once. A load continues even if the run
    that started it is stopped, and serves the next run. The next run also retries a failed load and reloads a model that died.

    Args:
        load: Load the model; raises an `InvokeError` on failure, or an `ImportError` if its runtime is missing. A load that
            can be interrupted should register with `on_close`.
        unload: Release what the model holds beyond its Python object.
        alive: Return whether a model is still usable; omit it for models that cannot die. Must be quick.
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
        """The model's state; `unavailable` if the last load failed."""
        future = self._future
        if future is None or self._has_ended(future):
            return ModelState.AVAILABLE
        if not future.done():
            return ModelState.LOADING
        return ModelState.LOADED if future.exception() is None else ModelState.UNAVAILABLE

    @property
    def reason(self) -> str | Message | None:
        """Why the last load failed; `None` if it did not."""
        future = self._future
        error = future.exception() if future is not None and future.done() else None
        return None if error is None else getattr(error, "message", None) or str(error)

    def model(self, run: Run) -> ModelT:
        """Return the loaded model, loading it first if necessary (phase `loading`).

        Raises:
            InvokeError: The model cannot be loaded.
            RunStoppedError: The run was stopped while waiting; the load continues.
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

        The phase is reported when the work begins; a caller that knows which item begins the answer reports `generating`.
        The turn ends when the work is done, not when its consumer leaves.
        """
        self.model(run)
        self._queue.take(run)
        try:
            if self._life.stopped:
                raise _closed()
            model = self.model(run)  # again: the model may have died while this run waited
            run.phase(phase)
        except BaseException:
            self._queue.give()
            raise
        yield from produce(run, lambda emit: work(model, emit), workers=self._workers, done=self._queue.give)

    def call(self, run: Run, work: Callable[[ModelT, Checkpoint], ResultT]) -> ResultT:
        """Run work that has a single result; see `stream`."""

        def once(model: ModelT, emit: WorkerChannel[ResultT]) -> None:
            emit(work(model, emit.check))

        (result,) = self.stream(run, once)
        return result

    def on_close(self, hook: Callable[[], None]) -> AbstractContextManager[None]:
        """Return a context manager that calls `hook` when the engine is closed, or at once if it already is."""
        return self._life.on_stop(hook)

    def close(self) -> None:
        """Stop all runs and free the memory; the engine cannot be used again."""
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
        except BaseException as error:  # re-raised in every run that waits for the model
            future.set_exception(_closed() if self._life.stopped else _unimportable(error) or error)
            return
        with self._lock:
            if self._future is future:
                future.set_result(model)
        if not future.done():  # closed in the meantime, after `close` gave up waiting
            future.set_result(model)
            self._give_back(future)

    def _has_ended(self, future: Future[ModelT]) -> bool:
        """Return whether the model was loaded and has died since."""
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
    if not future.done():  # the thread was stopped before it began
        future.set_exception(_closed())


def _closed() -> InvokeServerUnavailableError:
    return InvokeServerUnavailableError(Message("embedded.closed"))
