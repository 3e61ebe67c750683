"""Metrics of one invocation, computed from its record alone, so a live run and an old one show the same numbers.

Unknown is `None`, never zero: a usage that is zero everywhere was not reported.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sized
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, cast

from boomerang.invoker.audio.playing_time import PLAYING_TIMES
from boomerang.invoker.entities.llm.chunk import LLMUsage
from boomerang.invoker.entities.model import AIModelEntity, ModelPropertyKey, PriceType, price
from boomerang.invoker.entities.text_embedding import EmbeddingUsage
from boomerang.invoker.errors import ProtocolError
from boomerang.invoker.events import HTTPRequest, HTTPResponse, UsageEstimated
from boomerang.invoker.request import InvokeType

from .record import Outcome, Record
from .timeline import Timeline, spent, timeline_of

LEAST_TOKENS_FOR_A_RATE = 8
"""With fewer tokens, a rate reflects the timer more than the model."""
LEAST_SPAN_SECONDS = 0.05
"""Chunks closer together were read from a buffer, so their times say nothing about the model."""


class Origin(StrEnum):
    """Where a number comes from."""

    MEASURED = "measured"
    REPORTED = "reported"
    ESTIMATED = "estimated"
    COMPUTED = "computed"
    """From a reported and a declared number, such as tokens and prices."""
    MISSING = "missing"


class Unit(StrEnum):
    """Unit of a number."""

    SECONDS = "s"
    PER_SECOND = "/s"
    COUNT = ""
    BYTES = "bytes"
    RATIO = "×"
    TEXT = "text"
    NUMBER = "number"
    """A plain number that may be negative, such as a score or norm."""
    FACTOR = "factor"
    """A multiple of a duration."""
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Metric:
    """One number of a run."""

    key: str
    value: float | int | str | None
    unit: Unit
    origin: Origin = Origin.MEASURED
    until: float | None = None
    """Upper end, if the number is a range."""
    detail: str = ""
    """Language-independent detail of the number: a currency, or the two numbers of a ratio."""
    headline: bool = True
    """Whether it is in the row that is always shown; the others are details."""


def measure(record: Record[Any], model: AIModelEntity | None = None) -> list[Metric]:
    """Return the metrics for this type of invocation, the most important first.

    Args:
        record: The invocation.
        model: The listed model, for what a record does not contain: its context size and prices. Ignored if the record was
            made with another model.
    """
    if model is not None and model.model != _requested_model(record):
        model = None
    known = ("metrics", _context_size(model), None if model is None else repr(model.pricing))
    return list(record.once(known, lambda: _measured(record, model)))


def _measured(record: Record[Any], model: AIModelEntity | None) -> list[Metric]:
    timeline = timeline_of(record)
    own = MEASURES[record.request.invoke_type](record, timeline)
    http = _first_byte(record)
    return [*own, *_cost(record, model), *_context(record, model), *_start_up(record, timeline), *http, *_stream(timeline)]


def usage(record: Record[Any]) -> LLMUsage | EmbeddingUsage | None:
    """Return the last reported usage; `None` if there was none or it is zero everywhere."""
    for chunk in reversed(record.chunks):
        reported = chunk.delta.usage if hasattr(chunk, "delta") else getattr(chunk, "usage", None)
        # Check every count, not just the total: some servers report counts but leave the total at zero.
        if reported is not None and any(count for name, count in reported if name.endswith("tokens")):
            return cast(LLMUsage | EmbeddingUsage, reported)
    return None


def usage_origin(record: Record[Any]) -> Origin:
    """Return where the usage comes from: reported, estimated by the back end (it says so), or missing."""
    if usage(record) is None:
        return Origin.MISSING
    estimated = any(isinstance(event, UsageEstimated) for event in tuple(record.events))
    return Origin.ESTIMATED if estimated else Origin.REPORTED


def finish_reason(record: Record[Any]) -> str | None:
    """Return the LLM's finish reason; `None` if it reported none."""
    for chunk in reversed(record.chunks):
        if hasattr(chunk, "delta") and chunk.delta.finish_reason:
            reason: str = chunk.delta.finish_reason
            return reason
    return None


