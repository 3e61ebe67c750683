"""The HTTP exchanges of a record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from boomerang.invoker.events import Event, HTTPEnd, HTTPRequest, HTTPResponse
from boomerang.invoker.records.record import Record

UNKNOWN = "—"


def went_over_http(record: Record[Any] | None) -> bool:
    """Return whether a run called a server."""
    return last_request(record) is not None


@dataclass(slots=True)
class Exchange:
    """An HTTP request and its response so far."""

    request: HTTPRequest
    response: HTTPResponse | None = None
    end: HTTPEnd | None = None

    @property
    def title(self) -> str:
        """The request and the response status."""
        status = f"{self.response.status} {self.response.reason}".strip() if self.response else UNKNOWN
        return f"{self.request.method} {self.request.url} → {status}"


def exchanges(events: Sequence[Event]) -> list[Exchange]:
    """Group HTTP events into exchanges, which follow one another within a run."""
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
    """Return the last HTTP request; `None` if there was none."""
    recorded = exchanges(tuple(record.events)) if record is not None else []
    return recorded[-1].request if recorded else None
