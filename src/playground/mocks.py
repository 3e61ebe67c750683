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

_RULE = re.compile(r"^(?P<when>[^=\n]+=.*?)\s*(?:->|→)\s*(?P<then>.*)$")
_NAME = re.compile(r"\{(\w+)\}")


def result(mock: str, arguments: Any) -> str:
    """Give the result of a call.

    Args:
        mock: Rules and text, as in the module's example.
        arguments: Of the call, as its JSON says; anything but an object fits no rule.

    Returns:
        What the first rule that fits says, else the lines that are no rules, else nothing.
    """
    given: Mapping[str, Any] = arguments if isinstance(arguments, dict) else {}
    lines = mock.splitlines()
    for line in lines:
        rule = _RULE.match(line)
        if rule and _fits(rule["when"], given):
            return _filled(rule["then"], given)
    return _filled("\n".join(line for line in lines if not _RULE.match(line)).strip(), given)


def _fits(conditions: str, given: Mapping[str, Any]) -> bool:
    pairs = (condition.partition("=") for condition in conditions.split(","))
    return all(name.strip() in given and _same(given[name.strip()], wanted.strip()) for name, _, wanted in pairs)


def _same(value: Any, wanted: str) -> bool:
    return _text(value).casefold() == wanted.strip("\"'").casefold()


def _filled(text: str, given: Mapping[str, Any]) -> str:
    return _NAME.sub(lambda found: _text(given[found[1]]) if found[1] in given else found[0], text)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
