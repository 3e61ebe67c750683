"""Editor for the tools offered to a model: definitions, mock results, import and export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from boomerang.invoker.entities.message import ToolCall
from boomerang.playground.forms.fields import field_fault
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui import expander, html_tables
from boomerang.playground.ui.escape import plain
from boomerang.workbench.conversations import mock_tool_results
from boomerang.workbench.i18n.translate import _, ngettext
from boomerang.workbench.parsing.json_text import pretty

from . import tools_import
from .tool_library import (
    FIELDS,
    INVALID,
    LibraryTool,
    ToolLibrary,
    are_tools,
    definition,
    restored,
    sample_tools,
    take_parameters,
)

SWITCHES = {"on": False, "auto": False, "rounds": 3}
"""Fields beside the tools, with their initial values."""
MOST_ROUNDS = 10


def tools(page: Pane, *, shown: bool = True) -> list[dict[str, Any]] | None:
    """Draw the tool editor; return the offered tools, or `None` if there are none.

    Args:
        page: The page.
        shown: Whether to draw it; otherwise the tools stay part of the form, but are not offered.
    """
    library = page.state.kept(ToolLibrary)
    linked = page.take("tools", [])
    if linked is not None:
        library.tools = [tool for item in linked if (tool := restored(item))]
    known_tools = library.tools
    keys = {name: page.hold(f"tools.{name}", default) for name, default in SWITCHES.items()}
    offered = shown and bool(st.session_state[keys["on"]])
    faults = [_update(page, tool) for tool in known_tools]
    if shown:
        expanders = page.state.kept(expander.Expanders)
        with expander.draw(expanders, page.key("tools.open"), _("Tools"), _state(known_tools, faults, offered)) as unfolded:
            if unfolded.open:
                _draw(page, known_tools, faults, keys)
    page.put("tools", [definition(tool) for tool in known_tools], [definition(tool) for tool in sample_tools()], are_tools)
    if not offered:
        return None
    for fault in filter(None, faults):
        page.require(False, fault)
        page.require(False, _("fix the tools"))
    valid = [tool for tool, fault in zip(known_tools, faults, strict=True) if not fault]
    page.require(all(tool["name"].strip() for tool in valid), _("enter a name for every tool"))
    return [{key: tool[key] for key in FIELDS} for tool in valid]


def _state(known_tools: Sequence[LibraryTool], faults: Sequence[str], offered: bool) -> str:
    if not offered:
        return _("off")
    count = len(known_tools)
    sent = ngettext("{count} sent", "{count} sent", count).format(count=count)
    wrong = [plain(tool["name"] or _("the tool")) for tool, fault in zip(known_tools, faults, strict=True) if fault]
    return f"{sent} · {_('check: {names}').format(names=', '.join(wrong))}" if wrong else sent


def _draw(page: Pane, known_tools: list[LibraryTool], faults: Sequence[str], keys: Mapping[str, str]) -> None:
    st.toggle(
        _("Send tools"),
        key=keys["on"],
        persist_state="session",
        help=_("Sent as `tools`. Only models with the tool-call feature use them."),
    )
    _rounds(keys)
    for tool, fault in zip(tuple(known_tools), faults, strict=True):
        _tool(page, known_tools, tool, fault)
    tools_import.draw(page, known_tools)


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


def _update(page: Pane, tool: LibraryTool) -> str:
    """Take what was typed into a tool's fields, also while they are not drawn; return the error in its parameters, if any."""
    for name in ("name", "description", "mock"):
        tool[name] = str(st.session_state.get(_key(page, tool, name), tool[name]) or "")
    unchanged = tool[INVALID] if INVALID in tool else pretty(tool["parameters"])
    fault = take_parameters(tool, str(st.session_state.get(_key(page, tool, "parameters"), unchanged) or ""))
    name = tool["name"] or _("the tool")
    return _("Parameters of {name}: {fault}").format(name=name, fault=fault) if fault else ""


def _key(page: Pane, tool: LibraryTool, name: str) -> str:
    return page.key(f"tool.{tool['id']}.{name}")


def _tool(page: Pane, known_tools: list[LibraryTool], tool: LibraryTool, fault: str) -> None:
    keys = {name: _key(page, tool, name) for name in ("name", "description", "mock", "parameters", "remove")}
    for name in ("name", "description", "mock"):
        st.session_state.setdefault(keys[name], tool[name])
    st.session_state.setdefault(keys["parameters"], tool[INVALID] if INVALID in tool else pretty(tool["parameters"]))
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input(_("Name"), key=keys["name"], persist_state="session")
            remove = _("Remove tool")
            with html_tables.icons(keys["remove"]):
                st.button(
                    remove, icon=":material/delete:", key=keys["remove"], help=remove, type="tertiary",
                    on_click=known_tools.remove, args=(tool,),
                )  # fmt: skip
        st.text_input(_("Description"), key=keys["description"], persist_state="session")
        st.text_area(_("Parameters (JSON schema)"), key=keys["parameters"], height=150, persist_state="session")
        st.text_area(
            _("Mock result"),
            key=keys["mock"],
            height="content",
            persist_state="session",
            help=_("Returned when the model calls this tool; never sent before. A line such as `city = Oslo -> 18 "
"°C` applies only to calls with that argument. `{city}` inserts the argument's value."),
        )  # fmt: skip
        if fault:
            field_fault(None, fault)
