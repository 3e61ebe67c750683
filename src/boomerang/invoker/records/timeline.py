"""Timeline of a run, from its record alone: kind, size and time of each chunk, and the phases.

Stores a few numbers per chunk and no content, so that a record of 100,000 chunks can be viewed page by page.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

from boomerang.invoker.entities.content import PromptMessageContent, TextPromptMessageContent
from boomerang.invoker.entities.llm.chunk import LLMResultChunk, LLMStructuredOutput
from boomerang.invoker.events import PhaseEntered
from boomerang.invoker.llm_text.reasoning_tags import ReasoningReader

from .record import Record

LEAST_PAUSE_SECONDS = 0.25
PAUSE_TIMES_MEDIAN = 3
"""A gap is a pause if it exceeds both of these."""
UNKNOWN = -1
"""Size of a chunk that has no such size."""


class ChunkKind(StrEnum):
    """What a chunk contains; if several things, the first in this order."""

    TOOL_CALL = "tool call"
    STRUCTURED = "structured output"
    TEXT = "text"
    REASONING = "reasoning"
    MEDIA = "media"
    USAGE = "usage"
    """Only a usage, possibly with a finish reason."""
    END = "end"
    """Only a finish reason."""
    EMPTY = "empty"
    AUDIO = "audio"
    RESULT = "result"
    """The whole result of a call without a stream."""


KINDS = tuple(ChunkKind)
_CODES = {kind: code for code, kind in enumerate(KINDS)}
_TEXT, _REASONING = ChunkKind.TEXT, ChunkKind.REASONING
SPOKEN = frozenset({ChunkKind.TOOL_CALL, ChunkKind.TEXT, ChunkKind.REASONING, ChunkKind.MEDIA, ChunkKind.AUDIO})
"""Kinds that contribute a piece of the answer."""


class Look(NamedTuple):
    """Properties of one chunk."""

    kind: ChunkKind
    characters: int = UNKNOWN
    """Characters of text, reasoning, or the names and arguments of tool calls."""
    bytes: int = UNKNOWN
    """Bytes of these in UTF-8, or of the audio."""
    text: bool = False
    """Whether it contains non-blank answer text."""
    reasoning: bool = False
    finish_reason: str | None = None


class Timeline:
    """All chunks of a record, as arrays of numbers. Reading is incremental, so a running record costs only what is new.

    The record may grow in another thread during reading.
    """

    def __init__(self, record: Record[Any]) -> None:
        self.seconds = array("d")
        """Seconds from the start to each chunk."""
        self.characters = array("q")
        self.bytes = array("q")
        """Sizes of each chunk; `UNKNOWN` if it has none."""
        self.first_text: float | None = None
        self.first_reasoning: float | None = None
        self.last_reasoning: float | None = None
        self.first_piece: float | None = None
        """Time of the first piece of the answer, of any kind."""
        self.last_piece: float | None = None
        self.pieces = 0
        """Number of chunks with a piece of the answer."""
        self.finish_reasons: dict[int, str] = {}
        """Number of the chunk → finish reason."""
        self._kinds = bytearray()
        self._reader = ReasoningReader()
        self.read(record)

    def __len__(self) -> int:
        return len(self.seconds)

    @property
    def reasoning_seconds(self) -> float | None:
        """Seconds from the first piece of reasoning to the first text of the answer, or to the last of the reasoning."""
        first, last = self.first_reasoning, self.last_reasoning
        if first is None or last is None:
            return None
        return (self.first_text if self.first_text is not None and self.first_text > first else last) - first

    def kind(self, number: int) -> ChunkKind:
        """Return the kind of a chunk."""
        return KINDS[self._kinds[number]]

    def kinds(self) -> dict[ChunkKind, int]:
        """Return the number of chunks of each kind that occurs, in the order of `ChunkKind`."""
        return {kind: count for code, kind in enumerate(KINDS) if (count := self._kinds.count(code))}

    def gap(self, number: int) -> float:
        """Return the seconds between a chunk and the previous one, or the start."""
        return self.seconds[number] - (self.seconds[number - 1] if number else 0.0)

    def gaps(self) -> list[float]:
        """Return the seconds between consecutive chunks: one fewer than there are chunks."""
        return [later - earlier for earlier, later in pairwise(self.seconds)]

    def pauses(self) -> tuple[float, list[int]]:
        """Find the chunks preceded by a pause; the wait for the first chunk does not count.

        Returns:
            The minimum seconds of a pause, and the numbers of the chunks, in order.
        """
        gaps = self.gaps()
        threshold = max(LEAST_PAUSE_SECONDS, PAUSE_TIMES_MEDIAN * median(gaps)) if gaps else LEAST_PAUSE_SECONDS
        return threshold, [number for number, gap in enumerate(gaps, 1) if gap > threshold]

    def read(self, record: Record[Any]) -> Timeline:
        """Read the chunks added since the last call."""
        times = record.times
        for number in range(len(self.seconds), len(times)):
            self._add(times[number], look(record.chunks[number], self._reader))
        return self

    def _add(self, seconds: float, seen: Look) -> None:
        kind, characters, size, text, reasoning, finish_reason = seen
        self._kinds.append(_CODES[kind])
        self.characters.append(characters)
        self.bytes.append(size)
        if finish_reason:
            self.finish_reasons[len(self.seconds)] = finish_reason
        if text and self.first_text is None:
            self.first_text = seconds
        if reasoning:
            self.first_reasoning = seconds if self.first_reasoning is None else self.first_reasoning
            self.last_reasoning = seconds
        if kind in SPOKEN:
            self.pieces += 1
            self.first_piece = seconds if self.first_piece is None else self.first_piece
            self.last_piece = seconds
        self.seconds.append(seconds)  # last: a reader that sees this entry sees all the others too


def timeline_of(record: Record[Any], so_far: Timeline | None = None) -> Timeline:
    """Return a record's timeline; that of an ended record is cached.

    Args:
        record: The record.
        so_far: A timeline of the same record to continue.
    """
    return record.once(Timeline, lambda: so_far.read(record) if so_far is not None else Timeline(record))


def look(chunk: Any, reader: ReasoningReader) -> Look:
    """Determine the properties of a chunk.

    Args:
        chunk: A chunk of any type.
        reader: The reader that was fed all previous chunks.
    """
    if isinstance(chunk, LLMResultChunk):
        return _look_at_delta(chunk, reader)
    if hasattr(chunk, "mime_type"):
        return Look(ChunkKind.AUDIO, bytes=len(chunk.result) // 2)
    text = getattr(chunk, "summary", None) or getattr(chunk, "result", None)
    return Look(ChunkKind.RESULT, len(text), _utf8(text)) if isinstance(text, str) else Look(ChunkKind.RESULT)


def _look_at_delta(chunk: LLMResultChunk, reader: ReasoningReader) -> Look:
    delta = chunk.delta
    message, reason = delta.message, delta.finish_reason
    content, media = (message.content, 0) if isinstance(message.content, str) else _content(message.content)
    text = reasoning = False
    parts = reader.feed(content) if content else []
    for part in parts:
        if not part.text.isspace():
            reasoning |= part.reasoning
            text |= not part.reasoning
    if message.tool_calls:
        shown = "".join(call.function.name + call.function.arguments for call in message.tool_calls) + content
        return Look(ChunkKind.TOOL_CALL, len(shown), _utf8(shown), text, reasoning, reason)
    if isinstance(chunk, LLMStructuredOutput) and chunk.structured_output is not None:
        return Look(ChunkKind.STRUCTURED, len(content), _utf8(content), text, reasoning, reason)
    if content and not media:
        thinking = reasoning and not text if parts else reader.inside
        kind = _REASONING if thinking else _TEXT
        return Look(kind, len(content), _utf8(content), text, reasoning, reason)
    if media:
        return Look(ChunkKind.MEDIA, len(content), media + _utf8(content), text, reasoning, reason)
    kind = ChunkKind.USAGE if delta.usage is not None else ChunkKind.END if reason else ChunkKind.EMPTY
    return Look(kind, 0, 0, finish_reason=reason)


def _content(content: Sequence[PromptMessageContent] | None) -> tuple[str, int]:
    """Return the text of a message's content, and the size of its media as encoded in the message."""
    if not content:
        return "", 0
    text = "".join(item.data for item in content if isinstance(item, TextPromptMessageContent))
    others = (item for item in content if not isinstance(item, TextPromptMessageContent))
    return text, sum(len(getattr(item, "base64_data", "") or getattr(item, "url", "") or " ") for item in others)


