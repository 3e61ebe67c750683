"""Prompt and grammar for a model that writes tool calls as text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from boomerang.invoker.entities.message import PromptMessageTool, ToolCall

MOST_CALLS = 8
"""Maximum calls in one answer, and in the steps of one question."""

_OPEN = {"additionalProperties", "unevaluatedProperties", "patternProperties", "anyOf", "oneOf", "if", "$ref"}
"""A schema with one of these says more about its properties, so it stays unchanged."""

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
    """Return the prompt that lists the tools and explains how to call them."""
    return _PROMPT.format(tools="\n".join(f"- {tool.description} {_signature(tool)}" for tool in tools))


def grammar(tools: Sequence[PromptMessageTool]) -> str:
    """Return the grammar of one call: the tools' names, with arguments that follow the tool's schema.

    The grammar engine ignores schema keywords that it does not know. If it cannot use a schema at all, it silently lets the
    model write freely, which the parser of calls copes with.
    """
    calls = " | ".join(f"%json {json.dumps(_call_schema(tool))}" for tool in tools)
    return f"%llguidance {{}}\nstart: {calls}\n"


def as_text(calls: Sequence[ToolCall]) -> str:
    """Write calls as the model writes them."""
    return "\n".join(
        f'{{"name": {json.dumps(call.function.name)}, "arguments": {call.function.arguments or "{}"}}}' for call in calls
    )


def arguments_schema(tool: PromptMessageTool) -> dict[str, Any]:
    """Return the schema of a tool's arguments, which are always an object."""
    return {"type": "object", "properties": {}, **tool.parameters}


def _call_schema(tool: PromptMessageTool) -> dict[str, Any]:
    return {
        # One way to write each value: a small model that may put whitespace anywhere sometimes never stops doing so.
        "x-guidance": {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": ", "lenient": True},
        "type": "object",
        "properties": {"name": {"const": tool.name}, "arguments": closed(arguments_schema(tool))},
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }


def closed(schema: Any) -> Any:
    """Forbid properties that a schema does not name, unless it mentions additional ones.

    JSON schema allows them, and so would the grammar; a small model then turns words of its prompt into properties, without
    end. Schemas composed with `allOf` stay unchanged, since each part would forbid the properties of the others.
    """
    if not isinstance(schema, dict) or "allOf" in schema:
        return schema
    answer = {
        key: {name: closed(rule) for name, rule in value.items()}
        if key in ("properties", "$defs", "definitions") and isinstance(value, dict)
        else [closed(rule) for rule in value]
        if key in ("anyOf", "oneOf") and isinstance(value, list) and "properties" not in schema
        else closed(value)
        if key == "items"
        else value
        for key, value in schema.items()
    }
    if "properties" in schema and not schema.keys() & _OPEN:
        answer["additionalProperties"] = False
    return answer


def _signature(tool: PromptMessageTool) -> str:
    """Return a call as a template. Given a parameter list like a function's, small models mix it up with the descriptions."""
    schema = arguments_schema(tool)
    required = schema.get("required") or ()
    properties = schema["properties"] if isinstance(schema["properties"], dict) else {}
    optional = {name: "" if name in required else " (optional)" for name in properties}
    fields = [f"{json.dumps(name)}: {_kind(rule)}{optional[name]}" for name, rule in properties.items()]
    return f'{{"name": {json.dumps(tool.name)}, "arguments": {{{", ".join(fields)}}}}}'


def _kind(rule: Any) -> str:
    if not isinstance(rule, dict):
        return "<any>"
    choices = rule.get("enum")
    if isinstance(choices, list):
        return " or ".join(json.dumps(choice, ensure_ascii=False) for choice in choices)
    kind = rule.get("type", "any")
    kind = kind if isinstance(kind, str) else json.dumps(kind)
    description = rule.get("description")
    return f"<{kind}: {description.rstrip('.')}>" if isinstance(description, str) and description else f"<{kind}>"
