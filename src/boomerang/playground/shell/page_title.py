"""The browser's title of a page: its name, and the state of its runs, readable in a tab that is not open."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from boomerang.playground.run import run_status
from boomerang.playground.run.pane import Pane
from boomerang.workbench.i18n.translate import N_, _

APP = "Boomerang"
STATES = {"running": N_("running"), "stopping": N_("running")} | dict(reversed(run_status.ENDED.items()))
"""State of a job → its name in a title. Of several panes, the first state in this order counts."""


def draw(title: str, panes: Sequence[Pane] = ()) -> None:
    """Set the browser's title; it can be set again in each script run, in a fragment too.

    Args:
        title: The page's name.
        panes: The panes whose runs are named.
    """
    st.set_page_config(page_title=text(title, [run_status.name(pane.shown) for pane in panes]))


def text(title: str, states: Sequence[str] = ()) -> str:
    """Return the title of a page with runs in these states."""
    state = next((_(name) for state, name in STATES.items() if state in states), "")
    return f"{' · '.join(filter(None, (title, state)))} – {APP}"
