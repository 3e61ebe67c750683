"""Health table: all connections by the eight calls, with test state, time and result in colour and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from boomerang.invoker.connection_kind import Check
from boomerang.invoker.errors import ConfigError
from boomerang.invoker.messages.message import translated
from boomerang.playground.session import app_state, visitor
from boomerang.playground.ui.html_tables import escaped
from boomerang.workbench.connections.connection import Connection
from boomerang.workbench.connections.probe_jobs import SERVER, Named, ProbeJob, ProbeRequest, model_for
from boomerang.workbench.i18n.translate import N_, _

from .page_state import ConnectionsPageState

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
# In a narrow container, such as on a phone, a cell has room for one word: its duration moves to the tooltip, and an untested
# cell is an empty dot explained by the legend. The words stay for screen readers.
STYLE = """<style>
.health { overflow-x: auto; container-type: inline-size; }
.health table { width: 100%; border-collapse: collapse; font-size: 0.85rem; }
.health td { max-width: 9rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
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
.health .none i { background: transparent; box-shadow: inset 0 0 0 1.5px currentColor; opacity: 1; }
.health button { all: unset; cursor: pointer; display: block; width: 100%; overflow: hidden; text-overflow: ellipsis; }
.health button:focus-visible { outline: 2px solid currentColor; outline-offset: -2px; border-radius: 3px; }
.health tbody tr:hover { background: color-mix(in srgb, currentColor 4%, transparent); }
.health tbody tr:has([aria-current]) { background: color-mix(in srgb, currentColor 8%, transparent); }
.health button:hover :is(b, small), .health th button:hover { text-decoration: underline; text-underline-offset: 0.2em; }
.health p { display: none; font-size: 0.8rem; margin: 0.35rem 0 0; }
@container (max-width: 860px) {
  .health table { font-size: 0.78rem; }
  .health small { display: none; }
  .health .untested b { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  .health p { display: block; }
}
.health b { font-weight: inherit; }
.health small { font-size: inherit; }
</style>"""
TIMEOUT_SECONDS = 900.0


def written(
    connections: Sequence[Connection], results: Mapping[Named, Check], checks: ProbeJob | None, opened: str | None = None
) -> str:
    """Write the table. A dash means no model for a call; untested calls and unknown model lists are labelled.

    Args:
        connections: The connections, one per row.
        results: Results of their tests.
        checks: The running tests.
        opened: Name of the open connection; `None` while the table cannot open any.
    """
    head = "".join(f'<th scope="col">{escaped(_(title))}</th>' for title in ("", *COLUMNS.values()))
    under_way = set(checks.under_way) if checks is not None else set()
    rows = "".join(_row(connection, results, under_way, opened) for connection in connections)
    label = escaped(_("Health"))
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    legend = f'<p aria-hidden="true"><span class="none"><i></i>{escaped(_("not tested"))}</span></p>'
    return f'{STYLE}<div class="health" tabindex="0" role="region" aria-label="{label}">{table}{legend}</div>'


def test(state: ConnectionsPageState, connections: Sequence[Connection], calls: Mapping[str, str | None] | None = None) -> None:
    """Test connections with all their calls, or only `calls`; used as a callback."""
    state.tested.update(
        {connection.name: connection.settings.reach() for connection in connections if connection.settings is not None}
    )
    start(state, [probe_request(connection, calls) for connection in connections])


def drop_outdated(state: ConnectionsPageState, connections: Sequence[Connection]) -> None:
    """Drop results of connections that the file or another process has changed."""
    for connection in connections:
        now = connection.settings.reach() if connection.settings is not None else None
        if state.tested.get(connection.name, now) != now:
            del state.tested[connection.name]
            for named in [named for named in state.results if named[0] == connection.name]:
                del state.results[named]


def start(state: ConnectionsPageState, requests: Sequence[ProbeRequest]) -> None:
    """Start the tests unless others are running."""
    if state.checks is not None and state.checks.running:
        return
    state.stopped = None
    state.checks = ProbeJob(requests, visitor=visitor.visitor(), owner=visitor.owner(), timeout=TIMEOUT_SECONDS)
    app_state.jobs().submit(state.checks)


def probe_request(connection: Connection, calls: Mapping[str, str | None] | None = None) -> ProbeRequest:
    """Return the probe request for a connection."""
    settings = connection.settings
    return ProbeRequest(
        connection.name,
        lambda: connection.backend,
        settings.address if settings else "",
        (lambda address: app_state.connections().at_address(connection, address)) if settings else None,
        calls,
        app_state.connections().probe(settings),
    )


def _row(connection: Connection, checks: Mapping[Named, Check], under_way: set[Named], opened: str | None) -> str:
    tested = checks.get((connection.name, SERVER))
    listed = connection.listed or (tested is not None and tested.ok)
    cells = ""
    for call in COLUMNS:
        check = checks.get((connection.name, call))
        cell = _cell(connection, call, check, (connection.name, call) in under_way, listed)
        # Tab stops at what was tested; all else that a cell opens is in the details that the row's name opens.
        cells += f"<td>{cell if opened is None else _button(cell, call, stop=check is not None)}</td>"
    name = escaped(connection.name)
    if opened is None:
        return f'<tr><th scope="row" title="{name}">{name}</th>{cells}</tr>'
    current = ' aria-current="true"' if connection.name == opened else ""
    return f'<tr data-connection="{name}"><th scope="row" title="{name}">{_button(name, "", current)}</th>{cells}</tr>'


def _button(content: str, shows: str, more: str = "", *, stop: bool = True) -> str:
    """Return a button that `table_clicks` listens to."""
    return f'<button type="button" data-shows="{shows}"{more}{"" if stop else " tabindex=-1"}>{content}</button>'


def _cell(connection: Connection, call: str, check: Check | None, under_way: bool, listed: bool) -> str:
    if under_way:
        return _cell_text("busy", _("testing"))
    if check is None:
        return _not_fetched(connection, call, listed)
    took = _took(check.seconds)
    title = f"{translated(check.verdict, _)} {took}, {check.at:%H:%M:%S} UTC"
    if check.ok:
        return _cell_text("good", _("ok"), title, took)
    return _cell_text("bad", f"{_('failed')} {check.status or ''}".strip(), title)


def _not_fetched(connection: Connection, call: str, listed: bool) -> str:
    try:
        if call == SERVER or model_for(connection.backend, call) is not None:
            return _cell_text("none untested", _("not tested"), _("not tested"))
        if connection.fetches and not listed:
            explanation = _("Models not fetched yet. Open or test the connection.")
            return f'<span class="none" title="{escaped(explanation)}">{escaped(_("unknown"))}</span>'
    except ConfigError:  # the connection cannot be opened; the detail view shows why
        pass
    return f'<span class="none" title="{escaped(_("no model for this type"))}">—</span>'


def _took(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms" if seconds < 10 else f"{seconds:.0f} s"


def _cell_text(kind: str, text: str, title: str = "", took: str = "") -> str:
    more = f" <small>{escaped(took)}</small>" if took else ""
    return f'<span class="{kind}" title="{escaped(title)}"><i></i><b>{escaped(text)}</b>{more}</span>'
