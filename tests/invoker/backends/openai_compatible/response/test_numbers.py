"""Tests for numbers and flags: read as far as possible, never guessed."""

from __future__ import annotations

from math import inf, isnan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.backends.openai_compatible.response.numbers import as_bool, as_float, as_int
from tests.json_values import JSON_VALUES


@given(st.integers(-(10**18), 10**18))
def test_a_whole_number_is_read_in_every_spelling(number: int) -> None:
    assert (
        as_int(number)
        == as_int(str(number))
        == as_int(f" {number} ")
        == as_int(f"{number}.0" if abs(number) < 2**53 else number)
    )
    assert type(as_int(str(number))) is int


@given(st.floats())
def test_a_number_is_read_in_every_spelling(number: float) -> None:
    for spelling in (number, str(number), repr(number).upper(), f" {number}\n"):
        read = as_float(spelling)
        assert read is not None and (read == number or (isnan(read) and isnan(number)))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_fraction_is_no_whole_number(number: float) -> None:
    assert as_int(number) == as_int(str(number)) == (int(number) if number.is_integer() else None)


@given(JSON_VALUES)
def test_any_value_is_read_or_is_none(value: Any) -> None:
    whole, number, flag = as_int(value), as_float(value), as_bool(value)
    assert whole is None or type(whole) is int
    assert number is None or type(number) is float
    assert flag is None or type(flag) is bool
    if whole is not None:
        assert number is not None


@pytest.mark.parametrize("value", [True, False, None, [], {}, "", " ", "x", "1_000", "٣", "0x10", "1,5", "true", "9" * 5000])
def test_what_is_no_number_is_none(value: Any) -> None:
    assert as_int(value) is None
    assert as_float(value) is None


@pytest.mark.parametrize("value", [inf, -inf, float("nan"), "NaN", "Infinity", "-inf", "1e999", 2.5, "2.5", "1e-3"])
def test_what_is_not_whole_is_no_index(value: Any) -> None:
    assert as_int(value) is None
    assert type(as_float(value)) is float


def test_numbers_beyond_a_float_are_infinite() -> None:
    assert as_float(10**400) == inf
    assert as_float(-(10**400)) == -inf
    assert as_float("1e999") == inf


@pytest.mark.parametrize(
    ("value", "read"),
    [
        *((value, True) for value in (True, 1, 1.0, "true", "True", " TRUE ", "1", "yes")),
        *((value, False) for value in (False, 0, 0.0, "false", "False", "0", "no")),
        *((value, None) for value in (None, 2, 0.5, "", "maybe", [], {}, [1], float("nan"))),
    ],
)
def test_flags(value: Any, read: bool | None) -> None:
    assert as_bool(value) is read
