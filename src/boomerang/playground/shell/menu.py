"""The menu of pages. A page that runs is marked, and one whose run has ended since the visitor left it."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.scriptrunner import get_script_run_ctx

from boomerang.invoker.request import InvokeType
from boomerang.playground.run import run_status
from boomerang.playground.session import page_state
from boomerang.workbench.i18n.translate import _

from .navigation import CONNECTIONS, MENU, START, Entry


def draw() -> StreamlitPage:
    """Draw the menu; return the open page."""
    sections = {"": [START.page()]} | {
        _(name): [_page_with_state(entry) for entry in entries] for name, entries in MENU.items()
    }
    sections[_("Setup")] = [CONNECTIONS.page()]
    return st.navigation(sections, position="sidebar", expanded=True)


def news(invoke_type: InvokeType) -> str:
    """Return the state of a page's run if it runs, or has ended since its result was last drawn; else an empty text."""
    state = page_state.visited(invoke_type)
    if state is None:
        return ""
    if any(part.job is not None and part.job.running for part in (state, *state.parts.values())):
        return _("running")
    if state.job is None or state.job.id == state.seen:
        return ""
    return _(run_status.ENDED[run_status.name(state.job)])


def _page_with_state(entry: Entry) -> StreamlitPage:
    page = entry.page()
    state = news(entry.invoke_type) if entry.invoke_type is not None else ""
    context = get_script_run_ctx()
    # The open page shows its state itself, and a run ends there without a redraw of the menu.
    is_open = context is not None and context.page_script_hash == page._script_hash
    return entry.page(state) if state and not is_open else page
