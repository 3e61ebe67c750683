"""Charts of time: phases of a run, layers of a call, latencies of repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from boomerang.playground.ui import html_tables
from boomerang.workbench.i18n.translate import N_, _

from .chart_style import (
    BLUE,
    COLOURS,
    GREEN,
    GREY,
    OLIVE,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    Row,
    Table,
    colour_of,
    duration,
    few_ticks,
    frame,
    label_text,
    legend,
    padded,
    seconds_tooltip,
    text_colour,
)

MOST_PHASES = 60
ROOM_FOR_LABEL = 0.09
"""Share of the bar from which a phase's time is written into it."""
MOST_LANES = 40
MOST_REPEATS = 500

PHASES = {
    "asking": (N_("Request setup"), GREY),
    "waiting": (N_("Queued"), OLIVE),
    "loading": (N_("Loading the model"), PURPLE),
    "reading": (N_("Prompt processing"), SKY),
    "inference": (N_("Inference"), SKY),
    "retrying": (N_("Waiting to retry"), OLIVE),
    "first": (N_("Time to first chunk"), SKY),
    "generating": (N_("Generation"), BLUE),
    "decoding": (N_("Generation"), BLUE),
    "closing": (N_("Finalizing"), GREEN),
}
"""Phase → its label and colour."""


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time."""

    name: str
    start: float
    """In seconds."""
    end: float


def phase_name(name: str) -> str:
    """Return the label of a phase; a back end's own phase name is kept."""
    return _(PHASES[name][0]) if name in PHASES else label_text(name)


def phases(spans: Sequence[Span]) -> tuple[str, Table]:
    """Return the phases of a run as the HTML of a bar, and as a table; at most `MOST_PHASES`, the rest is cut."""
    spans = spans[:MOST_PHASES]
    whole = max((span.end for span in spans), default=0.0) or 1.0
    sums: dict[str, float] = {}
    for span in spans:
        sums[span.name] = sums.get(span.name, 0.0) + span.end - span.start
    colours = {name: PHASES[name][1] if name in PHASES else COLOURS[n % len(COLOURS)] for n, name in enumerate(sums)}
    legend = {name: f"{phase_name(name)} · {duration(took)}" for name, took in sums.items()}
    parts, table = [], []
    for span in spans:
        took = span.end - span.start
        inside = duration(took) if took > ROOM_FOR_LABEL * whole else ""
        title = f"{phase_name(span.name)} · {duration(took)}"
        parts.append(html_tables.Part(span.start / whole, span.end / whole, colours[span.name], inside, title))
        table.append(
            {
                _("phase"): phase_name(span.name),
                _("from, s"): round(span.start, 4),
                _("to, s"): round(span.end, 4),
                _("seconds"): round(took, 4),
                _("share"): f"{took / whole:.0%}",
            }
        )
    named = [(colours[name], label) for name, label in legend.items()]
    return html_tables.bar(parts, ("0", duration(whole)), named, ", ".join(legend.values())), table


def layers(spans: Sequence[tuple[str, Span]]) -> tuple[Any, Table]:
    """Draw when each layer or exchange was active, one line each.

    Args:
        spans: Line and span, outermost layer first; at most `MOST_LANES`, the rest is cut. A span of unknown length has equal
            start and end, and is drawn as a tick.
    """
    import altair as alt

    spans = spans[:MOST_LANES]
    lines = list(dict.fromkeys(label_text(line) for line, _span in spans))
    whole = max((span.end for _line, span in spans), default=0.0) or 1.0
    rows: list[Row] = [
        {
            "line": label_text(line),
            "item": label_text(span.name),
            "start": span.start,
            "end": span.end,
            "depth": lines.index(label_text(line)),
            "took": duration(span.end - span.start) if span.end > span.start else "",
        }
        for line, span in spans
    ]
    table = [
        {
            _("layer"): row["line"],
            _("item"): row["item"],
            _("from, s"): round(row["start"], 4),
            _("to, s"): round(row["end"], 4),
        }
        for row in rows
    ]
    base = alt.Chart(frame(rows)).encode(
        y=alt.Y("line:N", sort=lines, title=None, axis=alt.Axis(labelLimit=170)),
        x=alt.X("start:Q", title=_("seconds"), scale=alt.Scale(domain=[0, whole], nice=False), axis=few_ticks()),
        tooltip=[
            alt.Tooltip("line:N", title=_("layer")),
            alt.Tooltip("what:N", title=_("item")),
            seconds_tooltip("start", _("from, s")),
            seconds_tooltip("end", _("to, s")),
        ],
    )
    colour = alt.Color(
        "depth:O",
        scale=alt.Scale(domain=list(range(len(lines))), range=[COLOURS[i % 3] for i in range(len(lines))]),
        legend=None,
    )
    bars = base.mark_bar(height=16, cornerRadius=3).encode(x2="end:Q", color=colour)
    marks = base.mark_tick(thickness=2, height=18).encode(color=colour)
    return (bars + marks).properties(height=30 * max(1, len(lines)) + 56), table


def repeats(seconds: Sequence[float], good: Sequence[bool] | None = None, *, first_apart: bool = True) -> tuple[Any, Table]:
    """Draw the times of repeated calls in order, with the median of the successful ones.

    Args:
        seconds: In call order; at most the first `MOST_REPEATS` are drawn.
        good: Whether each call succeeded; all by default.
        first_apart: Whether the first is a cold start, which is excluded from the median.
    """
    import altair as alt

    seconds = seconds[:MOST_REPEATS]
    fine = list(good or [True] * len(seconds))[: len(seconds)]
    kinds = [_("first, cold"), _("good"), _("failed")]
    rows: list[Row] = []
    for number, (took, ok) in enumerate(zip(seconds, fine, strict=True), 1):
        kind = kinds[2] if not ok else kinds[0] if first_apart and number == 1 else kinds[1]
        rows.append({"number": number, "seconds": took, "kind": kind})
    table = [{_("call"): row["number"], _("seconds"): round(row["seconds"], 4), _("result"): row["kind"]} for row in rows]
    base = alt.Chart(frame(rows))
    dots = base.mark_point(filled=True, size=80, opacity=0.9).encode(
        x=alt.X("number:Q", title=_("call"), axis=alt.Axis(tickMinStep=1, format="d"), scale=padded(len(rows))),
        y=alt.Y("seconds:Q", title=_("seconds"), scale=alt.Scale(domainMin=0)),
        color=colour_of("kind", kinds, (ORANGE, BLUE, RED)),
        shape=alt.Shape("kind:N", scale=alt.Scale(domain=kinds, range=["triangle-up", "circle", "cross"]), legend=legend()),
        tooltip=[
            alt.Tooltip("number:Q", title=_("call")),
            seconds_tooltip("seconds", _("seconds")),
            alt.Tooltip("kind:N", title=_("result")),
        ],
    )
    counted = [row["seconds"] for row in rows if row["kind"] == kinds[1]]
    if not counted:
        return dots.properties(height=240), table
    middle = median(counted)
    named = [{"seconds": middle, "words": _("median {time}").format(time=duration(middle))}]
    rule = alt.Chart(frame(named)).mark_rule(color=GREY, strokeDash=[5, 4]).encode(y="seconds:Q")
    name = (
        alt.Chart(frame(named))
        .mark_text(color=text_colour(), align="right", dy=-11, fontSize=11)
        .encode(y="seconds:Q", x=alt.value("width"), text="words:N")
    )
    return (rule + dots + name).properties(height=240), table
