"""What an LLM streams: chunks, the last of which carries the usage."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Self, TypeAlias, TypeVar

from pydantic import BeforeValidator, Field

from boomerang.invoker.entities.entity import Entity
from boomerang.invoker.entities.message import AssistantPromptMessage, PromptMessage, PromptMessageRole
from boomerang.invoker.entities.model import ModelUsage, PriceConfig, PriceType, price

EntityT = TypeVar("EntityT", bound=Entity)
NoPromptMessages: TypeAlias = Annotated[list[PromptMessage], BeforeValidator(lambda _: [])]
"""The messages that were asked with. Dify stopped repeating them in answers: always empty, whatever is given."""


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
        """Return a usage of nothing, as Dify writes it: zeros, in USD."""
        return cls.priced(None, prompt_tokens=0, completion_tokens=0, latency=0.0)

    @classmethod
    def priced(cls, pricing: PriceConfig | None, *, prompt_tokens: int, completion_tokens: int, latency: float) -> Self:
        """Work out a usage from what was counted, as Dify's models do.

        Args:
            pricing: The model's prices; without them everything costs 0.0 USD.
            prompt_tokens: Tokens of the prompt.
            completion_tokens: Tokens of the answer.
            latency: Seconds from the request to the last token.
        """
        read = price(pricing, PriceType.INPUT, prompt_tokens)
        written = price(pricing, PriceType.OUTPUT, completion_tokens)
        values = {
            "prompt_tokens": prompt_tokens,
            "prompt_unit_price": read.unit_price,
            "prompt_price_unit": read.unit,
            "prompt_price": read.total_amount,
            "completion_tokens": completion_tokens,
            "completion_unit_price": written.unit_price,
            "completion_price_unit": written.unit,
            "completion_price": written.total_amount,
            "total_tokens": prompt_tokens + completion_tokens,
            "total_price": read.total_amount if pricing is None else read.total_amount + written.total_amount,
            "currency": read.currency,
            "latency": latency,
        }
        return _unchecked(cls, values, _USAGE_FIELDS)


_USAGE_FIELDS = set(LLMUsage.model_fields)


class LLMResultChunkDelta(Entity):
    """The part of a chunk that is new."""

    index: int
    """Position in the stream, from 0; Dify's own structured-output frame says 0 again."""
    message: AssistantPromptMessage
    usage: LLMUsage | None = None
    """What the whole invocation used; usually in the last chunk only."""
    finish_reason: str | None = None
    """Why the model stopped, in its own words, such as `stop`, `length` or `tool_calls`."""


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
        """Build a chunk without checking the types of its values: 60 % of the memory of a checked one, and faster.

        Args:
            text: The new text.
            model: The model, as in the chunk's field; likewise the others.
            index: Position in the stream, from 0.
            system_fingerprint: The server's fingerprint.
            usage: Usage of the whole invocation; in the last chunk.
            finish_reason: Why the model stopped; in the last chunk.
        """
        # Keys in the order of the fields: a dump has the same.
        values: dict[str, Any]
        values = {"role": PromptMessageRole.ASSISTANT, "content": text, "name": None, "tool_calls": [], "opaque_body": None}
        message = _unchecked(AssistantPromptMessage, values, _MESSAGE_FIELDS)
        values = {"index": index, "message": message, "usage": usage, "finish_reason": finish_reason}
        delta = _unchecked(LLMResultChunkDelta, values, _DELTA_FIELDS)
        values = {"model": model, "prompt_messages": [], "system_fingerprint": system_fingerprint, "delta": delta}
        return _unchecked(LLMResultChunk, values, _CHUNK_FIELDS)


_MESSAGE_FIELDS = {"content", "tool_calls", "opaque_body"}
_DELTA_FIELDS = {"index", "message", "usage", "finish_reason"}
_CHUNK_FIELDS = {"model", "system_fingerprint", "delta"}


def _unchecked(kind: type[EntityT], values: dict[str, Any], fields_set: set[str]) -> EntityT:
    """Build an entity of all its values, as `BaseModel.model_construct` does, with a set that others share."""
    entity = kind.__new__(kind)
    put = object.__setattr__
    put(entity, "__dict__", values)
    put(entity, "__pydantic_fields_set__", fields_set)
    put(entity, "__pydantic_extra__", None)
    put(entity, "__pydantic_private__", None)
    return entity


class LLMStructuredOutput(Entity):
    """What an answer to a JSON schema adds."""

    structured_output: Mapping[str, Any] | None = None
    """The object that the answer's text spells; in a stream in one chunk only, after the text."""


class LLMResultChunkWithStructuredOutput(LLMResultChunk, LLMStructuredOutput):
    """One item of a stream that answers a JSON schema."""
