"""Editor for the tools offered to a model: definitions, mock results, import and export."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from boomerang.invoker.entities.message import ToolCall
from boomerang.invoker.llm_text.json_schema import schema_fault
from boomerang.playground.forms.fields import field_fault
from boomerang.playground.run.pane import Pane
from boomerang.playground.session.page_state import FormState
from boomerang.playground.ui import html_tables
from boomerang.workbench.conversations import mock_tool_results
from boomerang.workbench.i18n.translate import _, ngettext
from boomerang.workbench.parsing import tools as tool_import
from boomerang.workbench.parsing.json_text import JsonFault, parse, pretty
from boomerang.workbench.samples.inputs import TOOLS

FIELDS = ("name", "description", "parameters")
INVALID = "invalid"
"""Key of a tool's parameters as typed, while they are not a JSON schema."""
SWITCHES = {"on": False, "auto": False, "rounds": 3}
"""Fields beside the tools, with their initial values."""
MOST_ROUNDS = 10
LibraryTool = dict[str, Any]
"""A tool in the editor: the fields to send, its mock, and an id for its widgets."""


def _sample_tools() -> list[LibraryTool]:
    return [new_tool(**tool) for tool in TOOLS]


@dataclass(slots=True)
class ToolLibrary(FormState):
    """The tools of a page, initially the samples."""

    tools: list[LibraryTool] = field(default_factory=_sample_tools)
    fault: str | None = None
    """Error of the last import."""
    added: int = 0
    """Number of tools added by the last import, until it is shown."""

    def reset(self) -> None:
        """Restore the sample tools."""
        self.tools = _sample_tools()


def tools(page: Pane, *, shown: bool = True) -> list[dict[str, Any]] | None:
    """Draw the tool editor; return the offered tools, or `None` if there are none.

    Args:
        page: The page.
        shown: Whether to draw it; otherwise the tools stay part of the form, but are not offered.
    """
    library = page.state.kept(ToolLibrary)
    linked = page.take("tools", [])
    if linked is not None:
        library.tools = [tool for item in linked if (tool := _restored(item))]
    known_tools = library.tools
    keys = {name: page.hold(f"tools.{name}", default) for name, default in SWITCHES.items()}
    offered, drawn = False, list[LibraryTool | None]()
    if shown:
        with st.expander(_("Tools"), icon=":material/build:"):
            offered = st.toggle(
                _("Send tools"),
                key=keys["on"],
                persist_state="session",
                help=_("Sent as `tools`. Only models with the tool-call feature use them."),
            )
            _rounds(keys)
            drawn = [_tool(page, known_tools, tool, bool(offered)) for tool in tuple(known_tools)]
            _library(page, known_tools)
    page.put("tools", [_definition(tool) for tool in known_tools], [_definition(tool) for tool in _sample_tools()], _are_tools)
    if not offered:
        return None
    for tool in drawn:
        page.require(tool is not None, _("fix the tools"))
        page.require(tool is None or tool["name"].strip(), _("enter a name for every tool"))
    return [{key: tool[key] for key in FIELDS} for tool in drawn if tool]


def new_tool(name: str = "", description: str = "", parameters: dict[str, Any] | None = None, mock: str = "") -> LibraryTool:
    """Create a tool for the editor."""
    schema = parameters or {"type": "object", "properties": {}}
    return {"id": uuid.uuid4().hex[:8], "name": name, "description": description, "parameters": schema, "mock": mock}


def _definition(tool: LibraryTool) -> dict[str, Any]:
    """Return a tool for the URL: without its id, and with its parameters as typed if they are invalid."""
    return {key: tool[key] for key in (*FIELDS, "mock")} | ({"parameters": tool[INVALID]} if INVALID in tool else {})


def _restored(item: Any) -> LibraryTool | None:
    """Return the tool that `_definition` wrote to the URL; `None` if it is something else."""
    if not isinstance(item, dict):
        return None
    texts, parameters = {name: item.get(name, "") for name in ("name", "description", "mock")}, item.get("parameters", {})
    if not all(isinstance(text, str) for text in texts.values()) or not isinstance(parameters, dict | str):
        return None
    if isinstance(parameters, str):
        return new_tool(**texts) | {INVALID: parameters}
    return new_tool(**texts, parameters=parameters)


def _are_tools(items: list[Any]) -> bool:
    return all(_restored(item) for item in items)


def mock_result(known_tools: Sequence[LibraryTool], name: str, arguments: Any) -> str:
    """Return a tool's mock result for a call; empty if the tool does not exist."""
    mock = next((str(tool.get("mock", "")) for tool in known_tools if tool.get("name") == name), "")
    return mock_tool_results.result(mock, arguments)


def with_ids(calls: Sequence[ToolCall]) -> list[ToolCall]:
    """Return the calls with unique ids: a result is matched to its call only by id."""
    taken = {call.id for call in calls}
    seen: set[str] = set()
    calls_with_ids = []
    for number, call in enumerate(calls, 1):
        if not call.id or call.id in seen:
            own = next(name for name in (f"call_{n}" for n in range(number, number + len(calls) + 1)) if name not in taken)
            taken.add(own)
            call = call.model_copy(update={"id": own})
        seen.add(call.id)
        calls_with_ids.append(call)
    return calls_with_ids


