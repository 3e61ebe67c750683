"""A model's parameters: rules, and the templates that rules may build on."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Self

from pydantic import Field, model_validator

from .entity import Entity, I18nObject


class ParameterType(StrEnum):
    """Type of a parameter's value."""

    FLOAT = "float"
    INT = "int"
    STRING = "string"
    BOOLEAN = "boolean"
    TEXT = "text"
    """A multi-line string."""


class DefaultParameterName(StrEnum):
    """The parameters that have a template."""

    TEMPERATURE = "temperature"
    TOP_P = "top_p"
    TOP_K = "top_k"
    PRESENCE_PENALTY = "presence_penalty"
    FREQUENCY_PENALTY = "frequency_penalty"
    MAX_TOKENS = "max_tokens"
    RESPONSE_FORMAT = "response_format"
    JSON_SCHEMA = "json_schema"


class ParameterRule(Entity):
    """One parameter of a model: its type, range and default.

    A rule that names a template starts from it; the rule's own keys take precedence. Unknown templates are ignored.
    A rule's label defaults to its name.
    """

    name: str
    """Key in `completion_params`."""
    use_template: str | None = None
    label: I18nObject = Field(default_factory=lambda: I18nObject(en_us=""))
    # For type checkers only: `_complete` always sets a label.
    type: ParameterType
    help: I18nObject | None = None
    required: bool = False
    default: Any | None = None
    min: float | None = None
    max: float | None = None
    precision: int | None = None
    """Digits after the decimal point."""
    options: list[str] = Field(default_factory=list)
    """The allowed values; empty if any is allowed."""

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        template = data.get("use_template")
        rule = {**(PARAMETER_RULE_TEMPLATE.get(template, {}) if isinstance(template, str) else {}), **data}
        if not rule.get("label") and "name" in rule:
            rule["label"] = {"en_US": rule["name"]}
        return rule

    @classmethod
    def template(cls, template: DefaultParameterName | str, **own: Any) -> Self:
        """Create a rule from a template, named like the template unless `own` says otherwise.

        Args:
            template: The template's name, such as `temperature`.
            own: Keys that override the template, such as `default=0.7`.
        """
        return cls.model_validate({"name": str(template), "use_template": str(template), **own})


def _labels(english: str, chinese: str) -> dict[str, str]:
    return {"en_US": english, "zh_Hans": chinese}


def _unit_interval(label: dict[str, str], help_: dict[str, str], default: float) -> dict[str, Any]:
    return {
        "label": label,
        "type": "float",
        "help": help_,
        "required": False,
        "default": default,
        "min": 0.0,
        "max": 1.0,
        "precision": 2,
    }


def _count(label: dict[str, str], help_: dict[str, str], default: int, max_: int) -> dict[str, Any]:
    return {
        "label": label,
        "type": "int",
        "help": help_,
        "required": False,
        "default": default,
        "min": 1,
        "max": max_,
        "precision": 0,
    }


# Source: Dify plugin SDK 0.10.2, `entities/model/schema.py`: types, labels, ranges and defaults. The help texts are ours.
PARAMETER_RULE_TEMPLATE: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        DefaultParameterName.TEMPERATURE: _unit_interval(
            _labels("Temperature", "温度"),
            _labels(
                "How freely words are picked: 0 takes the likeliest each time, higher varies more.",
                "选词的自由程度：0 每次取最可能的词，越高变化越多。",
            ),
            0.0,
        ),
        DefaultParameterName.TOP_P: _unit_interval(
            _labels("Top P", "Top P"),
            _labels(
                "Picks among the likeliest tokens whose probabilities add up to this share; 1 keeps all.",
                "只在概率之和达到这一比例的最可能的 token 中选取；1 表示全部保留。",
            ),
            1.0,
        ),
        DefaultParameterName.TOP_K: _count(
            _labels("Top K", "Top K"),
            _labels("Picks among this many of the likeliest tokens.", "只在这么多个最可能的 token 中选取。"),
            50,
            100,
        ),
        DefaultParameterName.PRESENCE_PENALTY: _unit_interval(
            _labels("Presence Penalty", "存在惩罚"),
            _labels(
                "Makes every token that has occurred less likely to occur again.",
                "降低已出现过的 token 再次出现的可能。",
            ),
            0.0,
        ),
        DefaultParameterName.FREQUENCY_PENALTY: _unit_interval(
            _labels("Frequency Penalty", "频率惩罚"),
            _labels("Makes a token less likely each time it occurs.", "token 每出现一次，再次出现的可能就降低一些。"),
            0.0,
        ),
        DefaultParameterName.MAX_TOKENS: _count(
            _labels("Max Tokens", "最大标记"),
            _labels(
                "The answer is cut after this many tokens; raise it if answers end too early.",
                "回答超过这么多 token 时被截断；回答过早结束时请调高。",
            ),
            64,
            2048,
        ),
        DefaultParameterName.RESPONSE_FORMAT: {
            "label": _labels("Response Format", "回复格式"),
            "type": "string",
            "help": _labels("Asks for an answer that is JSON or XML.", "要求回答为 JSON 或 XML。"),
            "required": False,
            "options": ["JSON", "XML"],
        },
        DefaultParameterName.JSON_SCHEMA: {
            "label": {"en_US": "JSON Schema"},
            "type": "text",
            "help": _labels("The JSON schema that the answer must follow.", "回答必须符合的 JSON schema。"),
            "required": False,
        },
    }
)
