"""Test the statistics of repeated calls."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.workbench.analysis.repeats import Attempt, Times, repeats, times


def test_attempts_are_summed_up_with_the_first_apart() -> None:
    result = repeats(
        [
            Attempt(9.0, "yes"),
            Attempt(1.0, "no"),
            Attempt(0.1, fault="$.name is missing"),
            Attempt(3.0, "yes"),
            Attempt(0.1, fault="timed out"),
            Attempt(2.0, "maybe"),
            Attempt(0.1, fault="timed out"),
        ]
    )
    assert (result.count, result.ok, result.first_seconds) == (7, 4, 9.0)
    assert result.share_ok == pytest.approx(4 / 7)
    assert result.answers == (("yes", 2), ("no", 1), ("maybe", 1))
    assert result.faults == (("timed out", 2), ("$.name is missing", 1))
    assert result.times == Times(1.0, 2.0, 3.0, 3.0)


def test_one_attempt_has_no_times_beside_its_own() -> None:
    result = repeats([Attempt(2.0, "yes")])
    assert (result.first_seconds, result.times) == (2.0, None)


def test_no_attempts_report_nothing() -> None:
    result = repeats([])
    assert (result.count, result.ok, result.share_ok, result.first_seconds, result.times) == (0, 0, None, None, None)
    assert times([]) is None


def test_the_ninety_fifth_percentile_is_the_nearest_rank() -> None:
    assert times(range(100, 0, -1)) == Times(1, 50.5, 95, 100)
    assert times(range(1, 20)).p95 == 19
    assert times(range(1, 21)).p95 == 19
    assert times(range(1, 22)).p95 == 20


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_times_are_in_order_and_p95_was_measured(seconds: list[float]) -> None:
    result = times(seconds)
    assert result.least <= result.median <= result.p95 <= result.largest
    assert result.p95 in seconds
    assert sum(value <= result.p95 for value in seconds) >= 0.95 * len(seconds)
