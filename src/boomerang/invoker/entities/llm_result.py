"""What an LLM's stream comes to: results, and the fold that makes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Self

from pydantic import Field, JsonValue, PositiveInt, model_validator

from boomerang.invoker.errors import ProtocolError
from boomerang.invoker.messages.message import Message

from .content import PromptMessageContentUnionTypes, TextPromptMessageContent
from .entity import Entity
from .llm_chunk import (
    LLMResultChunk,
    LLMResultChunkDelta,
    LLMResultChunkWithStructuredOutput,
    LLMStructuredOutput,
    LLMUsage,
    NoPromptMessages,
)
from .message import AssistantPromptMessage, ToolCall
from .tools import ToolCallFold


class LLMResult(Entity):
    """The whole answer of an LLM."""

    model: str
    prompt_messages: NoPromptMessages = Field(default_factory=list)
    message: AssistantPromptMessage
    usage: LLMUsage
    system_fingerprint: str | None = None
    finish_reason: str | None = Field(default=None, exclude=True)
    """Why the model stopped. Ours: Dify's result has no such key, so it stays out of a dump."""

    @classmethod
    def of(cls, chunks: Iterable[LLMResultChunk]) -> Self:
        """Fold a stream into its result; see `LLMFold` for the rules.

        Raises:
            ProtocolError: There was no chunk. Dify's SDK 0.10.2 gives an empty result instead, as if all were well.
        """
        return cls(**LLMFold().extend(chunks).fields())

    def to_llm_result_chunk(self) -> LLMResultChunk:
        """Return the result as a stream's only chunk; keeps the finish reason, which Dify's SDK has not got here."""
        return LLMResultChunk(model=self.model, system_fingerprint=self.system_fingerprint, delta=self._delta())

    def _delta(self) -> LLMResultChunkDelta:
        return LLMResultChunkDelta(index=0, message=self.message, usage=self.usage, finish_reason=self.finish_reason)


class LLMResultWithStructuredOutput(LLMResult, LLMStructuredOutput):
    """The whole answer of an LLM to a JSON schema."""

    def to_llm_result_chunk_with_structured_output(self) -> LLMResultChunkWithStructuredOutput:
        """Return the result as a stream's only chunk."""
        return LLMResultChunkWithStructuredOutput(
            model=self.model,
            system_fingerprint=self.system_fingerprint,
            delta=self._delta(),
            structured_output=self.structured_output,
        )


class LLMFold:
    """The state of a stream that is being read: add chunks, read what they come to so far.

    ===================  ================================  ======================================
    what                 here                              Dify's SDK 0.10.2
    ===================  ================================  ======================================
    text                 joined                            joined
    list contents        text joined, the rest kept        dropped
    tool calls           merged                            the last chunk's fragments
    usage                whole, of the last chunk with it  counts summed, unit prices dropped
    model                as the chunks name it             as it was asked for
    fingerprint, reason  of the last chunk that has it     dropped
    no chunk at all      `ProtocolError`                   an empty result
    ===================  ================================  ======================================

    A chunk costs the same however long the stream is; reading `text` costs its length.
    """

    def __init__(self) -> None:
        self.chunks = 0
        """How many were added."""
        self.model = ""
        self.usage: LLMUsage | None = None
        """None as long as no chunk told."""
        self.finish_reason: str | None = None
        self.system_fingerprint: str | None = None
        self.structured_output: Mapping[str, Any] | None = None
        self._name: str | None = None
        self.opaque_body: JsonValue | None = None
        """What the provider wants back unchanged with this message."""
        self._text: list[str] = []
        """Text since the last item of `_items`."""
        self._items: list[PromptMessageContentUnionTypes] = []
        """Everything up to the last item that is more than plain text."""
        self._tool_calls = ToolCallFold()

    def add(self, chunk: LLMResultChunk) -> Self:
        """Take in the next chunk."""
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
        """Take in all chunks."""
        for chunk in chunks:
            self.add(chunk)
        return self

    @property
    def text(self) -> str:
        """The text so far, without what stands between its pieces."""
        return "".join(item.data for item in self._items if isinstance(item, TextPromptMessageContent)) + self._tail()

    @property
    def content(self) -> str | list[PromptMessageContentUnionTypes]:
        """The text so far; or a list, once an item came that is more than plain text: media, or text with an opaque body."""
        if not self._items:
            return self._tail()
        tail = self._tail()
        return [*self._items, TextPromptMessageContent(data=tail)] if tail else list(self._items)

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The calls so far; the last one's arguments may be cut in the middle."""
        return self._tool_calls.calls()

    def fields(self) -> dict[str, Any]:
        """Return what a result is made of.

        Where no chunk told a usage it is `LLMUsage.empty_usage()`, as a result must have one; `usage` here tells the two apart.

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
    """Where a long-running invocation stands."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class LLMPollingResult(Entity):
    """How a long-running invocation stands, and when to ask again."""

    status: LLMPollingStatus
    plugin_state: dict[str, JsonValue] | None = None
    """What the plugin wants back when it is asked again; must not be empty while running."""
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
