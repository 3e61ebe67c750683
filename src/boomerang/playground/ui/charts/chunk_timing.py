"""Chart of chunks over time, with the pauses between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from boomerang.workbench.i18n.translate import _

from .chart_style import (
    COLOURS,
    GREY,
    ORANGE,
    SHAPES,
    Table,
    colour_of,
    duration,
    frame,
    label_text,
    legend,
    seconds_tooltip,
    text_colour,
)
from .phases import Span

MOST_POINTS = 500
MOST_PAUSES = 40


@dataclass(frozen=True, slots=True)
class Point:
    """A chunk of a stream, or a group of chunks."""

    seconds: float
    total: float
    """Total received so far, including this point."""
    size: float
    kind: str
    """In the visitor's language."""
    numbers: str
    """Indices of its chunks."""
    note: str = ""


def chunks(points: Sequence[Point], pauses: Sequence[Span], kinds: Mapping[str, int], unit: str) -> tuple[Any, Table]:
    """Draw the progress of a stream: steep is fast, flat is slow, shaded is a pause.

    Args:
        points: In order, at most `MOST_POINTS`; group the chunks if there are more.
        pauses: Pauses of the stream; the longest `MOST_PAUSES` are drawn.
        kinds: Each kind that occurs, in the visitor's language → index of its colour and shape, 0 to 7.
        unit: Unit of the sizes, in the visitor's language.

    Raises:
        ValueError: There are more points.
    """
    import altair as alt

    if len(points) > MOST_POINTS:
        raise ValueError(f"{len(points)} points: at most {MOST_POINTS} are drawn")
    table = [
        {
            _("chunks"): point.numbers,
            _("at, s"): round(point.seconds, 4),
            _("kind"): point.kind,
            unit: point.size,
            _("arrived"): point.total,
        }
        for point in points
    ]
    rows = [
        {"at": p.seconds, "total": p.total, "size": p.size, "kind": p.kind, "numbers": p.numbers, "note": label_text(p.note)}
        for p in points
    ]
    # Leave room above the line for the labels of the shaded pauses.
    top = max((point.total for point in points), default=1.0) * 1.12 or 1.0
    end = max((point.seconds for point in points), default=1.0) or 1.0
    base = alt.Chart(frame(rows)).encode(
        x=alt.X("at:Q", title=_("seconds"), scale=alt.Scale(domain=[0, end * 1.02], nice=False)),
        y=alt.Y("total:Q", title=unit, scale=alt.Scale(domain=[0, top], nice=False)),
    )
    line = base.mark_line(interpolate="step-after", color=GREY, strokeWidth=1.2, opacity=0.7)
    dots = base.mark_point(filled=True, size=46 if len(rows) <= 120 else 22, opacity=0.9).encode(
        color=colour_of("kind", list(kinds), [COLOURS[place] for place in kinds.values()]),
        shape=alt.Shape(
            "kind:N", scale=alt.Scale(domain=list(kinds), range=[SHAPES[place] for place in kinds.values()]), legend=legend()
        ),
        tooltip=[
            alt.Tooltip("numbers:N", title=_("chunks")),
            seconds_tooltip("at", _("at, s")),
            alt.Tooltip("kind:N", title=_("kind")),
            alt.Tooltip("size:Q", title=unit, format=","),
            alt.Tooltip("note:N", title=_("finish reason")),
        ],
    )
    shading = _shading(pauses, end, top)
    return alt.layer(*shading, line, dots).properties(height=290), table


def _shading(pauses: Sequence[Span], end: float, top: float) -> list[Any]:
    import altair as alt

    if not pauses:
        return []
    longest = sorted(pauses, key=lambda span: span.start - span.end)[:MOST_PAUSES]
    named = {id(span) for span in longest[:8] if span.end - span.start > 0.05 * end}
    rows = [
        {
            "start": span.start,
            "end": span.end,
            "mid": (span.start + span.end) / 2,
            "top": top,
            "words": _("pause {time}").format(time=duration(span.end - span.start)) if id(span) in named else "",
        }
        for span in longest
    ]
    base = alt.Chart(frame(rows)).encode(
        x="start:Q", tooltip=[seconds_tooltip("start", _("from, s")), seconds_tooltip("end", _("to, s"))]
    )
    return [
        base.mark_rect(color=ORANGE, opacity=0.16).encode(x2="end:Q"),
        base.mark_text(color=text_colour(), fontSize=11, baseline="top", dy=3).encode(x="mid:Q", y="top:Q", text="words:N"),
    ]
