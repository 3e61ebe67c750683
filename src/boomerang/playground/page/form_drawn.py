"""Follow a run only once the browser has drawn the form, on a page that was opened in mid-run."""

from __future__ import annotations

from typing import Any

import streamlit as st

# Until a widget's code has loaded, Streamlit shows a skeleton in its place. React draws the widget at a lower priority than any
# update, and while a script runs Streamlit updates its status icon every 200 ms: a browser that needs longer than that to draw
# the form would never show it. So the script ends, and this component requests the next run. Skeletons in the result wait for
# the run.
_JS = """
export default function ({ data, setTriggerValue }) {
  const end = performance.now() + data.seconds * 1000
  let timer
  const look = () => {
    const loading = [...document.querySelectorAll('[data-testid="stSkeleton"]')]
    const drawn = loading.every((skeleton) => skeleton.closest(".st-key-result"))
    if (drawn || performance.now() > end) setTriggerValue("drawn", true)
    else timer = setTimeout(look, 100)
  }
  look()
  return () => clearTimeout(timer)
}
"""
LONGEST_SECONDS = 30.0
"""Time after which the run is followed even if something is still loading."""


def rerun(key: str) -> None:
    """Make the browser rerun the page's script once, after it has drawn the form."""
    component: Any = st.components.v2.component("form_drawn", html="<i hidden></i>", js=_JS)
    component(data={"seconds": LONGEST_SECONDS}, key=key, height=0, on_drawn_change=lambda: None)
