"""The HTTP exchanges of a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from boomerang.invoker.events import Note, NoteKind
from boomerang.invoker.records.record import Record


def went_over_http(record: Record[Any] | None) -> bool:
    """Return whether a run asked a server."""
    return last_request(record) is not None


@dataclass(slots=True)
class Exchange:
    """A request, and what came of it as far as it has come."""

    request: Mapping[str, Any]
    at: float
    """Seconds since the run began."""
    response: Mapping[str, Any] = field(default_factory=dict)
    answered_at: float | None = None
    end: Mapping[str, Any] = field(default_factory=dict)
    ended_at: float | None = None

    @property
    def title(self) -> str:
        """What was asked, and what the server said."""
        status = f"{self.response['status']} {self.response.get('reason', '')}".strip() if self.response else UNKNOWN
        return f"{self.request['method']} {self.request['url']} → {status}"


def exchanges(notes: Sequence[Note]) -> list[Exchange]:
    """Put the notes of exchanges together; they follow one another within a run."""
    found: list[Exchange] = []
    for note in notes:
        if note.kind is not NoteKind.HTTP:
            continue
        if note.text == "request":
            found.append(Exchange(note.data, note.seconds))
        elif found and note.text == "response":
            found[-1].response, found[-1].answered_at = note.data, note.seconds
        elif found and note.text == "end":
            found[-1].end, found[-1].ended_at = note.data, note.seconds
    return found


def last_request(record: Record[Any] | None) -> Mapping[str, Any] | None:
    """Return the last request that went over the wire; `None` if none did."""
    found = exchanges(tuple(record.notes)) if record is not None else []
    return found[-1].request if found else None


UNKNOWN = "—"
