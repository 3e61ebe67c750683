"""What a form sends for a model at first: its parameters, its voices."""

from __future__ import annotations

from typing import Any

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.entities.model import I18nObject, ModelPropertyKey, ParameterRule, ParameterType
from boomerang.workbench.i18n.translate import language

SENT_AT_FIRST = ("temperature", "max_tokens")
"""Parameters whose switch is on at first if their model has a value for them, beside those that are required."""
UNDECLARED = {"temperature": 1.0, "max_tokens": 1024, "top_p": 1.0}
"""What stands in the field of a parameter whose model has no value for it."""


def first_parameters(model: ListedModel) -> dict[str, Any]:
    """Return the parameters that are sent as long as nobody touches them."""
    rules = [rule for rule in model.parameter_rules if is_sent_at_first(rule)]
    return {rule.name: initial_value(rule) for rule in rules}


def voices(model: ListedModel | None) -> dict[str, str]:
    """Return a model's voices: the value that a config takes → the name that people read."""
    listed = model.model_properties.get(ModelPropertyKey.VOICES, []) if model else []
    return {voice["mode"]: voice["name"] for voice in listed}


def spoken(text: I18nObject | None) -> str:
    """Return a model's own words in the visitor's language, or in English; empty if there are none."""
    if text is None:
        return ""
    return (text.zh_hans if language() == "zh_Hans" else None) or text.en_us or ""


def is_sent_at_first(rule: ParameterRule) -> bool:
    """Return whether the switch of a parameter is on at first."""
    return rule.required or (rule.name in SENT_AT_FIRST and rule.default is not None)


def initial_value(rule: ParameterRule) -> Any:
    """Return a rule's default as its widget takes it: rules come from many hands, and a default may not fit its own rule."""
    match rule.type:
        case ParameterType.BOOLEAN:
            return bool(rule.default)
        case ParameterType.INT | ParameterType.FLOAT:
            try:
                value = float(rule.default if rule.default is not None else UNDECLARED.get(rule.name, rule.min or 0))
            except (TypeError, ValueError):
                value = rule.min or 0.0
            value = min(max(value, value if rule.min is None else rule.min), value if rule.max is None else rule.max)
            return int(value) if rule.type is ParameterType.INT else value
        case _ if rule.options:
            return rule.default if rule.default in rule.options else rule.options[0]
        case _:
            return "" if rule.default is None else str(rule.default)
