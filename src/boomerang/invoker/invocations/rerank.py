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
    """Order documents by how well they answer a query."""

    def __init__(self, open_request: Open) -> None:
        self._open = open_request

    def invoke(self, model_config: RerankModelConfig | Mapping[str, Any], docs: list[str], query: str) -> RerankResult:
        """Rerank documents. Note the order of the arguments, which is Dify's.

        Args:
            model_config: Which model, the lowest score to keep (`>=`) and how many documents at most.
            docs: The documents; `index` in the answer is the position here.
            query: What they should answer.
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
        """Rerank texts and images. Here the query comes first: the order differs from `invoke`, as in Dify's SDK.

        Args:
            model_config: Which model, with limits that may be left out.
            query: Plain text, or a file as base64.
            docs: The documents.
        """
        with arguments():
            request = RequestInvokeMultiModalRerank.of(model_config, query, docs)
        return only(self._open(request))