def _total(record: Record[Any], key: str = "total") -> Metric:
    return Metric(key, record.seconds, Unit.SECONDS)


def _llm(record: Record[Any], timeline: Timeline) -> Iterable[Metric]:
    reported = usage(record)
    tokens = reported if isinstance(reported, LLMUsage) else None
    origin = usage_origin(record)
    reason = finish_reason(record)
    queued = spent(record, timeline, "waiting") or 0.0
    yield _since("time_to_first_token", timeline.first_piece, queued)
    yield from _thinking(timeline, queued)
    yield _total(record)
    yield Metric("prompt_tokens", tokens.prompt_tokens if tokens else None, Unit.COUNT, origin)
    yield Metric("completion_tokens", tokens.completion_tokens if tokens else None, Unit.COUNT, origin)
    yield _rate(tokens, timeline)
    yield Metric("finish_reason", reason, Unit.TEXT, Origin.REPORTED if reason else Origin.MISSING)


def _since(key: str, seconds: float | None, queued: float, *, headline: bool = True) -> Metric:
    value = None if seconds is None else max(0.0, seconds - queued)
    return Metric(key, value, Unit.SECONDS, headline=headline)


def _thinking(timeline: Timeline, queued: float) -> Iterable[Metric]:
    """Yield separate times for reasoning and answer, if there is reasoning."""
    if timeline.first_reasoning is None:
        return
    yield _since("time_to_first_reasoning", timeline.first_reasoning, queued, headline=False)
    yield _since("time_to_first_text", timeline.first_text, queued)
    yield Metric("reasoning_seconds", timeline.reasoning_seconds, Unit.SECONDS, headline=False)


def _rate(tokens: LLMUsage | None, timeline: Timeline) -> Metric:
    first, last = timeline.first_piece, timeline.last_piece
    count = timeline.pieces if tokens is None else tokens.completion_tokens
    if first is None or last is None or count < LEAST_TOKENS_FOR_A_RATE or last - first < LEAST_SPAN_SECONDS:
        return Metric("tokens_per_second", None, Unit.PER_SECOND, Origin.MISSING)
    # Without a usage, count a piece as a token: close enough for most servers, and shown as an estimate.
    origin = Origin.ESTIMATED if tokens is None else Origin.MEASURED
    return Metric("tokens_per_second", count / (last - first), Unit.PER_SECOND, origin)


def _embedding(record: Record[Any], timeline: Timeline) -> Iterable[Metric]:
    vectors = record.chunks[0].embeddings if record.chunks else None
    reported = usage(record)
    tokens = (reported.total_tokens or getattr(reported, "tokens", None)) if reported else None
    norms = [norm for vector in vectors or () if math.isfinite(norm := math.hypot(*vector))]
    yield _total(record)
    yield Metric("vectors", None if vectors is None else len(vectors), Unit.COUNT)
    yield Metric("dimensions", len(vectors[0]) if vectors else None, Unit.COUNT)
    yield Metric("norm", min(norms, default=None), Unit.NUMBER, until=max(norms, default=None))
    yield Metric("tokens", tokens, Unit.COUNT, usage_origin(record))
    yield Metric("texts_per_second", _per_second(record, timeline, len(vectors) if vectors else None), Unit.PER_SECOND)


def _rerank(record: Record[Any], timeline: Timeline) -> Iterable[Metric]:
    documents = len(_argument(record, "docs"))
    docs = record.chunks[0].docs if record.chunks else None
    returned = None if docs is None else len(docs)
    scores = [doc.score for doc in docs or () if math.isfinite(doc.score)]
    yield _total(record)
    yield Metric("documents", documents, Unit.COUNT)
    yield Metric("returned", returned, Unit.COUNT)
    yield Metric("dropped", None if returned is None else max(0, documents - returned), Unit.COUNT)
    yield Metric("scores", min(scores, default=None), Unit.NUMBER, until=max(scores, default=None))
    yield Metric("documents_per_second", _per_second(record, timeline, documents if record.chunks else None), Unit.PER_SECOND)


