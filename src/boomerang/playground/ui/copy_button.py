"""A button that copies a text or a link, also on hosts without TLS, where browsers offer no clipboard to scripts."""

from __future__ import annotations

from typing import Any

import streamlit as st

from boomerang.workbench.i18n.translate import _

from .number_format import byte_size

MOST_BYTES = 1_000_000
"""Most bytes of a text that are sent to the browser to be copied; the same text can always be downloaded."""
COMPONENT = "copy_button"

_HTML = """<div><input readonly hidden>
<button type="button"><i aria-hidden="true"></i><b></b></button><span role="status"></span></div>"""
_CSS = """
:host { display: block; }
input, button { font: inherit; border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius, 8px);
  background: var(--st-background-color); color: var(--st-text-color); }
input { box-sizing: border-box; width: 100%; margin-bottom: 0.5rem; padding: 0.4rem 0.7rem; text-overflow: ellipsis;
  font-family: var(--st-code-font, monospace); font-size: 0.8rem; background: var(--st-secondary-background-color); }
button { cursor: pointer; display: inline-flex; align-items: center; justify-content: center; gap: 0.5rem;
  white-space: nowrap; }
b { font-weight: inherit; font-size: 0.875rem; }
i { font: 1rem/1 "Material Symbols Rounded"; width: 1rem; overflow: hidden; font-feature-settings: "liga"; }
:is(input, button):focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
.link button { padding: 0.4rem 0.7rem; font-size: 0.9rem; background: #3d55d6; border-color: #3d55d6; color: #fff; }
.link button:hover { filter: brightness(1.1); }
.link span { margin-inline-start: 0.6rem; font-size: 0.9rem; color: var(--st-text-color); }
.text button { min-height: 2.5rem; padding: 0; border: 0; background: none; }
.text button:hover { color: var(--st-primary-color); }
.text span { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.text span.failed { position: static; width: auto; height: auto; clip-path: none; margin-inline-start: 0.6rem;
  font-size: 0.85rem; color: var(--st-text-color); }
@media (max-width: 1279.98px) {
  .text button { min-width: 1.6rem; }
  .text b { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
}
"""
_JS = """
const SHOWN_MS = 2000
const timers = new WeakMap()

export default function ({ data, parentElement }) {
  const [root, field, button, icon, label, status] =
    ["div", "input", "button", "i", "b", "span"].map((name) => parentElement.querySelector(name))
  const isLink = data.query !== undefined
  const text = () => {
    if (!isLink) return data.text
    const url = new URL(window.location)
    url.search = data.query
    url.hash = ""
    return url.href
  }
  const rest = () => {
    icon.textContent = "content_copy"
    label.textContent = data.copy
  }
  root.className = isLink ? "link" : "text"
  field.hidden = !isLink
  icon.hidden = isLink
  if (isLink && field.value !== text()) {
    status.textContent = ""
    field.value = text()
  }
  field.setAttribute("aria-label", data.field)
  if (!timers.has(parentElement)) rest()
  // The old way, which needs no secure host: select a text and let the browser copy the selection.
  const copySelection = () => {
    const area = document.createElement("textarea")
    area.value = text()
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
        await navigator.clipboard.writeText(text())
        copied = true
      } catch {}  // not allowed here
    }
    copied ||= copySelection()
    status.textContent = copied ? data.copied : data.failed
    status.className = copied ? "" : "failed"
    if (isLink) {
      if (!copied) field.select()
      return
    }
    clearTimeout(timers.get(parentElement))
    if (!copied) return
    icon.textContent = "check"
    label.textContent = data.copied
    timers.set(parentElement, setTimeout(() => {
      timers.delete(parentElement)
      status.textContent = ""
      rest()
    }, SHOWN_MS))
  }
}
"""


def draw(text: str, key: str) -> None:
    """Draw the button that copies a text; for a very long one, a note that it can only be downloaded."""
    count = len(text.encode("utf-8", "replace"))
    if count > MOST_BYTES:
        draw_too_large(count)
        return
    failed = _("The browser does not allow copying.")
    _component(key, width="content", text=text, copy=_("Copy"), copied=_("Copied"), failed=failed)


def draw_too_large(count: int) -> None:
    """Draw a note in place of the button.

    Args:
        count: About how many bytes the text has.
    """
    st.caption(_("Too large to copy ({size})").format(size=byte_size(count)), width="content")


def draw_link(query: str, key: str) -> None:
    """Draw the link to this page with a query, and the button that copies it."""
    failed = _("Press Ctrl + C to copy it.")
    _component(key, width="stretch", query=query, copy=_("Copy link"), field=_("Link"), copied=_("Copied"), failed=failed)


def _component(key: str, width: str, **data: str) -> None:
    component: Any = st.components.v2.component(COMPONENT, html=_HTML, css=_CSS, js=_JS)
    component(data=data, key=key, width=width)
