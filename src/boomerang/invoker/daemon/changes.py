"""What Dify's plugin daemon drops or changes in an LLM answer on its way to a plugin (dify-protocol 3.4.5 and 3.4.6).

Read in the daemon's code, not run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from boomerang.invoker.entities.content import CONTENT_TYPES
from boomerang.invoker.entities.llm.chunk import LLMUsage
from boomerang.invoker.messages.message import Message
from boomerang.invoker.request import InvokeType

ROLES = frozenset({"system", "user", "assistant", "tool"})
ITEM_KEYS = ("type", "base64_data", "url", "data", "encode_format", "format", "mime_type", "detail", "filename")
EXACT = 2**53
"""Integers above it lose digits, because the daemon reads numbers of free-form values as floats."""
_CHUNK_KEYS = frozenset({"model", "prompt_messages", "system_fingerprint", "delta", "structured_output"})
_DELTA_KEYS = frozenset({"index", "message", "usage", "finish_reason"})
_MESSAGE_KEYS = frozenset({"role", "content", "name", "tool_calls", "tool_call_id"})
_USAGE_KEYS = frozenset(LLMUsage.model_fields)
MOST_CHANGES = 100


class Kind(StrEnum):
    """What happens to a field."""

    SKIPPED = "skipped"
    """The daemon drops the whole frame without an error."""
    DROPPED = "dropped"
    CHANGED = "changed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between Dify's frame and what a plugin gets."""

    path: str
    """Such as `delta.usage.time_to_generate`; empty for the whole frame."""
    kind: Kind
    before: Any = None
    after: Any = None
    reason: Message | None = None
    """Why the whole frame is dropped."""


def changes(invoke_type: InvokeType, data: Any) -> list[Change]:
    """Return what the daemon does to a frame's `data`, at most `MOST_CHANGES`.

    Args:
        invoke_type: The call; frames of other calls than an LLM's pass unchanged as far as is known.
        data: The decoded value of `data`; `None` for an error frame.
    """
    if data is None or invoke_type not in (InvokeType.LLM, InvokeType.LLM_STRUCTURED_OUTPUT):
        return []
    if (reason := _misfit(data)) is not None:
        return [Change("", Kind.SKIPPED, reason=reason)]
    result: list[Change] = []
    for change in _chunk(data, structured=invoke_type is InvokeType.LLM_STRUCTURED_OUTPUT):
        result.append(change)
        if len(result) == MOST_CHANGES:
            break
    return result


def _misfit(data: Any) -> Message | None:
    """Return why the daemon does not accept a chunk; `None` if it does."""
    if not isinstance(data, Mapping) or not isinstance(delta := data.get("delta"), Mapping):
        return Message("dify.reason_shape")
    if not data.get("model"):
        return Message("dify.reason_model")
    if delta.get("index") is None:
        return Message("dify.reason_index")
    message = delta.get("message")
    if not isinstance(message, Mapping) or not isinstance(message.get("role"), str) or message["role"] not in ROLES:
        return Message("dify.reason_role")
    content = message.get("content")
    if not isinstance(content, str | list):
        return Message("dify.reason_content")
    if isinstance(content, list) and not all(isinstance(item, Mapping) and _known(item.get("type")) for item in content):
        return Message("dify.reason_item")
    usage = delta.get("usage")
    if usage is not None and not (isinstance(usage, Mapping) and usage.keys() >= _USAGE_KEYS):
        return Message("dify.reason_usage")
    return None


def _known(content_type: Any) -> bool:
    return isinstance(content_type, str) and content_type in CONTENT_TYPES


def _chunk(data: Mapping[str, Any], *, structured: bool) -> Iterator[Change]:
    yield from _dropped("", data, _CHUNK_KEYS if structured else _CHUNK_KEYS - {"structured_output"})
    if data.get("system_fingerprint") is None:
        yield Change("system_fingerprint", Kind.CHANGED, None, "")
    if structured and "prompt_messages" in data:
        yield Change("prompt_messages", Kind.DROPPED, data["prompt_messages"])
    elif data.get("prompt_messages"):
        yield Change("prompt_messages", Kind.CHANGED, data["prompt_messages"], [])
    delta = data["delta"]
    yield from _dropped("delta.", delta, _DELTA_KEYS)
    yield from _message(delta["message"])
    if delta.get("usage"):
        yield from _dropped("delta.usage.", delta["usage"], _USAGE_KEYS)
    if structured:
        yield from _rounded("structured_output", data.get("structured_output"))


def _message(message: Mapping[str, Any]) -> Iterator[Change]:
    path = "delta.message."
    yield from _dropped(path, message, _MESSAGE_KEYS)
    if message.get("name") != "":
        yield Change(f"{path}name", Kind.CHANGED, message.get("name"), "")
    if message.get("tool_call_id") != "":
        kind = Kind.CHANGED if message.get("tool_call_id") else Kind.ADDED
        yield Change(f"{path}tool_call_id", kind, message.get("tool_call_id"), "")
    if isinstance(content := message["content"], list):
        for number, item in enumerate(content):
            yield from _dropped(f"{path}content[{number}].", item, frozenset(ITEM_KEYS))
            for key in ITEM_KEYS:
                if key not in item:
                    yield Change(f"{path}content[{number}].{key}", Kind.ADDED, None, "")


def _dropped(path: str, value: Mapping[str, Any], known: frozenset[str]) -> Iterator[Change]:
    for name, dropped in value.items():
        if name not in known:
            yield Change(f"{path}{name}", Kind.DROPPED, dropped)


def _rounded(path: str, value: Any) -> Iterator[Change]:
    """Yield the integers in a free-form value that lose digits."""
    left = [(path, value)]
    while left:
        place, inner = left.pop()
        if isinstance(inner, Mapping):
            left += [(f"{place}.{name}", item) for name, item in inner.items()]
        elif isinstance(inner, list):
            left += [(f"{place}[{number}]", item) for number, item in enumerate(inner)]
        elif type(inner) is int and abs(inner) > EXACT:
            try:
                rounded = int(float(inner))
            except OverflowError:
                continue
            if rounded != inner:
                yield Change(place, Kind.CHANGED, inner, rounded)
