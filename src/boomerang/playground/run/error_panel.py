"""The panel for all errors, including our own bugs; it shows them as text, never as markup."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Sequence

import streamlit as st

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.errors import InvokeError
from boomerang.invoker.messages.message import Message, translated
from boomerang.invoker.records.error_values import dump_error
from boomerang.playground.ui.escape import plain
from boomerang.workbench.diagnosis.error_advice import advice
from boomerang.workbench.diagnosis.error_text import error_text
from boomerang.workbench.diagnosis.known_causes import known_cause
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results.drawable_text import drawable

SIDES = {
    "Input": (N_("Input"), ":material/edit:"),
    "Connection": (N_("Connection"), ":material/cable:"),
    "Server": (N_("Server"), ":material/dns:"),
    "Plugin": (N_("Plugin"), ":material/extension:"),
    "Playground": (N_("Playground"), ":material/bug_report:"),
}


def draw(
    error: BaseException,
    key: str,
    *,
    raw: Callable[[], None] | None = None,
    test: Callable[[], None] | None = None,
    listed: Sequence[ListedModel] = (),
) -> None:
    """Draw an error: title, side, type, message and next step; details collapsed.

    Args:
        error: The error.
        key: Prefix of the panel's widget keys.
        raw: Shows the request that was sent; adds a button.
        test: Tests the connection; adds a button if the connection or its server is at fault.
        listed: Models that the server listed, if any.
    """
    advised = advice(error, listed)
    side, icon = SIDES[advised.side]
    with st.container(border=True, key=f"{key}-panel"):
        st.markdown(f"#### :red[:material/error:] {_(advised.title)}")
        with st.container(horizontal=True):
            st.badge(_(side), icon=icon, color="orange", help=_("Where the error comes from."))
            st.badge(type(error).__name__, color="gray")
            field = getattr(error, "field", None)
            if field:
                st.markdown(f":gray-badge[{_('field')}: {plain(field)}]", width="content")  # a badge escapes brackets again
        st.code(drawable(error_text(error)) or type(error).__name__, language=None, wrap_lines=True)
        step = advised.next_step
        next_step = translated(step, _) if isinstance(step, Message) else _(step)
        st.markdown(f":material/arrow_forward: {plain(next_step)}")
        if not advised.known and (cause := known_cause(error)):
            st.markdown(f":material/lightbulb: {_('Common cause:')} {translated(cause, _)}")
        with st.container(horizontal=True):
            if raw is not None:
                st.button(_("Request sent"), icon=":material/data_object:", key=f"{key}.raw", on_click=raw, type="tertiary")
            if test is not None and advised.side in ("Connection", "Server"):
                pressed = st.button(
                    _("Test the connection"), icon=":material/network_check:", key=f"{key}.test", type="tertiary"
                )
                if pressed:
                    test()
        with st.expander(_("Copy details")):
            st.code(drawable(details(error)), language=None, wrap_lines=True)


def details(error: BaseException) -> str:
    """Return everything known about an error as text; for a bug of ours with its traceback."""
    known = dump_error(error)
    trace = known.pop("traceback", None)
    cause = "" if error.__cause__ is None else f"\n\nCaused by {type(error.__cause__).__name__}: {error.__cause__}"
    text = json.dumps(known, indent=2, ensure_ascii=False) + cause
    if trace is None and not isinstance(error, InvokeError):
        trace = "".join(traceback.format_exception(error))
    return f"{text}\n\n{trace}" if trace else text
