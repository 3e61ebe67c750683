"""Test verdicts against expectations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.workbench.analysis.confusion_matrix import Confusion, confusion


def test_known_measures() -> None:
    result = confusion([(True, True)] * 6 + [(False, True)] * 2 + [(True, False)] * 4 + [(False, False)] * 8)
    assert result == Confusion(6, 2, 8, 4)
    assert (result.count, result.precision, result.recall, result.accuracy) == (20, 0.75, 0.6, 0.7)
    assert result.f1 == pytest.approx(2 * 0.75 * 0.6 / (0.75 + 0.6))


def test_what_would_divide_by_zero_is_none() -> None:
    nothing = confusion([])
    assert (nothing.count, nothing.precision, nothing.recall, nothing.f1, nothing.accuracy) == (0, None, None, None, None)
    harmless = confusion([(False, False)])
    assert (harmless.precision, harmless.recall, harmless.f1, harmless.accuracy) == (None, None, None, 1)
    missed = confusion([(True, False)])
    assert (missed.precision, missed.recall, missed.f1) == (None, 0, 0)


@given(st.lists(st.tuples(st.booleans(), st.booleans())))
def test_measures_are_shares(pairs: list[tuple[bool, bool]]) -> None:
    result = confusion(pairs)
    assert result.count == len(pairs)
    assert all(value is None or 0 <= value <= 1 for value in (result.precision, result.recall, result.f1, result.accuracy))
    assert confusion([(expected, expected) for expected, _ in pairs]).accuracy in (None, 1)
