"""The start page's board: the eight calls, the model that answers each, and where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from invoker import ListedModel, ModelState

from . import resources, state, status
from .menu import MENU, Entry

ROOT = Path(__file__).resolve().parents[2]
STATES = {
    ModelState.AVAILABLE: ("Ready to load", ":material/circle:", "blue"),
    ModelState.LOADING: ("Loading", ":material/progress_activity:", "blue"),
    ModelState.LOADED: ("Loaded", ":material/check_circle:", "green"),
    ModelState.UNAVAILABLE: ("Unavailable", ":material/block:", "red"),
}
RUNS = {
    "running": ("Running", ":material/progress_activity:", "blue"),
    "stopping": ("Stopping", ":material/progress_activity:", "blue"),
    "done": ("Last run: done", ":material/check_circle:", "green"),
    "empty": ("Last run: empty", ":material/indeterminate_check_box:", "orange"),
    "stopped": ("Last run: stopped", ":material/stop_circle:", "orange"),
    "failed": ("Last run: failed", ":material/error:", "red"),
}


def draw() -> None:
    """Draw a card for each call."""
    models = resources.CONNECTIONS.get(state.connection()).models()
    grid = st.grid(4, min_column_width=230, gap="small")
    for entries in MENU.values():
        for entry in entries:
            with grid.cell(), st.container(border=True, height="stretch", key=f"card-{entry.name}"):
                _card(entry, models)


def model_for(entry: Entry, models: Sequence[ListedModel]) -> ListedModel | None:
    """Give the model that answers a call at the first click: the first of its type that can be used, or else the first."""
    fitting = [model for model in models if model.model_type is entry.model_type]
    return next((model for model in fitting if model.state is not ModelState.UNAVAILABLE), fitting[0] if fitting else None)


def _card(entry: Entry, models: Sequence[ListedModel]) -> None:
    st.page_link(ROOT / "pages" / f"{entry.name}.py", label=f"**{entry.title}**", icon=entry.icon)
    st.caption(entry.about)
    model = model_for(entry, models)
    if model is None:
        st.badge("No model", icon=":material/block:", color="red")
        return
    st.markdown(f"`{model.model}`")
    label, icon, colour = STATES[model.state]
    with st.container(horizontal=True, gap="xsmall"):
        st.badge(label, icon=icon, color=colour)  # type: ignore[arg-type]
        run = status.name(state.page(entry.invoke_type).job) if entry.invoke_type else "idle"
        if run in RUNS:
            label, icon, colour = RUNS[run]
            st.badge(label, icon=icon, color=colour)  # type: ignore[arg-type]
    if model.state is ModelState.UNAVAILABLE and model.reason:
        st.text(model.reason)
