"""Test the structural diff of JSON values."""

import copy
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.workbench.analysis.json_diff import Difference, DifferenceKind, diff, equal

ADDED, REMOVED, CHANGED = DifferenceKind.ADDED, DifferenceKind.REMOVED, DifferenceKind.CHANGED
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 2), st.sampled_from([0.0, 1.0, 0.5]), st.sampled_from(["", "a", "1"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(["a", "b c", 'q"', "", "[0]", "é"]), inner, max_size=4)
    ),
    max_leaves=15,
)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        (1, True, [("$", CHANGED, 1, True)]),
        (0, False, [("$", CHANGED, 0, False)]),
        ("1", 1, [("$", CHANGED, "1", 1)]),
        (None, [], [("$", CHANGED, None, [])]),
        ({}, [], [("$", CHANGED, {}, [])]),
        ({"a": None}, {}, [("$.a", REMOVED, None, None)]),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, [("$.a[1].b", CHANGED, 2, 3)]),
        ({"a b": 1}, {"a b": 2, "c": 3}, [('$["a b"]', CHANGED, 1, 2), ("$.c", ADDED, None, 3)]),
        ([1, 2, 3], [0, 1, 2, 3], [("$[0]", ADDED, None, 0)]),
        ([1, 2, 3], [1, 3], [("$[1]", REMOVED, 2, None)]),
        ([1, 2, 3], [1, 2, 3, 4], [("$[3]", ADDED, None, 4)]),
        ([1, 2, 3], [3, 2, 1], [("$[0]", CHANGED, 1, 3), ("$[2]", CHANGED, 3, 1)]),
        ([{"a": 1}, {"a": 2}], [{"a": 9}, {"a": 7}, {"a": 2}], [("$[0].a", CHANGED, 1, 9), ("$[1]", ADDED, None, {"a": 7})]),
        (float("nan"), float("nan"), []),
        (float("nan"), 1, [("$", CHANGED, pytest.approx(float("nan"), nan_ok=True), 1)]),
    ],
)
def test_differences_are_reported_by_path(left: Any, right: Any, expected: list[tuple[str, DifferenceKind, Any, Any]]) -> None:
    assert [(result.path, result.kind, result.left, result.right) for result in diff(left, right)] == expected


def nested(depth: int, leaf: Any, extra: int) -> Any:
    value = leaf
    for _ in range(depth):
        value = [value, *[0] * extra]
    return value


def test_depth_beyond_pythons_stack_is_no_error() -> None:
    (result,) = diff(nested(5000, "x", 0), nested(5000, "y", 0))
    assert result.path == "$" + "[0]" * 5000
    assert diff(nested(1000, 1, 1), nested(1000, 1, 1)) == []
    assert len(diff(nested(1000, 1, 1), nested(1000, 1, 2))) == 1000


def steps(path: str) -> list[str | int]:
    """Split a path."""
    result = re.findall(r'\.(\w+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]', path)
    return [name or (int(index) if index else json.loads(quoted)) for name, index, quoted in result]


def applied(value: Any, differences: list[Difference]) -> Any:
    """Apply differences to the left value: removals from the end, additions from the start."""
    root = {"$": copy.deepcopy(value)}

    def put(difference: Difference) -> None:
        *way, last = ["$", *steps(difference.path)]
        place: Any = root
        for step in way:
            place = place[step]
        if difference.kind is REMOVED:
            del place[last]
        elif difference.kind is ADDED and isinstance(place, list):
            place.insert(last, difference.right)
        else:
            place[last] = difference.right

    for kind in (CHANGED, REMOVED, ADDED):
        for difference in [one for one in differences if one.kind is kind][:: -1 if kind is REMOVED else 1]:
            put(difference)
    return root["$"]


@given(VALUES, VALUES)
def test_a_diff_makes_the_right_value_of_the_left(left: Any, right: Any) -> None:
    differences = diff(left, right)
    assert equal(applied(left, differences), right)
    assert (differences == []) == equal(left, right)


@given(VALUES)
def test_a_value_does_not_differ_from_itself(value: Any) -> None:
    assert diff(value, json.loads(json.dumps(value))) == []


@given(VALUES, VALUES)
def test_from_the_other_side_added_is_removed(left: Any, right: Any) -> None:
    swapped = {ADDED: REMOVED, REMOVED: ADDED, CHANGED: CHANGED}
    there = sorted((result.path, result.kind) for result in diff(left, right))
    back = sorted((result.path, swapped[result.kind]) for result in diff(right, left))
    assert there == back
