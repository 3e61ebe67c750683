"""Expanders whose label says the state of what they contain, and whose content is drawn only while they are open.

They have no icon: it would hide the chevron (Streamlit 1.67).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer


@dataclass(slots=True)
class Expanders:
    """The expanders of a page or a pane for one visitor, by key."""

    states: dict[str, str] = field(default_factory=dict)
    """The state in each label."""
    labels: dict[str, str] = field(default_factory=dict)
    open: dict[str, bool] = field(default_factory=dict)
    """Whether each was open when it was last drawn; Streamlit forgets it while another page is open."""


def draw(expanders: Expanders, key: str, title: str, state: str = "", *, expanded: bool = False) -> ExpanderContainer:
    """Draw an expander; draw its content only if its `open` is true.

    Args:
        expanders: The expanders of the page.
        key: Unique on the page.
        title: Beginning of the label; escaped.
        state: State of the content for the label; escaped. It changes only while the expander is closed.
        expanded: Whether it is open at first.
    """
    is_open = bool(st.session_state.get(key, expanders.open.get(key, expanded)))
    # Streamlit 1.67 draws an expander with another label as a new one, in spite of its key: it would close, and a field in it
    # would lose the focus.
    shown = expanders.states.get(key, state) if is_open else state
    label = f"{title} · {shown}" if shown else title
    if key not in st.session_state or label != expanders.labels.get(key):
        st.session_state[key] = is_open
    expanders.states[key], expanders.labels[key], expanders.open[key] = shown, label, is_open
    return st.expander(label, key=key, expanded=expanded, on_change="rerun")
