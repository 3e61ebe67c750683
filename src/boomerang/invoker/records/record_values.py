"""Convert records to versioned JSON values and back without loss."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from boomerang.invoker.errors import MISSHAPEN, ConfigError
from boomerang.invoker.messages.message import Message
from boomerang.invoker.request import InvokeType

from .error_values import dump_error, load_error
from .event_values import dump_event, load_event
from .media import Media
from .record import Outcome, Record
from .request_values import dump_request, load_chunk, load_request

VERSION = 2


def dump(record: Record[Any]) -> dict[str, Any]:
    """Return the record as JSON values; a running one with what it has so far."""
    media, sent = Media(), record.sent
    request = dump_request(record.request)
    return {
        "version": VERSION,
        "id": record.id,
        "backend": record.backend,
        "invoke_type": request["invoke_type"],
        "started_at": record.started_at.isoformat(),
        "seconds": record.seconds,
        "outcome": record.outcome.value,
        "error": None if record.error is None else dump_error(record.error),
        "request": media.take_out(request["payload"]),
        "local": request.get("local", {}),
        "sent": None if sent is None else media.take_out(sent.payload()),
        "events": [media.take_out(dump_event(event)) for event in tuple(record.events)],
        "chunks": [
            {"seconds": seconds, "chunk": chunk.model_dump(mode="json")}
            for seconds, chunk in zip(tuple(record.times), tuple(record.chunks), strict=False)
        ],
        "media": media.dump(),
    }


def load(values: Mapping[str, Any]) -> Record[Any]:
    """Rebuild a record.

    Args:
        values: The output of `dump`, possibly read from JSON.

    Raises:
        ConfigError: The values have another version or are not a record.
    """
    version = values.get("version") if isinstance(values, Mapping) else None
    if version != VERSION:
        raise ConfigError(Message("records.version", found=str(version), known=VERSION), field="version")
    try:
        return _loaded(values)
    except MISSHAPEN as error:
        raise ConfigError(Message("records.unreadable", fault=f"{type(error).__name__}: {error}")) from error


def _loaded(values: Mapping[str, Any]) -> Record[Any]:
    media, invoke_type = Media(values["media"]), InvokeType(values["invoke_type"])
    request = {"invoke_type": invoke_type, "payload": media.put_back(values["request"]), "local": values["local"]}
    return Record(
        request=load_request(request),
        backend=values["backend"],
        id=values["id"],
        started_at=datetime.fromisoformat(values["started_at"]),
        chunks=[load_chunk(invoke_type, item["chunk"]) for item in values["chunks"]],
        times=[item["seconds"] for item in values["chunks"]],
        events=[load_event(media.put_back(event)) for event in values["events"]],
        outcome=Outcome(values["outcome"]),
        error=None if values["error"] is None else load_error(values["error"]),
        seconds=values["seconds"],
    )