def _tts(record: Record[Any], timeline: Timeline) -> Iterable[Metric]:
    characters = len(_argument(record, "content_text"))
    size = sum(len(chunk.result) // 2 for chunk in tuple(record.chunks)) if record.chunks else None
    queued = spent(record, timeline, "waiting") or 0.0
    spoken = audio_seconds(_spoken(record)) if record.seconds is not None and record.chunks else None
    yield _since("time_to_first_audio", record.times[0] if record.times else None, queued)
    yield _total(record)
    yield Metric("audio_seconds", spoken, Unit.SECONDS)
    yield _real_time_factor(record, timeline, spoken)
    yield Metric("characters_per_second", _per_second(record, timeline, characters if record.chunks else None), Unit.PER_SECOND)
    yield Metric("audio_bytes", size, Unit.BYTES)


def _spoken(record: Record[Any]) -> bytes:
    """Join the audio of a record up to the first invalid chunk; the run has failed with the reason."""
    pieces: list[bytes] = []
    for chunk in tuple(record.chunks):
        try:
            pieces.append(chunk.audio)
        except ProtocolError:
            break
    return b"".join(pieces)


def audio_seconds(data: bytes) -> float | None:
    """Return the duration of an audio file; `None` if unknown. The same file is read only once."""
    return PLAYING_TIMES.get(data)


def _speech2text(record: Record[Any], timeline: Timeline) -> Iterable[Metric]:
    file = cast(bytes, _argument(record, "file"))
    length = audio_seconds(file) if record.seconds is not None else None
    yield _total(record)
    yield Metric("audio_seconds", length, Unit.SECONDS)
    yield _real_time_factor(record, timeline, length)
    yield Metric("characters", len(record.chunks[0].result) if record.chunks else None, Unit.COUNT)
    yield Metric("file_bytes", len(file), Unit.BYTES)
    yield Metric("payload_bytes", 2 * len(file), Unit.BYTES)


def _real_time_factor(record: Record[Any], timeline: Timeline, audio: float | None) -> Metric:
    work = _call_seconds(record, timeline) if record.outcome is Outcome.COMPLETED else None
    return Metric("real_time_factor", work / audio if work is not None and audio else None, Unit.FACTOR)


def _moderation(record: Record[Any], timeline: Timeline) -> Iterable[Metric]:
    yield _total(record, "latency")
    yield Metric("characters", len(_argument(record, "text")), Unit.COUNT)


def _summary(record: Record[Any], timeline: Timeline) -> Iterable[Metric]:
    source = len(_argument(record, "text"))
    result = len(record.chunks[0].summary) if record.chunks else None
    yield _total(record)
    yield Metric("source_characters", source, Unit.COUNT)
    yield Metric("summary_characters", result, Unit.COUNT)
    yield Metric("length_ratio", result / source if result is not None and source else None, Unit.RATIO)


def _cost(record: Record[Any], model: AIModelEntity | None) -> Iterable[Metric]:
    """Yield the cost: as reported, else computed from declared prices, else unknown."""
    if record.request.invoke_type not in PRICED:
        return
    used = usage(record)
    if used is not None and any(amount for name, amount in used if name.endswith("price") and isinstance(amount, Decimal)):
        yield Metric("cost", float(used.total_price), Unit.MONEY, Origin.REPORTED, detail=used.currency)
    elif used is not None and model is not None and model.pricing is not None:
        counts = {PriceType.INPUT: used.total_tokens, PriceType.OUTPUT: 0}
        if isinstance(used, LLMUsage):
            counts = {PriceType.INPUT: used.prompt_tokens, PriceType.OUTPUT: used.completion_tokens}
        paid = sum((price(model.pricing, side, tokens).total_amount for side, tokens in counts.items()), Decimal())
        yield Metric("cost", float(paid), Unit.MONEY, Origin.COMPUTED, detail=model.pricing.currency)
    else:
        yield Metric("cost", None, Unit.MONEY, Origin.MISSING, headline=False)


def _context(record: Record[Any], model: AIModelEntity | None) -> Iterable[Metric]:
    size, used = _context_size(model), usage(record)
    if size and isinstance(used, LLMUsage):
        tokens = used.total_tokens or used.prompt_tokens + used.completion_tokens
        yield Metric("context_use", tokens / size, Unit.RATIO, usage_origin(record), detail=f"{tokens:,} / {size:,}")


def _context_size(model: AIModelEntity | None) -> int | None:
    size = None if model is None else model.model_properties.get(ModelPropertyKey.CONTEXT_SIZE)
    return size if isinstance(size, int) and size > 0 else None


def _requested_model(record: Record[Any]) -> str | None:
    request: Any = record.sent or record.request
    return getattr(request, "model", None) or getattr(request, "system_model", None)


def _start_up(record: Record[Any], timeline: Timeline) -> Iterable[Metric]:
    """Yield queue and loading times separately from the call's own, if there were any."""
    waited, loaded = spent(record, timeline, "waiting"), spent(record, timeline, "loading")
    if waited is not None:
        yield Metric("waiting_seconds", waited, Unit.SECONDS, headline=False)
    if loaded is not None:
        yield Metric("loading_seconds", loaded, Unit.SECONDS, headline=False)
    if record.seconds is not None and (waited is not None or loaded is not None):
        yield Metric("call_seconds", _call_seconds(record, timeline), Unit.SECONDS, headline=False)


def _call_seconds(record: Record[Any], timeline: Timeline) -> float:
    idle = sum(spent(record, timeline, name) or 0.0 for name in ("waiting", "loading"))
    return max(0.0, record.elapsed - idle)


def _first_byte(record: Record[Any]) -> Iterable[Metric]:
    """Yield the time to first byte of the first request that the server did not refuse; else of the last one."""
    sent: float | None = None
    waited: float | None = None
    for event in tuple(record.events):
        if isinstance(event, HTTPRequest):
            sent = event.seconds
        elif isinstance(event, HTTPResponse) and sent is not None:
            waited = event.seconds - sent
            if event.status < 400:
                break
    if sent is not None:
        yield Metric("time_to_first_byte", waited, Unit.SECONDS, headline=False)


def _stream(timeline: Timeline) -> Iterable[Metric]:
    gaps = timeline.gaps()
    yield Metric("chunks", len(timeline), Unit.COUNT, headline=False)
    if gaps:
        yield Metric("mean_gap", sum(gaps) / len(gaps), Unit.SECONDS, headline=False)
        yield Metric("largest_gap", max(gaps), Unit.SECONDS, headline=False)
        yield Metric("pauses", len(timeline.pauses()[1]), Unit.COUNT, headline=False)


def _argument(record: Record[Any], argument: str) -> Sized:
    value: Sized = getattr(record.request, argument)
    return value


def _per_second(record: Record[Any], timeline: Timeline, count: int | None) -> float | None:
    """Return a rate over the whole call, without its time in the queue."""
    if not count or not record.seconds:
        return None
    seconds = record.seconds - (spent(record, timeline, "waiting") or 0.0)
    return count / seconds if seconds > 0 else None


PRICED = frozenset(
    {
        InvokeType.LLM,
        InvokeType.LLM_STRUCTURED_OUTPUT,
        InvokeType.TEXT_EMBEDDING,
        InvokeType.MULTIMODAL_EMBEDDING,
    }
)
"""Calls whose results include a usage with prices."""

MEASURES: Mapping[InvokeType, Callable[[Record[Any], Timeline], Iterable[Metric]]] = {
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
