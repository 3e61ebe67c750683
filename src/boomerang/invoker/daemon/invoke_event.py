"""The `invoke` event that a plugin would write for a call, and the body that the daemon would then send to Dify.

Source: dify-protocol 2.3, 3.1.1 and 3.4.6.
"""

from __future__ import annotations

import json
from typing import Any

from boomerang.invoker.entities.llm.request import RequestInvokeLLM, RequestInvokeLLMWithStructuredOutput
from boomerang.invoker.entities.message import AssistantPromptMessage, PromptMessage, ToolPromptMessage
from boomerang.invoker.entities.rerank import RequestInvokeMultiModalRerank
from boomerang.invoker.messages.message import Message
from boomerang.invoker.request import Request

LINE_LIMIT = 5 * 2**20
"""Most bytes of a line that the daemon reads from a local plugin; a longer one kills the plugin."""
BODY_LIMIT = 6 * 2**20
"""Most bytes of a serverless plugin's call; the rest is not read."""


def invoke_event(request: Request[Any], request_id: str, session_id: str) -> dict[str, Any]:
    """Return the event that a plugin would write to its stdout.

    Args:
        request: The call.
        request_id: The `backwards_request_id`: 32 hexadecimal digits.
        session_id: Id of the plugin's session.
    """
    call = {"type": request.invoke_type.value, "backwards_request_id": request_id, "request": request.payload()}
    return {"event": "session", "session_id": session_id, "data": {"type": "invoke", "data": call}}


def size_fault(size: int) -> Message | None:
    """Return what happens to a plugin's call of this size; `None` if it is within the limits.

    Args:
        size: Bytes of the event as JSON.
    """
    if size > BODY_LIMIT:
        return Message("dify.too_long_for_http", size=size, limit=BODY_LIMIT)
    return Message("dify.too_long_for_stdio", size=size, limit=LINE_LIMIT) if size > LINE_LIMIT else None


def event_size(request: Request[Any]) -> int:
    """Return the bytes of the event that a plugin would write for a call, for a check before sending."""
    event = invoke_event(request, "0" * 32, "00000000-0000-4000-8000-000000000000")
    return len(json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))


def inner_api_body(request: Request[Any], tenant_id: str, user_id: str) -> dict[str, Any]:
    """Return the body that the daemon sends to Dify: without `model_type`, with the identity and the type of the call."""
    payload = request.payload()
    payload.pop("model_type", None)
    if isinstance(request, RequestInvokeLLM | RequestInvokeLLMWithStructuredOutput):
        payload["prompt_messages"] = [_message(message) for message in request.prompt_messages]
    if isinstance(request, RequestInvokeMultiModalRerank):
        payload |= {"score_threshold": payload["score_threshold"] or 0, "top_n": payload["top_n"] or 0}
    identity = {"tenant_id": tenant_id, "user_id": user_id, "type": request.invoke_type.value}
    return {**identity, **payload, "tenant_id": tenant_id}


def _message(message: PromptMessage) -> dict[str, Any]:
    """Return a message with the keys of every role, as the daemon writes it."""
    values = message.model_dump(mode="json", include={"role", "content"})
    is_assistant, is_tool = isinstance(message, AssistantPromptMessage), isinstance(message, ToolPromptMessage)
    tool_calls = message.model_dump(mode="json", include={"tool_calls"})["tool_calls"] if is_assistant else None
    tool_call_id = message.tool_call_id if isinstance(message, ToolPromptMessage) and is_tool else ""
    return {**values, "name": message.name or "", "tool_calls": tool_calls, "tool_call_id": tool_call_id}
