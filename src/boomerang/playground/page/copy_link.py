"""A button that copies a link, also on hosts without TLS, where browsers offer no clipboard to scripts."""

from __future__ import annotations

from typing import Any

import streamlit as st

from boomerang.workbench.i18n.translate import _

_HTML = '<input readonly><button type="button"></button><span role="status"></span>'
_CSS = """
:host, div { display: block; }
input, button { font: inherit; font-size: 0.9rem; border: 1px solid var(--st-border-color); padding: 0.4rem 0.7rem;
  border-radius: var(--st-button-radius, 8px); background: var(--st-background-color); color: var(--st-text-color); }
input { box-sizing: border-box; width: 100%; margin-bottom: 0.5rem; font-family: var(--st-code-font, monospace);
  font-size: 0.8rem; text-overflow: ellipsis; background: var(--st-secondary-background-color); }
button { cursor: pointer; background: #3d55d6; border-color: #3d55d6; color: #fff; }
button:hover { filter: brightness(1.1); }
:is(input, button):focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
span { margin-inline-start: 0.6rem; font-size: 0.9rem; color: var(--st-text-color); }
"""
_JS = """
export default function ({ data, parentElement }) {
  const [field, button, status] = ["input", "button", "span"].map((name) => parentElement.querySelector(name))
  const url = new URL(window.location)
  url.search = data.query
  url.hash = ""
  if (field.value !== url.href) status.textContent = ""
  field.value = url.href
  field.setAttribute("aria-label", data.link)
  button.textContent = data.copy
  // The old way, which needs no secure host: select a text and let the browser copy the selection.
  const copySelection = () => {
    const area = document.createElement("textarea")
    area.value = url.href
    area.readOnly = true
    area.style.cssText = "position: fixed; opacity: 0; pointer-events: none"
    parentElement.append(area)
    area.focus({ preventScroll: true })
    area.select()
    const copied = document.execCommand("copy")
    area.remove()
    button.focus({ preventScroll: true })
    return copied
  }
  button.onclick = async () => {
    let copied = false
    if (navigator.clipboard) {
      try {
        await navigator.clipboard.writeText(url.href)
        copied = true
      } catch {}  // not allowed here
    }
    copied ||= copySelection()
    status.textContent = copied ? data.copied : data.failed
    if (!copied) field.select()
  }
}
"""


def draw(query: str, key: str) -> None:
    """Draw the link to this page with a query, and the button that copies it."""
    component: Any = st.components.v2.component("copy_link", html=_HTML, css=_CSS, js=_JS)
    texts = {"copy": _("Copy link"), "link": _("Link"), "copied": _("Copied"), "failed": _("Press Ctrl + C to copy it.")}
    component(data={"query": query} | texts, key=key)
