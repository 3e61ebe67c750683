"""Add, import and export tools of the tool editor."""

from __future__ import annotations

import streamlit as st

from boomerang.playground.forms.fields import field_fault
from boomerang.playground.run.pane import Pane
from boomerang.workbench.i18n.translate import _, ngettext
from boomerang.workbench.parsing import tools as tool_import

from .tool_library import LibraryTool, ToolLibrary, new_tool


def draw(page: Pane, known_tools: list[LibraryTool]) -> None:
    """Draw the buttons that add, import and export tools."""
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


def _import(page: Pane, known_tools: list[LibraryTool]) -> None:
    """Add the pasted tools; one with an existing name replaces that tool and keeps its mock."""
    library = page.state.kept(ToolLibrary)
    try:
        imported = tool_import.read(str(st.session_state.get(page.key("tools.paste")) or ""))
    except tool_import.ToolFault as fault:
        library.fault = str(fault)
        return
    library.fault, library.added = None, len(imported)
    for tool in imported:
        known = next((index for index, there in enumerate(known_tools) if there["name"] == tool["name"]), None)
        if known is None:
            known_tools.append(new_tool(**tool))
        else:
            known_tools[known] = new_tool(**tool, mock=str(known_tools[known]["mock"]))
    st.session_state[page.key("tools.paste")] = ""
    st.session_state[page.key("tools.on")] = True
