"""The keys, and the sheet that lists them. Each key presses a button that names it; Streamlit knows Enter and Esc by itself."""

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
"""Key → what it does."""
PRESSES = {"Alt+KeyR": "-repeat", "Alt+KeyC": "-code", "?": "st-key-keys"}
"""What is pressed → end of the class of the button. By its place on the keyboard, for what Alt makes of a letter differs."""

# A letter is typed in a field and not a key; Streamlit's own shortcuts take neither R nor C nor a question mark.
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
    """Draw the button that opens the sheet, for the sidebar, and listen for the keys."""
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
