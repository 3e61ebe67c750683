"""The HTTP exchanges of a record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from boomerang.invoker.events import Event, HTTPEnd, HTTPRequest, HTTPResponse
from boomerang.invoker.records.record import Record

UNKNOWN = "—"


def went_over_http(record: Record[Any] | None) -> bool:
    """Return whether a run asked a server."""
    return last_request(record) is not None


@dataclass(slots=True)
class Exchange:
    """A request, and what came of it as far as it has come."""

    request: HTTPRequest
    response: HTTPResponse | None = None
    end: HTTPEnd | None = None

    @property
    def title(self) -> str:
        """What was asked, and what the server said."""
        status = f"{self.response.status} {self.response.reason}".strip() if self.response else UNKNOWN
        return f"{self.request.method} {self.request.url} → {status}"


def exchanges(events: Sequence[Event]) -> list[Exchange]:
    """Put the events of exchanges together; they follow one another within a run."""
    listed: list[Exchange] = []
    for event in events:
        match event:
            case HTTPRequest():
                listed.append(Exchange(event))
            case HTTPResponse() if listed:
                listed[-1].response = event
            case HTTPEnd() if listed:
                listed[-1].end = event
    return listed


def last_request(record: Record[Any] | None) -> HTTPRequest | None:
    """Return the last request that went over the wire; `None` if none did."""
    recorded = exchanges(tuple(record.events)) if record is not None else []
    return recorded[-1].request if recorded else None
