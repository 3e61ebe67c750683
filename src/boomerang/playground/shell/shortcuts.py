"""Keyboard shortcuts and their list. Each key presses a button that names it; Streamlit itself handles Enter and Esc."""

from __future__ import annotations

from typing import Any

import streamlit as st

from boomerang.playground.ui import html_tables
from boomerang.workbench.i18n.translate import N_, _

KEYS = {
    "Ctrl / ⌘ + Enter": N_("Run (all panes of a comparison)"),
    "Esc": N_("Stop, or close a dialog"),
    "Alt + R": N_("Resend the last request"),
    "Alt + C": N_("Show plugin code"),
    "?": N_("Show this list"),
    "Tab, Enter": N_("Move through fields and buttons; follow menu links"),
}
"""Key → its action."""
PRESSES = {"Alt+KeyR": "-repeat", "Alt+KeyC": "-code", "?": "st-key-keys"}
"""Key → suffix of the button's class. By physical key, because the letter that Alt produces differs."""

# Keys typed into a field are text, not shortcuts; Streamlit's own shortcuts use neither R, C nor a question mark.
_JS = """
export default function ({ data }) {
  const typing = (target) => target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName)
  const press = (event) => {
    if (event.ctrlKey || event.metaKey || event.isComposing) return
    const name = event.altKey ? "Alt+" + event.code : event.key
    const end = data.presses[name]
    if (!end || (!event.altKey && typing(event.target))) return
    const button = document.querySelector(`[class$="${end}"] button, [class*="${end} "] button`)
    if (!button || button.disabled) return
    event.preventDefault()
    button.click()
  }
  document.addEventListener("keydown", press)
  return () => document.removeEventListener("keydown", press)
}
"""


def draw() -> None:
    """Draw the button that opens the list, for the sidebar, and listen for the keys."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        if st.button(f"{_('Keyboard shortcuts')} :gray[?]", icon=":material/keyboard:", key="keys", type="tertiary"):
            _sheet()
        on = st.toggle(
            _("Enable shortcuts"),
            key="keys.on",
            value=True,
            persist_state="session",
            help=_("Turn off Alt + R, Alt + C and ? if your screen reader needs them."),
        )
    component: Any = st.components.v2.component("keys", html="<i hidden></i>", js=_JS)
    component(data={"presses": PRESSES if on else {}}, key="keys-listener", height=0)


def _sheet() -> None:
    @st.dialog(_("Keyboard shortcuts"))
    def sheet() -> None:
        html_tables.table((_("Key"), _("Action")), ((key, _(action)) for key, action in KEYS.items()))

    sheet()
