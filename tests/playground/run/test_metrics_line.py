"""The line of numbers and the metrics: readable units, a dash for unknown values, a label for every metric."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from boomerang.invoker.backends.scripted import llm_chunks
from boomerang.invoker.entities.llm.chunk import LLMResultChunk, LLMUsage
from boomerang.invoker.events import PhaseEntered, UsageEstimated
from boomerang.invoker.records.metrics import Metric, Origin, Unit, measure
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.playground.run import metrics_line
from boomerang.playground.ui.number_format import LABELS, ORIGINS, UNKNOWN, drawn, shown
from tests.runs import CALLS, run
from tests.scripted import Answer, good_answer


@pytest.mark.parametrize("unit", list(Unit))
def test_unknown_is_a_dash_and_never_a_zero(unit: Unit) -> None:
    assert shown(Metric("total", None, unit, Origin.MISSING)) == UNKNOWN == "—"


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0.0, Unit.SECONDS, "< 1 ms"),
        (0.0004, Unit.SECONDS, "< 1 ms"),
        (0.042, Unit.SECONDS, "42 ms"),
        (1.0, Unit.SECONDS, "1.00 s"),
        (83.456, Unit.SECONDS, "83.46 s"),
        (12.34, Unit.PER_SECOND, "12.3"),
        (12345.6, Unit.PER_SECOND, "12,346"),
        (0, Unit.COUNT, "0"),
        (1234, Unit.COUNT, "1,234"),
        (999, Unit.BYTES, "999 B"),
        (48_300, Unit.BYTES, "48.3 kB"),
        (25_400_000, Unit.BYTES, "25.4 MB"),
        (0.254, Unit.RATIO, "25%"),
        ("stop", Unit.TEXT, "stop"),
        (100.0, Unit.SECONDS, "1 min 40 s"),
        (4003.1, Unit.SECONDS, "66 min 43 s"),
        (0.9996, Unit.SECONDS, "1.00 s"),
        (0.0022, Unit.PER_SECOND, "0.0022"),
        (0.004, Unit.RATIO, "0.4%"),
        (-3.25, Unit.NUMBER, "-3.250"),
        (0.254, Unit.FACTOR, "0.25 ×"),
        (0.001, Unit.FACTOR, "< 0.01 ×"),
        (0.00042, Unit.MONEY, "0.00042 EUR"),
        (1.5, Unit.MONEY, "1.5000 EUR"),
    ],
)
def test_a_number_is_shown_with_its_unit(value: float | str, unit: Unit, expected: str) -> None:
    assert shown(Metric("x", value, unit, detail="EUR" if unit is Unit.MONEY else "")) == expected


def test_a_word_of_the_server_stays_a_word() -> None:
    assert drawn(Metric("finish_reason", "![x](http://elsewhere.example)", Unit.TEXT)).startswith(r"\!\[x\]")
    assert drawn(Metric("audio_bytes", 51_300, Unit.BYTES)) == "51.3 kB"


def test_a_range_is_shown_with_both_ends_unless_they_look_the_same() -> None:
    assert shown(Metric("norm", 0.5, Unit.NUMBER, until=1.25)) == "0.500 – 1.250"
    assert shown(Metric("norm", 1.0, Unit.NUMBER, until=1.00001)) == "1.000"


def line_of(name: str, answer: Answer = good_answer) -> str:
    """Return the line of a run."""
    record = run(name, answer).record
    assert record is not None
    return metrics_line.line(record)


def test_the_line_of_an_answer_has_its_times_tokens_and_end() -> None:
    def answer(request: Request[Any], handle: Run) -> Iterator[LLMResultChunk]:
        handle.report(PhaseEntered("generating"))
        usage = LLMUsage.priced(None, prompt_tokens=33, completion_tokens=72, latency=0.1)
        yield from llm_chunks("Hi ", "you", finish_reason="stop", usage=usage)

    line = line_of("llm", answer)
    assert line.startswith("first token ") and " · 33 → 72 tokens · stop" in line and "orange" not in line


def test_an_estimate_and_a_missing_report_are_in_colour_and_nothing_else() -> None:
    def answer(request: Request[Any], handle: Run) -> Iterator[LLMResultChunk]:
        handle.report(UsageEstimated())
        usage = LLMUsage.priced(None, prompt_tokens=3, completion_tokens=7, latency=0.1)
        yield from llm_chunks("Hi", finish_reason="stop", usage=usage)

    assert ":orange[3 → 7 tokens (estimated)] · stop" in line_of("llm", answer)
    missing = line_of("llm", lambda request, handle: llm_chunks("Hi", finish_reason=""))
    assert ":orange[tokens not reported] · :orange[no finish reason]" in missing


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("text_embedding", " dimensions"),
        ("rerank", " documents"),
        ("tts", "first audio "),
        ("speech2text", " character"),
        ("moderation", " character"),
        ("summary", " characters ("),
    ],
)
def test_each_call_has_its_own_numbers(name: str, text: str) -> None:
    assert text in line_of(name)


def test_loading_and_queue_are_mentioned_if_they_took_long() -> None:
    def answer(request: Request[Any], handle: Run) -> Iterator[LLMResultChunk]:
        handle.phase("loading")
        handle.wait(0.06)
        handle.phase("generating")
        yield from llm_chunks("Hi")

    assert " ms loading the model" in line_of("llm", answer)
    assert "loading" not in line_of("llm")


@pytest.mark.parametrize("name", CALLS)
def test_every_number_of_every_call_has_a_label_and_a_rule(name: str) -> None:
    job = run(name)
    assert job.record is not None
    metrics = measure(job.record)
    assert metrics
    for metric in metrics:
        label, rule = LABELS[metric.key]
        assert label and rule.endswith(".")
        assert ORIGINS[metric.origin]
        assert shown(metric)


@pytest.mark.parametrize("name", CALLS)
def test_a_run_that_brought_nothing_has_dashes_where_nothing_is_known(name: str) -> None:
    def refuse(request: object, handle: object) -> list[object]:
        raise ConnectionError("nobody there")

    job = run(name, refuse)
    assert job.record is not None
    by_key = {metric.key: metric for metric in measure(job.record)}
    answers = {
        "completion_tokens", "prompt_tokens", "tokens", "vectors", "dimensions", "returned", "dropped", "audio_bytes",
        "summary_characters", "length_ratio", "finish_reason", "time_to_first_token", "time_to_first_audio",
        "tokens_per_second", "texts_per_second", "documents_per_second", "characters_per_second",
    }  # fmt: skip
    for key in answers & by_key.keys():
        assert shown(by_key[key]) == UNKNOWN