def automatic_rounds(page: Pane) -> int:
    """Return how many rounds of tool calls are answered with mocks automatically; 0 if none."""
    if not st.session_state.get(page.key("tools.auto")):
        return 0
    return int(st.session_state.get(page.key("tools.rounds")) or 0)


def _rounds(keys: Mapping[str, str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        automatic = st.toggle(
            _("Auto-reply with mock results"),
            key=keys["auto"],
            persist_state="session",
            help=_(
                "Answers each call at once and continues until the model makes no more tool calls or the round "
                "limit is reached."
            ),
        )
        if automatic:
            st.number_input(
                _("Max rounds"),
                min_value=1,
                max_value=MOST_ROUNDS,
                key=keys["rounds"],
                persist_state="session",
                width=130,
            )


def _library(page: Pane, known_tools: list[LibraryTool]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            _("Add tool"), icon=":material/add:", key=page.key("tools.add"), on_click=lambda: known_tools.append(new_tool())
        )
        with st.popover(_("Import"), icon=":material/content_paste:"):
            st.text_area(
                _("Tools as JSON, or Python functions"),
                key=page.key("tools.paste"),
                height=220,
                persist_state="session",
                placeholder='def get_weather(city: str, unit: Literal["C", "F"] = "C") -> str',
                help=_("A list in OpenAI format, or `def` lines with types and docstrings. Nothing is executed."),
            )
            st.button(_("Add these tools"), key=page.key("tools.import"), on_click=_import, args=(page, known_tools))
            if fault := page.state.kept(ToolLibrary).fault:
                field_fault(None, fault)
        st.download_button(
            _("Export"), data=lambda: tool_import.written(known_tools), file_name="tools.json", mime="application/json",
            icon=":material/download:", on_click="ignore", key=page.key("tools.export"), type="tertiary",
            help=_("All tools in OpenAI format. You can import the file again."),
        )  # fmt: skip
        library = page.state.kept(ToolLibrary)
        added, library.added = library.added, 0
        if added:
            st.caption(ngettext("{count} tool added", "{count} tools added", added).format(count=added))


def _import(page: Pane, known_tools_tools: list[LibraryTool]) -> None:
    """Add the pasted tools; one with an existing name replaces that tool and keeps its mock."""
    library = page.state.kept(ToolLibrary)
    try:
        imported = tool_import.read(str(st.session_state.get(page.key("tools.paste")) or ""))
    except tool_import.ToolFault as fault:
        library.fault = str(fault)
        return
    library.fault, library.added = None, len(imported)
    for tool in imported:
        known = next((index for index, there in enumerate(known_tools_tools) if there["name"] == tool["name"]), None)
        if known is None:
            known_tools_tools.append(new_tool(**tool))
        else:
            known_tools_tools[known] = new_tool(**tool, mock=str(known_tools_tools[known]["mock"]))
    st.session_state[page.key("tools.paste")] = ""
    st.session_state[page.key("tools.on")] = True


def _tool(page: Pane, known_tools: list[LibraryTool], tool: LibraryTool, offered: bool) -> LibraryTool | None:
    with st.container(border=True):
        fields = ("name", "description", "mock", "parameters", "remove")
        keys = {name: page.key(f"tool.{tool['id']}.{name}") for name in fields}
        for name in ("name", "description", "mock"):
            st.session_state.setdefault(keys[name], tool[name])
        st.session_state.setdefault(keys["parameters"], tool[INVALID] if INVALID in tool else pretty(tool["parameters"]))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            tool["name"] = st.text_input(_("Name"), key=keys["name"], persist_state="session") or ""
            name = _("Remove tool")
            with html_tables.icons(keys["remove"]):
                st.button(
                    name, icon=":material/delete:", key=keys["remove"], help=name, type="tertiary",
                    on_click=known_tools.remove, args=(tool,),
                )  # fmt: skip
        tool["description"] = st.text_input(_("Description"), key=keys["description"], persist_state="session") or ""
        text = st.text_area(_("Parameters (JSON schema)"), key=keys["parameters"], height=150, persist_state="session")
        mock = st.text_area(
            _("Mock result"),
            key=keys["mock"],
            height="content",
            persist_state="session",
            help=_("Returned when the model calls this tool; never sent before. A line such as `city = Oslo -> 18 "
"°C` applies only to calls with that argument. `{city}` inserts the argument's value."),
        )  # fmt: skip
        tool["mock"] = str(mock or "")
        fault = _take_parameters(tool, str(text or ""))
        if fault:
            name = tool["name"] or _("the tool")
            field_fault(page if offered else None, _("Parameters of {name}: {fault}").format(name=name, fault=fault))
            return None
        return tool


def _take_parameters(tool: LibraryTool, text: str) -> str | None:
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
