"""The metrics row: readable units, a dash for unknown values, a label for every metric."""

from __future__ import annotations

import pytest

from boomerang.invoker.records.metrics import Metric, Origin, Unit, measure
from boomerang.playground.run.metrics_row import remark
from boomerang.playground.ui.number_format import LABELS, ORIGINS, UNKNOWN, drawn, shown
from tests.runs import CALLS, run


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


@pytest.mark.parametrize("origin", [origin for origin in Origin if origin is not Origin.MEASURED])
def test_the_tile_says_where_a_number_comes_from_unless_it_was_measured(origin: Origin) -> None:
    assert remark(Metric("prompt_tokens", None, Unit.COUNT, origin))[0] == origin.value
    assert remark(Metric("prompt_tokens", 3, Unit.COUNT))[0] == ""


def test_the_tile_says_what_else_is_to_be_known() -> None:
    loading = Metric("loading_seconds", 1.25, Unit.SECONDS)
    assert remark(Metric("time_to_first_token", 2.0, Unit.SECONDS), loading)[0] == "including 1.25 s loading"
    assert remark(Metric("total", 2.0, Unit.SECONDS), loading)[0] == ""
    assert "nearly full" in remark(Metric("context_use", 0.95, Unit.RATIO, Origin.REPORTED))[0]
    assert remark(Metric("context_use", 0.5, Unit.RATIO, Origin.REPORTED))[0] == "reported"


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
