"""Run an embedded model in a thread of its own, so that its consumer is free as soon as the run is stopped.

Python cannot interrupt a native call. So it runs in a thread that we own and passes its items through a queue, and the consumer
waits for the next item or the stop. An abandoned thread ends at its next checkpoint.

::

    def work(emit):                     # in the worker's thread
        for segment in synthesise():
            emit(segment)               # a checkpoint: raises Abandoned once the consumer has left

    yield from produce(run, work)       # in the consumer's thread

`Engine` (module `model_lifecycle`) does this for a model that is loaded once and used by one run at a time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from time import monotonic
from typing import Any, Generic, TypeAlias, TypeVar

from boomerang.invoker.errors import InvokeServerUnavailableError, RunStoppedError
from boomerang.invoker.messages.message import Message
from boomerang.invoker.request import Chunks
from boomerang.invoker.run import Run

ItemT = TypeVar("ItemT")

QUEUE_LIMIT = 256
"""Items a worker may be ahead of its consumer; beyond that, `emit` blocks."""

_log = logging.getLogger(__name__)


class Abandoned(BaseException):
    """The consumer has left, so the worker must end. Not an `Exception`, so that model code does not swallow it."""


class WorkerChannel(Generic[ItemT]):
    """The worker's side of the queue; call it with each item.

    Calling it is a checkpoint, like `check`: both raise `Abandoned` if the run was stopped, the stream was closed, or the
    interpreter is exiting. Where raising is impossible, as in a callback from native code, poll `stopping`.
    """

    __slots__ = ("_events", "_hooks", "_main", "_room", "_stopping")

    def __init__(self) -> None:
        self._events: SimpleQueue[_Event] = SimpleQueue()
        self._hooks: list[Callable[[], None]] = []
        self._room = threading.Condition()
        self._stopping = False
        self._main = threading.main_thread()

    def __call__(self, item: ItemT) -> None:
        """Put an item into the queue; block while the consumer is `QUEUE_LIMIT` items behind."""
        self.check()
        if self._events.qsize() >= QUEUE_LIMIT:
            self._wait_for_room()
        self._events.put((True, item))

    @property
    def stopping(self) -> bool:
        """Whether the worker should end now. Takes less than a microsecond."""
        return self._stopping or not self._main.is_alive()

    def check(self) -> None:
        """Raise `Abandoned` if the worker should end now."""
        if self.stopping:
            raise Abandoned

    def stop(self) -> None:
        """Ask the worker to end at its next checkpoint, and wake the consumer."""
        with self._room:
            hooks = () if self._stopping else tuple(self._hooks)
            self._stopping = True
            self._room.notify_all()
        self._events.put(_END)
        for hook in hooks:
            hook()

    @contextmanager
    def on_stop(self, hook: Callable[[], None]) -> Iterator[None]:
        """Call `hook` in the stopping thread when the worker is stopped inside the block, or at once if it already was.

        For a worker that blocks on something else and cannot reach a checkpoint. The hook must return quickly. It may be called
        just after the block has ended, if both happen at the same moment.
        """
        with self._room:
            self._hooks.append(hook)
            late = self._stopping
        try:
            if late:
                hook()
            yield
        finally:
            with self._room:
                self._hooks.remove(hook)

    def _wait_for_room(self) -> None:
        # The timeout only covers interpreter exit, which notifies no condition.
        with self._room:
            while not self._room.wait_for(lambda: self._stopping or self._events.qsize() < QUEUE_LIMIT // 2, 1.0):
                self.check()
        self.check()

    def _take(self) -> _Event:
        event = self._events.get()
        if self._events.qsize() == QUEUE_LIMIT // 2 - 1:  # reached exactly once while the worker waits for room
            with self._room:
                self._room.notify_all()
        return event

    def _finish(self, error: BaseException | None) -> None:
        self._events.put((False, error))


_Event: TypeAlias = tuple[bool, Any]
"""An item (`True`), or the end of the work with its error or `None` (`False`)."""
_END: _Event = (False, None)


class Workers:
    """The threads of one owner; closing it stops and joins them all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[threading.Thread, WorkerChannel[Any]] = {}

    def start(
        self, emit: WorkerChannel[ItemT], work: Callable[[WorkerChannel[ItemT]], None], done: Callable[[], None] | None = None
    ) -> None:
        """Run `work(emit)` in a new thread.

        Args:
            emit: The channel; its consumer gets the items, then the end or the error.
            work: Runs in the thread.
            done: Called exactly once: in the thread, whatever happened, before the consumer sees the end; or here, if no thread
                can be started.
        """
        thread = threading.Thread(target=self._body, args=(emit, work, done), name="invoker-worker")
        try:
            with self._lock:  # until the thread has started: an unstarted thread cannot be joined
                thread.start()
                self._running[thread] = emit
        except RuntimeError:
            if done is not None:
                done()
            raise

    def close(self, seconds: float) -> bool:
        """Stop all threads and wait for them, up to `seconds` in total; return whether all have ended."""
        with self._lock:
            running = dict(self._running)
        for emit in running.values():
            emit.stop()
        until = monotonic() + seconds
        for thread in running:
            thread.join(max(0.0, until - monotonic()))
        return not any(thread.is_alive() for thread in running)

    def _body(
        self, emit: WorkerChannel[ItemT], work: Callable[[WorkerChannel[ItemT]], None], done: Callable[[], None] | None
    ) -> None:
        error: BaseException | None = None
        try:
            emit.check()
            work(emit)
        except Abandoned:
            _log.debug("A worker ended early: nobody waits for it")
        except BaseException as caught:  # re-raised in the consumer
            error = caught
            if emit.stopping:
                _log.warning("A worker failed when nobody waited for it any more", exc_info=caught)
        finally:
            if done is not None:
                done()
            self._forget(threading.current_thread())
            emit._finish(error)

    def _forget(self, thread: threading.Thread) -> None:
        with self._lock:
            self._running.pop(thread, None)


