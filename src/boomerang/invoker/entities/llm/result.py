"""Results of an LLM, and the fold that builds them from a stream."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Self

from pydantic import Field, JsonValue, PositiveInt, model_validator

from boomerang.invoker.entities.content import PromptMessageContentUnionTypes, TextPromptMessageContent
from boomerang.invoker.entities.entity import Entity
from boomerang.invoker.entities.message import AssistantPromptMessage, ToolCall
from boomerang.invoker.entities.tools import ToolCallFold
from boomerang.invoker.errors import ProtocolError
from boomerang.invoker.messages.message import Message

from .chunk import (
    LLMResultChunk,
    LLMResultChunkDelta,
    LLMResultChunkWithStructuredOutput,
    LLMStructuredOutput,
    LLMUsage,
    NoPromptMessages,
)


class LLMResult(Entity):
    """The complete answer of an LLM."""

    model: str
    prompt_messages: NoPromptMessages = Field(default_factory=list)
    message: AssistantPromptMessage
    usage: LLMUsage
    system_fingerprint: str | None = None
    finish_reason: str | None = Field(default=None, exclude=True)
    """Why the model stopped. Our addition: Dify's result has no such key, so it is not dumped."""

    @classmethod
    def of(cls, chunks: Iterable[LLMResultChunk]) -> Self:
        """Fold a stream into its result; see `LLMFold` for the rules.

        Raises:
            ProtocolError: There was no chunk. Dify's SDK 0.10.2 returns an empty result instead, as if nothing were wrong.
        """
        return cls(**LLMFold().extend(chunks).fields())

    def to_llm_result_chunk(self) -> LLMResultChunk:
        """Return the result as a stream's only chunk. Keeps the finish reason, which Dify's SDK drops here."""
        return LLMResultChunk(model=self.model, system_fingerprint=self.system_fingerprint, delta=self._delta())

    def _delta(self) -> LLMResultChunkDelta:
        return LLMResultChunkDelta(index=0, message=self.message, usage=self.usage, finish_reason=self.finish_reason)


class LLMResultWithStructuredOutput(LLMResult, LLMStructuredOutput):
    """The complete answer of an LLM to a structured-output request."""

    def to_llm_result_chunk_with_structured_output(self) -> LLMResultChunkWithStructuredOutput:
        """Return the result as a stream's only chunk."""
        return LLMResultChunkWithStructuredOutput(
            model=self.model,
            system_fingerprint=self.system_fingerprint,
            delta=self._delta(),
            structured_output=self.structured_output,
        )


