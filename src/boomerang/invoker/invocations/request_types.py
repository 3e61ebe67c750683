"""The request and chunk types of each invoke type, to look up by its wire name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from boomerang.invoker.entities.entity import Entity
from boomerang.invoker.entities.llm.chunk import LLMResultChunk, LLMResultChunkWithStructuredOutput
from boomerang.invoker.entities.llm.request import RequestInvokeLLM, RequestInvokeLLMWithStructuredOutput
from boomerang.invoker.entities.moderation import ModerationResult, RequestInvokeModeration
from boomerang.invoker.entities.rerank import (
    MultiModalRerankResult,
    RequestInvokeMultiModalRerank,
    RequestInvokeRerank,
    RerankResult,
)
from boomerang.invoker.entities.speech2text import RequestInvokeSpeech2Text, Speech2TextResult
from boomerang.invoker.entities.summary import RequestInvokeSummary, SummaryResult
from boomerang.invoker.entities.text_embedding import (
    MultiModalEmbeddingResult,
    RequestInvokeMultiModalEmbedding,
    RequestInvokeTextEmbedding,
    TextEmbeddingResult,
)
from boomerang.invoker.entities.tts import RequestInvokeTTS, TTSResult
from boomerang.invoker.request import InvokeType, Request

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
"""Invoke type → request type."""

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
"""Invoke type → type of the chunks in its stream."""
