"""Parameters of the embedded LLMs: their rules, and validation of `completion_params`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from boomerang.invoker.entities.model import DefaultParameterName, ParameterRule, ParameterType
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.messages.message import Message

from .schema import checked_schema

_RUNTIME_NAMES = ("temperature", "top_p", "top_k", "min_p", "presence_penalty", "frequency_penalty", "repeat_penalty")
"""Parameters passed to the runtime unchanged."""

MIN_P = {
    "label": {"en_US": "Min P", "zh_Hans": "最小概率比"},
    "help": {
        "en_US": "Leaves out tokens less likely than this share of the likeliest one's.",
        "zh_Hans": "概率低于最可能 token 这一比例的 token 不予考虑。",
    },
}
REPEAT_PENALTY = {
    "label": {"en_US": "Repeat Penalty", "zh_Hans": "重复惩罚"},
    "help": {
        "en_US": "Makes the last 64 tokens less likely to come again; 1 does nothing.",
        "zh_Hans": "降低最近 64 个 token 再次出现的可能；1 表示不起作用。",
    },
}
SEED = {
    "label": {"en_US": "Seed", "zh_Hans": "随机种子"},
    "help": {
        "en_US": "The same seed with the same request gives the same answer. Left out, each answer differs.",
        "zh_Hans": "相同的种子和相同的请求得到相同的回答。不填则每次回答不同。",
    },
}


def rules(context_size: int, *, temperature: float, repeat_penalty: float) -> list[ParameterRule]:
    """Return the parameter rules of an embedded LLM.

    Args:
        context_size: Tokens; no answer can be longer.
        temperature: This model's default.
        repeat_penalty: This model's default.
    """
    known = DefaultParameterName
    return [
        ParameterRule.template(known.TEMPERATURE, default=temperature, max=2.0),
        ParameterRule.template(known.MAX_TOKENS, default=min(1024, context_size), max=context_size),
        ParameterRule.template(known.TOP_P, default=0.9),
        ParameterRule.template(known.TOP_K, default=40, min=0),
        _number("min_p", MIN_P, 0.05, 0.0, 1.0),
        ParameterRule.template(known.PRESENCE_PENALTY, min=-2.0, max=2.0),
        ParameterRule.template(known.FREQUENCY_PENALTY, min=-2.0, max=2.0),
        _number("repeat_penalty", REPEAT_PENALTY, repeat_penalty, 0.5, 2.0),
        ParameterRule.model_validate(
            {
                "name": "seed",
                "type": "int",
                **SEED,
                "min": 0,
                "max": 2**32 - 2,
            }
        ),
        ParameterRule.template(known.RESPONSE_FORMAT, options=["text", "json_object", "json_schema"]),
        ParameterRule.template(known.JSON_SCHEMA),
    ]


def _number(name: str, labels: Mapping[str, Any], default: float, min_: float, max_: float) -> ParameterRule:
    return ParameterRule.model_validate(
        {
            "name": name,
            "type": "float",
            **labels,
            "default": default,
            "min": min_,
            "max": max_,
            "precision": 2,
        }
    )


def checked(params: Mapping[str, Any], known: Sequence[ParameterRule]) -> dict[str, Any]:
    """Validate values against the rules and fill in defaults; null counts as missing.

    Raises:
        InvokeBadRequestError: A value breaks its rule; names the parameter, the value and what was expected.
    """
    by_name = {rule.name: rule for rule in known}
    values = {rule.name: rule.default for rule in known if rule.default is not None}
    for name, value in params.items():
        rule = by_name.get(name)
        if rule is None:
            raise _refusal(name, Message("prompts.unknown_parameter", name=repr(name), known=", ".join(by_name)))
        if value is not None:
            values[name] = _value(rule, value)
    return values


def sampling(values: Mapping[str, Any]) -> dict[str, Any]:
    """Convert checked values to the runtime's parameters."""
    request = {name: values[name] for name in _RUNTIME_NAMES if name in values} | {"max_tokens": values["max_tokens"]}
    if "seed" in values:
        # Reusing part of an earlier prompt changes the batches, and with them the rounding.
        request |= {"seed": values["seed"], "cache_prompt": False}
    return request


def wanted_schema(values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the JSON schema requested by `response_format` and `json_schema`; None for plain text.

    Raises:
        InvokeBadRequestError: The schema is missing, not JSON, or invalid.
    """
    form, text = values.get("response_format", "text"), values.get("json_schema")
    if text is None or not text.strip():
        if form == "json_schema":
            raise _refusal("json_schema", Message("prompts.no_schema"))
        return {"type": "object"} if form == "json_object" else None
    try:
        schema = json.loads(text)
    except ValueError as error:
        raise _refusal("json_schema", Message("prompts.schema_not_json", fault=f"{error}.")) from error
    if isinstance(schema, dict) and isinstance(schema.get("schema"), dict):  # OpenAI wraps it with a name
        schema = schema["schema"]
    return checked_schema(schema, "json_schema")


def _value(rule: ParameterRule, value: Any) -> Any:
    """Validate a value and convert it to its rule's type. A whole float is a valid int: JSON does not distinguish them."""
    match rule.type:
        case ParameterType.INT if _is_number(value) and float(value).is_integer():
            value = int(value)
        case ParameterType.FLOAT if _is_number(value):
            value = float(value)
        case ParameterType.STRING | ParameterType.TEXT if isinstance(value, str):
            pass
        case ParameterType.BOOLEAN if isinstance(value, bool):
            pass
        case _:
            raise _refusal(rule.name, Message("prompts.type", name=rule.name, type=str(rule.type), value=repr(value)))
    below = rule.min is not None and value < rule.min
    above = rule.max is not None and value > rule.max
    if below or above:
        least, most = _plain(rule.min), _plain(rule.max)
        raise _refusal(rule.name, Message("prompts.range", name=rule.name, least=least, most=most, value=repr(value)))
    if rule.options and value not in rule.options:
        raise _refusal(rule.name, Message("prompts.options", name=rule.name, values=", ".join(rule.options), value=repr(value)))
    return value


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value == value and abs(value) != float("inf")


def _plain(bound: float | None) -> str | Message:
    return Message("prompts.any_number") if bound is None else f"{bound:.12g}"


def _refusal(name: str, description: Message) -> InvokeBadRequestError:
    return InvokeBadRequestError(description, field=name)
