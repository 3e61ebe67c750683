"""The HTTP layer of a run: every exchange with its times; bodies truncated, secrets masked when captured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import streamlit as st

from boomerang.invoker.events import HTTPRequest
from boomerang.invoker.records.record import Record
from boomerang.playground.ui import html_tables, json_view
from boomerang.playground.ui.charts.chart_style import duration
from boomerang.playground.ui.escape import plain
from boomerang.workbench.i18n.translate import _, ngettext
from boomerang.workbench.results.http_exchanges import Exchange, exchanges

MOST = 20
"""Most exchanges shown."""


def draw(record: Record[Any] | None, key: str) -> None:
    """Draw all exchanges, the last one expanded."""
    recorded = exchanges(tuple(record.events)) if record is not None else []
    if not recorded:
        st.caption(_("HTTP requests and responses appear here after a run."))
        return
    st.caption(_("Raw HTTP. Secrets masked, long bodies truncated."))
    if len(recorded) > MOST:
        st.caption(_("Last {most} of {count}; the record has all of them.").format(most=MOST, count=len(recorded)))
    for number, exchange in enumerate(recorded[-MOST:]):
        with st.expander(plain(exchange.title), expanded=exchange is recorded[-1], key=f"{key}.http.{number}"):
            _draw(exchange)


def _draw(exchange: Exchange) -> None:
    html_tables.facts(dict(_facts(exchange)))
    request, response, end = exchange.request, exchange.response, exchange.end
    st.markdown(f"**{_('Request')}**")
    html_tables.facts(dict(request.headers))
    _body(_sent(request))
    st.markdown(f"**{_('Response')}**")
    if response is None:
        st.caption(_("None."))
        return
    html_tables.facts(dict(response.headers))
    _body(end.body if end else "")
    if end is None:
        st.caption(_("Not finished."))


def _facts(exchange: Exchange) -> Iterator[tuple[str, str]]:
    request, response, end = exchange.request, exchange.response, exchange.end
    if response is not None and response.peer:
        yield _("Address"), response.peer
    if request.query:
        yield _("Query"), "&".join(f"{name}={value}" for name, value in request.query.items())
    yield _("Sent after"), duration(request.seconds)
    if response is not None:
        yield _("Time to headers"), duration(response.seconds - request.seconds)
        if end is not None:
            yield _("Body"), duration(end.seconds - response.seconds)
            yield _("Bytes"), f"{end.bytes:,}"


def _sent(request: HTTPRequest) -> str:
    if request.form is None:
        return request.body
    parts = [f"{name} = {value}" for name, value in request.form.items()]
    parts += [f"{name} = @{file['filename']} ({file['content_type']})" for name, file in request.files.items()]
    size = request.bytes or 0
    return "\n".join([*parts, ngettext("({bytes} byte in total)", "({bytes} bytes in total)", size).format(bytes=f"{size:,}")])


def _body(text: str) -> None:
    if not text:
        return
    with st.container(height=360 if len(text) > 900 else "content"):
        json_view.text(text)
