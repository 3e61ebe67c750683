"""The log of a run: the layers of the call in one time line, and what the back end said beside its answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from boomerang.invoker.events import Note, NoteKind
from boomerang.invoker.records.record import Outcome, Record
from boomerang.invoker.records.timeline import Timeline, phases
from boomerang.invoker.request import InvokeType
from boomerang.playground.ui import json_view
from boomerang.playground.ui.charts import chart_style
from boomerang.playground.ui.charts.chart_style import duration
from boomerang.playground.ui.charts.phases import Span, layers, phase_name
from boomerang.playground.ui.data_table import data_table, height
from boomerang.playground.ui.escape import plain
from boomerang.playground.ui.number_format import queue_words
from boomerang.workbench.i18n.library_words import told
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results import http_exchanges
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.shortened_values import shortened

from .timeline_cache import timeline_of

MOST_NOTES = 500
MOST_DETAILS = 20
MOST_REQUESTS = 12
"""Requests that have a line of their own in the picture."""
SECONDS = "seconds"
"""Key in the data of an exchange by which a back end tells how long it took."""
KINDS = {
    NoteKind.PHASE: N_("phase"),
    NoteKind.QUEUE: N_("queue"),
    NoteKind.NOTICE: N_("notice"),
    NoteKind.EXCHANGE: N_("exchange"),
    NoteKind.HTTP: N_("HTTP"),
    NoteKind.DETAIL: N_("detail"),
}
OUTCOMES = {
    Outcome.RUNNING: N_("under way"),
    Outcome.COMPLETED: N_("completed"),
    Outcome.STOPPED: N_("stopped"),
    Outcome.FAILED: N_("failed"),
}


def draw(record: Record[Any] | None, key: str) -> None:
    """Draw time line, notes and what belongs to them."""
    if record is None:
        st.caption(_("Nothing yet. Here will be the phases of the run and what the back end says beside its answer."))
        return
    st.text(
        _("run {id} · started {time} UTC · {outcome}").format(
            id=record.id, time=f"{record.started_at:%Y-%m-%d %H:%M:%S}", outcome=_(OUTCOMES[record.outcome])
        )
    )
    note = _("From the call to the back end, and what the back end asked in turn.")
    chart_style.draw(*layers(lines(record, timeline_of(record, key))), f"{key}.layers", _("Layers of the call"), note=note)
    notes = tuple(record.notes)
    if not notes:
        st.caption(_("The back end said nothing beside its answer."))
        return
    data_table(
        [
            {_("at, s"): round(item.seconds, 4), _("what"): _(KINDS[item.kind]), _("text"): drawable(_words(item))}
            for item in notes[:MOST_NOTES]
        ],
        height=height(len(notes)),
        column_config={_("text"): st.column_config.TextColumn(width="large")},
        alt=_("What the back end said beside its answer"),
        key=f"{key}.notes",
    )
    if len(notes) > MOST_NOTES:
        st.caption(_("The first {most} of {count} notes; the record has them all.").format(most=MOST_NOTES, count=len(notes)))
    _details(notes)


def _words(note: Note) -> str:
    match note.kind:
        case NoteKind.PHASE:
            return phase_name(note.text)
        case NoteKind.QUEUE:
            return queue_words(note.data["before"])
    return told(note.message or note.text)


def _details(notes: Sequence[Note]) -> None:
    kinds = (NoteKind.EXCHANGE, NoteKind.DETAIL)  # what went over HTTP has a tab of its own
    found = [
        (item, {name: value for name, value in item.data.items() if name != "sent"}) for item in notes if item.kind in kinds
    ]
    found = [(item, data) for item, data in found if data]
    for item, data in found[:MOST_DETAILS]:
        st.caption(f"{_(KINDS[item.kind])} · {plain(told(item.message or item.text))}")
        json_view.tree(shortened(_json(data)), open_levels=0)
    if len(found) > MOST_DETAILS:
        st.caption(_("The first {most} of {count}; the record has them all.").format(most=MOST_DETAILS, count=len(found)))


def lines(record: Record[Any], timeline: Timeline) -> list[tuple[str, Span]]:
    """Return the layers of a call: the call itself, what the back end did when, and its exchanges with a model or a server."""
    member = "summary" if record.request.invoke_type is InvokeType.SYSTEM_SUMMARY else record.request.invoke_type.value
    member = member.replace("multimodal_embedding", "text_embedding").replace("multimodal_rerank", "rerank")
    call, backend = f"session.model.{member}", _("back end {name}").format(name=record.backend)
    found = [(call, Span("invoke", 0.0, record.elapsed))]
    found += [(backend, Span(phase_name(phase.name), phase.start, phase.end)) for phase in phases(record, timeline)]
    notes = tuple(record.notes)
    return found + list(_exchanges(notes)) + list(_over_http(notes, record.elapsed))


def _over_http(notes: Sequence[Note], now: float) -> Iterator[tuple[str, Span]]:
    """Return each request to a server: until its headers, and from there to its end."""
    for exchange in http_exchanges.exchanges(notes)[:MOST_REQUESTS]:
        line = f"{exchange.request['method']} {urlsplit(str(exchange.request['url'])).path}"
        answered = exchange.answered_at
        yield line, Span(_("to the headers"), exchange.at, now if answered is None else answered)
        if answered is not None:
            yield line, Span(_("answer"), answered, now if exchange.ended_at is None else exchange.ended_at)


def _exchanges(notes: Sequence[Note]) -> Iterator[tuple[str, Span]]:
    """Return each exchange; it began when its back end says, else with the first phase told since the exchange before."""
    began: float | None = None
    for note in notes:
        if note.kind is NoteKind.PHASE and note.text not in ("waiting", "loading"):
            began = note.seconds if began is None else began
        elif note.kind is NoteKind.EXCHANGE:
            took = note.data.get(SECONDS)
            start = note.seconds - took if isinstance(took, int | float) else note.seconds if began is None else began
            start = min(max(0.0, start), note.seconds)
            length = f" · {duration(note.seconds - start)}" if start < note.seconds else ""
            yield f"{note.text}{length}", Span(_("exchange"), start, note.seconds)
            began = None


def _json(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    return value
