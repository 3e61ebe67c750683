"""What came of trying, in full: the sentence first, then what was called and what came."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from invoker.connections import Check

from .. import library_words, markup
from ..escape import drawable, plain
from ..words import _
from .health import COLUMNS

UNKNOWN = "—"


def draw(check: Check, title: str) -> None:
    """Draw one result."""
    icon, colour = (":material/check_circle:", "green") if check.ok else (":material/error:", "red")
    st.markdown(f":{colour}[{icon}] **{plain(title)}** · {plain(library_words.told(check.verdict))}")
    if not check.address and not check.body:
        return
    with st.expander(_("What was called, and what came"), key=f"connections.result.{title}"):
        markup.facts(
            {
                _("Address"): check.address or UNKNOWN,
                _("Status"): str(check.status or UNKNOWN),
                _("Time"): f"{check.seconds * 1000:,.0f} ms",
                _("At"): f"{check.at:%H:%M:%S} UTC",
            }
            | ({_("The error's own words"): check.error} if check.error else {})
        )
        if check.body:
            st.code(drawable(check.body), language=None, wrap_lines=True)


def draw_all(name: str, found: Mapping[tuple[str, str], Check]) -> None:
    """Draw what is known of a connection, in the order of the table."""
    mine = {call: found[name, call] for call in COLUMNS if (name, call) in found}
    for call, check in mine.items():
        draw(check, _(COLUMNS[call]))
    if not mine:
        st.caption(_("Not tested yet."))
