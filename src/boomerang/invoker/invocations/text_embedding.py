"""`session.model.text_embedding`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from boomerang.invoker.entities.content import MultiModalContent
from boomerang.invoker.entities.model import EmbeddingInputType
from boomerang.invoker.entities.text_embedding import (
    MultiModalEmbeddingModelConfig,
    MultiModalEmbeddingResult,
    RequestInvokeMultiModalEmbedding,
    RequestInvokeTextEmbedding,
    TextEmbeddingModelConfig,
    TextEmbeddingResult,
)

from .arguments import Open, arguments, only


class TextEmbeddingInvocation:
    """Turns texts into vectors."""

    def __init__(self, open_request: Open) -> None:
        self._open = open_request

    def invoke(
        self,
        model_config: TextEmbeddingModelConfig | Mapping[str, Any],
        texts: list[str],
        input_type: EmbeddingInputType = EmbeddingInputType.QUERY,
    ) -> TextEmbeddingResult:
        """Embed texts.

        Args:
            model_config: Which model; unlike Dify's SDK, accepts a dict.
            texts: The texts; the result has one vector each, in this order.
            input_type: Whether the texts are queries or documents; the default is the SDK's.
        """
        with arguments():
            request = RequestInvokeTextEmbedding.of(model_config, texts, input_type=input_type)
        return only(self._open(request))

    def invoke_multimodal(
        self,
        model_config: MultiModalEmbeddingModelConfig | Mapping[str, Any],
        documents: Sequence[MultiModalContent | Mapping[str, Any]],
        input_type: EmbeddingInputType = EmbeddingInputType.QUERY,
    ) -> MultiModalEmbeddingResult:
        """Embed texts and images into the same vector space.

        Args:
            model_config: Which model.
            documents: Plain texts, or files as base64.
            input_type: Whether they are queries or documents.
        """
        with arguments():
            request = RequestInvokeMultiModalEmbedding.of(model_config, documents, input_type=input_type)
        return only(self._open(request))
