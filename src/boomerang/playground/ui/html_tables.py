"""Tables and bars in plain HTML, for small content under every result.

A chart or a data table loads a megabyte of code, which would delay the first result of a visit. All text is escaped here,
whatever its source. `STYLE` must be on every page.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from boomerang.workbench.results.drawable_text import drawable

STYLE = """<style>
.plain-table { width: 100%; border-collapse: collapse; font-size: 0.875rem; line-height: 1.5; margin: 0; }
.plain-table :is(th, td) { border: 0; border-bottom: 1px solid color-mix(in srgb, currentColor 14%, transparent);
  padding: 0.32rem 0.6rem 0.32rem 0.1rem; text-align: start; vertical-align: top; font-weight: 400;
  min-width: 4.4rem; }
.plain-table :is(th, td):last-child { overflow-wrap: anywhere; padding-inline-end: 0; }
.plain-table :is(th, td):not(:last-child) { word-break: keep-all; }
.plain-table thead th { opacity: 0.75; }
.plain-table .strong > tr > th { font-weight: 600; }
.plain-table b { font-weight: 600; padding: 0.1rem 0.4rem; margin-inline-start: -0.4rem; border-radius: 6px;
  background: color-mix(in srgb, #1a9a78 15%, transparent); white-space: nowrap; }
.plain-scroll { max-height: 300px; overflow: auto; }
.plain-wide { overflow-x: auto; }
.plain-bar { position: relative; height: 30px; border-radius: 6px; overflow: hidden; }
.plain-bar span { position: absolute; inset-block: 0; min-width: 1px; display: grid; place-items: center; color: #fff;
  font-size: 0.78rem; font-weight: 600; white-space: nowrap; overflow: hidden;
  box-shadow: inset -1px 0 rgb(255 255 255 / 55%); }
.plain-ends { display: flex; justify-content: space-between; font-size: 0.75rem; opacity: 0.75; padding-top: 0.15rem; }
.plain-legend { display: flex; flex-wrap: wrap; gap: 0.15rem 1.1rem; font-size: 0.8rem; padding: 0.35rem 0 0.2rem; }
.plain-legend i { display: inline-block; width: 0.7em; height: 0.7em; border-radius: 2px; margin-inline-end: 0.45em; }
[class*="st-key-icons-"] button [data-testid="stMarkdownContainer"] { position: absolute; width: 1px; height: 1px;
  overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.json-tree { font-family: "Source Code Pro", monospace; font-size: 0.8rem; line-height: 1.7; overflow-wrap: anywhere; }
.json-tree details > :not(summary, :last-child) { margin-inline-start: 1.2rem; }
.json-tree summary { cursor: pointer; }
.json-tree b { font-weight: 600; }
.json-tree em { font-style: normal; }
.json-tree i { font-style: normal; opacity: 0.75; user-select: none; }
.json-tree details[open] > summary > i { display: none; }
.json-tree bdi { white-space: pre-wrap; }
.json-text { margin: 0; padding: 0.75rem 1rem; border-radius: 0.5rem; font-family: "Source Code Pro", monospace;
  font-size: 0.8rem; line-height: 1.5; white-space: pre-wrap; overflow-wrap: anywhere; user-select: all;
  background: color-mix(in srgb, currentColor 5%, transparent); }
.model-text { line-height: 1.6; overflow-wrap: anywhere; }
.model-text a { color: inherit; text-decoration: underline; text-underline-offset: 0.2em; }
.model-text > :first-child { margin-top: 0; padding-top: 0; }
.model-text > :last-child { margin-bottom: 0; }
.model-text :is(p, ul, ol, pre, table, blockquote) { margin: 0 0 1rem; }
.model-text li { margin: 0.2em 0; }
.model-text li > :is(ul, ol) { margin-bottom: 0; }
.model-text li > p:last-child { margin-bottom: 0.5rem; }
.model-text .as-it-is { white-space: pre-wrap; }
.model-text :is(h1, h2) { font-size: 1.5rem; padding: 0.75rem 0 0.5rem; margin: 0; }
.model-text h3 { font-size: 1.25rem; padding: 0.5rem 0; margin: 0; }
.model-text :is(h4, h5, h6) { font-size: 1.05rem; padding: 0.5rem 0 0.25rem; margin: 0; }
.model-text :is(code, pre) { font-family: "Source Code Pro", monospace; font-size: 0.875em; }
.model-text code { padding: 0.15em 0.35em; border-radius: 0.35em;
  background: color-mix(in srgb, currentColor 9%, transparent); }
.model-text pre { padding: 0.75rem 1rem; border-radius: 0.5rem; overflow-x: auto; white-space: pre-wrap;
  background: color-mix(in srgb, currentColor 5%, transparent); }
.model-text pre code { padding: 0; background: none; font-size: inherit; }
.model-text blockquote { padding-inline-start: 1rem;
  border-inline-start: 3px solid color-mix(in srgb, currentColor 25%, transparent); }
.model-text table { border-collapse: collapse; display: block; max-width: 100%; overflow-x: auto; }
.model-text :is(th, td) { padding: 0.35rem 0.7rem; border: 1px solid color-mix(in srgb, currentColor 20%, transparent);
  text-align: start; vertical-align: top; }
.model-text hr { margin: 1.5rem 0; border: 0; border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
</style>"""


def icons(key: str) -> DeltaGenerator:
    """Return a container for icon-only buttons; their labels remain available to screen readers.

    Args:
        key: Unique on the page.
    """
    return st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", width="content", key=f"icons-{key}")


class Part(NamedTuple):
    """A segment of a bar."""

    start: float
    """As a share of the bar, 0 to 1, like the end."""
    end: float
    colour: str
    inside: str
    """Text inside it; empty if there is no room."""
    title: str
    """Tooltip."""


class Best(NamedTuple):
    """A table cell with the best value of its row."""

    text: str
    mark: str
    """What it is best at, in words."""


def facts(values: Mapping[str, str]) -> None:
    """Draw names and values, one pair per line."""
    lines = (f'<tr><th scope="row">{escaped(name)}</th><td>{escaped(value)}</td></tr>' for name, value in values.items())
    st.html(f'<table class="plain-table"><tbody>{"".join(lines)}</tbody></table>')


def table(columns: Sequence[str], rows: Iterable[Sequence[str | Best]], *, scrolls: str = "", wide: str = "") -> None:
    """Draw rows under a header; the first cell of a row is its header.

    Args:
        columns: Column names.
        rows: One cell per column.
        scrolls: Accessible name; if set, a long table scrolls and is reachable by keyboard.
        wide: Accessible name; if set, a wide table scrolls sideways.
    """
    head = "".join(f'<th scope="col">{escaped(name)}</th>' for name in columns)
    body = "".join(
        f'<tr><th scope="row">{escaped(str(first))}</th>{"".join(_cell(cell) for cell in rest)}</tr>' for first, *rest in rows
    )
    whole = f'<table class="plain-table"><thead><tr>{head}</tr></thead><tbody class="strong">{body}</tbody></table>'
    if name := scrolls or wide:
        kind = "plain-scroll" if scrolls else "plain-wide"
        whole = f'<div class="{kind}" tabindex="0" role="region" aria-label="{escaped(name)}">{whole}</div>'
    st.html(whole)


def _cell(cell: str | Best) -> str:
    if isinstance(cell, Best):
        return f"<td><b>{escaped(cell.text)} <small>★ {escaped(cell.mark)}</small></b></td>"
    return f"<td>{escaped(cell)}</td>"


def bar(parts: Iterable[Part], ends: tuple[str, str], legend: Iterable[tuple[str, str]], label: str) -> str:
    """Return the HTML of a segmented bar with a legend.

    Args:
        parts: The segments, in order.
        ends: Labels under its left and right end.
        legend: Colour and label.
        label: Accessible name.
    """
    stretches = "".join(
        f'<span style="left:{part.start:.4%};width:{part.end - part.start:.4%};background:{part.colour}" '
        f'title="{escaped(part.title)}">{escaped(part.inside)}</span>'
        for part in parts
    )
    entries = "".join(f'<span><i style="background:{colour}"></i>{escaped(label)}</span>' for colour, label in legend)
    return (
        f'<div class="plain-bar" role="img" aria-label="{escaped(label)}">{stretches}</div>'
        f'<div class="plain-ends"><span>{escaped(ends[0])}</span><span>{escaped(ends[1])}</span></div>'
        f'<div class="plain-legend">{entries}</div>'
    )


def escaped(text: str) -> str:
    """Escape a text for HTML."""
    # Not markupsafe: `"<td>" + markupsafe.escape(text)` escapes the tag too.
    return html.escape(drawable(text))
