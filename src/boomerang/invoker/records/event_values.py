"""Convert events to JSON values and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import Any

from boomerang.invoker.entities.message import ensure_prompt_message
from boomerang.invoker.events import EVENT_TYPES, Event, Notice
from boomerang.invoker.messages.message import Message

from .request_values import dump_request, load_request

TYPES: Mapping[str, type[Event]] = {event_type.kind: event_type for event_type in EVENT_TYPES}
DUMP: Mapping[str, Callable[[Any], Any]] = {
    "items": list,
    "flagged": list,
    "arguments": list,
    "messages": lambda messages: [message.model_dump(mode="json") for message in messages],
    "scores": lambda scores: [list(pair) for pair in scores],
    "request": lambda request: None if request is None else dump_request(request),
}
"""Field name → how its values are dumped; values of other fields are JSON values already."""
LOAD: Mapping[str, Callable[[Any], Any]] = {
    "items": tuple,
    "flagged": tuple,
    "arguments": tuple,
    "messages": lambda messages: tuple(ensure_prompt_message(message) for message in messages),
    "scores": lambda scores: tuple((index, score) for index, score in scores),
    "request": lambda request: None if request is None else load_request(request),
}
"""The inverse of `DUMP`."""


def dump_event(event: Event) -> dict[str, Any]:
    """Return an event as JSON values; fields with their default are omitted."""
    dump: dict[str, Any] = {"kind": event.kind, "seconds": event.seconds}
    for field in fields(event):
        value = getattr(event, field.name)
        if field.name in dump or value == _default(field):
            continue
        dump[field.name] = DUMP[field.name](value) if field.name in DUMP else value
    if isinstance(event, Notice):
        dump["text"] = str(event.message)
        if isinstance(event.message, Message):
            dump["message"] = event.message.dump()
        else:
            del dump["message"]
    return dump


def load_event(values: Mapping[str, Any]) -> Event:
    """Rebuild an event.

    Raises:
        KeyError: Unknown kind of event.
    """
    fields = {name: LOAD[name](value) if name in LOAD else value for name, value in values.items() if name != "kind"}
    event_type = TYPES[values["kind"]]
    if event_type is Notice:
        text = fields.pop("text")
        fields["message"] = Message.load(fields["message"], text) if "message" in fields else text
    return event_type(**fields)


def _default(field: Any) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default
