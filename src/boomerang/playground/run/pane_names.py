"""Names of panes."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from boomerang.playground.session import page_state
from boomerang.workbench.i18n.translate import _

from .pane import Pane

LETTERS = "ABCD"


def letter(pane: Pane) -> str:
    """Return a pane's letter."""
    return LETTERS[pane.number - 1]


def name(pane: Pane) -> str:
    """Return a pane's name for a chart or table: its letter, model, and connection if it is not the page's."""
    config = pane.origin.arguments.get("model_config")
    model = getattr(config, "model", None) or (config.get("model") if isinstance(config, dict) else None)
    where = pane.origin.connection or pane.connection.name
    named = f"{letter(pane)} · {model or pane.system_model or (pane.model.model if pane.model else '—')}"
    return named if where == page_state.connection() else f"{named} · {where}"


def pair(panes: Sequence[Pane]) -> tuple[Pane, Pane]:
    """Return the two panes to compare; draw a choice if there are more."""
    if len(panes) == 2:
        return panes[0], panes[1]
    by_letter = {letter(pane): pane for pane in panes}
    pairs = [f"{one}{other}" for index, one in enumerate(by_letter) for other in list(by_letter)[index + 1 :]]
    key = panes[0].key("difference.pair")
    if st.session_state.get(key) not in pairs:
        st.session_state[key] = pairs[0]
    chosen = st.segmented_control(
        _("Compare panes"), pairs, key=key, required=True, format_func=lambda both: f"{both[0]} – {both[1]}"
    )
    both = str(chosen or pairs[0])
    return by_letter[both[0]], by_letter[both[1]]