class LLMFold:
    """Accumulates a stream: add chunks, read the result so far.

    ===================  ================================  ======================================
    what                 here                              Dify's SDK 0.10.2
    ===================  ================================  ======================================
    text                 joined                            joined
    list contents        text joined, the rest kept        dropped
    tool calls           merged                            the last chunk's fragments
    usage                whole, of the last chunk with it  counts summed, unit prices dropped
    model                as named in the chunks            as requested
    fingerprint, reason  of the last chunk that has it     dropped
    no chunk at all      `ProtocolError`                   an empty result
    ===================  ================================  ======================================

    Adding a chunk takes constant time, however long the stream is; reading `text` takes linear time.
    """

    def __init__(self) -> None:
        self.chunks = 0
        """Number of chunks added."""
        self.model = ""
        self.usage: LLMUsage | None = None
        """`None` until a chunk has reported it."""
        self.finish_reason: str | None = None
        self.system_fingerprint: str | None = None
        self.structured_output: Mapping[str, Any] | None = None
        self._name: str | None = None
        self.opaque_body: JsonValue | None = None
        """Data that the provider wants back unchanged with this message."""
        self._text: list[str] = []
        """Text since the last item of `_items`."""
        self._items: list[PromptMessageContentUnionTypes] = []
        """All content up to the last item that is not plain text."""
        self._tool_calls = ToolCallFold()

    def add(self, chunk: LLMResultChunk) -> Self:
        """Add the next chunk."""
        delta, message = chunk.delta, chunk.delta.message
        self.chunks += 1
        self.model = chunk.model or self.model
        self.system_fingerprint = chunk.system_fingerprint or self.system_fingerprint
        self.usage = delta.usage or self.usage
        self.finish_reason = delta.finish_reason or self.finish_reason
        if isinstance(chunk, LLMStructuredOutput) and chunk.structured_output is not None:
            self.structured_output = chunk.structured_output
        self._name = message.name or self._name
        if message.opaque_body is not None:
            self.opaque_body = message.opaque_body
        if isinstance(message.content, str):
            self._text.append(message.content)
        else:
            self._add_items(message.content or ())
        if message.tool_calls:
            self._tool_calls.add(message.tool_calls)
        return self

    def extend(self, chunks: Iterable[LLMResultChunk]) -> Self:
        """Add all chunks."""
        for chunk in chunks:
            self.add(chunk)
        return self

    @property
    def text(self) -> str:
        """The text so far, without media between its pieces."""
        return "".join(item.data for item in self._items if isinstance(item, TextPromptMessageContent)) + self._tail()

    @property
    def content(self) -> str | list[PromptMessageContentUnionTypes]:
        """The text so far; a list once there was an item other than plain text: media, or text with an opaque body."""
        if not self._items:
            return self._tail()
        tail = self._tail()
        return [*self._items, TextPromptMessageContent(data=tail)] if tail else list(self._items)

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The calls so far; the last one's arguments may be incomplete."""
        return self._tool_calls.calls()

    def fields(self) -> dict[str, Any]:
        """Return the fields of a result.

        If no chunk reported a usage, the field is `LLMUsage.empty_usage()`, as a result must have one; the attribute `usage`
        stays `None`.

        Raises:
            ProtocolError: There was no chunk.
        """
        if not self.chunks:
            raise ProtocolError(Message("runs.no_chunk"))
        message = AssistantPromptMessage(
            content=self.content, name=self._name, tool_calls=self.tool_calls, opaque_body=self.opaque_body
        )
        return {
            "model": self.model,
            "message": message,
            "usage": self.usage or LLMUsage.empty_usage(),
            "system_fingerprint": self.system_fingerprint,
            "finish_reason": self.finish_reason,
            "structured_output": self.structured_output,
        }

    def result(self) -> LLMResult:
        """Return the result so far.

        Raises:
            ProtocolError: There was no chunk.
        """
        return LLMResult(**self.fields())

    def structured_result(self) -> LLMResultWithStructuredOutput:
        """Return the result so far, with the last structured output.

        Raises:
            ProtocolError: There was no chunk.
        """
        return LLMResultWithStructuredOutput(**self.fields())

    def _tail(self) -> str:
        if len(self._text) > 1:
            self._text = ["".join(self._text)]
        return self._text[0] if self._text else ""

    def _add_items(self, items: Iterable[PromptMessageContentUnionTypes]) -> None:
        for item in items:
            if isinstance(item, TextPromptMessageContent) and item.opaque_body is None:
                self._text.append(item.data)
                continue
            if tail := self._tail():
                self._items.append(TextPromptMessageContent(data=tail))
            self._text = []
            self._items.append(item)


class LLMPollingStatus(StrEnum):
    """Status of a long-running invocation."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class LLMPollingResult(Entity):
    """Progress of a long-running invocation, and when to poll again."""

    status: LLMPollingStatus
    plugin_state: dict[str, JsonValue] | None = None
    """State that the plugin wants back at the next poll; must not be empty while running."""
    result: LLMResult | LLMResultWithStructuredOutput | None = None
    error: str | None = None
    next_check_after_seconds: PositiveInt | None = None
    expires_after_seconds: PositiveInt | None = None
    max_attempts: PositiveInt | None = None

    @model_validator(mode="after")
    def _has_what_its_status_needs(self) -> Self:
        if self.status is LLMPollingStatus.RUNNING and not self.plugin_state:
            raise ValueError("a running invocation needs its plugin_state")
        if self.status is LLMPollingStatus.SUCCEEDED and self.result is None:
            raise ValueError("a succeeded invocation needs its result")
        if self.status is LLMPollingStatus.FAILED and not self.error:
            raise ValueError("a failed invocation needs its error")
        return self
