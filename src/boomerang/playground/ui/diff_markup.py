"""Two texts merged into one with differences highlighted: deletions struck through, insertions underlined.

The texts are inserted as text nodes, never as markup. Besides colour, a line marks each difference, and a word for screen
readers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from boomerang.workbench.analysis.text_diff import Span, SpanKind
from boomerang.workbench.analysis.word_error_rate import Step, StepKind, pieces
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.results.drawable_text import drawable

MOST_PARTS = 20_000
"""Most parts that are drawn; a browser could take more, but it would be unreadable."""

_HTML = '<p class="marked" dir="auto"></p>'
_CSS = """
.marked { margin: 0; line-height: 1.9; font-family: var(--st-font); color: var(--st-text-color); white-space: pre-wrap;
  overflow-wrap: anywhere; unicode-bidi: isolate; }
.scrolls { max-height: 11rem; overflow-y: auto; }
del, ins { border-radius: 4px; padding: 0.05em 0.22em; }
del { background: var(--st-red-background-color); color: var(--st-red-text-color, inherit); text-decoration: line-through 2px; }
ins { background: var(--st-green-background-color); color: var(--st-green-text-color, inherit);
  text-decoration: underline 2px; text-underline-offset: 0.22em; }
del + ins { margin-left: 2px; }
.aloud { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
"""
_JS = """
export default function ({ data, parentElement }) {
  const place = parentElement.querySelector(".marked")
  place.setAttribute("aria-label", data.label)
  place.classList.toggle("scrolls", data.scrolls)
  if (data.scrolls) { place.tabIndex = 0; place.setAttribute("role", "region") }
  const made = []
  for (const [kind, text] of data.parts) {
    if (!kind) { made.push(document.createTextNode(text)); continue }
    const mark = document.createElement(kind)
    const aloud = document.createElement("span")
    aloud.className = "aloud"
    aloud.textContent = " " + data.labels[kind] + ": "
    mark.title = data.labels[kind]
    mark.append(aloud, text)
    made.push(mark)
  }
  place.replaceChildren(...made)
}
"""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the merged text."""

    kind: str
    """`del`, `ins`, or empty for text in both."""
    text: str


def of_transcript(steps: Iterable[Step]) -> list[Part]:
    """Return the parts of an aligned transcript: missing and inserted words, word by word."""
    parts: list[Part] = []
    before = ""
    for step in steps:
        word = step.reference if step.reference is not None else step.result or ""
        if parts and not (_alone(before) and _alone(word)):
            parts.append(Part("", " "))
        if step.kind is StepKind.EQUAL:
            parts.append(Part("", word))
        if step.kind in (StepKind.DELETE, StepKind.REPLACE):
            parts.append(Part("del", step.reference or ""))
        if step.kind in (StepKind.INSERT, StepKind.REPLACE):
            parts.append(Part("ins", step.result or ""))
        before = word
    return joined(parts)


def of_spans(spans: Iterable[Span]) -> list[Part]:
    """Return the parts of two compared texts."""
    kinds = {SpanKind.EQUAL: "", SpanKind.DELETED: "del", SpanKind.INSERTED: "ins"}
    return [Part(kinds[span.kind], span.text) for span in spans]


def joined(parts: Iterable[Part]) -> list[Part]:
    """Merge adjacent unmarked parts."""
    made: list[Part] = []
    for part in parts:
        if made and made[-1].kind == part.kind == "":
            made[-1] = Part("", made[-1].text + part.text)
        else:
            made.append(part)
    return made


def draw(parts: Sequence[Part], *, label: str, first: str, second: str, key: str, scrolls: bool = False) -> None:
    """Draw the parts as one text.

    Args:
        parts: Result of `of_transcript` or `of_spans`.
        label: Accessible name of the text.
        first: Spoken before a deletion, such as "only in the reference".
        second: Spoken before an insertion.
        key: Unique per script run.
        scrolls: Whether a long text scrolls, reachable by keyboard, instead of taking all its height.
    """
    component: Any = st.components.v2.component("marked", html=_HTML, css=_CSS, js=_JS)
    shown = [[part.kind, drawable(part.text)] for part in parts[:MOST_PARTS]]
    labels = {"del": first, "ins": second}
    component(data={"parts": shown, "label": label, "labels": labels, "scrolls": scrolls}, key=key)
    if len(parts) > MOST_PARTS:
        st.caption(_("Showing the first {count:,} parts.").format(count=MOST_PARTS))


def _alone(word: str) -> bool:
    """Return whether a word is a character of a script without spaces between words."""
    return len(word) == 1 and len(pieces(f"{word}{word}")) == 2
