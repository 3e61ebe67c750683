"""One invocation as it went: what a page draws, live or afterwards, and what an export holds."""

from __future__ import annotations

import traceback
import uuid
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from time import perf_counter
from typing import Any, Generic, TypeVar

from boomerang.invoker.errors import ConfigError, InvokeError
from boomerang.invoker.events import Note, NoteKind
from boomerang.invoker.messages.message import Message
from boomerang.invoker.request import ChunkT, Request

RequestT = TypeVar("RequestT")
FoundT = TypeVar("FoundT")


class Outcome(StrEnum):
    """How an invocation stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(slots=True, eq=False)
class Record(Generic[ChunkT]):
    """One invocation as it went. Grows in one thread; other threads may read it meanwhile.

    A request holds no secret, so a record may be shown and exported.
    """

    request: Request[ChunkT]
    """The call as it was made."""
    backend: str
    """Kind of the back end."""
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    chunks: list[ChunkT] = field(default_factory=list)
    """What was yielded, in order; what had arrived before a failure or a stop stays."""
    times: list[float] = field(default_factory=list)
    """Seconds from the start to each chunk; never longer than `chunks`."""
    notes: list[Note] = field(default_factory=list)
    outcome: Outcome = Outcome.RUNNING
    error: BaseException | None = None
    seconds: float | None = None
    """Seconds from the start to the end; `None` while it runs."""
    _clock: float = field(default_factory=perf_counter, repr=False)
    _worked_out: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    @property
    def elapsed(self) -> float:
        """Seconds from the start until now, or until the end."""
        return self.seconds if self.seconds is not None else perf_counter() - self._clock

    def request_as(self, kind: type[RequestT]) -> RequestT:
        """Return the request as what it is.

        Raises:
            TypeError: It is another kind of request.
        """
        if not isinstance(self.request, kind):
            raise TypeError(f"expected a record of {kind.__name__}, found {type(self.request).__name__}")
        return self.request

    @property
    def sent(self) -> Request[ChunkT] | None:
        """The request as it was sent on; `None` when nothing was sent at all."""
        for note in reversed(tuple(self.notes)):
            if "sent" in note.data:
                sent: Request[ChunkT] | None = note.data["sent"]
                return sent
        return self.request

    def notices(self) -> list[str | Message]:
        """Return what was done otherwise than asked, in order."""
        return [note.message or note.text for note in tuple(self.notes) if note.kind is NoteKind.NOTICE]

    def phase(self) -> str | None:
        """Return the phase that the run is in, as its back end tells; `None` if it never told."""
        phases = [note.text for note in tuple(self.notes) if note.kind is NoteKind.PHASE]
        return phases[-1] if phases else None

    def runs_before(self) -> int:
        """Return how many runs come before this one; 0 if it does not wait."""
        for note in reversed(tuple(self.notes)):
            if note.kind is NoteKind.QUEUE:
                return int(note.data["before"])
            if note.kind is NoteKind.PHASE:
                break
        return 0

    def once(self, key: Hashable, make: Callable[[], FoundT]) -> FoundT:
        """Return what `make` works out of this record: each time anew while it grows, and once for all when it has ended.

        A page is drawn again at each click, and a record may have 100,000 chunks. What is given is shared: not to be changed.

        Args:
            key: Names it among all that is worked out of this record.
            make: Works it out; two threads may do so at once, and the first result is kept.
        """
        if self.seconds is None:
            return make()
        if key not in self._worked_out:
            self._worked_out.setdefault(key, make())
        found: FoundT = self._worked_out[key]
        return found

    def add(self, chunk: ChunkT) -> None:
        """Note a chunk that just arrived."""
        self.chunks.append(chunk)  # first: a reader in another thread may rely on len(times) <= len(chunks)
        self.times.append(perf_counter() - self._clock)

    def end(self, outcome: Outcome, error: BaseException | None = None) -> None:
        """Note how it ended; the first end counts."""
        if self.seconds is not None:
            return
        self.error = error
        self.outcome = outcome
        self.seconds = perf_counter() - self._clock

    def dump(self) -> dict[str, Any]:
        """Return the whole record as JSON values."""
        sent = self.sent
        return {
            "id": self.id,
            "backend": self.backend,
            "invoke_type": self.request.invoke_type.value,
            "started_at": self.started_at.isoformat(),
            "seconds": self.seconds,
            "outcome": self.outcome.value,
            "error": None if self.error is None else dump_error(self.error),
            "request": self.request.payload(),
            "sent": None if sent is None else sent.payload(),
            "notes": [_dump_note(note) for note in tuple(self.notes)],
            "chunks": [
                {"seconds": seconds, "chunk": _json(chunk)}
                for seconds, chunk in zip(tuple(self.times), tuple(self.chunks), strict=False)
            ],
        }


def dump_error(error: BaseException) -> dict[str, Any]:
    """Return an error as JSON values: its type, its words, what it knows, and the traceback of a fault that is ours."""
    dump: dict[str, Any] = {"type": type(error).__name__, "description": str(error)}
    if isinstance(error, InvokeError):
        known = vars(error).items()
        dump |= {key: value for key, value in known if value is not None and isinstance(value, str | int | float)}
        dump |= {"hint": str(error.hint)} if error.hint else {}
    else:
        dump["traceback"] = "".join(traceback.format_exception(error))
    message = error.message if isinstance(error, InvokeError | ConfigError) else None
    return dump if message is None else dump | {"message": message.dump()}


def _dump_note(note: Note) -> dict[str, Any]:
    data = {key: _json(value) for key, value in note.data.items() if key != "sent"}
    dump = {"seconds": note.seconds, "kind": note.kind.value, "text": note.text} | ({"data": data} if data else {})
    return dump if note.message is None else dump | {"message": note.message.dump()}


def _json(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _json(item) for key, item in value.items()}
    return value
