"""Ranking documents by how well they answer a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from boomerang.invoker.request import InvokeType, Request

from .content import MultiModalContent
from .entity import Entity
from .model import BaseModelConfig, ModelType, config_fields


class RerankModelConfig(BaseModelConfig):
    """Which rerank model to invoke, and what to keep."""

    model_type: ModelType = ModelType.RERANK
    score_threshold: float
    """Documents with lower scores are dropped."""
    top_n: int
    """Maximum number of documents kept."""


class MultiModalRerankModelConfig(BaseModelConfig):
    """Which multimodal rerank model to invoke, and what to keep."""

    model_type: ModelType = ModelType.RERANK
    score_threshold: float | None = None
    """Documents with lower scores are dropped; none if `None`."""
    top_n: int | None = None
    """Maximum number of documents kept; all if `None`."""


class RerankDocument(Entity):
    """A document and its relevance score."""

    index: int
    """Position in the request's list."""
    text: str
    score: float


class RerankResult(Entity):
    """Documents, best first."""

    model: str
    docs: list[RerankDocument]


class MultiModalRerankResult(Entity):
    """Documents, best first."""

    model: str
    docs: list[RerankDocument]


class RequestInvokeRerank(RerankModelConfig, Request[RerankResult]):
    """A request to rank documents."""

    invoke_type: ClassVar[InvokeType] = InvokeType.RERANK

    docs: list[str]
    query: str

    @classmethod
    def of(cls, model_config: RerankModelConfig | Mapping[str, Any], docs: Sequence[str], query: str) -> Self:
        """Build the request from a config and the call's arguments.

        Raises:
            pydantic.ValidationError: An argument is invalid; names the field.
        """
        return cls.model_validate(config_fields(RerankModelConfig, model_config) | {"docs": docs, "query": query})


class RequestInvokeMultiModalRerank(MultiModalRerankModelConfig, Request[MultiModalRerankResult]):
    """A request to rank texts and images."""

    invoke_type: ClassVar[InvokeType] = InvokeType.MULTIMODAL_RERANK

    query: MultiModalContent
    docs: list[MultiModalContent]

    @classmethod
    def of(
        cls,
        model_config: MultiModalRerankModelConfig | Mapping[str, Any],
        query: MultiModalContent | Mapping[str, Any],
        docs: Sequence[MultiModalContent | Mapping[str, Any]],
    ) -> Self:
        """Build the request from a config and the call's arguments; the query comes first, as in Dify.

        Raises:
            pydantic.ValidationError: An argument is invalid; names the field.
        """
        arguments = {"query": query, "docs": docs}
        return cls.model_validate(config_fields(MultiModalRerankModelConfig, model_config) | arguments)
