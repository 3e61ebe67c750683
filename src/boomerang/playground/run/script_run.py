"""The page's fragment and Streamlit's script runs: redraw the fragment, or the whole page; notice that a click is waiting.

Run, Stop, result and inspector of a page are drawn by one fragment: a click there redraws these alone, and the form and the
menu stay as they are. A fragment's clicks wait for the end of the current script run (Streamlit 1.67), so whoever follows a job
in a script run has to end when a click is waiting.
"""

from __future__ import annotations

from typing import NoReturn

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType


def redraw() -> NoReturn:
    """Run the current fragment again; the whole page if it is being drawn as part of it."""
    st.rerun(scope="fragment" if is_fragment_run() else "app")


def redraw_page() -> None:
    """Run the whole page: for callbacks of the fragment's widgets that change the form or the menu."""
    st.rerun()


def is_fragment_run() -> bool:
    """Return whether this script run draws only a fragment."""
    context = get_script_run_ctx()
    return context is not None and bool(context.fragment_ids_this_run)


def is_click_waiting() -> bool:
    """Return whether a click waits for the end of this script run; also a point at which Streamlit may end the run itself."""
    _ = "tick" in st.session_state  # sends nothing
    context = get_script_run_ctx()
    requests = None if context is None else context.script_requests
    return requests is not None and requests._state is ScriptRequestType.RERUN
