"""The one panel for everything that goes wrong, a fault of ours included: nothing of it is markup, all of it is text."""

from __future__ import annotations

import json
import traceback

import streamlit as st

from invoker import InvokeError
from invoker.record import dump_error

from .advice import advice
from .escape import drawable, plain

SIDES = {
    "Input": ":material/edit:",
    "Connection": ":material/cable:",
    "Server": ":material/dns:",
    "Plugin": ":material/extension:",
    "Playground": ":material/bug_report:",
}


def draw(error: BaseException, key: str) -> None:
    """Draw an error: title, side, type, its own words, the next step; details folded."""
    told = advice(error)
    with st.container(border=True, key=f"{key}-panel"):
        st.markdown(f"#### :red[:material/error:] {told.title}")
        with st.container(horizontal=True):
            st.badge(told.side, icon=SIDES[told.side], color="orange", help="Whose side this is on.")
            st.badge(type(error).__name__, color="gray")
            field = getattr(error, "field", None)
            if field:
                st.badge(f"field: {plain(field)}", color="gray")
        st.code(drawable(str(error)) or type(error).__name__, language=None, wrap_lines=True)
        st.markdown(f":material/arrow_forward: {plain(told.next_step)}")
        with st.expander("Details"):
            st.code(drawable(details(error)), language=None, wrap_lines=True)


def details(error: BaseException) -> str:
    """Give everything known about an error as text; for a fault of ours with its traceback."""
    known = dump_error(error)
    trace = known.pop("traceback", None)
    cause = "" if error.__cause__ is None else f"\n\nCaused by {type(error.__cause__).__name__}: {error.__cause__}"
    text = json.dumps(known, indent=2, ensure_ascii=False) + cause
    if trace is None and not isinstance(error, InvokeError):
        trace = "".join(traceback.format_exception(error))
    return f"{text}\n\n{trace}" if trace else text
