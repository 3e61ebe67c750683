"""Documents put into the order in which they answer a query."""

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
    """Documents below this score are left out."""
    top_n: int
    """Documents kept at most."""


class MultiModalRerankModelConfig(BaseModelConfig):
    """Which multimodal rerank model to invoke, and what to keep."""

    model_type: ModelType = ModelType.RERANK
    score_threshold: float | None = None
    """Documents below this score are left out; none if None."""
    top_n: int | None = None
    """Documents kept at most; all if None."""


class RerankDocument(Entity):
    """A document and how well it answers."""

    index: int
    """Position in the list that was asked with."""
    text: str
    score: float


class RerankResult(Entity):
    """Documents, the best first."""

    model: str
    docs: list[RerankDocument]


class MultiModalRerankResult(Entity):
    """Documents, the best first."""

    model: str
    docs: list[RerankDocument]


class RequestInvokeRerank(RerankModelConfig, Request[RerankResult]):
    """Have documents ranked."""

    invoke_type: ClassVar[InvokeType] = InvokeType.RERANK

    docs: list[str]
    query: str

    @classmethod
    def of(cls, model_config: RerankModelConfig | Mapping[str, Any], docs: Sequence[str], query: str) -> Self:
        """Make the request from a config and the call's arguments.

        Raises:
            pydantic.ValidationError: Naming the field.
        """
        return cls.model_validate(config_fields(RerankModelConfig, model_config) | {"docs": docs, "query": query})


class RequestInvokeMultiModalRerank(MultiModalRerankModelConfig, Request[MultiModalRerankResult]):
    """Have texts and images ranked."""

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
        """Make the request from a config and the call's arguments; the query comes first here, as in Dify.

        Raises:
            pydantic.ValidationError: Naming the field.
        """
        arguments = {"query": query, "docs": docs}
        return cls.model_validate(config_fields(MultiModalRerankModelConfig, model_config) | arguments)
