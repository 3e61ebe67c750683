"""Actions for an ended run: resend the call, show its code."""

from __future__ import annotations

import streamlit as st

from boomerang.playground.inspector import tabs
from boomerang.playground.ui.escape import plain
from boomerang.workbench.i18n.translate import _

from .pane import Pane


def draw(pane: Pane, *, expert: bool) -> None:
    """Draw the buttons under an ended run; nothing before the first one."""
    job = pane.shown
    if job is None:
        return

    def repeat() -> None:
        pane.state.repeat = job

    def show_code() -> None:
        tabs.open_code(pane.key("inspector"))

    with st.container(horizontal=True):
        st.button(
            f"{_('Resend')} :gray[Alt + R]",
            icon=":material/repeat:",
            key=pane.key("repeat"),
            on_click=repeat,
            type="tertiary",
            disabled=pane.ran_on is None,
            help=_about_repeating(pane),
        )
        if expert:
            st.button(
                f"{_('Code')} :gray[Alt + C]",
                icon=":material/code:",
                key=pane.key("code"),
                on_click=show_code,
                type="tertiary",
                help=_("This call as plugin code, ready to copy."),
            )


def _about_repeating(pane: Pane) -> str:
    gone = _("Connection {name}, used for this call, no longer exists.")
    there = _("Resends the same request to connection {name}, regardless of the form's current values.")
    return (gone if pane.ran_on is None else there).format(name=plain(pane.origin.connection))
