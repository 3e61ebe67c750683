"""The record of one invocation: what pages draw, during or after the run, and what exports contain."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from secrets import token_hex
from time import perf_counter
from typing import Any, Generic, TypeVar

from boomerang.invoker.events import Event, Notice, PhaseEntered, QueuePosition, RequestSent
from boomerang.invoker.messages.message import Message
from boomerang.invoker.request import ChunkT, Request

RequestT = TypeVar("RequestT")
ValueT = TypeVar("ValueT")


class Outcome(StrEnum):
    """State of an invocation."""

    RUNNING = "running"
    COMPLETED = "completed"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(slots=True, eq=False)
class Record(Generic[ChunkT]):
    """One invocation as it happened. One thread writes; other threads may read at the same time.

    A request contains no secrets, so a record may be shown and exported.
    """

    request: Request[ChunkT]
    """The call as it was made."""
    backend: str
    """Kind of the back end."""
    id: str = field(default_factory=lambda: token_hex(16))
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    chunks: list[ChunkT] = field(default_factory=list)
    """Chunks in order; those that arrived before a failure or stop are kept."""
    times: list[float] = field(default_factory=list)
    """Seconds from the start to each chunk; never longer than `chunks`."""
    events: list[Event] = field(default_factory=list)
    outcome: Outcome = Outcome.RUNNING
    error: BaseException | None = None
    seconds: float | None = None
    """Seconds from start to end; `None` while running."""
    _clock: float = field(default_factory=perf_counter, repr=False)
    _worked_out: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    @property
    def elapsed(self) -> float:
        """Seconds from the start until now or the end."""
        return self.seconds if self.seconds is not None else perf_counter() - self._clock

    def request_as(self, kind: type[RequestT]) -> RequestT:
        """Return the request, checked to be of a type.

        Raises:
            TypeError: It is another kind of request.
        """
        if not isinstance(self.request, kind):
            raise TypeError(f"expected a record of {kind.__name__}, found {type(self.request).__name__}")
        return self.request

    @property
    def sent(self) -> Request[ChunkT] | None:
        """The request as it was sent; `None` if nothing was sent."""
        for event in reversed(tuple(self.events)):
            if isinstance(event, RequestSent):
                return event.request
        return self.request

    def notices(self) -> list[str | Message]:
        """Return the notices, in order."""
        return [event.message for event in tuple(self.events) if isinstance(event, Notice)]

    def phase(self) -> str | None:
        """Return the current phase; `None` if the back end has reported none."""
        phases = [event.name for event in tuple(self.events) if isinstance(event, PhaseEntered)]
        return phases[-1] if phases else None

    def runs_before(self) -> int:
        """Return how many runs come before this one; 0 if it is not waiting."""
        for event in reversed(tuple(self.events)):
            if isinstance(event, QueuePosition):
                return event.before
            if isinstance(event, PhaseEntered):
                break
        return 0

    def once(self, key: Hashable, make: Callable[[], ValueT]) -> ValueT:
        """Return the result of `make`, cached once this record has ended.

        A page is redrawn at each click, and a record may have 100,000 chunks. The result is shared: do not modify it.

        Args:
            key: Cache key within this record.
            make: Computes the value; two threads may do so at once, and the first result is kept.
        """
        if self.seconds is None:
            return make()
        if key not in self._worked_out:
            self._worked_out.setdefault(key, make())
        value: ValueT = self._worked_out[key]
        return value

    def add(self, chunk: ChunkT) -> None:
        """Add a chunk that just arrived."""
        self.chunks.append(chunk)  # first: readers in other threads may rely on len(times) <= len(chunks)
        self.times.append(perf_counter() - self._clock)

    def end(self, outcome: Outcome, error: BaseException | None = None) -> None:
        """Set the outcome; only the first call has an effect."""
        if self.seconds is not None:
            return
        self.error = error
        self.outcome = outcome
        self.seconds = perf_counter() - self._clock
