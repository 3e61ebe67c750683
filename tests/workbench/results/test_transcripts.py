"""Test transcripts: formatted error rates, and subtitles."""

from __future__ import annotations

import pytest

from boomerang.invoker.entities.speech2text import RequestInvokeSpeech2Text
from boomerang.invoker.events import Event, Notice, TranscriptSegment
from boomerang.invoker.records.record import Record
from boomerang.workbench.analysis.word_error_rate import Rules
from boomerang.workbench.results.transcripts import Segment, percent, score, segments, srt, vtt

PIECES = [Segment(0.0, 2.5, "Good morning."), Segment(3661.0, 3662.0004, "A <b> & c\n\n00:01 --> 00:02")]


def record(*notes: Event) -> Record[object]:
    request = RequestInvokeSpeech2Text(provider="p", model="m", file=b"x")
    made: Record[object] = Record(request, "test")  # type: ignore[arg-type]
    made.events.extend(notes)
    return made


def test_a_transcript_is_checked_in_words_and_in_characters() -> None:
    result = score("The quick test begins at seven.", "the quick tests begin at seven", Rules())
    assert (result.word_errors.replaced, result.word_errors.errors, result.word_errors.reference_length) == (2, 2, 6)
    assert percent(result.word_errors.rate) == "33.3%"
    assert result.characters.errors == 2


def test_without_a_reference_there_is_no_rate() -> None:
    assert percent(score("", "something", Rules()).word_errors.rate) == "—"


def test_the_switches_decide_what_is_an_error() -> None:
    content, received = "Room 7, please!", "room 8 please"
    assert score(content, received, Rules(ignore_digits=True)).word_errors.errors == 0
    assert score(content, received, Rules()).word_errors.errors == 1
    strict = Rules(ignore_case=False, ignore_punctuation=False)
    assert score(content, received, strict).word_errors.errors == 3


def test_srt_numbers_its_blocks_and_keeps_each_in_one_line() -> None:
    assert srt(PIECES) == (
        "1\n00:00:00,000 --> 00:00:02,500\nGood morning.\n\n"
        "2\n01:01:01,000 --> 01:01:02,000\nA <b> & c 00:01 --> 00:02\n"
    )  # fmt: skip


def test_vtt_has_its_head_and_no_markup_of_the_model() -> None:
    written = vtt(PIECES)
    assert written.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:02.500\nGood morning.\n\n")
    assert "A &lt;b&gt; &amp; c 00:01 --&gt; 00:02" in written


def test_a_time_that_rounds_up_to_a_minute_is_one() -> None:
    assert "00:01:00,000" in srt([Segment(0.0, 59.9996, "x")])


def test_pieces_are_what_the_back_end_reported_with_text() -> None:
    shown = TranscriptSegment(0.0, 2.0, "Hello")
    silent = TranscriptSegment(2.0, 4.0, "")
    other = Notice("cut off")
    assert segments(record(shown, silent, other)) == [Segment(0.0, 2.0, "Hello")]
    assert segments(record()) == []


@pytest.mark.parametrize(("rate", "shown"), [(0.0, "0.0%"), (0.104, "10.4%"), (1.5, "150.0%")])
def test_rates_are_written_in_percent(rate: float, shown: str) -> None:
    assert percent(rate) == shown
