"""The tools of a page: definitions with mock results, as the editor and the URL have them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from boomerang.invoker.llm_text.json_schema import schema_fault
from boomerang.playground.session.page_state import FormState
from boomerang.workbench.parsing.json_text import JsonFault, parse
from boomerang.workbench.samples.inputs import TOOLS

FIELDS = ("name", "description", "parameters")
INVALID = "invalid"
"""Key of a tool's parameters as typed, while they are not a JSON schema."""
LibraryTool = dict[str, Any]
"""A tool in the editor: the fields to send, its mock, and an id for its widgets."""


def sample_tools() -> list[LibraryTool]:
    """Return the sample tools, with new ids."""
    return [new_tool(**tool) for tool in TOOLS]


@dataclass(slots=True)
class ToolLibrary(FormState):
    """The tools of a page, initially the samples."""

    tools: list[LibraryTool] = field(default_factory=sample_tools)
    fault: str | None = None
    """Error of the last import."""
    added: int = 0
    """Number of tools added by the last import, until it is shown."""

    def reset(self) -> None:
        """Restore the sample tools."""
        self.tools = sample_tools()


def new_tool(name: str = "", description: str = "", parameters: dict[str, Any] | None = None, mock: str = "") -> LibraryTool:
    """Create a tool for the editor."""
    schema = parameters or {"type": "object", "properties": {}}
    return {"id": uuid.uuid4().hex[:8], "name": name, "description": description, "parameters": schema, "mock": mock}


def definition(tool: LibraryTool) -> dict[str, Any]:
    """Return a tool for the URL: without its id, and with its parameters as typed if they are invalid."""
    return {key: tool[key] for key in (*FIELDS, "mock")} | ({"parameters": tool[INVALID]} if INVALID in tool else {})


def restored(item: Any) -> LibraryTool | None:
    """Return the tool that `_definition` wrote to the URL; `None` if it is something else."""
    if not isinstance(item, dict):
        return None
    texts, parameters = {name: item.get(name, "") for name in ("name", "description", "mock")}, item.get("parameters", {})
    if not all(isinstance(text, str) for text in texts.values()) or not isinstance(parameters, dict | str):
        return None
    if isinstance(parameters, str):
        return new_tool(**texts) | {INVALID: parameters}
    return new_tool(**texts, parameters=parameters)


def are_tools(items: list[Any]) -> bool:
    """Return whether all items are tools as in the URL."""
    return all(restored(item) for item in items)


def take_parameters(tool: LibraryTool, text: str) -> str | None:
    """Parse and store a tool's parameters; return the error, if any."""
    tool[INVALID] = text
    value = parse(text, dict)
    if isinstance(value, JsonFault):
        return str(value)
    if wrong := schema_fault(value):
        return str(wrong)
    tool["parameters"] = value
    del tool[INVALID]
    return None
