"""Requests and responses for tests of the code around a back end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from boomerang.invoker.backend import Backend, ListedModel
from boomerang.invoker.backends.scripted import Answer, Scripted, llm_chunks
from boomerang.invoker.entities.llm.chunk import LLMResultChunk, LLMResultChunkWithStructuredOutput, LLMUsage
from boomerang.invoker.entities.model import ModelFeature, ModelType
from boomerang.invoker.entities.moderation import ModerationResult
from boomerang.invoker.entities.rerank import MultiModalRerankResult, RerankDocument, RerankResult
from boomerang.invoker.entities.speech2text import Speech2TextResult
from boomerang.invoker.entities.summary import SummaryResult
from boomerang.invoker.entities.text_embedding import EmbeddingUsage, MultiModalEmbeddingResult, TextEmbeddingResult
from boomerang.invoker.entities.tts import TTSResult
from boomerang.invoker.invocations.request_types import REQUEST_TYPES
from boomerang.invoker.records.record import Record
from boomerang.invoker.request import InvokeType, Request
from boomerang.invoker.run import Run
from boomerang.invoker.session import Session

PROBE: dict[str, Any] = {"provider": "acme/probe/probe", "model": "tiny"}
CHAT: dict[str, Any] = {**PROBE, "mode": "chat"}
RERANK: dict[str, Any] = {**PROBE, "score_threshold": 0.0, "top_n": 2}
SPEAK: dict[str, Any] = {**PROBE, "voice": "alpha"}
HI: list[dict[str, Any]] = [{"role": "user", "content": "Hi"}]
TOOL: dict[str, Any] = {"name": "lookup", "description": "Look something up", "parameters": {"type": "object"}}
CAT: dict[str, Any] = {"content": "a cat", "content_type": "text"}
USAGE = LLMUsage.priced(None, prompt_tokens=7, completion_tokens=2, latency=0.5)
EMBEDDING_USAGE = EmbeddingUsage.priced(None, tokens=4, latency=0.1)

REQUESTS: Mapping[InvokeType, dict[str, Any]] = {
    InvokeType.LLM: CHAT | {"prompt_messages": HI},
    InvokeType.LLM_STRUCTURED_OUTPUT: CHAT | {"prompt_messages": HI, "structured_output_schema": {"type": "object"}},
    InvokeType.SYSTEM_SUMMARY: {"text": "A long story.", "instruction": "Briefly."},
    InvokeType.TEXT_EMBEDDING: PROBE | {"texts": ["a", "b"]},
    InvokeType.MULTIMODAL_EMBEDDING: PROBE | {"tenant_id": "t-1", "documents": [CAT, CAT]},
    InvokeType.RERANK: RERANK | {"docs": ["a", "b"], "query": "q"},
    InvokeType.MULTIMODAL_RERANK: PROBE | {"query": CAT, "docs": [CAT, CAT]},
    InvokeType.TTS: SPEAK | {"content_text": "Hello."},
    InvokeType.SPEECH2TEXT: PROBE | {"file": b"ID3 sound"},
    InvokeType.MODERATION: PROBE | {"text": "Hello."},
}
"""Fields of a good request of each kind."""


def request_of(invoke_type: InvokeType, **changed: Any) -> Request[Any]:
    """Return a valid request, with some fields changed."""
    return REQUEST_TYPES[invoke_type].model_validate(REQUESTS[invoke_type] | changed)


def answers_to(invoke_type: InvokeType) -> list[Any]:
    """Return the chunks that answer a request."""
    ranked = [RerankDocument(index=1, text="b", score=0.9), RerankDocument(index=0, text="a", score=0.1)]
    vectors = [[0.6, 0.8], [1.0, 0.0]]
    table: dict[InvokeType, Iterable[Any]] = {
        InvokeType.LLM: llm_chunks("Hel", "lo", model="tiny", usage=USAGE),
        InvokeType.LLM_STRUCTURED_OUTPUT: _structured(),
        InvokeType.SYSTEM_SUMMARY: [SummaryResult(summary="A story.")],
        InvokeType.TEXT_EMBEDDING: [TextEmbeddingResult(model="tiny", embeddings=vectors, usage=EMBEDDING_USAGE)],
        InvokeType.MULTIMODAL_EMBEDDING: [MultiModalEmbeddingResult(model="tiny", embeddings=vectors, usage=EMBEDDING_USAGE)],
        InvokeType.RERANK: [RerankResult(model="tiny", docs=ranked)],
        InvokeType.MULTIMODAL_RERANK: [MultiModalRerankResult(model="tiny", docs=ranked)],
        InvokeType.TTS: [TTSResult.of(b"ID3", "audio/mpeg"), TTSResult.of(b"\xff\xfb\x90", "audio/mpeg")],
        InvokeType.SPEECH2TEXT: [Speech2TextResult(result="hello")],
        InvokeType.MODERATION: [ModerationResult(result=True)],
    }
    return list(table[invoke_type])


def _structured() -> Iterator[LLMResultChunkWithStructuredOutput]:
    for chunk in llm_chunks('{"a":', "1}", model="tiny", usage=USAGE):
        yield LLMResultChunkWithStructuredOutput(
            **dict(chunk), structured_output={"a": 1} if chunk.delta.finish_reason else None
        )


def answering(*, models: Iterable[ListedModel] = ()) -> tuple[Scripted, list[Request[Any]]]:
    """Return a back end that answers everything, and the list of the requests it got."""
    requests: list[Request[Any]] = []

    def answer(request: Request[Any], run: Run) -> list[Any]:
        requests.append(request)
        return answers_to(request.invoke_type)

    return Scripted(answer, models=tuple(models)), requests


def session_of(answer: Answer, *, models: Iterable[ListedModel] = ()) -> tuple[Session, list[Record[Any]]]:
    """Return a session over answers from a function, and the list of its records."""
    return recorded(Scripted(answer, models=tuple(models)))


def recorded(backend: Backend) -> tuple[Session, list[Record[Any]]]:
    """Return a session over a back end, and the list of its records."""
    records: list[Record[Any]] = []
    return Session(backend, record=records.append), records


def listed(
    model_type: ModelType, *features: ModelFeature, model: str = "tiny", provider: str = PROBE["provider"]
) -> ListedModel:
    """Describe a model."""
    return ListedModel(
        provider=provider, model=model, model_type=model_type, features=list(features) or None, model_properties={}
    )


def failing(error: BaseException, *chunks: Any) -> Callable[[Request[Any], Run], Iterator[Any]]:
    """Return an answer that fails after some chunks."""

    def answer(request: Request[Any], run: Run) -> Iterator[Any]:
        yield from chunks
        raise error

    return answer


def text_chunks(*texts: str, usage: LLMUsage | None = USAGE) -> list[LLMResultChunk]:
    """Return the chunks of an LLM."""
    chunks = list(llm_chunks(*texts, model="tiny", usage=usage))
    if usage is None:
        chunks[-1].delta.usage = None
    return chunks
