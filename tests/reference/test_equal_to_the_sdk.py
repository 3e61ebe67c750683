"""Tests that our entities equal the reference SDK's: the same dump, and refusals in the same places."""

from __future__ import annotations

import json
from enum import Enum
from typing import Any

import pytest

from boomerang.invoker.entities.entity import Entity
from boomerang.invoker.request import Request

from .cases import CASES, Case
from .environment import ReferenceSDK
from .ours import MODULES, classes
from .worker import find, observe

NESTED_IN_THE_SDK = {
    "ImageDetail": "ImagePromptMessageContent.DETAIL",
    "ToolCall": "AssistantPromptMessage.ToolCall",
    "ToolCallFunction": "AssistantPromptMessage.ToolCall.ToolCallFunction",
}


def name(case: Case) -> str:
    return f"{case.entity}: {case.says}"


@pytest.fixture(scope="module")
def observed(sdk: ReferenceSDK) -> dict[str, dict[str, Any]]:
    """The SDK's result for each case, by name."""
    answers = sdk.observe([(NESTED_IN_THE_SDK.get(case.entity, case.entity), case.value) for case in CASES])
    return {name(case): answer for case, answer in zip(CASES, answers, strict=True)}


def stripped(value: Any, keys: set[str]) -> Any:
    """Return JSON values without some keys of its objects."""
    if isinstance(value, dict):
        return {key: stripped(item, keys) for key, item in value.items() if key not in keys}
    return [stripped(item, keys) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", CASES, ids=name)
def test_an_input_comes_to_the_same(case: Case, observed: dict[str, dict[str, Any]]) -> None:
    ours, theirs = observe(find(MODULES, case.entity), case.value), observed[name(case)]
    assert set(ours) == set(theirs)
    if "values" in theirs:
        assert ours["values"] == theirs["values"]
    elif "refused" in theirs:
        assert ours["refused"] is not None, "ours always names the place"
        assert theirs["refused"] in (None, ours["refused"])
    else:
        # As text, because key order matters.
        unlike = set(case.ours)
        assert json.dumps(stripped(ours["dump"], unlike)) == json.dumps(stripped(theirs["dump"], unlike))


def test_every_entity_and_enumeration_is_compared() -> None:
    compared = {find(MODULES, case.entity) for case in CASES}
    ours = {item for item in classes() if issubclass(item, Entity | Enum)}
    assert {item for item in ours if not issubclass(item, Request)} - compared == {Entity}


def test_case_names_are_unique() -> None:
    assert len({name(case) for case in CASES}) == len(CASES)
