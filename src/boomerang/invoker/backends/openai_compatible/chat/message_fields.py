"""Readers for the fields of a server's message: text, reasoning, tool calls, and fields to send back.

====================================  ====================================================================
field                                 servers
====================================  ====================================================================
``content``                           all; a list of parts: Mistral, OpenAI's newer models
``reasoning_content``                 DeepSeek, Kimi, Qwen, vLLM, SGLang, llama.cpp, xAI
``reasoning``                         OpenRouter, Ollama, Groq, vLLM from 0.11
``reasoning_details``                 OpenRouter, MiniMax
``thinking_blocks``                   LiteLLM
``extra_content``                     Gemini's OpenAI surface: thought signatures
``tool_calls``, ``function_call``     all; OpenAI's older interface
====================================  ====================================================================

Source: the API references of OpenAI, DeepSeek, OpenRouter, Mistral and Gemini; LiteLLM's "Reasoning content" (2026-10).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

DEEPEST = 6
"""Maximum nesting of objects and lists in which text is searched."""
REASONING = (
    "reasoning_content",
    "reasoning",
    "reasoning_text",
    "thinking",
    "thinking_content",
    "thought",
    "thinking_blocks",
    "reasoning_details",
    "content",
)
"""Fields with reasoning, the plainest first: servers send the same text in two of them."""
_THINKING_PARTS = ("thinking", "reasoning", "thought", "redacted_thinking")
"""Prefixes of a part's `type` that make it reasoning; OpenRouter's are `reasoning.text`, `reasoning.summary` and so on."""
_TEXTS = ("text", "content", "thinking", "reasoning", "reasoning_content", "summary", "refusal", "value", "output_text")
"""Fields of an object that contain its text."""
_PICTURES = ("image", "image_url", "output_image", "input_image")


@dataclass(slots=True)
class MessageFields:
    """Contents of a message, streamed or whole."""

    text: str = ""
    reasoning: dict[str, str] = field(default_factory=dict)
    """Text by field."""
    calls: list[Mapping[str, Any]] = field(default_factory=list)
    """Fragments of tool calls, or whole ones."""
    older_call: Mapping[str, Any] | None = None
    """The single call of OpenAI's older interface, which some servers send beside the list."""
    returned: dict[str, Any] = field(default_factory=dict)
    """Fields that the server wants back unchanged."""
    refused: bool = False
    pictures: bool = False
    unknown: dict[str, Any] = field(default_factory=dict)
    """Field → value that has no place in Dify's chunks."""


Reader = Callable[[str, Any, MessageFields], None]


def read(message: Mapping[str, Any]) -> MessageFields:
    """Read a message. Null and empty fields are ignored."""
    fields = MessageFields()
    for name, value in message.items():
        if value or value == 0:
            FIELDS.get(name, _unknown)(name, value, fields)
    if fields.older_call is not None and not fields.calls:
        fields.calls.append({"index": 0, "function": fields.older_call})
    return fields


def text_of(value: Any, depth: int = DEEPEST) -> str:
    """Return the text in a string, a list of texts, or an object; empty if there is none."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and depth:
        return "".join(text_of(item, depth - 1) for item in value)
    if isinstance(value, Mapping) and depth:
        return next(filter(None, (text_of(value.get(name), depth - 1) for name in _TEXTS)), "")
    return ""


def _content(name: str, value: Any, fields: MessageFields) -> None:
    if isinstance(value, str):
        fields.text += value
    elif isinstance(value, list):
        for part in value:
            _part(name, part, fields)
    else:
        _part(name, value, fields)


def _part(name: str, part: Any, fields: MessageFields) -> None:
    """Read a part of a content: text, reasoning, a picture, or something unknown."""
    if part is None or part is False:
        return
    kind = part.get("type") if isinstance(part, Mapping) else None
    text = str(part) if isinstance(part, int | float) and not isinstance(part, bool) else text_of(part)
    if isinstance(kind, str) and kind.startswith(_THINKING_PARTS):
        fields.reasoning[name] = fields.reasoning.get(name, "") + text
    elif text:
        fields.text += text
        fields.refused |= kind == "refusal"
    elif kind in _PICTURES:
        fields.pictures = True
    elif isinstance(part, Mapping) and not set(part) - {"type", *_TEXTS}:
        return  # a part whose text is still to come
    elif part:
        fields.unknown[f"{name}[].{kind}" if isinstance(kind, str) else name] = part


def _reasoning(name: str, value: Any, fields: MessageFields) -> None:
    text = text_of(value)
    if text:
        fields.reasoning[name] = text
    elif not isinstance(value, Mapping | list):
        fields.unknown[name] = value
    fields.returned[name] = value


def _refusal(_name: str, value: Any, fields: MessageFields) -> None:
    fields.text += text_of(value)
    fields.refused = True


def _calls(_name: str, value: Any, fields: MessageFields) -> None:
    fields.calls += list(_listed(value, fields))


def _listed(value: Any, fields: MessageFields) -> Iterator[Mapping[str, Any]]:
    """Yield the calls in a list, a single call without a list, or an object that numbers its calls."""
    if isinstance(value, Mapping):
        is_call = any(name in value for name in ("function", "name", "id", "arguments"))
        value = [value] if is_call else list(value.values())
    for call in value if isinstance(value, list) else [value]:
        if isinstance(call, Mapping):
            yield call
        elif call is not None:
            fields.unknown["tool_calls"] = call


def _old_call(name: str, value: Any, fields: MessageFields) -> None:
    if isinstance(value, Mapping):
        fields.older_call = value
    else:
        fields.unknown[name] = value


def _pictures(_name: str, _value: Any, fields: MessageFields) -> None:
    fields.pictures = True


def _returned(name: str, value: Any, fields: MessageFields) -> None:
    fields.returned[name] = value


def _ignored(_name: str, _value: Any, _fields: MessageFields) -> None:
    """Skip a field that is irrelevant to the answer."""


def _unknown(name: str, value: Any, fields: MessageFields) -> None:
    fields.unknown[name] = value


FIELDS: Mapping[str, Reader] = {
    "role": _ignored,
    "content": _content,
    "refusal": _refusal,
    **{name: _reasoning for name in REASONING if name != "content"},
    "tool_calls": _calls,
    "function_call": _old_call,
    "images": _pictures,
    **dict.fromkeys(
        ("extra_content", "thought_signature", "reasoning_signature", "reasoning_opaque", "encrypted_content", "signature"),
        _returned,
    ),
    "provider_specific_fields": _returned,
    **dict.fromkeys(("name", "prefix", "token_ids", "tool_call_id", "finish_reason", "stop_reason", "logprobs"), _ignored),
}
"""Message field → its reader. Other fields are named in a notice, and the record keeps their values."""
