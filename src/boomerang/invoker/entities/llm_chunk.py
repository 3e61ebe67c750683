"""Chunks of an LLM's stream; the last one has the usage."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Self, TypeAlias

from pydantic import BeforeValidator, Field

from .entity import Entity, share_fields_set
from .message import AssistantPromptMessage, PromptMessage, PromptMessageRole
from .model import ModelUsage, PriceConfig, PriceType, price

NoPromptMessages: TypeAlias = Annotated[list[PromptMessage], BeforeValidator(lambda _: [])]
"""The prompt. Dify no longer repeats it in answers: always empty, whatever the input."""


class LLMUsage(ModelUsage):
    """Tokens, prices and time of one LLM invocation."""

    prompt_tokens: int
    prompt_unit_price: Decimal
    prompt_price_unit: Decimal
    prompt_price: Decimal
    completion_tokens: int
    completion_unit_price: Decimal
    completion_price_unit: Decimal
    completion_price: Decimal
    total_tokens: int
    total_price: Decimal
    currency: str
    latency: float
    """Seconds from the request to the last token."""

    @classmethod
    def empty_usage(cls) -> Self:
        """Return an empty usage in Dify's form: zeros, in USD."""
        return cls.priced(None, prompt_tokens=0, completion_tokens=0, latency=0.0)

    @classmethod
    def priced(cls, pricing: PriceConfig | None, *, prompt_tokens: int, completion_tokens: int, latency: float) -> Self:
        """Compute a usage from token counts, as Dify's models do.

        Args:
            pricing: The model's prices; without them everything costs 0.0 USD.
            prompt_tokens: Tokens of the prompt.
            completion_tokens: Tokens of the answer.
            latency: Seconds from the request to the last token.
        """
        read = price(pricing, PriceType.INPUT, prompt_tokens)
        written = price(pricing, PriceType.OUTPUT, completion_tokens)
        usage = cls(
            prompt_tokens=prompt_tokens,
            prompt_unit_price=read.unit_price,
            prompt_price_unit=read.unit,
            prompt_price=read.total_amount,
            completion_tokens=completion_tokens,
            completion_unit_price=written.unit_price,
            completion_price_unit=written.unit,
            completion_price=written.total_amount,
            total_tokens=prompt_tokens + completion_tokens,
            total_price=read.total_amount + written.total_amount,
            currency=read.currency,
            latency=latency,
        )
        share_fields_set(usage, _USAGE_FIELDS)
        return usage


_USAGE_FIELDS = set(LLMUsage.model_fields)


class LLMResultChunkDelta(Entity):
    """The new part in a chunk."""

    index: int
    """Position in the stream, from 0; Dify's own structured-output frame has 0 again."""
    message: AssistantPromptMessage
    usage: LLMUsage | None = None
    """Usage of the whole invocation; usually only in the last chunk."""
    finish_reason: str | None = None
    """Why the model stopped, as reported by it, such as `stop`, `length` or `tool_calls`."""


class LLMResultChunk(Entity):
    """One item of a stream."""

    model: str
    prompt_messages: NoPromptMessages = Field(default_factory=list)
    system_fingerprint: str | None = None
    delta: LLMResultChunkDelta

    @staticmethod
    def of_text(
        text: str,
        *,
        model: str,
        index: int,
        system_fingerprint: str | None = None,
        usage: LLMUsage | None = None,
        finish_reason: str | None = None,
    ) -> LLMResultChunk:
        """Build a chunk without validation; values must have the right types. Takes a third of the memory of a validated one.

        Args:
            text: The new text.
            model: The model, as in the chunk's field; likewise the others.
            index: Position in the stream, from 0.
            system_fingerprint: The server's fingerprint.
            usage: Usage of the whole invocation; in the last chunk.
            finish_reason: Why the model stopped; in the last chunk.
        """
        new, put = object.__new__, object.__setattr__
        # In field order, which is the dump's. Set one by one, so that instances share the keys of their dicts.
        message = new(AssistantPromptMessage)
        put(message, "role", PromptMessageRole.ASSISTANT)
        put(message, "content", text)
        put(message, "name", None)
        put(message, "tool_calls", [])
        put(message, "opaque_body", None)
        _complete(message, _MESSAGE_FIELDS)
        delta = new(LLMResultChunkDelta)
        put(delta, "index", index)
        put(delta, "message", message)
        put(delta, "usage", usage)
        put(delta, "finish_reason", finish_reason)
        _complete(delta, _DELTA_FIELDS)
        chunk = new(LLMResultChunk)
        put(chunk, "model", model)
        put(chunk, "prompt_messages", [])
        put(chunk, "system_fingerprint", system_fingerprint)
        put(chunk, "delta", delta)
        _complete(chunk, _CHUNK_FIELDS)
        return chunk


_MESSAGE_FIELDS = {"content", "tool_calls", "opaque_body"}
_DELTA_FIELDS = {"index", "message", "usage", "finish_reason"}
_CHUNK_FIELDS = {"model", "system_fingerprint", "delta"}


def _complete(entity: Entity, fields: set[str]) -> None:
    """Set pydantic's internal attributes; see `BaseModel.model_construct`."""
    share_fields_set(entity, fields)
    object.__setattr__(entity, "__pydantic_extra__", None)
    object.__setattr__(entity, "__pydantic_private__", None)


# Before any other chunk: Python shares keys only if one of a class's first thirty instances has set its fields one by one.
LLMResultChunk.of_text("", model="", index=0)


class LLMStructuredOutput(Entity):
    """The additional field of answers to a JSON schema."""

    structured_output: Mapping[str, Any] | None = None
    """The object in the answer's text; in a stream, in one chunk only, after the text."""


class LLMResultChunkWithStructuredOutput(LLMResultChunk, LLMStructuredOutput):
    """One item of a structured-output stream."""
