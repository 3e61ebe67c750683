"""How an embedded model works: in a thread of its own, so that whoever waits for it is free the moment the run is stopped.

A native call cannot be interrupted from Python. So it runs in a thread that we own, its items pass through a queue, and the
consumer waits for the queue and for the stop at once. A thread that nobody waits for any more ends at its next checkpoint.

::

    def work(emit):                     # in the worker's thread
        for segment in synthesise():
            emit(segment)               # a checkpoint: raises Abandoned once nobody listens

    yield from produce(run, work)       # in the consumer's thread

A model that is loaded once and used by one run at a time is an `Engine` (module `engine`), which does this for it.
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
"""Items a worker may be ahead of its consumer; then `emit` waits."""

_log = logging.getLogger(__name__)


class Abandoned(BaseException):
    """Nobody listens to this worker any more. Not an `Exception`, so that no model code keeps it; it ends the worker."""


class WorkerChannel(Generic[ItemT]):
    """The worker's side of the queue: call it with each item.

    It is a checkpoint, as `check` is: both raise `Abandoned` when the run was stopped, the stream was closed, or the
    interpreter ends. Where raising will not do, as in a callback of native code, ask `stopping`.
    """

    __slots__ = ("_events", "_hooks", "_main", "_room", "_stopping")

    def __init__(self) -> None:
        self._events: SimpleQueue[_Event] = SimpleQueue()
        self._hooks: list[Callable[[], None]] = []
        self._room = threading.Condition()
        self._stopping = False
        self._main = threading.main_thread()

    def __call__(self, item: ItemT) -> None:
        """Hand an item over; waits while the consumer is `QUEUE_LIMIT` items behind."""
        self.check()
        if self._events.qsize() >= QUEUE_LIMIT:
            self._wait_for_room()
        self._events.put((True, item))

    @property
    def stopping(self) -> bool:
        """Whether the worker should end now. Costs under a microsecond."""
        return self._stopping or not self._main.is_alive()

    def check(self) -> None:
        """Raise `Abandoned` if the worker should end now."""
        if self.stopping:
            raise Abandoned

    def stop(self) -> None:
        """Tell the worker to end at its next checkpoint, and wake the consumer."""
        with self._room:
            hooks = () if self._stopping else tuple(self._hooks)
            self._stopping = True
            self._room.notify_all()
        self._events.put(_END)
        for hook in hooks:
            hook()

    @contextmanager
    def on_stop(self, hook: Callable[[], None]) -> Iterator[None]:
        """Call `hook` when the worker is told to end inside the block, by the thread that tells it; at once if it already was.

        For a worker that waits for somebody else and cannot come to a checkpoint. The hook must return quickly and may be
        called after the block ended, if both happen at the same moment.
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
        # The time limit only serves the end of the interpreter, of which no condition tells.
        with self._room:
            while not self._room.wait_for(lambda: self._stopping or self._events.qsize() < QUEUE_LIMIT // 2, 1.0):
                self.check()
        self.check()

    def _take(self) -> _Event:
        event = self._events.get()
        if self._events.qsize() == QUEUE_LIMIT // 2 - 1:  # passed exactly once while the worker waits for room
            with self._room:
                self._room.notify_all()
        return event

    def _finish(self, error: BaseException | None) -> None:
        self._events.put((False, error))


_Event: TypeAlias = tuple[bool, Any]
"""An item (`True`), or the end of the work and its error or `None` (`False`)."""
_END: _Event = (False, None)


class Workers:
    """The threads of one owner, so that closing it can end and join them all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[threading.Thread, WorkerChannel[Any]] = {}

    def start(
        self, emit: WorkerChannel[ItemT], work: Callable[[WorkerChannel[ItemT]], None], done: Callable[[], None] | None = None
    ) -> None:
        """Run `work(emit)` in a new thread.

        Args:
            emit: The queue's near end; its consumer gets the items and then the end or the error.
            work: Runs in the thread.
            done: Called exactly once: in the thread, whatever happened, before the consumer learns of the end; or here, if
                there is no thread to be had.
        """
        thread = threading.Thread(target=self._body, args=(emit, work, done), name="invoker-worker")
        try:
            with self._lock:  # until it has begun: a thread that has not cannot be joined
                thread.start()
                self._running[thread] = emit
        except RuntimeError:
            if done is not None:
                done()
            raise

    def close(self, seconds: float) -> bool:
        """Tell every thread to end and wait for them, at most so many seconds altogether; return whether all ended."""
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
        except BaseException as caught:  # whatever it is, the consumer raises it
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
    """Run `work(emit)` in a thread of its own and yield what it emits.

    Stopping the run, or closing the generator, frees the consumer at once; the worker is told and ends at its next
    checkpoint. What the worker raises is raised here, with its traceback.

    Args:
        run: The run that may be stopped.
        work: Called with the `WorkerChannel` to hand items to.
        workers: Who owns the thread.
        done: Called exactly once, when the worker has ended; this may be long after the consumer left.

    Raises:
        RunStoppedError: The run was stopped; or the cause that it was stopped with.
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
                        del value  # the error's traceback holds this frame, and the frame must not hold the error
                elif emit.stopping:
                    raise InvokeServerUnavailableError(Message("embedded.closed_meanwhile"))
                else:
                    return
        finally:
            emit.stop()


def _obey(run: Run, work: Callable[[WorkerChannel[ItemT]], None], emit: WorkerChannel[ItemT]) -> None:
    """Run a work; where it noticed the stop by `run.check`, that is no failure of the work."""
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
