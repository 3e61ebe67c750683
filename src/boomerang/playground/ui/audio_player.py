"""Player for audio that is still being generated: one player, no restart, playing as soon as the first segment arrives.

A plain audio element waits for the end of a stream, and one element per segment would play them at the same time; the
browser's Media Source accepts segments as they arrive (measured in Chromium 156).
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from boomerang.workbench.i18n.translate import _

_HTML = '<audio controls style="width:100%"></audio><p role="alert" hidden></p>'
_JS = """
const playing = new WeakMap()
const begun = new Set()  // a stream begins by itself once in a tab, not again when the visitor comes back to the page

export default function ({ data, parentElement }) {
  const audio = parentElement.querySelector("audio")
  const alertLine = parentElement.querySelector("p")
  if (playing.get(parentElement) === data.url) return
  playing.set(parentElement, data.url)
  audio.setAttribute("aria-label", data.label)

  const say = (error) => {
    alertLine.textContent = data.stopped + " " + error.message
    alertLine.hidden = false
  }
  const start = () => {
    if (!data.autoplay || begun.has(data.url)) return
    // What is refused or cut off, as by a redraw of the page, has not begun, and is tried again with what comes next.
    audio.play().then(() => begun.add(data.url)).catch(() => {})
  }
  if (data.type !== "audio/mpeg") {  // WAV and the like cannot be fed in pieces; the whole is there by now
    const reading = new AbortController()
    let blob = ""
    fetch(data.url, { signal: reading.signal })
      .then((response) => response.ok ? response.arrayBuffer() : Promise.reject(new Error(String(response.status))))
      .then((bytes) => {
        audio.addEventListener("canplay", start, { once: true })
        audio.src = blob = URL.createObjectURL(new Blob([bytes], { type: data.type }))
      })
      .catch((error) => { if (error.name !== "AbortError") say(error) })
    return () => {
      reading.abort()
      URL.revokeObjectURL(blob)
      playing.delete(parentElement)
    }
  }
  if (!window.MediaSource || !MediaSource.isTypeSupported("audio/mpeg")) {
    audio.src = data.url
    audio.addEventListener("canplay", start, { once: true })
    return
  }

  const source = new MediaSource()
  const reading = new AbortController()
  audio.src = URL.createObjectURL(source)
  source.addEventListener("sourceopen", () => {
    URL.revokeObjectURL(audio.src)  // what is open needs no address; one revoked earlier would be an error
    feed(source, reading.signal)
  }, { once: true })

  async function feed(source, signal) {
    const buffer = source.addSourceBuffer("audio/mpeg")
    buffer.mode = "sequence"
    const settled = () => buffer.updating
      ? new Promise((resolve) => buffer.addEventListener("updateend", resolve, { once: true }))
      : Promise.resolve()
    try {
      const response = await fetch(data.url, { signal })
      if (!response.ok) throw new Error("the audio is no longer there (" + response.status + ")")
      const reader = response.body.getReader()
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        await settled()
        buffer.appendBuffer(part.value)
        await settled()
        start()
      }
      if (source.readyState === "open") source.endOfStream()
    } catch (error) {
      if (error.name === "AbortError") return
      say(error)
    }
  }

  return () => {
    reading.abort()
    playing.delete(parentElement)
  }
}
"""


def stream_player(url: str, label: str, key: str, *, autoplay: bool, media_type: str = "audio/mpeg") -> None:
    """Play audio from a URL, from the first bytes on.

    Args:
        url: URL of the audio.
        label: Accessible name of the player.
        key: Unique per script run.
        autoplay: Whether to start automatically; browsers allow it once the visitor has clicked.
        media_type: Type of the audio. Only MP3 plays while it arrives; other types once they are complete.
    """
    component: Any = st.components.v2.component("stream_player", html=_HTML, js=_JS)
    data = {"url": url, "label": label, "autoplay": autoplay, "type": media_type, "stopped": _("The player stopped:")}
    component(data=data, key=key)
