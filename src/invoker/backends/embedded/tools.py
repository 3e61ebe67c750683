"""Tools for a model that writes calls as text: how it is told of them, and the grammar that holds it to them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ...entities.message import PromptMessageTool, ToolCall

MOST_CALLS = 8
"""Calls in one answer."""

_PROMPT = """You can call these tools:
{tools}

To call one, write one JSON object on a line of its own, and no other words:
{{"name": "<tool>", "arguments": {{<its arguments>}}}}
If the question has several parts that need tools, write one such line for each part, one below the other:
{{"name": "<tool>", "arguments": {{<its arguments>}}}}
{{"name": "<another tool>", "arguments": {{<its arguments>}}}}
Call only tools of this list, and only if the question needs them. If no tool fits, do not write JSON: answer in plain words.

To questions of general knowledge, for stories, poems, jokes and explanations: answer in plain words."""


def prompt(tools: Sequence[PromptMessageTool]) -> str:
    """Tell the model which tools there are and how to call them."""
    return _PROMPT.format(tools="\n".join(f"- {_signature(tool)}: {tool.description}" for tool in tools))


def grammar(tools: Sequence[PromptMessageTool]) -> str:
    """Give the grammar of one or more calls, each on a line: only these names, arguments by each tool's schema.

    What the grammar engine does not know of JSON schema it passes over. Where it cannot use a schema at all it says nothing and
    lets the model write freely: the reader below copes with that.
    """
    calls = " | ".join(f"%json {json.dumps(_call_schema(tool))}" for tool in tools)
    return f'%llguidance {{}}\nstart: call ("\\n" call){{0,{MOST_CALLS - 1}}}\ncall: {calls}\n'


def as_text(calls: Sequence[ToolCall]) -> str:
    """Write calls as the model writes them."""
    return "\n".join(
        f'{{"name": {json.dumps(call.function.name)}, "arguments": {call.function.arguments or "{}"}}}' for call in calls
    )


def arguments_schema(tool: PromptMessageTool) -> dict[str, Any]:
    """Give the schema of a tool's arguments, which are always an object."""
    return {"type": "object", "properties": {}, **tool.parameters}


def _call_schema(tool: PromptMessageTool) -> dict[str, Any]:
    return {
        # One way to write each value: a small model that may put space anywhere sometimes never stops doing so.
        "x-guidance": {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": ", "lenient": True},
        "type": "object",
        "properties": {"name": {"const": tool.name}, "arguments": arguments_schema(tool)},
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }


def _signature(tool: PromptMessageTool) -> str:
    schema = arguments_schema(tool)
    required = schema.get("required") or ()
    properties = schema["properties"] if isinstance(schema["properties"], dict) else {}
    words = [f"{name}: {_kind(rule)}{'' if name in required else ' (optional)'}" for name, rule in properties.items()]
    return f"{tool.name}({', '.join(words)})"


def _kind(rule: Any) -> str:
    if not isinstance(rule, dict):
        return "any"
    choices = rule.get("enum")
    kind = " or ".join(json.dumps(choice) for choice in choices) if isinstance(choices, list) else rule.get("type", "any")
    kind = kind if isinstance(kind, str) else json.dumps(kind)
    description = rule.get("description")
    return f"{kind}, {description}" if isinstance(description, str) and description else kind
