"""Structured output on a server with OpenAI's interface: with `response_format` if supported, else by asking in the prompt.

Source: OpenAI API reference, "Structured outputs" (2026-10).
"""

from __future__ import annotations

import json
import re
from typing import Any

from boomerang.invoker.entities.llm.chunk import (
    LLMResultChunk,
    LLMResultChunkDelta,
    LLMResultChunkWithStructuredOutput,
    LLMUsage,
)
from boomerang.invoker.entities.llm.request import RequestInvokeLLM, RequestInvokeLLMWithStructuredOutput
from boomerang.invoker.entities.llm.result import LLMFold
from boomerang.invoker.entities.message import AssistantPromptMessage, SystemPromptMessage
from boomerang.invoker.errors import InvokeBadRequestError, InvokeError, InvokeServerUnavailableError, ProtocolError
from boomerang.invoker.llm_text.json_in_text import JsonInText, Place, find_object
from boomerang.invoker.llm_text.json_schema import check, report, schema_fault
from boomerang.invoker.llm_text.reasoning_tags import split
from boomerang.invoker.messages.message import Message
from boomerang.invoker.request import Chunks
from boomerang.invoker.run import Run

from .llm import LLM

FIELD = "structured_output_schema"
LONGEST_SHOWN = 200
"""Maximum characters of an answer in an error's message; its body has more."""
_FORM = re.compile(r"response_format|json_schema|json_object|schema|grammar|guided|structured.?output", re.IGNORECASE)
"""Matches refusals that are about the response format."""
_FAILS_BY_FORM = frozenset({500, 501})
"""Statuses of servers that fail on an unknown response format."""


def stream_structured(
    llm: LLM, request: RequestInvokeLLMWithStructuredOutput, run: Run
) -> Chunks[LLMResultChunkWithStructuredOutput]:
    """Yield the text as it arrives, and finally a chunk with the object, the usage and the finish reason.

    Raises:
        InvokeBadRequestError: The schema is invalid, or the answer was cut off before its object was complete.
        ProtocolError: The answer is a refusal, a tool call or empty instead of an object.
        InvokeError: As for any answer of the model.
    """
    schema = request.structured_output_schema
    if not schema and not run.unchecked:
        raise InvokeBadRequestError(Message("prompts.schema_empty", field=FIELD), field=FIELD)
    if not run.unchecked and (wrong := schema_fault(schema, run)):
        raise InvokeBadRequestError(Message("prompts.schema_fault_short", field=FIELD, fault=str(wrong)), field=FIELD)
    asking = _Asking(llm, request, run)
    yield from asking.chunks()
    fold = asking.fold
    parsed = loads(fold.text[asking.begin :])
    if parsed is None and asking.can_ask_in_prompt():
        run.notice("answers.prose")
        yield from asking.chunks_by_prompt()
        parsed = loads(fold.text[asking.begin :])
    value = None if parsed is None else parsed.value
    yield _wrapped(asking.last or _bare(fold), value)
    if parsed is None or value is None:
        raise _no_object(fold, fold.text[asking.begin :])
    if parsed.place is not Place.WHOLE:
        run.notice("answers.object_found")
    if parsed.control_characters:
        run.notice("answers.control_characters")
    report(check(value, schema, run), run)


def loads(text: str) -> JsonInText | None:
    """Find the object in an answer, ignoring reasoning before it; `None` if there is none."""
    first = find_object(split(text).answer)
    if first is not None and first.place is Place.WHOLE:
        return first
    return find_object(split(text, opened=True).answer) or first  # the prompt template may have opened the reasoning