def _utf8(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


class PhaseName(StrEnum):
    """Phases derived from chunks; back ends add their own, such as `waiting`, `loading` and `reading`."""

    ASKING = "asking"
    """Before the first report or chunk from the back end."""
    FIRST = "first"
    """From the call to the first piece of the answer, if the back end reports no phases."""
    DECODING = "decoding"
    """From the first piece of a stream to the last."""
    CLOSING = "closing"
    """From the last piece to the end: usage, finish reason, cleanup."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase of a run, with its time span."""

    name: str
    start: float
    """Seconds from the start of the run."""
    end: float

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return self.end - self.start


GENERATING = "generating"
"""The back ends' name for the phase that begins with the first piece."""
LEAST_PHASE_SECONDS = 0.002
"""Shorter phases are merged into the next one."""


def phases(record: Record[Any], timeline: Timeline) -> list[Phase]:
    """Divide a run into phases, without gaps, from its start to its end or until now.

    The back end's own phases count up to the first piece of the answer; after that, phases are derived from the pieces.
    """
    end = record.elapsed
    first = min(_first(timeline), end)
    entered = [event for event in tuple(record.events) if isinstance(event, PhaseEntered)]
    reported = [(event.seconds, event.name) for event in entered if event.seconds < first]
    marks: list[tuple[float, str]] = [(0.0, PhaseName.ASKING), *reported]
    if not reported and len(timeline):
        marks = [(0.0, PhaseName.FIRST)]
    if timeline.pieces > 1:
        if marks[-1][1] == GENERATING:  # reported just before the first piece; DECODING replaces it
            marks.pop()
        marks.append((first, PhaseName.DECODING))
    if len(timeline) and record.seconds is not None:  # while the run is active, more may come
        marks.append((timeline.last_piece or timeline.seconds[-1], PhaseName.CLOSING))
    return _joined(marks, end)


def _first(timeline: Timeline) -> float:
    if timeline.first_piece is not None:
        return timeline.first_piece
    return timeline.seconds[0] if len(timeline) else float("inf")


def _joined(marks: list[tuple[float, str]], end: float) -> list[Phase]:
    """Build phases from their start times; merge equal neighbours, and very short phases into the next."""
    joined: list[Phase] = []
    start = 0.0
    for (_, name), until in zip(marks, [*(at for at, _ in marks[1:]), end], strict=True):
        if min(until, end) - start < LEAST_PHASE_SECONDS:
            continue
        if joined and joined[-1].name == name:
            start = joined.pop().start
        joined.append(Phase(name, start, min(until, end)))
        start = joined[-1].end
    if not joined:
        return [Phase(marks[-1][1], 0.0, end)]
    return [*joined[:-1], Phase(joined[-1].name, joined[-1].start, end)]


def spent(record: Record[Any], timeline: Timeline, name: str) -> float | None:
    """Return the total seconds of a phase reported by the back end; `None` if it did not occur."""
    durations = [phase.seconds for phase in phases(record, timeline) if phase.name == name]
    return sum(durations) if durations else None
