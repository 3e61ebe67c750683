"""All connections and the eight calls in one table: what was tried, when, and how it went, in colour and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from invoker.connections import CALLS, Check
from invoker.errors import ConfigError

from .. import library_words, resources, state
from ..checks import SERVER, Checks, Named, Trial, model_for
from ..connection import Connection
from ..markup import escaped
from ..words import N_, _
from .held import Held

COLUMNS = {
    SERVER: N_("Server"),
    "llm": N_("LLM"),
    "llm_structured_output": N_("Structured"),
    "summary": N_("Summary"),
    "text_embedding": N_("Embedding"),
    "rerank": N_("Rerank"),
    "tts": N_("TTS"),
    "speech2text": N_("STT"),
    "moderation": N_("Moderation"),
}
STYLE = """<style>
.health { overflow-x: auto; }
.health table { width: 100%; border-collapse: collapse; font-size: 0.85rem; }
.health td { max-width: 9rem; overflow: hidden; text-overflow: ellipsis; }
.health :is(th, td) { border: 0; border-bottom: 1px solid color-mix(in srgb, currentColor 14%, transparent);
  padding: 0.36rem 0.5rem 0.36rem 0.1rem; text-align: start; font-weight: 400; }
.health tbody th { white-space: nowrap; font-weight: 600; max-width: 14rem; overflow: hidden; text-overflow: ellipsis; }
.health thead th { opacity: 0.75; }
.health i { display: inline-block; width: 0.6em; height: 0.6em; border-radius: 50%; margin-inline-end: 0.4em;
  background: currentColor; opacity: 0.35; }
.health .good i { background: #21a35b; opacity: 1; }
.health .bad i { background: #e0483e; opacity: 1; }
.health .busy i { background: #3d7bf0; opacity: 1; }
.health .none { opacity: 0.6; }
</style>"""
TIMEOUT_SECONDS = 900.0


def draw(connections: Sequence[Connection], found: Mapping[Named, Check], checks: Checks | None) -> None:
    """Draw the table; a cell without a model for its call is a dash, one that was not tried says so."""
    head = "".join(f'<th scope="col">{escaped(_(title))}</th>' for title in ("", *COLUMNS.values()))
    under_way = set(checks.under_way) if checks is not None else set()
    rows = "".join(_row(connection, found, under_way) for connection in connections)
    label = escaped(_("Health"))
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    st.html(f'{STYLE}<div class="health" tabindex="0" role="region" aria-label="{label}">{table}</div>')


def test(held: Held, connections: Sequence[Connection]) -> None:
    """Try connections with all that they have; for a callback."""
    start(held, [trial(connection) for connection in connections])


def start(held: Held, trials: Sequence[Trial]) -> None:
    """Start to try, unless something is being tried."""
    if held.checks is not None and held.checks.running:
        return
    held.checks = Checks(trials, visitor=state.visitor(), owner=state.owner(), timeout=TIMEOUT_SECONDS)
    resources.jobs().submit(held.checks)


def trial(connection: Connection, calls: Mapping[str, str | None] | None = None) -> Trial:
    """Give how a connection is tried."""
    settings = connection.settings
    return Trial(
        connection.name,
        lambda: connection.backend,
        settings.base_url if settings else "",
        (lambda address: resources.CONNECTIONS.at_address(connection, address)) if settings else None,
        calls,
    )


def _row(connection: Connection, found: Mapping[Named, Check], under_way: set[Named]) -> str:
    cells = "".join(
        f"<td>{_cell(connection, call, found.get((connection.name, call)), (connection.name, call) in under_way)}</td>"
        for call in COLUMNS
    )
    return f'<tr><th scope="row" title="{escaped(connection.name)}">{escaped(connection.name)}</th>{cells}</tr>'


def _cell(connection: Connection, call: str, check: Check | None, under_way: bool) -> str:
    if under_way:
        return _marked("busy", _("testing"))
    if check is None:
        return _marked("none", _("not tested")) if _has_model(connection, call) else '<span class="none">—</span>'
    verdict = library_words.told(check.verdict)
    title = f"{verdict} {check.at:%H:%M:%S} UTC"
    took = f"{check.seconds * 1000:,.0f} ms" if check.seconds < 10 else f"{check.seconds:.0f} s"
    if check.ok:
        return _marked("good", f"{_('ok')} {took}", title)
    return _marked("bad", f"{_('failed')} {check.status or ''}".strip(), title)


def _has_model(connection: Connection, call: str) -> bool:
    try:
        return call == SERVER or (call in CALLS and model_for(connection.backend, call) is not None)
    except ConfigError:
        return call == SERVER


def _marked(kind: str, words: str, title: str = "") -> str:
    return f'<span class="{kind}" title="{escaped(title)}"><i></i>{escaped(words)}</span>'
