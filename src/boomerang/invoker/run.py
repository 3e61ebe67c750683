"""One invocation under way: how to stop it from outside, and what it reports besides its chunks.

A generator that waits in a read cannot be closed from another thread, so stopping is part of the waist: whoever opens an
invocation hands the back end a `Run`, and the back end obeys it wherever it waits.
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
    """The handle of one invocation; safe to use from several threads.

    Args:
        listener: Called with each event, in the thread that reports it.
        unchecked: Whether input is sent that a back end would refuse by itself, to see what its server says.
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
        """Whether someone asked this run to stop."""
        return self._stopped

    @property
    def seconds(self) -> float:
        """Seconds since this run was opened."""
        return perf_counter() - self._started

    def stop(self, cause: Exception | None = None) -> None:
        """Ask the run to end; the first call counts, later ones change nothing.

        Args:
            cause: What the stream raises; `RunStoppedError` if none is given. A clock that ran out passes its own error.
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
            RunStoppedError: Somebody pressed Stop. Or the cause that `stop` was given.
        """
        if self._stopped:
            raise self._cause or RunStoppedError()

    def wait(self, seconds: float) -> None:
        """Wait so many seconds; end early, and raise as `check` does, when the run is stopped."""
        with self._condition:
            self._condition.wait_for(lambda: self._stopped, seconds)
        self.check()

    @contextmanager
    def on_stop(self, hook: Callable[[], None]) -> Iterator[None]:
        """Call `hook` when the run is stopped inside the block, from the thread that stops it; at once if it already is.

        The hook must return quickly and may be called after the block ended, if both happen at the same moment.
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
        """Pass an event to the listener, with the time at which it happened."""
        if self._listener is None:
            return
        if event.seconds:  # another run reported it, and its record keeps it
            event = replace(event, seconds=self.seconds)
        else:
            object.__setattr__(event, "seconds", self.seconds)  # half the time of a copy
        self._listener(event)

    def notice(self, id: str, /, **values: Value) -> None:
        """Report that something was done otherwise than asked.

        Args:
            id: Of a message; see `messages`.
            **values: What fills its placeholders.
        """
        if self._listener is not None:
            self.report(Notice(Message(id, **values)))

    def relay(self, message: Message) -> None:
        """Report a message that another part of the library made, as `notice` does."""
        self.report(Notice(message))

    def phase(self, name: str) -> None:
        """Report that the run entered the phase `name`."""
        self.current_phase = name
        self.report(PhaseEntered(name))

    def add_listener(self, listener: Callable[[Event], None]) -> None:
        """Add a listener behind the one already there, for a wrapper that records events."""
        before = self._listener
        if before is None:
            self._listener = listener
            return

        def both(event: Event) -> None:
            before(event)
            listener(event)

        self._listener = both


class Runs:
    """The runs that one answerer has under way, so that they can be ended together; safe under several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: set[Run] = set()
        self._closed = False
        self._at_rest: Callable[[], None] | None = None

    @contextmanager
    def holding(self, run: Run) -> Iterator[None]:
        """Have a run among them for as long as the block lasts.

        Raises:
            BackendClosedError: They were closed.
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
        """Do something as soon as no run is under way; at once if none is."""
        with self._lock:
            self._at_rest = action
            busy = bool(self._under_way)
        if not busy:
            action()

    def stop(self, cause: Exception | None = None) -> None:
        """Stop all of them; each raises `cause`, or what `Run.stop` says without one."""
        with self._lock:
            runs = tuple(self._under_way)
        for run in runs:
            run.stop(cause)

    def close(self) -> None:
        """Stop all of them, and let no other begin."""
        with self._lock:
            self._closed = True
        self.stop(BackendClosedError(Message("runs.closed_meanwhile")))
