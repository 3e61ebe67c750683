"""Fields that a server wants back unchanged in the next turn, stored in `opaque_body` of Dify's assistant message.

DeepSeek and Kimi reject a tool result with 400 if its call lacks its `reasoning_content`, and Gemini a call without its thought
signature. Both arrive with the message, so they are stored beside its text and sent back in their fields::

    {"reasoning_content": "…", "tool_calls": {"call_1": {"extra_content": {"google": {"thought_signature": "…"}}}}}

Source: DeepSeek API, "Thinking mode"; Gemini API, "Thought signatures"; OpenRouter, "Preserving reasoning" (2026-10).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from boomerang.invoker.entities.message import AssistantPromptMessage, PromptMessage
from boomerang.invoker.llm_text.reasoning_tags import split

from .message_fields import FIELDS, REASONING

CALLS = "tool_calls"
_OWN = {"role", "content", "refusal", "tool_calls", "function_call", "name", "prefix", "tool_call_id"}
_FIELDS = set(FIELDS) - _OWN
"""Message fields that are sent back as they came."""


def kept(message_fields: Mapping[str, Any], call_fields: Mapping[str, Mapping[str, Any]], has_calls: bool) -> Any:
    """Return the `opaque_body` of an answer; `None` if nothing is to be sent back.

    Args:
        message_fields: Complete fields of the message.
        call_fields: Fields of its calls, by call id.
        has_calls: Whether it calls tools. Without calls no server needs its reasoning back, and DeepSeek used to reject it.
    """
    body = {name: value for name, value in message_fields.items() if has_calls or name not in REASONING}
    if call_fields:
        body[CALLS] = {call_id: dict(fields) for call_id, fields in call_fields.items()}
    return body or None


def apply(message: AssistantPromptMessage, sent: dict[str, Any]) -> None:
    """Add the fields that the server wants back to a message that is about to be sent.

    Reasoning that is sent back in its own field is removed from between the `<think>` tags in the text.
    """
    body = message.opaque_body
    if not isinstance(body, dict):
        return
    fields = {name: value for name, value in body.items() if name in _FIELDS}
    if any(name in REASONING for name in fields) and isinstance(sent.get("content"), str):
        sent["content"] = split(sent["content"]).answer or (None if CALLS in sent else "")
    sent.update(fields)
    own = body.get(CALLS)
    if isinstance(own, dict):
        for call in sent.get(CALLS, ()):
            _apply_to_call(call, own.get(call["id"]))


def _apply_to_call(call: dict[str, Any], fields: Any) -> None:
    if isinstance(fields, dict):
        function = fields.get("function")
        call.update({name: value for name, value in fields.items() if name not in call})
        if isinstance(function, dict):
            call["function"] = {**function, **call["function"]}


def not_sent(messages: Sequence[PromptMessage]) -> list[str]:
    """Return the paths of opaque bodies that this back end did not create, and so does not send."""
    paths = []
    for index, message in enumerate(messages):
        body = getattr(message, "opaque_body", None)
        if body is not None and not (isinstance(body, dict) and set(body) <= {*_FIELDS, CALLS}):
            paths.append(f"prompt_messages[{index}].opaque_body")
        if isinstance(message.content, list):
            paths += [
                f"prompt_messages[{index}].content[{place}].opaque_body"
                for place, item in enumerate(message.content)
                if item.opaque_body is not None
            ]
    return paths
