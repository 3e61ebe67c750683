"""JSON from outside, drawn with exact numbers: JavaScript numbers have 53 bits, and Python's floats drop trailing zeros.

A tree is plain HTML `<details>`. Text copied from it is valid JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from html import escape
from itertools import islice
from typing import Any

import streamlit as st

from boomerang.workbench.i18n.translate import _
from boomerang.workbench.parsing.json_text import Literal, Members, exact, indented, spelled
from boomerang.workbench.results.drawable_text import drawable

from .escape import whole

MOST_LINES = 3_000
"""Most lines of a tree; a browser could take more, but it would be unreadable."""
MOST_LEVELS = 40
"""Most collapsible levels of lists and objects; deeper ones are drawn on one line."""
LONGEST = 60_000
"""Most characters of a text that are drawn."""


def tree(value: Any, *, open_levels: int = MOST_LEVELS) -> None:
    """Draw a value as a tree.

    Args:
        value: A value that `json.dumps` accepts.
        open_levels: Number of levels initially expanded.
    """
    try:
        lines = list(islice(_lines("", exact(written(value)), "", open_levels, 0), MOST_LINES + 1))
    except RecursionError:
        text(written(value))
        return
    more = len(lines) > MOST_LINES
    body = "".join(lines[:MOST_LINES])
    opened = body.count("<details") - body.count("</details>")
    # Browsers would drop whitespace-only lines.
    body = (body + "</details>" * opened).replace("\n", "&#10;").replace("\r", "&#13;")
    st.html(f'<div class="json-tree">{body}</div>')
    if more:
        st.caption(_("First {count:,} lines; the record and the downloads have all of them.").format(count=MOST_LINES))


def text(source: str) -> None:
    """Draw JSON as text with a copy button; verbatim if it is not JSON."""
    try:
        shown, language = _beginning(spelled(exact(source), 2)), "json"
    except (ValueError, RecursionError):
        shown, language = source, None
    st.code(whole(drawable(shown[:LONGEST])), language=language, wrap_lines=True)
    if len(shown) > LONGEST:
        template = _("First {count:,} characters; the record and the downloads have all of them.")
        st.caption(template.format(count=LONGEST))


def plain_text(source: str, name: str) -> None:
    """Draw short JSON as plain text; a click selects all of it.

    Unlike `text`, it does not load the syntax highlighter of 1.5 MB, so it suits a page's first view.

    Args:
        source: The JSON.
        name: Accessible name.
    """
    about = escape(f"{name} · {_('Click to select all')}")
    shown = escape(drawable(source), quote=False).replace("\n", "&#10;")
    st.html(f'<pre class="json-text" tabindex="0" role="region" aria-label="{escape(name)}" title="{about}">{shown}</pre>')


def _beginning(pieces: Iterable[str]) -> str:
    """Join pieces until they exceed the drawn length: indented deep JSON may be a thousand times as long."""
    taken, size = [], 0
    for piece in pieces:
        taken.append(piece)
        size += len(piece)
        if size > LONGEST:
            break
    return "".join(taken)


def written(value: Any) -> str:
    """Return a value as JSON without ASCII escapes."""
    return json.dumps(value, ensure_ascii=False, default=str)


def _lines(name: str, value: Any, comma: str, open_levels: int, level: int) -> Iterator[str]:
    """Yield a value's lines of HTML; a line may open a `<details>` that a later one closes."""
    if not isinstance(value, Members | list) or not value or level >= MOST_LEVELS:
        yield f"<div>{name}{_leaf(value)}{comma}</div>"
        return
    begin, end = "{}" if isinstance(value, Members) else "[]"
    opened = " open" if level < open_levels else ""
    yield f"<details{opened}><summary>{name}{begin}<i> … {end}{comma} {len(value):,}</i></summary>"
    pairs = value.pairs if isinstance(value, Members) else ((None, item) for item in value)
    for number, (key, item) in enumerate(pairs, 1):
        part = "" if key is None else f"<b>{_string(key)}</b>: "
        yield from _lines(part, item, "," if number < len(value) else "", open_levels, level + 1)
    yield f"<div>{end}{comma}</div></details>"


def _leaf(value: Any) -> str:
    if isinstance(value, Literal) or not isinstance(value, str):
        return f"<em>{escape(drawable(indented(value, indent=None)), quote=False)}</em>"
    return f"<bdi>{_string(value)}</bdi>"


def _string(value: str) -> str:
    return escape(drawable(json.dumps(value, ensure_ascii=False)), quote=False)
