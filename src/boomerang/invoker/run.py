"""`Run`, the handle of one invocation: stop it from outside, and receive its events.

A generator blocked in a read cannot be closed from another thread. So the caller passes a `Run` to the back end, which
obeys it wherever it waits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import perf_counter

from boomerang.invoker.messages.message import Message, Value

from .errors import BackendClosedError, RunStoppedError
from .events import Event, Notice, PhaseEntered


class Run:
    """The handle of one invocation. Thread-safe.

    Args:
        listener: Called with each event, in the thread that reports it.
        unchecked: Whether to skip the back end's own input checks, to see how its server responds.
    """

    __slots__ = ("_cause", "_condition", "_hooks", "_listener", "_started", "_stopped", "current_phase", "unchecked")

    def __init__(self, listener: Callable[[Event], None] | None = None, *, unchecked: bool = False) -> None:
        self.unchecked = unchecked
        self._listener = listener
        self._started = perf_counter()
        self._condition = threading.Condition()
        self._hooks: list[Callable[[], None]] = []
        self._stopped = False
        self._cause: Exception | None = None
        self.current_phase = ""
        """The last phase that was reported; empty before the first."""

    @property
    def stopped(self) -> bool:
        """Whether this run was asked to stop."""
        return self._stopped

    @property
    def seconds(self) -> float:
        """Seconds since this run was opened."""
        return perf_counter() - self._started

    def stop(self, cause: Exception | None = None) -> None:
        """Ask the run to stop; only the first call has an effect.

        Args:
            cause: What the stream raises; `RunStoppedError` by default. A timeout passes its own error.
        """
        with self._condition:
            if self._stopped:
                return
            self._cause = cause
            self._stopped = True
            hooks = tuple(self._hooks)
            self._condition.notify_all()
        for hook in hooks:
            hook()

    def check(self) -> None:
        """Raise if the run was stopped; back ends call this between steps.

        Raises:
            RunStoppedError: The user stopped the run. If `stop` was given a cause, raises that instead.
        """
        if self._stopped:
            raise self._cause or RunStoppedError()

    def wait(self, seconds: float) -> None:
        """Wait for `seconds`; if the run is stopped, end early and raise as `check` does."""
        with self._condition:
            self._condition.wait_for(lambda: self._stopped, seconds)
        self.check()

    @contextmanager
    def on_stop(self, hook: Callable[[], None]) -> Iterator[None]:
        """Call `hook` from the stopping thread if the run is stopped inside the block; at once if it already was.

        The hook must return quickly. It may be called after the block ended if both happen at the same moment.
        """
        with self._condition:
            self._hooks.append(hook)
            late = self._stopped
        try:
            if late:
                hook()
            yield
        finally:
            with self._condition:
                self._hooks.remove(hook)

    @property
    def has_listener(self) -> bool:
        """Whether anyone listens; skip expensive events if not."""
        return self._listener is not None

    def report(self, event: Event) -> None:
        """Pass an event to the listener, with the time it happened."""
        if self._listener is None:
            return
        if event.seconds:  # already reported by another run, whose record keeps it
            event = replace(event, seconds=self.seconds)
        else:
            object.__setattr__(event, "seconds", self.seconds)  # takes half the time of a copy
        self._listener(event)

    def notice(self, id: str, /, **values: Value) -> None:
        """Report that something was done differently from what was requested.

        Args:
            id: Id of a message; see `messages`.
            **values: Values of its placeholders.
        """
        if self._listener is not None:
            self.report(Notice(Message(id, **values)))

    def relay(self, message: Message) -> None:
        """Report, as `notice` does, a message from another part of the library."""
        self.report(Notice(message))

    def phase(self, name: str) -> None:
        """Report that the run entered the phase `name`."""
        self.current_phase = name
        self.report(PhaseEntered(name))

    def add_listener(self, listener: Callable[[Event], None]) -> None:
        """Add a listener after the existing one, for a wrapper that records events."""
        before = self._listener
        if before is None:
            self._listener = listener
            return

        def both(event: Event) -> None:
            before(event)
            listener(event)

        self._listener = both


class Runs:
    """The runs in progress in one place, so that they can be stopped together. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: set[Run] = set()
        self._closed = False
        self._at_rest: Callable[[], None] | None = None

    @contextmanager
    def holding(self, run: Run) -> Iterator[None]:
        """Include a run for the duration of the block.

        Raises:
            BackendClosedError: `close` was called before.
        """
        with self._lock:
            if self._closed:
                raise BackendClosedError(Message("runs.closed"))
            self._under_way.add(run)
        try:
            yield
        finally:
            with self._lock:
                self._under_way.discard(run)
                at_rest = None if self._under_way else self._at_rest
            if at_rest is not None:
                at_rest()

    def when_at_rest(self, action: Callable[[], None]) -> None:
        """Call `action` once no run is in progress; at once if none is."""
        with self._lock:
            self._at_rest = action
            busy = bool(self._under_way)
        if not busy:
            action()

    def stop(self, cause: Exception | None = None) -> None:
        """Stop all of them; each raises `cause`, or `RunStoppedError` by default."""
        with self._lock:
            runs = tuple(self._under_way)
        for run in runs:
            run.stop(cause)

    def close(self) -> None:
        """Stop all of them and refuse new ones."""
        with self._lock:
            self._closed = True
        self.stop(BackendClosedError(Message("runs.closed_meanwhile")))
