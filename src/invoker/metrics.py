"""Numbers of one invocation, taken from its record alone, so that a live run and an old one show the same.

What is not known is `None`, never zero: usage that is zero everywhere was not reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sized
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any, cast

from .entities.llm import LLMResultChunk, LLMResultChunkWithStructuredOutput, LLMUsage
from .entities.text_embedding import EmbeddingUsage
from .record import Record
from .request import InvokeType

LEAST_TOKENS_FOR_A_RATE = 8
"""Below this a rate says more about the clock than about the model."""
LEAST_SPAN_SECONDS = 0.05
"""Chunks that came closer together were read out of a buffer, and their times say nothing of the model."""


class Origin(StrEnum):
    """Where a number comes from."""

    MEASURED = "measured"
    REPORTED = "reported"
    ESTIMATED = "estimated"
    MISSING = "missing"


class Unit(StrEnum):
    """What a number counts."""

    SECONDS = "s"
    PER_SECOND = "/s"
    COUNT = ""
    BYTES = "bytes"
    RATIO = "×"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Metric:
    """One number of a run."""

    key: str
    value: float | int | str | None
    unit: Unit
    origin: Origin = Origin.MEASURED


def measure(record: Record[Any]) -> list[Metric]:
    """Give the numbers that matter for this kind of invocation, the most telling first."""
    return [*MEASURES[record.request.invoke_type](record), *_stream(record)]


def usage(record: Record[Any]) -> LLMUsage | EmbeddingUsage | None:
    """Give the last usage that was reported; `None` if there was none, or if it is zero everywhere."""
    for chunk in reversed(tuple(record.chunks)):
        found = chunk.delta.usage if hasattr(chunk, "delta") else getattr(chunk, "usage", None)
        # Not by the total alone: some servers count, and leave the sum at zero.
        if found is not None and any(count for name, count in found if name.endswith("tokens")):
            return cast(LLMUsage | EmbeddingUsage, found)
    return None


def finish_reason(record: Record[Any]) -> str | None:
    """Give why an LLM ended, as it said; `None` if it did not say."""
    for chunk in reversed(tuple(record.chunks)):
        if hasattr(chunk, "delta") and chunk.delta.finish_reason:
            reason: str = chunk.delta.finish_reason
            return reason
    return None


def _total(record: Record[Any]) -> Metric:
    return Metric("total", record.seconds, Unit.SECONDS)


def _llm(record: Record[Any]) -> Iterable[Metric]:
    spoken = [at for at, chunk in _timed(record) if _speaks(chunk)]
    reported = usage(record)
    tokens = reported if isinstance(reported, LLMUsage) else None
    origin = Origin.REPORTED if tokens else Origin.MISSING
    yield Metric("time_to_first_token", spoken[0] if spoken else None, Unit.SECONDS)
    yield _total(record)
    yield Metric("prompt_tokens", tokens.prompt_tokens if tokens else None, Unit.COUNT, origin)
    yield Metric("completion_tokens", tokens.completion_tokens if tokens else None, Unit.COUNT, origin)
    yield Metric("tokens_per_second", _rate(tokens, spoken), Unit.PER_SECOND)
    yield Metric("finish_reason", finish_reason(record), Unit.TEXT, Origin.REPORTED)


def _rate(tokens: LLMUsage | None, spoken: list[float]) -> float | None:
    if tokens is None or tokens.completion_tokens < LEAST_TOKENS_FOR_A_RATE or len(spoken) < 2:
        return None
    span = spoken[-1] - spoken[0]
    return tokens.completion_tokens / span if span >= LEAST_SPAN_SECONDS else None


def _speaks(chunk: LLMResultChunk | LLMResultChunkWithStructuredOutput) -> bool:
    return bool(chunk.delta.message.content or chunk.delta.message.tool_calls)


def _embedding(record: Record[Any]) -> Iterable[Metric]:
    vectors = record.chunks[0].embeddings if record.chunks else None
    reported = usage(record)
    tokens = reported.total_tokens if reported else None
    yield _total(record)
    yield Metric("vectors", None if vectors is None else len(vectors), Unit.COUNT)
    yield Metric("dimensions", len(vectors[0]) if vectors else None, Unit.COUNT)
    yield Metric("tokens", tokens, Unit.COUNT, Origin.REPORTED if tokens else Origin.MISSING)
    yield Metric("texts_per_second", _per_second(record, len(vectors) if vectors else None), Unit.PER_SECOND)


def _rerank(record: Record[Any]) -> Iterable[Metric]:
    documents = len(_asked(record, "docs"))
    returned = len(record.chunks[0].docs) if record.chunks else None
    yield _total(record)
    yield Metric("documents", documents, Unit.COUNT)
    yield Metric("returned", returned, Unit.COUNT)
    yield Metric("dropped", None if returned is None else documents - returned, Unit.COUNT)
    yield Metric("documents_per_second", _per_second(record, documents if record.chunks else None), Unit.PER_SECOND)


def _tts(record: Record[Any]) -> Iterable[Metric]:
    characters = len(_asked(record, "content_text"))
    first = record.times[0] if record.times else None
    size = sum(len(chunk.result) // 2 for chunk in tuple(record.chunks)) if record.chunks else None
    yield Metric("time_to_first_audio", first, Unit.SECONDS)
    yield _total(record)
    yield Metric("audio_bytes", size, Unit.BYTES)
    yield Metric("characters_per_second", _per_second(record, characters if record.chunks else None), Unit.PER_SECOND)


def _speech2text(record: Record[Any]) -> Iterable[Metric]:
    size = len(_asked(record, "file"))
    yield _total(record)
    yield Metric("file_bytes", size, Unit.BYTES)
    yield Metric("payload_bytes", 2 * size, Unit.BYTES)
    yield Metric("characters", len(record.chunks[0].result) if record.chunks else None, Unit.COUNT)


def _moderation(record: Record[Any]) -> Iterable[Metric]:
    yield Metric("latency", record.seconds, Unit.SECONDS)
    yield Metric("characters", len(_asked(record, "text")), Unit.COUNT)


def _summary(record: Record[Any]) -> Iterable[Metric]:
    source = len(_asked(record, "text"))
    result = len(record.chunks[0].summary) if record.chunks else None
    yield _total(record)
    yield Metric("source_characters", source, Unit.COUNT)
    yield Metric("summary_characters", result, Unit.COUNT)
    yield Metric("length_ratio", result / source if result is not None and source else None, Unit.RATIO)


def _stream(record: Record[Any]) -> Iterable[Metric]:
    times = tuple(record.times)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    yield Metric("chunks", len(times), Unit.COUNT)
    if gaps:
        yield Metric("mean_gap", sum(gaps) / len(gaps), Unit.SECONDS)
        yield Metric("largest_gap", max(gaps), Unit.SECONDS)


def _asked(record: Record[Any], argument: str) -> Sized:
    value: Sized = getattr(record.request, argument)
    return value


def _timed(record: Record[Any]) -> Iterable[tuple[float, Any]]:
    return zip(tuple(record.times), tuple(record.chunks), strict=False)


def _per_second(record: Record[Any], count: int | None) -> float | None:
    return count / record.seconds if count and record.seconds else None


MEASURES: Mapping[InvokeType, Callable[[Record[Any]], Iterable[Metric]]] = {
    InvokeType.LLM: _llm,
    InvokeType.LLM_STRUCTURED_OUTPUT: _llm,
    InvokeType.SYSTEM_SUMMARY: _summary,
    InvokeType.TEXT_EMBEDDING: _embedding,
    InvokeType.MULTIMODAL_EMBEDDING: _embedding,
    InvokeType.RERANK: _rerank,
    InvokeType.MULTIMODAL_RERANK: _rerank,
    InvokeType.TTS: _tts,
    InvokeType.SPEECH2TEXT: _speech2text,
    InvokeType.MODERATION: _moderation,
}
