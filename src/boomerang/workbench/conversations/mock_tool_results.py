"""Mock tool results: a fixed text, or one chosen by the call's arguments.

Each line is a rule, or text for all other calls::

    city = Oslo, unit = F -> 64 °F, light rain
    city = Oslo -> 18 °C, light rain
    No weather station in {city}.

The first rule whose conditions all match applies. ``{name}`` is replaced with an argument of the call.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

MOST_FILLED = 1_000_000
"""Most characters that arguments may add to a result; the rest is cut."""
_ARROW = re.compile(r"->|→")
_NAME = re.compile(r"\{(\w+)\}")


def result(mock: str, arguments: Any) -> str:
    """Return the mock result of a call.

    Args:
        mock: Rules and text, as in the module's example.
        arguments: Parsed arguments of the call; anything but an object matches no rule.

    Returns:
        The result of the first matching rule, else the lines that are not rules, else an empty text.
    """
    values: Mapping[str, Any] = arguments if isinstance(arguments, dict) else {}
    lines = mock.splitlines()
    rules = [_rule(line) for line in lines]
    for rule in rules:
        if rule and _fits(rule[0], values):
            return _filled(rule[1], values)
    return _filled("\n".join(line for line, rule in zip(lines, rules, strict=True) if not rule).strip(), values)


def _rule(line: str) -> tuple[str, str] | None:
    """Split a line at its arrow, which must follow an equals sign; `None` if it is not a rule."""
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
