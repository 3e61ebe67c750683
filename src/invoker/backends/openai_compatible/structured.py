"""Structured output of a server with OpenAI's interface: by its own means where it has them, else by asking in words.

Source: OpenAI API reference, "Structured outputs" (2026-10).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ...entities.llm import (
    LLMFold,
    LLMResultChunk,
    LLMResultChunkDelta,
    LLMResultChunkWithStructuredOutput,
    RequestInvokeLLM,
    RequestInvokeLLMWithStructuredOutput,
)
from ...entities.message import AssistantPromptMessage, SystemPromptMessage
from ...errors import InvokeBadRequestError, InvokeError, ProtocolError
from ...json_schema import faults, schema_fault
from ...reasoning import split
from ...request import Chunks
from ...run import NoteKind, Run
from .llm import LLM

FIELD = "structured_output_schema"
LONGEST_SHOWN = 200
"""Characters of an answer that an error's sentence has; its body has more."""
_FENCED = re.compile(r"^```[\w-]*\s*\n(.*?)\n?```\s*$", re.DOTALL)


def stream_structured(
    llm: LLM, request: RequestInvokeLLMWithStructuredOutput, run: Run
) -> Chunks[LLMResultChunkWithStructuredOutput]:
    """Yield the text as it comes, and at last a chunk that has the object, the usage and the finish reason.

    Raises:
        InvokeBadRequestError: The schema is none, or the answer was cut before its object was complete.
        ProtocolError: The answer is no object, but a refusal, a tool call, or nothing.
        InvokeError: As for any answer of the model.
    """
    schema = request.structured_output_schema
    if not schema:
        raise InvokeBadRequestError(f"{FIELD} is empty: it must be a JSON schema.", field=FIELD)
    if wrong := schema_fault(schema):
        raise InvokeBadRequestError(f"{FIELD}: {wrong}", field=FIELD)
    fold, last = LLMFold(), None
    for chunk in _answer(llm, request, schema, run):
        fold.add(chunk)
        last = None if chunk.delta.finish_reason is None and chunk.delta.usage is None else chunk
        if last is None:
            yield _wrapped(chunk)
    value = loads(fold.text)
    yield _wrapped(last or _bare(fold), value)
    if value is None:
        raise _no_object(fold)
    if found := faults(value, schema):
        run.note(NoteKind.NOTICE, f"The object departs from the schema: {found[0]}")


def loads(text: str) -> dict[str, Any] | None:
    """Give the object that an answer spells, thinking before it and a fence of code around it left aside; `None` if none."""
    for opened in (False, True):  # a template may have opened the thinking, and then only its end is in the text
        said = split(text, opened=opened).answer.strip()
        fenced = _FENCED.match(said)
        try:
            value = json.loads(fenced[1] if fenced else said)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            return value
    return None


def _answer(
    llm: LLM, request: RequestInvokeLLMWithStructuredOutput, schema: dict[str, Any], run: Run
) -> Iterator[LLMResultChunk]:
    named = {"name": "answer", "schema": schema}
    form = {"response_format": {"type": "json_schema", "json_schema": named}}
    begun = False
    try:
        for chunk in llm.stream(_plain(request, form), run):
            begun = True
            yield chunk
        return
    except InvokeBadRequestError as error:
        said = (error.body or "").lower()
        if begun or not ("response_format" in said or "json_schema" in said or "schema" in said):
            raise
        run.note(NoteKind.NOTICE, f"Asked again with the schema in words, for the server does not take one: {error}")
    words = SystemPromptMessage(
        content=f"Answer with one JSON object and nothing else. It must fit this JSON schema:\n{json.dumps(schema)}"
    )
    yield from llm.stream(_plain(request, {}, words), run)


def _plain(
    request: RequestInvokeLLMWithStructuredOutput, params: dict[str, Any], *before: SystemPromptMessage
) -> RequestInvokeLLM:
    return RequestInvokeLLM(
        provider=request.provider,
        model=request.model,
        model_type=request.model_type,
        mode=request.mode,
        completion_params=request.completion_params | params,
        prompt_messages=[*before, *request.prompt_messages],
        tools=request.tools,
        stop=request.stop,
        stream=request.stream,
    )


def _wrapped(chunk: LLMResultChunk, value: dict[str, Any] | None = None) -> LLMResultChunkWithStructuredOutput:
    return LLMResultChunkWithStructuredOutput(
        model=chunk.model, system_fingerprint=chunk.system_fingerprint, delta=chunk.delta, structured_output=value
    )


def _bare(fold: LLMFold) -> LLMResultChunk:
    """Give a chunk for the object of an answer that ended without a finish reason and without a usage."""
    delta = LLMResultChunkDelta(index=fold.chunks, message=AssistantPromptMessage(content=""))
    return LLMResultChunk(model=fold.model, system_fingerprint=fold.system_fingerprint, delta=delta)


def _no_object(fold: LLMFold) -> InvokeError:
    """Say what came in the object's place."""
    text, reason = fold.text, fold.finish_reason
    if reason == "length":
        hint = "Raise max_tokens, or ask for less."
        return InvokeBadRequestError(
            "The answer was cut before its JSON was complete.", field="max_tokens", hint=hint, body=text
        )
    if reason == "content_filter":
        return ProtocolError("The server's content filter ended the answer before its JSON was complete.", body=text)
    if fold.tool_calls:
        names = ", ".join(call.function.name for call in fold.tool_calls)
        return ProtocolError(f"The model called {names} instead of answering with an object.", body=text)
    said = split(text).answer.strip()
    if not said:
        return ProtocolError(f"The answer is empty, and its finish reason is {reason or '—'}.", body=text)
    return ProtocolError(f"The answer is no JSON object: {said[:LONGEST_SHOWN]!r}.", body=text)
