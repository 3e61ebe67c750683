"""Embeddings of texts, and of texts and images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar, Self

from boomerang.invoker.request import InvokeType, Request

from .content import MultiModalContent
from .entity import Entity
from .model import BaseModelConfig, EmbeddingInputType, ModelType, ModelUsage, PriceConfig, PriceType, config_fields, price


class TextEmbeddingModelConfig(BaseModelConfig):
    """Which embedding model to invoke."""

    model_type: ModelType = ModelType.TEXT_EMBEDDING


class MultiModalEmbeddingModelConfig(BaseModelConfig):
    """Which multimodal embedding model to invoke."""

    model_type: ModelType = ModelType.TEXT_EMBEDDING
    tenant_id: str
    """Required, but overwritten by Dify's plugin daemon."""


class EmbeddingUsage(ModelUsage):
    """Tokens, price and time of one embedding invocation."""

    tokens: int
    total_tokens: int
    unit_price: Decimal
    price_unit: Decimal
    total_price: Decimal
    currency: str
    latency: float
    """Seconds."""

    @classmethod
    def priced(cls, pricing: PriceConfig | None, *, tokens: int, latency: float) -> Self:
        """Compute a usage from token counts, as Dify's models do.

        Args:
            pricing: The model's prices; without them it costs 0.0 USD.
            tokens: Tokens read.
            latency: Seconds.
        """
        paid = price(pricing, PriceType.INPUT, tokens)
        return cls(
            tokens=tokens,
            total_tokens=tokens,
            unit_price=paid.unit_price,
            price_unit=paid.unit,
            total_price=paid.total_amount,
            currency=paid.currency,
            latency=latency,
        )


class TextEmbeddingResult(Entity):
    """The vectors of texts, in the order of the texts."""

    model: str
    embeddings: list[list[float]]
    """Shape (texts, dimensions)."""
    usage: EmbeddingUsage


class MultiModalEmbeddingResult(Entity):
    """The vectors of texts and images, in their order."""

    model: str
    embeddings: list[list[float]]
    """Shape (documents, dimensions)."""
    usage: EmbeddingUsage


class RequestInvokeTextEmbedding(TextEmbeddingModelConfig, Request[TextEmbeddingResult]):
    """A request to embed texts."""

    invoke_type: ClassVar[InvokeType] = InvokeType.TEXT_EMBEDDING

    texts: list[str]
    input_type: EmbeddingInputType = EmbeddingInputType.QUERY

    @classmethod
    def of(
        cls,
        model_config: TextEmbeddingModelConfig | Mapping[str, Any],
        texts: Sequence[str],
        input_type: EmbeddingInputType = EmbeddingInputType.QUERY,
    ) -> Self:
        """Build the request from a config and the call's arguments.

        Raises:
            pydantic.ValidationError: An argument is invalid; names the field.
        """
        arguments = {"texts": texts, "input_type": input_type}
        return cls.model_validate(config_fields(TextEmbeddingModelConfig, model_config) | arguments)


class RequestInvokeMultiModalEmbedding(MultiModalEmbeddingModelConfig, Request[MultiModalEmbeddingResult]):
    """A request to embed texts and images."""

    invoke_type: ClassVar[InvokeType] = InvokeType.MULTIMODAL_EMBEDDING

    documents: list[MultiModalContent]
    input_type: EmbeddingInputType = EmbeddingInputType.QUERY

    @classmethod
    def of(
        cls,
        model_config: MultiModalEmbeddingModelConfig | Mapping[str, Any],
        documents: Sequence[MultiModalContent | Mapping[str, Any]],
        input_type: EmbeddingInputType = EmbeddingInputType.QUERY,
    ) -> Self:
        """Build the request from a config and the call's arguments.

        Raises:
            pydantic.ValidationError: An argument is invalid; names the field.
        """
        arguments = {"documents": documents, "input_type": input_type}
        return cls.model_validate(config_fields(MultiModalEmbeddingModelConfig, model_config) | arguments)
