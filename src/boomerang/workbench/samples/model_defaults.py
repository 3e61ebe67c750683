"""Initial parameters and voices that a form sends for a model."""

from __future__ import annotations

from typing import Any

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.entities.model import I18nObject, ModelPropertyKey, ParameterRule, ParameterType
from boomerang.workbench.i18n.translate import language

SENT_AT_FIRST = ("temperature", "max_tokens")
"""Optional parameters that are on by default if the model has a value for them."""
UNDECLARED = {"temperature": 1.0, "max_tokens": 1024, "top_p": 1.0}
"""Initial field values of parameters whose model has none."""


def first_parameters(model: ListedModel) -> dict[str, Any]:
    """Return the parameters that are sent by default."""
    rules = [rule for rule in model.parameter_rules if is_sent_at_first(rule)]
    return {rule.name: initial_value(rule) for rule in rules}


def voices(model: ListedModel | None) -> dict[str, str]:
    """Return a model's voices: the config's value → the display name."""
    listed = model.model_properties.get(ModelPropertyKey.VOICES, []) if model else []
    return {voice["mode"]: voice["name"] for voice in listed}


def spoken(text: I18nObject | None) -> str:
    """Return a model's text in the visitor's language, or in English; empty if there is none."""
    if text is None:
        return ""
    return (text.zh_hans if language() == "zh_Hans" else None) or text.en_us or ""


def is_sent_at_first(rule: ParameterRule) -> bool:
    """Return whether a parameter is on by default."""
    return rule.required or (rule.name in SENT_AT_FIRST and rule.default is not None)


def initial_value(rule: ParameterRule) -> Any:
    """Return a rule's default as its widget takes it: rules come from many authors, and a default may violate its own rule."""
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
