"""Structured output: a grammar makes the model follow a JSON schema; the text is streamed, then the object follows."""

from __future__ import annotations

import json
from typing import Any

from boomerang.invoker.backends.embedded.llama.schema import checked_schema
from boomerang.invoker.entities.llm.chunk import LLMResultChunk, LLMResultChunkWithStructuredOutput
from boomerang.invoker.entities.llm.request import RequestInvokeLLMWithStructuredOutput
from boomerang.invoker.errors import InvokeBadRequestError, InvokeError, ProtocolError
from boomerang.invoker.llm_text.json_depth import is_deep
from boomerang.invoker.llm_text.json_schema import check, report
from boomerang.invoker.messages.message import Message
from boomerang.invoker.request import Chunks
from boomerang.invoker.run import Run

from .llm import Llama

FIELD = "structured_output_schema"


def stream_structured(
    llama: Llama, request: RequestInvokeLLMWithStructuredOutput, run: Run
) -> Chunks[LLMResultChunkWithStructuredOutput]:
    """Answer with an object that follows the request's schema.

    Yields the text as it arrives, with `structured_output` unset, and finally a chunk without text that has the object, the
    usage and the finish reason.

    Raises:
        InvokeBadRequestError: The schema is invalid or not supported by the runtime, or the answer was cut off.
        InvokeError: As for any answer of the model.
    """
    wanted = _object_schema(request.structured_output_schema, run)
    if request.tools:
        names = ", ".join(tool.name for tool in request.tools)
        run.notice("prompts.tools_left_out", names=names)
    texts: list[str] = []
    question = llama.question(request, wanted)
    for chunk in llama.answer(question, run):
        if chunk.delta.finish_reason is None:
            texts.append(chunk.delta.message.get_text_content())
            yield _wrapped(chunk)
            continue
        value = _loads("".join(texts))
        yield _wrapped(chunk, value)
        if value is None:
            raise _no_object(chunk, question.payload)
        report(check(value, wanted, run), run)


def _object_schema(value: dict[str, Any], run: Run) -> dict[str, Any]:
    if not value:
        raise InvokeBadRequestError(Message("prompts.schema_empty", field=FIELD), field=FIELD)
    wanted = checked_schema(value, FIELD, run)
    kinds = wanted.get("type", "object")
    if "object" not in ([kinds] if isinstance(kinds, str) else kinds):
        message = Message("prompts.schema_describes", field=FIELD, type=json.dumps(kinds))
        raise InvokeBadRequestError(message, field=FIELD)
    return wanted


def _loads(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and not is_deep(value) else None


def _wrapped(chunk: LLMResultChunk, value: dict[str, Any] | None = None) -> LLMResultChunkWithStructuredOutput:
    return LLMResultChunkWithStructuredOutput(
        model=chunk.model, system_fingerprint=chunk.system_fingerprint, delta=chunk.delta, structured_output=value
    )


def _no_object(chunk: LLMResultChunk, payload: dict[str, Any]) -> InvokeError:
    usage = chunk.delta.usage
    written = usage.completion_tokens if usage else 0
    if chunk.delta.finish_reason == "length" and written >= payload["max_tokens"]:
        return InvokeBadRequestError(
            Message("prompts.json_cut_after", tokens=written),
            field="max_tokens",
            hint=Message("prompts.raise_max_tokens_from", count=payload["max_tokens"]),
        )
    if chunk.delta.finish_reason == "length":
        return InvokeBadRequestError(
            Message("prompts.json_context", tokens=written), field="prompt_messages", hint=Message("prompts.shorten")
        )
    if payload["stop"]:
        return InvokeBadRequestError(Message("prompts.json_stopped"), field="stop")
    return ProtocolError(Message("prompts.json_ended"))
