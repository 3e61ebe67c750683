"""Jump to the result: a link for small screens, where it is below the form; and by itself when a run starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from boomerang.workbench.i18n.translate import _

# On a large screen the result is beside the form and scrolls by itself, so only a new run scrolls it, back to its beginning.
_JS = """
const seen = (window.boomerangRuns ??= new Set())
export default function ({ data, parentElement }) {
  const jump = () => {
    const result = document.querySelector(".st-key-answer")
    if (!result) return
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches
    if (matchMedia("(min-width: 1024px)").matches) result.scrollTo({ top: 0 })
    else result.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" })
  }
  const link = parentElement.querySelector("button")
  link.textContent = "↓"
  link.setAttribute("aria-label", data.label)
  link.title = data.label
  link.onclick = jump
  const added = data.runs.filter((run) => !seen.has(run))
  added.forEach((run) => seen.add(run))
  if (added.length && !data.quiet) jump()
}
"""
_CSS = """
button { font: inherit; color: var(--st-text-color); background: none; border: 1px solid var(--st-border-color);
  border-radius: var(--st-base-radius); padding: 0.3rem 0.7rem; cursor: pointer; }
"""


def draw(key: str, runs: Sequence[str], *, quiet: bool = False) -> None:
    """Draw the link.

    Args:
        key: Key of the component.
        runs: Ids of the running jobs; the page jumps when there is a new one.
        quiet: Whether it does not jump this time, because the page was opened in mid-run.
    """
    component: Any = st.components.v2.component("result_jump", html="<button type='button'></button>", js=_JS, css=_CSS)
    with st.container(key="jump", width="content"):
        component(data={"runs": list(runs), "quiet": quiet, "label": _("Go to the result")}, key=key, height="content")
