"""`session.model.rerank`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from boomerang.invoker.entities.content import MultiModalContent
from boomerang.invoker.entities.rerank import (
    MultiModalRerankModelConfig,
    MultiModalRerankResult,
    RequestInvokeMultiModalRerank,
    RequestInvokeRerank,
    RerankModelConfig,
    RerankResult,
)

from .arguments import Open, arguments, only


class RerankInvocation:
    """Ranks documents by how well they answer a query."""

    def __init__(self, open_request: Open) -> None:
        self._open = open_request

    def invoke(self, model_config: RerankModelConfig | Mapping[str, Any], docs: list[str], query: str) -> RerankResult:
        """Rerank documents. Note the order of the arguments, which is Dify's.

        Args:
            model_config: Which model, the minimum score to keep (`>=`) and the maximum number of documents.
            docs: The documents; `index` in the result is the position here.
            query: The query they should answer.
        """
        with arguments():
            request = RequestInvokeRerank.of(model_config, docs, query)
        return only(self._open(request))

    def invoke_multimodal(
        self,
        model_config: MultiModalRerankModelConfig | Mapping[str, Any],
        query: MultiModalContent | Mapping[str, Any],
        docs: Sequence[MultiModalContent | Mapping[str, Any]],
    ) -> MultiModalRerankResult:
        """Rerank texts and images. Unlike in `invoke`, the query comes first, as in Dify's SDK.

        Args:
            model_config: Which model, with optional limits.
            query: Plain text, or a file as base64.
            docs: The documents.
        """
        with arguments():
            request = RequestInvokeMultiModalRerank.of(model_config, query, docs)
        return only(self._open(request))
