"""Tests for merging streamed tool calls."""

from __future__ import annotations

from itertools import pairwise
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.entities.tools import ToolCall, ToolCallFold

from .streams import fragment, spelled

Chunks: TypeAlias = list[list[ToolCall]]


def merged(chunks: Chunks) -> list[tuple[str, str, str]]:
    fold = ToolCallFold()
    for fragments in chunks:
        fold.add(fragments)
    return spelled(fold.calls())


CASES: dict[str, tuple[Chunks, list[tuple[str, str, str]]]] = {
    "an empty id continues the call before it": (
        [[fragment("a", "f", "{")], [fragment(arguments="}")]],
        [("a", "f", "{}")],
    ),
    "also within one chunk": (
        [[fragment("a", "f", "{"), fragment(arguments="}")]],
        [("a", "f", "{}")],
    ),
    "a repeated id and name continue their call": (
        [[fragment("a", "f", "{")], [fragment("a", "f", "}")]],
        [("a", "f", "{}")],
    ),
    "a different id begins a call": (
        [[fragment("a", "f", "{}")], [fragment("b", "f", "{}")], [fragment(arguments=" ")]],
        [("a", "f", "{}"), ("b", "f", "{} ")],
    ),
    "ids that alternate find their calls": (
        [[fragment("a", "f", "1")], [fragment("b", "g", "2")], [fragment("a", arguments="3")], [fragment("b", arguments="4")]],
        [("a", "f", "13"), ("b", "g", "24")],
    ),
    "calls side by side are continued by position": (
        [[fragment("a", "f", "1"), fragment("b", "g", "2")], [fragment(arguments="3"), fragment(arguments="4")]],
        [("a", "f", "13"), ("b", "g", "24")],
    ),
    "names without ids are calls of their own": (
        [[fragment("", "f", "{}"), fragment("", "f", "{}")], [fragment("", "g", "{}")]],
        [("", "f", "{}"), ("", "f", "{}"), ("", "g", "{}")],
    ),
    "an id that comes late belongs to the call before it": (
        [[fragment("", "f", "")], [fragment("a", "", "{}")]],
        [("a", "f", "{}")],
    ),
    "a name that comes late belongs to the call before it": (
        [[fragment("a", "", "")], [fragment("", "f", "{}")]],
        [("a", "f", "{}")],
    ),
    "a whole call with an id after one without begins a call": (
        [[fragment("", "f", "{}")], [fragment("a", "g", "{}")]],
        [("", "f", "{}"), ("a", "g", "{}")],
    ),
    "a nameless fragment at the start is kept": ([[fragment(arguments="{}")]], [("", "", "{}")]),
}


@pytest.mark.parametrize(("chunks", "expected"), CASES.values(), ids=CASES.keys())
def test_fragments_are_merged(chunks: Chunks, expected: list[tuple[str, str, str]]) -> None:
    assert merged(chunks) == expected


def test_the_type_is_the_first_that_was_stated() -> None:
    fold = ToolCallFold()
    fold.add([ToolCall.model_validate({"id": "a", "type": None, "function": {"name": "f", "arguments": ""}})])
    fold.add([fragment()])
    assert fold.calls()[0].type == "function"


def cut(text: str, points: list[int]) -> list[str]:
    edges = [0, *sorted(point % (len(text) + 1) for point in points), len(text)]
    return [text[start:end] for start, end in pairwise(edges)]


whole_calls = st.lists(
    st.tuples(st.uuids().map(str), st.sampled_from(["lookup", "add"]), st.text(max_size=30)), min_size=1, max_size=4
)
cuts = st.lists(st.integers(0, 1000), max_size=6)


@given(whole_calls, st.data())
def test_how_the_arguments_are_cut_makes_no_difference(calls: list[tuple[str, str, str]], data: st.DataObject) -> None:
    chunks: Chunks = []
    for call_id, name, arguments in calls:
        first, *rest = cut(arguments, data.draw(cuts))
        repeats = data.draw(st.booleans())
        chunks.append([fragment(call_id, name, first)])
        chunks += [[fragment(call_id if repeats else "", name if repeats else "", piece)] for piece in rest]
    assert merged(chunks) == calls


@given(whole_calls, cuts)
def test_calls_in_step_are_merged_by_position(calls: list[tuple[str, str, str]], points: list[int]) -> None:
    pieces = [cut(arguments, points) for _, _, arguments in calls]
    first = [fragment(call_id, name, own[0]) for (call_id, name, _), own in zip(calls, pieces, strict=True)]
    rest = [[fragment(arguments=own[step]) for own in pieces] for step in range(1, len(points) + 1)]
    assert merged([first, *rest]) == calls


@given(whole_calls)
def test_whole_calls_stay_as_they_are_in_one_chunk_or_in_several(calls: list[tuple[str, str, str]]) -> None:
    fragments = [fragment(*call) for call in calls]
    assert merged([fragments]) == merged([[item] for item in fragments]) == calls
