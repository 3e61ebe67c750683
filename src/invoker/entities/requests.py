"""Every invoke type with its request and the chunk that answers it, for whoever meets one by its name on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ..request import InvokeType, Request
from .entity import Entity
from .llm import (
    LLMResultChunk,
    LLMResultChunkWithStructuredOutput,
    RequestInvokeLLM,
    RequestInvokeLLMWithStructuredOutput,
)
from .moderation import ModerationResult, RequestInvokeModeration
from .rerank import MultiModalRerankResult, RequestInvokeMultiModalRerank, RequestInvokeRerank, RerankResult
from .speech2text import RequestInvokeSpeech2Text, Speech2TextResult
from .summary import RequestInvokeSummary, SummaryResult
from .text_embedding import (
    MultiModalEmbeddingResult,
    RequestInvokeMultiModalEmbedding,
    RequestInvokeTextEmbedding,
    TextEmbeddingResult,
)
from .tts import RequestInvokeTTS, TTSResult

REQUEST_TYPES: Mapping[InvokeType, type[Request[Any]]] = MappingProxyType(
    {
        InvokeType.LLM: RequestInvokeLLM,
        InvokeType.LLM_STRUCTURED_OUTPUT: RequestInvokeLLMWithStructuredOutput,
        InvokeType.SYSTEM_SUMMARY: RequestInvokeSummary,
        InvokeType.TEXT_EMBEDDING: RequestInvokeTextEmbedding,
        InvokeType.MULTIMODAL_EMBEDDING: RequestInvokeMultiModalEmbedding,
        InvokeType.RERANK: RequestInvokeRerank,
        InvokeType.MULTIMODAL_RERANK: RequestInvokeMultiModalRerank,
        InvokeType.TTS: RequestInvokeTTS,
        InvokeType.SPEECH2TEXT: RequestInvokeSpeech2Text,
        InvokeType.MODERATION: RequestInvokeModeration,
    }
)
"""The request of each invoke type."""

CHUNK_TYPES: Mapping[InvokeType, type[Entity]] = MappingProxyType(
    {
        InvokeType.LLM: LLMResultChunk,
        InvokeType.LLM_STRUCTURED_OUTPUT: LLMResultChunkWithStructuredOutput,
        InvokeType.SYSTEM_SUMMARY: SummaryResult,
        InvokeType.TEXT_EMBEDDING: TextEmbeddingResult,
        InvokeType.MULTIMODAL_EMBEDDING: MultiModalEmbeddingResult,
        InvokeType.RERANK: RerankResult,
        InvokeType.MULTIMODAL_RERANK: MultiModalRerankResult,
        InvokeType.TTS: TTSResult,
        InvokeType.SPEECH2TEXT: Speech2TextResult,
        InvokeType.MODERATION: ModerationResult,
    }
)
"""What the streams of each invoke type yield."""
