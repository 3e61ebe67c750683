"""The metric row: units as people read them, a dash for what is unknown, a label for every number there is."""

from __future__ import annotations

import pytest

from invoker.metrics import Metric, Origin, Unit, measure
from playground.metrics_row import LABELS, UNKNOWN, shown

from .runs import CALLS, run


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
    ],
)
def test_a_number_is_shown_with_its_unit(value: float | str, unit: Unit, expected: str) -> None:
    assert shown(Metric("x", value, unit)) == expected


@pytest.mark.parametrize("name", CALLS)
def test_every_number_of_every_call_has_a_label_and_a_rule(name: str) -> None:
    job = run(name)
    assert job.record is not None
    metrics = measure(job.record)
    assert metrics
    for metric in metrics:
        label, rule = LABELS[metric.key]
        assert label and rule.endswith(".")
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
