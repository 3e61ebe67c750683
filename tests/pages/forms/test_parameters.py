"""Test parameter widgets: one for every rule, including odd rules, and no value outside its rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from boomerang.invoker.backends.scripted import Scripted
from boomerang.invoker.entities.model import ModelType, ParameterRule
from boomerang.playground.session import app_state
from tests.pages.conftest import CONNECTION
from tests.pages.visitor import Visitor
from tests.scripted import Desk, listed

Ruled = Callable[..., Visitor]


@pytest.fixture
def ruled(desk: Desk) -> Ruled:
    """Return a function that opens the LLM page with a model of these rules, all checked."""

    def opened(*rules: dict[str, Any]) -> Visitor:
        made = [ParameterRule.model_validate({"required": True} | rule) for rule in rules]
        model = listed("talker", ModelType.LLM, parameter_rules=made)
        app_state.connections().remove(CONNECTION)
        app_state.connections().add(CONNECTION, lambda: Scripted(desk.serve, models=[model]))
        return Visitor(CONNECTION).open("llm")

    return opened


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"type": "float"}, 0.0),
        ({"type": "float", "default": "0.7", "min": 0, "max": 1}, 0.7),
        ({"type": "float", "default": 7, "min": 0, "max": 1}, 1.0),
        ({"type": "float", "default": 0.123456, "min": 0, "max": 1, "precision": 6}, 0.123456),
        ({"type": "float", "default": 0.0, "min": 0.5}, 0.5),
        ({"type": "float", "default": "warm", "min": 0.5, "max": 1}, 0.5),
        ({"type": "float", "min": 0, "max": 1, "precision": 0}, 0.0),
        ({"type": "int"}, 0),
        ({"type": "int", "default": 64.0, "min": 1, "max": 2048}, 64),
        ({"type": "int", "default": "64", "min": 1, "max": 100}, 64),
        ({"type": "int", "default": 4096, "min": 1, "max": 2048}, 2048),
        ({"type": "int", "min": 5, "max": 100_000}, 5),
        ({"type": "int", "min": -1, "max": 1}, -1),
        ({"type": "boolean"}, False),
        ({"type": "boolean", "default": True}, True),
        ({"type": "string"}, ""),
        ({"type": "string", "default": 5}, "5"),
        ({"type": "string", "options": ["a", "b"]}, "a"),
        ({"type": "string", "options": ["a", "b"], "default": "b"}, "b"),
        ({"type": "string", "options": ["a", "b"], "default": "gone"}, "a"),
        ({"type": "text", "default": "two\nlines"}, "two\nlines"),
        ({"use_template": "json_schema", "type": "text"}, ""),
    ],
)
def test_every_rule_has_a_widget_and_its_default_is_sent(ruled: Ruled, desk: Desk, rule: dict[str, Any], expected: Any) -> None:
    page = ruled({"name": "p"} | rule)
    assert page.config["completion_params"] == {"p": expected}
    page.run()
    sent = desk.requests[0].completion_params["p"]
    assert sent == expected and type(sent) is type(expected)


def test_what_is_required_is_ticked_and_the_rest_is_left_to_the_model(ruled: Ruled) -> None:
    page = ruled({"name": "a", "type": "int"}, {"name": "b", "type": "int", "required": False})
    assert page.config["completion_params"] == {"a": 0}


@pytest.mark.parametrize(("kind", "value"), [("number_input", 5_000), ("number_input", -5)])
def test_no_value_outside_its_rule_is_sent(ruled: Ruled, desk: Desk, kind: str, value: int) -> None:
    """Set a value that a browser would not allow; it must not be sent either."""
    page = ruled({"name": "max_tokens", "type": "int", "min": 1, "max": 2048})
    page.at.session_state["llm.talker.max_tokens"] = value
    page.unfold("settings").set(kind, "talker.max_tokens", value).run()
    assert 1 <= desk.requests[0].completion_params["max_tokens"] <= 2048


def test_values_of_one_model_are_not_those_of_another(desk: Desk) -> None:
    def rules(default: float) -> list[ParameterRule]:
        return [ParameterRule.template("temperature", default=default)]

    models = [
        listed("cold", ModelType.LLM, parameter_rules=rules(0.1)),
        listed("warm", ModelType.LLM, parameter_rules=rules(0.9)),
    ]
    app_state.connections().remove(CONNECTION)
    app_state.connections().add(CONNECTION, lambda: Scripted(desk.serve, models=models))
    page = Visitor(CONNECTION).open("llm").unfold("settings").set("slider", "cold.temperature", 0.2)
    assert page.set("selectbox", "model", "warm").config["completion_params"] == {"temperature": 0.9}
    assert page.set("selectbox", "model", "cold").config["completion_params"] == {"temperature": 0.2}
