"""Test results: one line per call, with the server's own error text; details on demand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import streamlit as st

from boomerang.invoker.connection_kind import Check
from boomerang.invoker.messages.message import translated
from boomerang.playground.ui.html_tables import escaped
from boomerang.workbench.i18n.translate import _

from .health_table import COLUMNS

UNKNOWN = "—"
LONGEST_QUOTE = 600
"""Longest excerpt, in characters, of a server's error text; the details have all of it."""
# Plain `<details>`: nine Streamlit expanders would push the rest of the page off the screen.
STYLE = """<style>
.results { font-size: 0.9rem; line-height: 1.45; }
.results :is(.good, .bad) { border-bottom: 1px solid color-mix(in srgb, currentColor 14%, transparent); }
.results :is(summary, div.good, div.bad) { padding: 0.32rem 0.1rem; overflow-wrap: anywhere; }
.results summary { cursor: pointer; }
.results i { font-style: normal; font-weight: 700; margin-inline: 0.1em 0.35em; }
.results .good i { color: light-dark(#167a41, #4cc483); }
.results .bad i { color: light-dark(#c5362c, #ff8a80); }
.results small { font-size: 0.8rem; opacity: 0.75; white-space: nowrap; }
.results q, .results pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.results q { display: block; quotes: none; margin: 0.15rem 0 0.1rem 1.25em; padding-inline-start: 0.6em;
  border-inline-start: 3px solid color-mix(in srgb, currentColor 30%, transparent); }
.results pre { margin: 0.3rem 0 0.6rem; padding: 0.6rem; max-height: 16rem; overflow: auto; font-size: 0.8rem;
  border-radius: 6px; background: color-mix(in srgb, currentColor 6%, transparent); }
</style>"""


def draw(checks: Iterable[tuple[str, Check]]) -> None:
    """Draw results, each under its title."""
    st.html(written(checks))


def written(checks: Iterable[tuple[str, Check]], opened: str = "") -> str:
    """Return results as HTML, with the details of one result open."""
    return f'{STYLE}<div class="results">{"".join(_result(title, check, title == opened) for title, check in checks)}</div>'


def draw_all(name: str, checked: Mapping[tuple[str, str], Check], opened: str = "") -> None:
    """Draw all results of a connection, in the order of the table's columns.

    Args:
        name: The connection.
        checked: Results by connection and call.
        opened: The call whose details are open.
    """
    mine = [(_(title), checked[name, call]) for call, title in COLUMNS.items() if (name, call) in checked]
    if mine:
        st.html(written(mine, _(COLUMNS[opened]) if opened else ""))
    else:
        st.caption(_("Not tested yet."))


def _result(title: str, check: Check, opened: bool) -> str:
    verdict = translated(check.verdict, _)
    kind, mark, spoken = ("good", "✓", _("ok")) if check.ok else ("bad", "✗", _("failed"))
    took = f" <small>{check.seconds * 1000:,.0f} ms</small>" if check.address else ""
    own = translated(check.error, _)[:LONGEST_QUOTE]
    quote = f"<q>{escaped(own)}</q>" if not check.ok and own and own not in verdict else ""
    icon = f'<i role="img" aria-label="{escaped(spoken)}">{mark}</i>'
    model = f" · {escaped(check.model)}" if check.model else ""
    line = f"{icon}<strong>{escaped(title)}</strong>{model} · {escaped(verdict)}{took}{quote}"
    if not check.address and not check.body:  # nothing was called
        return f'<div class="{kind}">{line}</div>'
    return f'<details class="{kind}"{" open" if opened else ""}><summary>{line}</summary>{_details(check)}</details>'


def _details(check: Check) -> str:
    rows = {
        _("Address"): check.address or UNKNOWN,
        _("Status"): str(check.status or UNKNOWN),
        _("Time"): f"{check.seconds * 1000:,.0f} ms",
        _("At"): f"{check.at:%H:%M:%S} UTC",
    }
    facts = "".join(f'<tr><th scope="row">{escaped(name)}</th><td>{escaped(value)}</td></tr>' for name, value in rows.items())
    body = f'<pre tabindex="0" aria-label="{escaped(_("Body"))}">{escaped(check.body)}</pre>' if check.body else ""
    return f'<table class="plain-table"><tbody>{facts}</tbody></table>{body}'
