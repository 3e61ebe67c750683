"""Mock results of tools: a fixed text, or one by the arguments of the call.

Each line is a rule or the text for every other call::

    city = Oslo, unit = F -> 64 °F, light rain
    city = Oslo -> 18 °C, light rain
    No weather station in {city}.

The first rule whose arguments all fit counts. ``{name}`` stands for an argument of the call.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

MOST_FILLED = 1_000_000
"""Characters that the arguments of a call may add to a result; further ones are cut off."""
_ARROW = re.compile(r"->|→")
_NAME = re.compile(r"\{(\w+)\}")


def result(mock: str, arguments: Any) -> str:
    """Return the result of a call.

    Args:
        mock: Rules and text, as in the module's example.
        arguments: Of the call, as its JSON says; anything but an object fits no rule.

    Returns:
        What the first rule that fits says, else the lines that are no rules, else nothing.
    """
    values: Mapping[str, Any] = arguments if isinstance(arguments, dict) else {}
    lines = mock.splitlines()
    rules = [_rule(line) for line in lines]
    for rule in rules:
        if rule and _fits(rule[0], values):
            return _filled(rule[1], values)
    return _filled("\n".join(line for line, rule in zip(lines, rules, strict=True) if not rule).strip(), values)


def _rule(line: str) -> tuple[str, str] | None:
    """Split a line at its arrow, which stands behind an equals sign; `None` if it is no rule."""
    sign = line.find("=")
    arrow = _ARROW.search(line, sign) if sign > 0 else None
    return (line[: arrow.start()].rstrip(), line[arrow.end() :].lstrip()) if arrow else None


def _fits(conditions: str, values: Mapping[str, Any]) -> bool:
    pairs = (condition.partition("=") for condition in conditions.split(","))
    return all(name.strip() in values and _same(values[name.strip()], wanted.strip()) for name, _, wanted in pairs)


def _same(value: Any, wanted: str) -> bool:
    return _text(value).casefold() == wanted.strip("\"'").casefold()


def _filled(text: str, values: Mapping[str, Any]) -> str:
    room = MOST_FILLED

    def value(match: re.Match[str]) -> str:
        nonlocal room
        if match[1] not in values:
            return match[0]
        filled = _text(values[match[1]])[:room]
        room -= len(filled)
        return filled

    return _NAME.sub(value, text)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
