"""The row of actions directly under a result: copy it, download it, resend the call, show its code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from boomerang.playground.inspector import tabs
from boomerang.playground.session import preferences
from boomerang.playground.ui import copy_button
from boomerang.playground.ui.escape import plain
from boomerang.workbench.i18n.translate import _

from .pane import Pane


@dataclass(frozen=True, slots=True)
class Download:
    """A file that a result can be saved as."""

    label: str
    data: str | bytes | Callable[[], str | bytes]
    """The content; a function is called when the button is pressed."""
    file: str
    mime: str | None = None
    help: str | None = None
    disabled: bool = False


def draw(pane: Pane, *, copy: str = "", downloads: Sequence[Download] = (), more: Callable[[], None] | None = None) -> None:
    """Draw the row; a view calls it once, below what the actions are about.

    Args:
        pane: The pane of the result.
        copy: Text of the Copy button; without it there is none.
        downloads: Files to offer.
        more: Draws the view's own buttons, after Copy.
    """
    pane.has_actions = True
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key=f"actions-{pane.key('row')}".replace(".", "-")
    ):
        if copy:
            copy_button.draw(copy, pane.key("copy"))
        if more is not None:
            more()
        for download in downloads:
            _download(pane, download)
        if not pane.narrow:  # a comparison has one form and one Run for all panes
            _resend_and_code(pane)


def draw_missing(pane: Pane) -> None:
    """Draw the row of an ended run whose view has drawn none, such as a failed one; nothing before the first run."""
    if pane.shown is not None and not pane.has_actions and not pane.narrow:
        draw(pane)


def _download(pane: Pane, download: Download) -> None:
    st.download_button(
        download.label,
        download.data,
        file_name=download.file,
        mime=download.mime,
        icon=":material/download:",
        on_click="ignore",
        type="tertiary",
        disabled=download.disabled,
        help=download.help,
        key=pane.key(f"download.{download.file.rpartition('.')[2]}"),
    )


def _resend_and_code(pane: Pane) -> None:
    job = pane.shown

    def repeat() -> None:
        pane.state.repeat = job

    def show_code() -> None:
        tabs.open_code(pane.key("inspector"))

    st.button(
        _("Resend"),
        icon=":material/repeat:",
        key=pane.key("repeat"),
        on_click=repeat,
        type="tertiary",
        disabled=pane.ran_on is None,
        help=_about_repeating(pane),
    )
    if preferences.expert():
        st.button(
            _("Code"),
            icon=":material/code:",
            key=pane.key("code"),
            on_click=show_code,
            type="tertiary",
            help=f"{_('This call as plugin code, ready to copy.')} Alt + C",
        )


def _about_repeating(pane: Pane) -> str:
    if pane.ran_on is None:
        gone = _("Connection {name}, used for this call, no longer exists.")
        return gone.format(name=plain(pane.origin.connection))
    there = _("Resends the same request to connection {name}, regardless of the form's current values.")
    return f"{there.format(name=plain(pane.origin.connection))} Alt + R"
