"""Run, Stop and the status of a page's runs: in the toolbar, and on small screens at the bottom of the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from boomerang.playground.run import run_status
from boomerang.playground.run.pane import Pane
from boomerang.playground.run.readiness import Readiness
from boomerang.playground.ui.escape import plain
from boomerang.workbench.i18n.translate import _

from . import result_jump

BUTTONS = (".run", ".run.one", ".send_anyway")
"""Endings of the keys of the buttons that request runs."""


def draw(panes: Sequence[Pane], ready: Readiness, running: Sequence[Pane], *, quiet: bool) -> Callable[[], None]:
    """Draw the status and the buttons; return a function that updates the status.

    Args:
        panes: The page itself, and the further panes of a comparison.
        ready: Which of them can run.
        running: Which of them are running.
        quiet: Whether a running job is not news, because the page has just been opened.
    """
    page = panes[0]
    with st.container(key="status"):
        update = partial(run_status.together, st.empty(), [pane.job for pane in panes])
        update()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _run_and_stop(page, ready, running, several=len(panes) > 1)
        if ready.sendable and not ready.panes and not running:
            _send_anyway(page, ready)
        jobs = [pane.job.id for pane in running if pane.job is not None]
        result_jump.draw(page.key("jump"), jobs, quiet=quiet)
    return update


def _run_and_stop(page: Pane, ready: Readiness, running: Sequence[Pane], *, several: bool) -> None:
    def request_runs() -> None:
        for pane in ready.panes:
            pane.request_run()

    st.button(
        _("Run all") if several else _("Run"),
        type="primary",
        icon=":material/play_arrow:",
        shortcut="Mod+Enter",
        key=page.key("run"),
        disabled=bool(running) or not ready.panes,
        help=plain(ready.help()) or None,
        on_click=request_runs,
    )

    def stop() -> None:
        for pane in running:
            if pane.job is not None:
                pane.job.stop()

    st.button(
        _("Stop all") if several else _("Stop"),
        icon=":material/stop_circle:",
        shortcut="Escape",
        key=page.key("stop"),
        disabled=not running,
        on_click=stop,
    )


def _send_anyway(page: Pane, ready: Readiness) -> None:
    """Draw a button for a form whose missing input is all something that a server could reject itself."""

    def request_unchecked() -> None:
        page.state.unchecked = True
        for pane in ready.sendable:
            pane.request_run()

    st.button(
        _("Send anyway"),
        icon=":material/send:",
        key=page.key("send_anyway"),
        type="tertiary",
        help=_("Sends the incomplete form to see how the server rejects it."),
        on_click=request_unchecked,
    )
