"""Requests to the inner API: what the daemon would send, changed only where Dify's own validation would refuse it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from boomerang.invoker.daemon.invoke_event import inner_api_body
from boomerang.invoker.entities.message import AssistantPromptMessage, PromptMessageRole
from boomerang.invoker.entities.rerank import RequestInvokeMultiModalRerank
from boomerang.invoker.entities.summary import RequestInvokeSummary
from boomerang.invoker.request import InvokeType, Request
from boomerang.invoker.run import Run

from .versions import Version, cuts_folded_answers

PATHS: Mapping[InvokeType, str] = {
    InvokeType.LLM: "invoke/llm",
    InvokeType.LLM_STRUCTURED_OUTPUT: "invoke/llm/structured-output",
    InvokeType.SYSTEM_SUMMARY: "invoke/summary",
    InvokeType.TEXT_EMBEDDING: "invoke/text-embedding",
    InvokeType.MULTIMODAL_EMBEDDING: "invoke/multimodal-embedding",
    InvokeType.RERANK: "invoke/rerank",
    InvokeType.MULTIMODAL_RERANK: "invoke/multimodal-rerank",
    InvokeType.TTS: "invoke/tts",
    InvokeType.SPEECH2TEXT: "invoke/speech2text",
    InvokeType.MODERATION: "invoke/moderation",
}
"""Call → path below `/inner/api`."""
TYPES: Mapping[str, str] = {path: invoke_type.value for invoke_type, path in PATHS.items()}
HEALTH_PATH, UPLOAD_PATH, CATALOGUE_PATH = "/health", "upload/file/request", "invoke/model-catalog"
_NEWER = frozenset({InvokeType.LLM_STRUCTURED_OUTPUT, InvokeType.MULTIMODAL_EMBEDDING, InvokeType.MULTIMODAL_RERANK})
OLD_PATHS = frozenset({HEALTH_PATH, UPLOAD_PATH} | {path for invoke_type, path in PATHS.items() if invoke_type not in _NEWER})
"""Paths that every version has, so that a page for one of them means a wrong address."""
STREAMED = frozenset({InvokeType.LLM, InvokeType.LLM_STRUCTURED_OUTPUT, InvokeType.TTS})
"""Calls whose answer is a stream."""
LLMS = frozenset({InvokeType.LLM, InvokeType.LLM_STRUCTURED_OUTPUT})
ALL_SCORES = -1e9
"""A threshold that keeps every document."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls; part of every body."""

    tenant_id: str
    user_id: str = ""


def full_provider(name: str) -> str:
    """Complete a provider to `organisation/plugin/provider`: `openai` is one of Dify's own plugins."""
    parts = name.split("/")
    if not all(parts):
        return name
    if len(parts) == 1:
        return f"langgenius/{name}/{name}"
    return f"{name}/{parts[1]}" if len(parts) == 2 else name


def body_of(request: Request[Any], identity: Identity, run: Run, version: str, *, as_plugin: bool) -> dict[str, Any]:
    """Return the body of a request, and report what differs from the call.

    Args:
        request: The call.
        identity: Who calls.
        run: Gets the notices.
        version: Of this Dify, or `?`.
        as_plugin: Whether to send exactly what the daemon would send, even if Dify refuses or cuts it.
    """
    body = inner_api_body(request, identity.tenant_id, identity.user_id)
    if as_plugin:
        if body.get("stream") is False and cuts_folded_answers(Version.parse(version)):
            run.notice("dify.not_streamed", version=version)
        elif body.get("stream") is False:
            run.notice("dify.not_streamed_whole", version=version)
        return body
    if "stream" in body:
        if not body["stream"]:
            run.notice("dify.streamed")
        body["stream"] = True
    if "prompt_messages" in body:
        _fix_messages(request, body, run)
    if isinstance(request, RequestInvokeMultiModalRerank) and (request.top_n is None or request.score_threshold is None):
        run.notice("dify.no_limits")
        body["top_n"] = len(request.docs) if request.top_n is None else request.top_n
        body["score_threshold"] = ALL_SCORES if request.score_threshold is None else request.score_threshold
    provider = body.get("provider")
    if provider and (completed := full_provider(provider)) != provider:
        run.notice("dify.provider_completed", before=provider, provider=completed)
        body["provider"] = completed
    if isinstance(request, RequestInvokeSummary) and request.system_model:
        run.notice("dify.system_model", model=request.system_model)
    return body


def _fix_messages(request: Any, body: dict[str, Any], run: Run) -> None:
    """Replace the role that Dify does not know, and report what it cannot carry."""
    for message in body["prompt_messages"]:
        if message["role"] == PromptMessageRole.DEVELOPER:
            message["role"] = PromptMessageRole.SYSTEM.value
            run.notice("dify.developer")
    messages = enumerate(request.prompt_messages)
    opaque = [n for n, m in messages if isinstance(m, AssistantPromptMessage) and m.opaque_body is not None]
    if opaque:
        places = ", ".join(f"prompt_messages[{number}].opaque_body" for number in opaque)
        run.notice("answers.opaque_not_sent", places=places)