_LOOSE = Workers()


def produce(
    run: Run,
    work: Callable[[WorkerChannel[ItemT]], None],
    *,
    workers: Workers = _LOOSE,
    done: Callable[[], None] | None = None,
) -> Chunks[ItemT]:
    """Run `work(emit)` in a new thread and yield what it emits.

    Stopping the run, or closing the generator, frees the consumer at once; the worker ends at its next checkpoint. Errors of
    the worker are raised here, with their traceback.

    Args:
        run: The run that may be stopped.
        work: Called with the `WorkerChannel`.
        workers: Owner of the thread.
        done: Called exactly once, when the worker has ended, possibly long after the consumer left.

    Raises:
        RunStoppedError: The run was stopped. If it was stopped with a cause, that is raised instead.
    """
    emit: WorkerChannel[ItemT] = WorkerChannel()
    with run.on_stop(emit.stop):
        workers.start(emit, lambda emit: _obey(run, work, emit), done)
        try:
            while True:
                is_item, value = emit._take()
                run.check()
                if is_item:
                    yield value
                elif value is not None:
                    try:
                        raise value
                    finally:
                        del value  # break the cycle: the error's traceback holds this frame
                elif emit.stopping:
                    raise InvokeServerUnavailableError(Message("embedded.closed_meanwhile"))
                else:
                    return
        finally:
            emit.stop()


def _obey(run: Run, work: Callable[[WorkerChannel[ItemT]], None], emit: WorkerChannel[ItemT]) -> None:
    """Run the work; raise `Abandoned` if it ended by `run.check`, which is not a failure."""
    try:
        work(emit)
    except Exception as error:
        if run.stopped and _is_stop(run, error):
            raise Abandoned from error
        raise


def _is_stop(run: Run, error: Exception) -> bool:
    try:
        run.check()
    except Exception as cause:
        return cause is error or isinstance(error, RunStoppedError)
    return False
