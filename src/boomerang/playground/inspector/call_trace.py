"""Call trace of a run: the layers of the call on one time line, and the back end's events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from boomerang.invoker.events import (
    ArgumentsNotSent,
    Detail,
    Event,
    FrameReceived,
    HTTPEnd,
    HTTPRequest,
    HTTPResponse,
    ModelExchange,
    ModerationScores,
    Notice,
    PhaseEntered,
    PluginEvent,
    QueuePosition,
    RequestSent,
    RerankScores,
    ServerField,
    TranscriptSegment,
    UsageEstimated,
)
from boomerang.invoker.messages.message import translated
from boomerang.invoker.records.event_values import dump_event
from boomerang.invoker.records.record import Outcome, Record
from boomerang.invoker.records.timeline import Timeline, phases
from boomerang.invoker.request import InvokeType
from boomerang.playground.ui import json_view
from boomerang.playground.ui.charts import chart_style
from boomerang.playground.ui.charts.chart_style import duration
from boomerang.playground.ui.charts.phases import Span, layers, phase_name
from boomerang.playground.ui.data_table import data_table, height
from boomerang.playground.ui.escape import plain
from boomerang.playground.ui.number_format import queue_text
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results import http_exchanges
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.shortened_values import shortened

from .timeline_cache import timeline_of

MOST_EVENTS = 500
MOST_DETAILS = 20
MOST_REQUESTS = 12
"""Requests with their own line in the chart."""
KINDS: dict[type[Event], str] = {
    PhaseEntered: N_("phase"),
    QueuePosition: N_("queue"),
    Notice: N_("notice"),
    ModelExchange: N_("exchange"),
    HTTPRequest: N_("HTTP"),
    HTTPResponse: N_("HTTP"),
    HTTPEnd: N_("HTTP"),
    ModerationScores: N_("detail"),
    RerankScores: N_("detail"),
    TranscriptSegment: N_("detail"),
    ArgumentsNotSent: N_("detail"),
    UsageEstimated: N_("detail"),
    ServerField: N_("detail"),
    FrameReceived: N_("frame"),
    PluginEvent: N_("plugin event"),
}
OUTCOMES = {
    Outcome.RUNNING: N_("running"),
    Outcome.COMPLETED: N_("completed"),
    Outcome.STOPPED: N_("stopped"),
    Outcome.FAILED: N_("failed"),
}


def draw(record: Record[Any] | None, key: str) -> None:
    """Draw the time line, the events and their details."""
    if record is None:
        st.caption(_("Run phases and back end messages appear here after a run."))
        return
    st.text(
        _("run {id} · started {time} UTC · {outcome}").format(
            id=record.id, time=f"{record.started_at:%Y-%m-%d %H:%M:%S}", outcome=_(OUTCOMES[record.outcome])
        )
    )
    note = _("From the call through the back end to its requests.")
    chart_style.draw(*layers(lines(record, timeline_of(record, key))), f"{key}.layers", _("Call trace"), note=note)
    events = [event for event in tuple(record.events) if not isinstance(event, RequestSent)]  # the Sent tab shows it
    if not events:
        st.caption(_("No back end messages."))
        return
    data_table(
        [
            {_("at, s"): round(item.seconds, 4), _("item"): _(KINDS[type(item)]), _("text"): drawable(_event_text(item))}
            for item in events[:MOST_EVENTS]
        ],
        height=height(len(events)),
        column_config={_("text"): st.column_config.TextColumn(width="large")},
        alt=_("Back end messages"),
        key=f"{key}.notes",
    )
    if len(events) > MOST_EVENTS:
        st.caption(
            _("First {most} of {count} messages; the record has all of them.").format(most=MOST_EVENTS, count=len(events))
        )
    _details(events)


def _event_text(event: Event) -> str:
    match event:
        case PhaseEntered():
            return phase_name(event.name)
        case QueuePosition():
            return queue_text(event.before)
        case Notice():
            return translated(event.message, _)
        case HTTPRequest():
            return "request"
        case HTTPResponse():
            return "response"
        case HTTPEnd():
            return "end"
        case ModelExchange():
            return event.name
        case RequestSent():
            return "sent"
        case FrameReceived():
            return _("byte {offset:,}, size {size:,}").format(offset=event.offset, size=event.size)
        case PluginEvent():
            return "invoke"
    return _detail_text(event)


def _detail_text(event: Detail) -> str:
    match event:
        case ModerationScores():
            return "categories"
        case RerankScores(shape=""):
            return _("Scores of all documents, before score_threshold and top_n")
        case RerankScores():
            return _("The server uses {shape}'s rerank format.").format(shape=event.shape)
        case TranscriptSegment():
            # A header may declare less than the actual length.
            whole = event.recording_seconds
            if not whole:
                return _("{seconds:.0f} s transcribed").format(seconds=event.end)
            return _("{seconds:.0f} of {all:.0f} s transcribed").format(seconds=event.end, all=max(whole, event.end))
        case ArgumentsNotSent():
            return _("OpenAI's interface has no input_type; it was not sent.")
        case UsageEstimated():
            return "usage"
        case ServerField():
            return event.name


def _details(events: Sequence[Event]) -> None:
    details = [event for event in events if isinstance(event, ModelExchange | Detail)]
    for event in details[:MOST_DETAILS]:  # HTTP has its own tab
        st.caption(f"{_(KINDS[type(event)])} · {plain(_event_text(event))}")
        values = {name: value for name, value in dump_event(event).items() if name not in ("kind", "seconds", "name")}
        json_view.tree(shortened(values), open_levels=0)
    if len(details) > MOST_DETAILS:
        st.caption(_("First {most} of {count}; the record has all of them.").format(most=MOST_DETAILS, count=len(details)))


def lines(record: Record[Any], timeline: Timeline) -> list[tuple[str, Span]]:
    """Return the layers of a call: the call, the back end's phases, and its exchanges with a model or a server."""
    member = "summary" if record.request.invoke_type is InvokeType.SYSTEM_SUMMARY else record.request.invoke_type.value
    member = member.replace("multimodal_embedding", "text_embedding").replace("multimodal_rerank", "rerank")
    call, backend = f"session.model.{member}", _("back end {name}").format(name=record.backend)
    trace = [(call, Span("invoke", 0.0, record.elapsed))]
    trace += [(backend, Span(phase_name(phase.name), phase.start, phase.end)) for phase in phases(record, timeline)]
    events = tuple(record.events)
    return trace + list(_exchanges(events)) + list(_over_http(events, record.elapsed))


def _over_http(events: Sequence[Event], now: float) -> Iterator[tuple[str, Span]]:
    """Yield two spans per request: up to its headers, and from there to its end."""
    for exchange in http_exchanges.exchanges(events)[:MOST_REQUESTS]:
        request, response, end = exchange.request, exchange.response, exchange.end
        line = f"{request.method} {urlsplit(request.url).path}"
        yield line, Span(_("headers"), request.seconds, now if response is None else response.seconds)
        if response is not None:
            yield line, Span(_("body"), response.seconds, now if end is None else end.seconds)


def _exchanges(events: Sequence[Event]) -> Iterator[tuple[str, Span]]:
    """Yield each exchange. It began when its back end says, otherwise with the first phase after the previous exchange."""
    began: float | None = None
    for event in events:
        if isinstance(event, PhaseEntered) and event.name not in ("waiting", "loading"):
            began = event.seconds if began is None else began
        elif isinstance(event, ModelExchange):
            at = event.seconds
            start = at - event.took if event.took is not None else at if began is None else began
            start = min(max(0.0, start), at)
            length = f" · {duration(at - start)}" if start < at else ""
            yield f"{event.name}{length}", Span(_("exchange"), start, at)
            began = None
