"""Tests for the timeline of a record: kinds, sizes, pauses and phases."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.entities.content import ImagePromptMessageContent, TextPromptMessageContent
from boomerang.invoker.entities.llm.chunk import LLMResultChunk, LLMUsage
from boomerang.invoker.events import PhaseEntered
from boomerang.invoker.records.record import Outcome, Record
from boomerang.invoker.records.timeline import LEAST_PAUSE_SECONDS, UNKNOWN, ChunkKind, Phase, Timeline, phases, spent
from boomerang.invoker.request import InvokeType
from tests.invoker.answers import answers_to, request_of, text_chunks
from tests.scripted import call_chunk


def record_of(
    chunks: list[Any],
    times: list[float],
    *,
    end: float | None = None,
    notes: list[tuple[float, str]] | None = None,
    invoke_type: InvokeType = InvokeType.LLM,
) -> Record[Any]:
    record: Record[Any] = Record(request_of(invoke_type), "scripted")
    record.chunks.extend(chunks)
    record.times.extend(times)
    record.events.extend(PhaseEntered(name, seconds=at) for at, name in notes or [])
    if end is not None:
        record.seconds, record.outcome = end, Outcome.COMPLETED
    return record


def spaced(*texts: str, usage: LLMUsage | None = None) -> Record[Any]:
    chunks = text_chunks(*texts, usage=usage)
    return record_of(chunks, [float(at + 1) for at in range(len(chunks))])


def kinds(record: Record[Any]) -> list[ChunkKind]:
    timeline = Timeline(record)
    return [timeline.kind(number) for number in range(len(timeline))]


def test_each_chunk_has_the_kind_of_what_it_brought() -> None:
    usage = LLMUsage.priced(None, prompt_tokens=1, completion_tokens=1, latency=0)
    chunks = [
        *text_chunks("<think>", "so", "</think>", "\n\nyes", usage=None),
        call_chunk({"name": "f"}),
        *text_chunks("", "", usage=usage),
    ]
    assert kinds(record_of(chunks, [float(at) for at in range(len(chunks))])) == [
        *[ChunkKind.REASONING] * 2,
        ChunkKind.TEXT,
        ChunkKind.TEXT,
        ChunkKind.TOOL_CALL,
        ChunkKind.EMPTY,
        ChunkKind.USAGE,
    ]
    assert kinds(record_of([call_chunk(finish_reason="stop")], [1.0])) == [ChunkKind.END]


@pytest.mark.parametrize("invoke_type", InvokeType)
def test_chunks_of_every_call_can_be_looked_at(invoke_type: InvokeType) -> None:
    chunks = answers_to(invoke_type)
    timeline = Timeline(record_of(chunks, [0.1 * at for at in range(len(chunks))], invoke_type=invoke_type))
    assert len(timeline) == len(chunks) == sum(timeline.kinds().values())


def test_reasoning_and_answer_are_timed_apart() -> None:
    timeline = Timeline(spaced("<think>", "so", " I ", "see", "</think>", "\n\n", "Yes", "."))
    assert (timeline.first_reasoning, timeline.last_reasoning, timeline.first_text) == (2.0, 4.0, 7.0)
    assert (timeline.first_piece, timeline.last_piece) == (1.0, 8.0)


def test_reasoning_that_never_closes_has_no_text() -> None:
    timeline = Timeline(spaced("<think>so", " on"))
    assert timeline.first_text is None and timeline.last_reasoning == 2.0


def test_sizes_are_characters_and_bytes() -> None:
    timeline = Timeline(record_of([*text_chunks("né", "\ud83d"), *answers_to(InvokeType.TTS)], [1.0, 2.0, 3.0, 4.0]))
    assert list(timeline.characters) == [2, 1, UNKNOWN, UNKNOWN]
    assert list(timeline.bytes) == [3, 3, 3, 3]


def test_media_in_a_message_are_a_kind_of_their_own() -> None:
    picture = ImagePromptMessageContent(format="png", base64_data="QUJD", mime_type="image/png")
    chunk = text_chunks("")[0]
    message = chunk.delta.message.model_copy(update={"content": [TextPromptMessageContent(data="see "), picture]})
    chunk = chunk.model_copy(update={"delta": chunk.delta.model_copy(update={"message": message})})
    timeline = Timeline(record_of([chunk], [1.0]))
    assert timeline.kind(0) is ChunkKind.MEDIA
    assert (timeline.characters[0], timeline.bytes[0]) == (4, 8)


@given(st.lists(st.tuples(st.floats(0, 3), st.sampled_from(["a", "", "<think>", "</think>", "\n"])), max_size=20), st.data())
def test_reading_on_gives_the_same_as_reading_at_once(steps: list[tuple[float, str]], data: st.DataObject) -> None:
    chunks = text_chunks(*[text for _, text in steps]) if steps else []
    times = [sum(gap for gap, _ in steps[: at + 1]) for at in range(len(steps))]
    record = record_of([], [])
    timeline = Timeline(record)
    for chunk, at in zip(chunks, times, strict=True):
        record.chunks.append(chunk)
        record.times.append(at)
        if data.draw(st.booleans()):
            timeline.read(record)
    timeline.read(record)
    whole = Timeline(record)
    assert [timeline.kind(number) for number in range(len(timeline))] == [whole.kind(number) for number in range(len(whole))]
    assert (timeline.first_text, timeline.first_reasoning, timeline.last_piece) == (
        whole.first_text,
        whole.first_reasoning,
        whole.last_piece,
    )


def test_a_pause_is_much_longer_than_the_usual_gap() -> None:
    times = [2.0, 2.1, 2.2, 2.7, 2.8, 2.9]
    threshold, result = Timeline(record_of(text_chunks(*"abcdef"), times)).pauses()
    assert threshold == pytest.approx(0.3)
    assert result == [3], "and the wait for the first chunk is none"


def test_short_gaps_are_no_pauses_however_quick_the_rest_is() -> None:
    times = [0.001 * at for at in range(5)] + [0.2]
    assert Timeline(record_of(text_chunks(*"abcdef"), times)).pauses() == (LEAST_PAUSE_SECONDS, [])


def named(record: Record[Any]) -> list[tuple[str, float, float]]:
    return [(phase.name, phase.start, phase.end) for phase in phases(record, Timeline(record))]


def test_the_phases_of_a_back_end_count_until_the_first_piece() -> None:
    notes = [(0.1, "waiting"), (0.5, "loading"), (1.5, "reading"), (1.999, "generating"), (2.5, "late")]
    record = record_of(text_chunks("a", "b", ""), [2.0, 3.0, 3.4], end=3.5, notes=notes)
    assert named(record) == [
        ("asking", 0.0, 0.1),
        ("waiting", 0.1, 0.5),
        ("loading", 0.5, 1.5),
        ("reading", 1.5, 2.0),
        ("decoding", 2.0, 3.0),
        ("closing", 3.0, 3.5),
    ]
    assert spent(record, Timeline(record), "loading") == 1.0
    assert spent(record, Timeline(record), "unheard of") is None


def test_without_notes_the_chunks_decide() -> None:
    assert named(record_of(text_chunks("a", "b"), [1.0, 2.0], end=2.0)) == [("first", 0.0, 1.0), ("decoding", 1.0, 2.0)]
    one = record_of(answers_to(InvokeType.MODERATION), [1.0], end=1.0, invoke_type=InvokeType.MODERATION)
    assert named(one) == [("first", 0.0, 1.0)]


def test_a_run_that_brought_nothing_asked_to_its_end() -> None:
    assert named(record_of([], [], end=3.0)) == [("asking", 0.0, 3.0)]


def test_a_run_under_way_is_not_closing() -> None:
    record = record_of(text_chunks("a", "b"), [0.0, 0.0])
    assert all(phase.name != "closing" for phase in phases(record, Timeline(record)))


NOTES = st.lists(st.tuples(st.floats(0, 9), st.sampled_from(["waiting", "loading", "reading", "generating"])), max_size=6)


@given(NOTES.map(sorted), st.lists(st.floats(0, 9), max_size=6).map(sorted), st.floats(0, 3))
def test_phases_have_no_gaps_and_fill_the_run(notes: list[tuple[float, str]], times: list[float], more: float) -> None:
    chunks: list[LLMResultChunk] = text_chunks(*["x"] * len(times)) if times else []
    end = max([*times, 0.0]) + more
    record = record_of(chunks, times, end=end, notes=notes)
    result: list[Phase] = phases(record, Timeline(record))
    assert result[0].start == 0.0 and result[-1].end == end
    assert all(before.end == after.start and before.name != after.name for before, after in pairwise(result))
    assert all(phase.seconds >= 0 for phase in result)
