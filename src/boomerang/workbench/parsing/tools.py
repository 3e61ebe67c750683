"""Parse tools from JSON, as OpenAI's API takes them, or from Python functions. Nothing is executed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from boomerang.workbench.i18n.translate import _

from . import python_functions
from .json_text import JsonFault, parse

Tool = dict[str, Any]
"""`name`, `description`, and `parameters`, a JSON schema."""

NO_PARAMETERS: dict[str, Any] = {"type": "object", "properties": {}}


class ToolFault(ValueError):
    """The text contains no tools; the message says why."""


def read(text: str) -> list[Tool]:
    """Parse tools from a pasted text.

    Args:
        text: JSON: a list of tools or a single tool, in OpenAI's wrapper, without it, or in Anthropic's form (`input_schema`);
            or a whole request with `tools`. Or Python: one or more functions, with or without bodies.

    Raises:
        ToolFault: The text is neither; the message says why.
    """
    stripped = text.lstrip("\ufeff").strip()
    if not stripped:
        raise ToolFault(_("paste something"))
    if stripped[0] in "[{":
        value = parse(stripped, list if stripped[0] == "[" else dict)
        if isinstance(value, JsonFault):
            raise ToolFault(str(value))
        return [_tool(item, number) for number, item in enumerate(_items(value), 1)]
    try:
        return python_functions.tools(stripped)
    except python_functions.SignatureFault as fault:
        raise ToolFault(str(fault)) from fault


def written(tools: Iterable[Tool]) -> str:
    """Return tools as JSON for a file, as OpenAI's API takes them."""
    names = ("name", "description", "parameters")
    listed = [{"type": "function", "function": {name: tool[name] for name in names}} for tool in tools]
    return json.dumps(listed, indent=2, ensure_ascii=False)


def _items(value: Any) -> list[Any]:
    if isinstance(value, dict) and isinstance(value.get("tools"), list):
        value = value["tools"]
    items = value if isinstance(value, list) else [value]
    if not items:
        raise ToolFault(_("the list is empty"))
    return items


def _tool(item: Any, number: int) -> Tool:
    function = item.get("function", item) if isinstance(item, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str) or not function["name"].strip():
        raise ToolFault(_("tool {number} has no name").format(number=number))
    parameters = function.get("parameters", function.get("input_schema")) or NO_PARAMETERS
    if not isinstance(parameters, dict):
        template = _("tool {number}, {name}: parameters are not a JSON schema")
        raise ToolFault(template.format(number=number, name=function["name"]))
    return {"name": function["name"], "description": str(function.get("description") or ""), "parameters": parameters}
