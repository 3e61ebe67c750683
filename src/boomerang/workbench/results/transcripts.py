"""Score a transcript against a reference, and convert its segments, if reported, to subtitles."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from boomerang.invoker.events import TranscriptSegment
from boomerang.invoker.records.record import Record
from boomerang.workbench.analysis.word_error_rate import (
    ErrorRate,
    Rules,
    Step,
    align,
    character_errors,
    error_rate,
    split_words,
)

from .drawable_text import drawable


@dataclass(frozen=True, slots=True)
class TranscriptScore:
    """A transcript scored against its reference."""

    steps: list[Step]
    word_errors: ErrorRate
    characters: ErrorRate


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment of a transcript, from `start` to `end` in seconds."""

    start: float
    end: float
    text: str


def score(reference: str, result: str, rules: Rules) -> TranscriptScore:
    """Count the errors of a transcript in words and in characters."""
    steps = align(split_words(reference, rules), split_words(result, rules))
    return TranscriptScore(steps, error_rate(steps), character_errors(reference, result, rules))


def recognised_text(record: Record[Any]) -> str:
    """Return the recognised text; empty if there is none."""
    text = drawable(record.chunks[0].result) if record.chunks else ""
    return text if text.strip() else ""


def percent(rate: float | None) -> str:
    """Format an error rate; a dash if there is none, as for an empty reference."""
    return "—" if rate is None else f"{rate:.1%}"


def segments(record: Record[Any]) -> list[Segment]:
    """Return the non-empty segments that the back end reported; empty if it reported none."""
    timed = [event for event in tuple(record.events) if isinstance(event, TranscriptSegment)]
    return [Segment(event.start, event.end, event.text) for event in timed if event.text]


def srt(pieces: Iterable[Segment]) -> str:
    """Return the segments as SubRip subtitles."""
    blocks = (
        f"{number}\n{_clock(piece.start, ',')} --> {_clock(piece.end, ',')}\n{_one_block(piece.text)}\n"
        for number, piece in enumerate(pieces, start=1)
    )
    return "\n".join(blocks)


def vtt(pieces: Iterable[Segment]) -> str:
    """Return the segments as WebVTT subtitles."""
    blocks = (
        f"{_clock(piece.start, '.')} --> {_clock(piece.end, '.')}\n{_one_block(piece.text, markup=True)}\n" for piece in pieces
    )
    return "\n".join(["WEBVTT\n", *blocks])


def _clock(seconds: float, mark: str) -> str:
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{mark}{thousandths:03}"


def _one_block(text: str, *, markup: bool = False) -> str:
    """Collapse white space, so that a text cannot end its block early; for WebVTT, also escape markup and time lines."""
    text = " ".join(text.split())
    return html.escape(text, quote=False) if markup else text
