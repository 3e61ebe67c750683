"""Presets: the contents of their files, and which values fit a model's rules."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from boomerang.invoker.entities.model import ParameterRule
from boomerang.playground.forms.conversation.parameter_presets import fitting, read
from tests.json_values import JSON_VALUES
from tests.scripted import RULES

TEMPERATURE, _tokens, SEED, FORMAT, _grammar, _suffix, ECHO = RULES


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        (TEMPERATURE, 1, 1.0),
        (TEMPERATURE, 2.5, None),
        (TEMPERATURE, True, None),
        (TEMPERATURE, "1", None),
        (SEED, 7.0, 7),
        (SEED, 7.5, None),
        (SEED, float("inf"), None),
        (FORMAT, "XML", "XML"),
        (FORMAT, "YAML", None),
        (ECHO, False, False),
        (ECHO, 0, None),
    ],
)
def test_a_value_fits_its_rule_or_is_left_over(rule: ParameterRule, value: Any, expected: Any) -> None:
    result = fitting(rule, value)
    assert result == expected and type(result) is type(expected)


@given(JSON_VALUES)
def test_any_value_can_be_tried_on_any_rule(value: Any) -> None:
    for rule in RULES:
        fitting(rule, value)


@given(JSON_VALUES)
def test_any_json_is_a_preset_or_refused_in_words(value: Any) -> None:
    result = read(json.dumps(value))
    assert isinstance(result, str) and result