class _Asking:
    """Asks for an object with `response_format`, and in the prompt if the server rejects or ignores that."""

    def __init__(self, llm: LLM, request: RequestInvokeLLMWithStructuredOutput, run: Run) -> None:
        self._llm = llm
        self._request = request
        self._run = run
        self._in_prompt = False
        self.fold = LLMFold()
        """Everything that arrived, from both answers if there are two."""
        self.begin = 0
        """Offset in the text where the answer that counts begins."""
        self.last: LLMResultChunk | None = None
        """The last chunk, delayed until the object is known."""
        self._usage: LLMUsage | None = None
        self._count = 0
        """Number of chunks passed on."""

    def chunks(self) -> Chunks[LLMResultChunkWithStructuredOutput]:
        """Ask with `response_format`; in the prompt if the server rejects that before it answers."""
        named = {"name": "answer", "schema": self._request.structured_output_schema}
        form = {"response_format": {"type": "json_schema", "json_schema": named}}
        try:
            yield from self._read(_plain(self._request, form))
        except (InvokeBadRequestError, InvokeServerUnavailableError) as error:
            if self.fold.chunks or not _is_about_the_form(error):
                raise
            self._run.notice("answers.asked_in_words", words=error.message or str(error))
            yield from self.chunks_by_prompt()

    def can_ask_in_prompt(self) -> bool:
        """Return whether asking in the prompt may help: the answer is complete, and is prose."""
        if self._in_prompt or self.fold.tool_calls:
            return False
        return self.fold.finish_reason not in ("length", "content_filter") and bool(split(self.fold.text).answer.strip())

    def chunks_by_prompt(self) -> Chunks[LLMResultChunkWithStructuredOutput]:
        """Ask with the schema in a system message; the earlier answer stays in the text."""
        self._in_prompt = True
        self._usage = self.fold.usage
        if self.fold.text:
            yield self._passed(_bare(self.fold, "\n\n"))
        self.begin, self.last = len(self.fold.text), None
        schema = json.dumps(self._request.structured_output_schema)
        instruction = f"Answer with one JSON object and nothing else. It must fit this JSON schema:\n{schema}"
        yield from self._read(_plain(self._request, {}, SystemPromptMessage(content=instruction)))

    def _read(self, request: RequestInvokeLLM) -> Chunks[LLMResultChunkWithStructuredOutput]:
        for chunk in self._llm.stream(request, self._run):
            if chunk.delta.finish_reason is None and chunk.delta.usage is None:
                yield self._passed(chunk)
                continue
            usage = _added(self._usage, chunk.delta.usage)
            self.last = self._numbered(chunk, usage=usage)
            self.fold.add(self.last)

    def _passed(self, chunk: LLMResultChunk) -> LLMResultChunkWithStructuredOutput:
        chunk = self._numbered(chunk)
        self.fold.add(chunk)
        self._count += 1
        return _wrapped(chunk)

    def _numbered(self, chunk: LLMResultChunk, **more: Any) -> LLMResultChunk:
        """Renumber a chunk, since there may be two answers."""
        return chunk.model_copy(update={"delta": chunk.delta.model_copy(update={"index": self._count, **more})})


def _is_about_the_form(error: InvokeError) -> bool:
    """Return whether a server rejects the response format, or fails the way such servers do."""
    return error.status_code in _FAILS_BY_FORM or _FORM.search(f"{error.body or ''} {error.description}") is not None


def _added(first: LLMUsage | None, second: LLMUsage | None) -> LLMUsage | None:
    """Add the usages of two answers."""
    if first is None or second is None:
        return first or second
    counts = ("prompt_tokens", "completion_tokens", "total_tokens", "latency")
    return second.model_copy(update={name: getattr(first, name) + getattr(second, name) for name in counts})


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


def _bare(fold: LLMFold, text: str = "") -> LLMResultChunk:
    """Return a chunk with a text, such as for the object of an answer that ended without finish reason and usage."""
    delta = LLMResultChunkDelta(index=fold.chunks, message=AssistantPromptMessage(content=text))
    return LLMResultChunk(model=fold.model, system_fingerprint=fold.system_fingerprint, delta=delta)


def _no_object(fold: LLMFold, text: str) -> InvokeError:
    """Return the error for an answer without an object, which names what came instead."""
    reason = fold.finish_reason
    if reason == "length":
        hint = Message("prompts.raise_max_tokens")
        return InvokeBadRequestError(Message("prompts.json_cut"), field="max_tokens", hint=hint, body=text)
    if reason == "content_filter":
        return ProtocolError(Message("prompts.json_filtered"), body=text)
    if fold.tool_calls:
        names = ", ".join(call.function.name for call in fold.tool_calls)
        return ProtocolError(Message("prompts.json_called", names=names), body=text)
    answer = split(text).answer.strip()
    if not answer:
        return ProtocolError(Message("prompts.json_empty", reason=reason or "—"), body=text)
    return ProtocolError(Message("prompts.json_none", text=repr(answer[:LONGEST_SHOWN])), body=text)
