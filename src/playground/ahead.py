"""What every result is drawn with is loaded while the visitor still looks at the form.

Streamlit's page loads the code of charts, tables and numbers when the first of them is to be drawn: a quarter of a second, just
when a first run has ended.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from .web import base_path

PARTS = ("Metric", "Table", "ArrowVegaLiteChart", "vega-interpreter", "embed")
"""Names of Streamlit's parts (1.67), without the hash behind them. One that is missing is loaded when it is needed."""

# After the script's end and when the browser has nothing else to do, one part after the other; once for each opened page.
_JS = """
export default function ({ data }) {
  if (window.boomerangLoadsAhead) return
  window.boomerangLoadsAhead = true
  const app = document.querySelector("[data-testid=stApp]")
  const idle = () => new Promise((go) => window.requestIdleCallback ? requestIdleCallback(go) : setTimeout(go, 200))
  const resting = async () => { do await idle(); while (app && app.dataset.testScriptState !== "notRunning") }
  const load = async () => {
    for (const part of data.parts) {
      await resting()
      await import(new URL(part, window.location.origin).href)
    }
  }
  load().catch(() => {})  // the page itself will ask again, and tell what is wrong
}
"""


def draw() -> None:
    """Have the browser load what results need; draws nothing that can be seen."""
    component: Any = st.components.v2.component("ahead", html="<i hidden></i>", js=_JS)
    component(data={"parts": parts()}, key="ahead", height=0)


@cache
def parts() -> list[str]:
    """Give the paths of the parts on this server."""
    folder = Path(st.__file__).parent / "static" / "static" / "js"
    return [f"{base_path()}/static/js/{file.name}" for name in PARTS for file in sorted(folder.glob(f"{name}.*.js"))]
