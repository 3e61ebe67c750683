"""What came when: kind, size and time of each chunk, and the phases of a run, taken from its record alone.

Holds a few numbers for each chunk and none of their contents, so that a record of 100,000 chunks can be looked at page by page.
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
from boomerang.invoker.entities.llm import LLMResultChunk, LLMStructuredOutput
from boomerang.invoker.events import PhaseEntered
from boomerang.invoker.llm_text.reasoning_tags import ReasoningReader

from .record import Record

LEAST_PAUSE_SECONDS = 0.25
PAUSE_TIMES_MEDIAN = 3
"""A gap is a pause when it is longer than both of these."""
UNKNOWN = -1
"""The size of what is not measured."""


class ChunkKind(StrEnum):
    """What a chunk brought; if several things, the first of this list that it has."""

    TOOL_CALL = "tool call"
    STRUCTURED = "structured output"
    TEXT = "text"
    REASONING = "reasoning"
    MEDIA = "media"
    USAGE = "usage"
    """Nothing but what the invocation used, maybe with a finish reason."""
    END = "end"
    """Nothing but a finish reason."""
    EMPTY = "empty"
    AUDIO = "audio"
    RESULT = "result"
    """The whole answer of a call that has no stream."""


KINDS = tuple(ChunkKind)
_CODES = {kind: code for code, kind in enumerate(KINDS)}
_TEXT, _REASONING = ChunkKind.TEXT, ChunkKind.REASONING
SPOKEN = frozenset({ChunkKind.TOOL_CALL, ChunkKind.TEXT, ChunkKind.REASONING, ChunkKind.MEDIA, ChunkKind.AUDIO})
"""Kinds that bring a piece of the answer."""


class Look(NamedTuple):
    """One chunk, looked at."""

    kind: ChunkKind
    characters: int = UNKNOWN
    """Of text, reasoning, or the name and arguments of calls."""
    bytes: int = UNKNOWN
    """Of the same in UTF-8, or of the sound."""
    text: bool = False
    """Whether there is text of the answer in it that is not blank."""
    reasoning: bool = False
    finish_reason: str | None = None


class Timeline:
    """All chunks of a record, in arrays of numbers. Reads on where it stopped, so a running record costs what is new.

    The record may grow in another thread meanwhile.
    """

    def __init__(self, record: Record[Any]) -> None:
        self.seconds = array("d")
        """From the start to each chunk."""
        self.characters = array("q")
        self.bytes = array("q")
        """Sizes of each chunk; `UNKNOWN` where it has none."""
        self.first_text: float | None = None
        self.first_reasoning: float | None = None
        self.last_reasoning: float | None = None
        self.first_piece: float | None = None
        """When the first piece of the answer came, of whatever kind."""
        self.last_piece: float | None = None
        self.pieces = 0
        """Chunks that brought a piece of the answer."""
        self.finish_reasons: dict[int, str] = {}
        """Number of the chunk → why the model ended."""
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
        """Count the chunks of each kind that there is, in the order of `ChunkKind`."""
        return {kind: count for code, kind in enumerate(KINDS) if (count := self._kinds.count(code))}

    def gap(self, number: int) -> float:
        """Return the seconds between a chunk and the one before it, or the start."""
        return self.seconds[number] - (self.seconds[number - 1] if number else 0.0)

    def gaps(self) -> list[float]:
        """Return the seconds between each two chunks: one fewer than there are chunks."""
        return [later - earlier for earlier, later in pairwise(self.seconds)]

    def pauses(self) -> tuple[float, list[int]]:
        """Find the chunks before which the stream stood still; the wait for the first one is none.

        Returns:
            The seconds from which a gap is a pause, and the numbers of the chunks, in order.
        """
        gaps = self.gaps()
        threshold = max(LEAST_PAUSE_SECONDS, PAUSE_TIMES_MEDIAN * median(gaps)) if gaps else LEAST_PAUSE_SECONDS
        return threshold, [number for number, gap in enumerate(gaps, 1) if gap > threshold]

    def read(self, record: Record[Any]) -> Timeline:
        """Take in the chunks that came since."""
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
        self.seconds.append(seconds)  # last: whoever counts the seconds finds all the rest


def timeline_of(record: Record[Any], so_far: Timeline | None = None) -> Timeline:
    """Return a record's timeline; one that has ended is read once.

    Args:
        record: The record.
        so_far: A timeline of the same record, to be read on.
    """
    return record.once(Timeline, lambda: so_far.read(record) if so_far is not None else Timeline(record))


def look(chunk: Any, reader: ReasoningReader) -> Look:
    """Look at a chunk.

    Args:
        chunk: Any of the chunks that answer a request.
        reader: Has read the chunks before it.
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
    """Return the text of a message's content, and the bytes of media beside it, as they stand in the message."""
    if not content:
        return "", 0
    text = "".join(item.data for item in content if isinstance(item, TextPromptMessageContent))
    others = (item for item in content if not isinstance(item, TextPromptMessageContent))
    return text, sum(len(getattr(item, "base64_data", "") or getattr(item, "url", "") or " ") for item in others)


def _utf8(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


class PhaseName(StrEnum):
    """Phases that are told from the chunks; back ends add names of their own, as `waiting`, `loading` and `reading`."""

    ASKING = "asking"
    """Before the back end told anything, or anything came."""
    FIRST = "first"
    """From the call to the first piece of the answer, where the back end tells no phases."""
    DECODING = "decoding"
    """From the first piece of a stream to the last."""
    CLOSING = "closing"
    """From the last piece to the end: usage, finish reason, clearing up."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a run's time."""

    name: str
    start: float
    """Seconds from the start of the run."""
    end: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.start


GENERATING = "generating"
"""A back end's own word for what comes from the first piece on."""
LEAST_PHASE_SECONDS = 0.002
"""Shorter ones are part of what follows them."""


def phases(record: Record[Any], timeline: Timeline) -> list[Phase]:
    """Cut the time of a run into phases, without gaps, from its start to its end or until now.

    The back end's own phases count until the first piece of the answer; from then on the pieces themselves tell.
    """
    end = record.elapsed
    first = min(_first(timeline), end)
    entered = [event for event in tuple(record.events) if isinstance(event, PhaseEntered)]
    reported = [(event.seconds, event.name) for event in entered if event.seconds < first]
    marks: list[tuple[float, str]] = [(0.0, PhaseName.ASKING), *reported]
    if not reported and len(timeline):
        marks = [(0.0, PhaseName.FIRST)]
    if timeline.pieces > 1:
        if marks[-1][1] == GENERATING:  # told just before the first piece, which says the same and belongs to the record
            marks.pop()
        marks.append((first, PhaseName.DECODING))
    if len(timeline) and record.seconds is not None:  # while it runs, more may come
        marks.append((timeline.last_piece or timeline.seconds[-1], PhaseName.CLOSING))
    return _joined(marks, end)


def _first(timeline: Timeline) -> float:
    if timeline.first_piece is not None:
        return timeline.first_piece
    return timeline.seconds[0] if len(timeline) else float("inf")


def _joined(marks: list[tuple[float, str]], end: float) -> list[Phase]:
    """Make phases of the moments at which each begins; equal neighbours are one, very short ones part of what comes next."""
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
    """Return the seconds that a run was in a phase, as its back end tells; `None` if it was never in it."""
    durations = [phase.seconds for phase in phases(record, timeline) if phase.name == name]
    return sum(durations) if durations else None
