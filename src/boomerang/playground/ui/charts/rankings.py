"""Charts of rankings: rank changes between two orders, and scores as bars."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from boomerang.workbench.i18n.translate import N_, _

from .chart_style import BLUE, GREEN, GREY, ORANGE, Table, frame, label_text, text_colour

MOST_LINES = 40
MOST_BARS = 60

WAYS = {"up": (N_("up"), GREEN, [1, 0]), "down": (N_("down"), ORANGE, [6, 3]), "same": (N_("same rank"), GREY, [2, 3])}
"""Direction → its label, colour and line dashes."""


@dataclass(frozen=True, slots=True)
class Place:
    """A document in two orders."""

    text: str
    left: int | None
    """Rank from 1; `None` if this order does not contain it."""
    right: int | None


def slope(places: Sequence[Place], left: str, right: str) -> tuple[Any, Table]:
    """Draw the rank changes between two orders: one line per document, at most `MOST_LINES`, the rest is cut.

    A document missing from one side ends below that side's last rank.

    Args:
        places: In any order.
        left: Name of the left order, in the visitor's language.
        right: Name of the right order.
    """
    import altair as alt

    places = places[:MOST_LINES]
    last = max((place for p in places for place in (p.left, p.right) if place), default=1)
    missing = any(place is None for p in places for place in (p.left, p.right))
    sides = [label_text(left, 30), label_text(right, 30)]
    sides = sides if sides[0] != sides[1] else [f"{sides[0]} ", sides[1]]
    rows = []
    for number, p in enumerate(places):
        for side, place in zip(sides, (p.left, p.right), strict=True):
            shown = last + 1 if place is None else place
            label = "—" if place is None else f"{place} · {label_text(p.text, 22)}"
            rows.append(
                {
                    "line": number,
                    "side": side,
                    "place": shown,
                    "label": label,
                    "change": way(p),
                    "text": label_text(p.text, 120),
                }
            )
    table = [
        {
            _("document"): label_text(p.text, 120),
            sides[0].strip(): p.left,
            sides[1].strip(): p.right,
            _("change"): _(WAYS[way(p)][0]),
        }
        for p in places
    ]
    names = {key: _(name) for key, (name, _colour, _dash) in WAYS.items()}
    for row in rows:
        row["change"] = names[str(row["change"])]
    domain = list(names.values())
    legend = alt.Legend(title=None, orient="bottom", columns=3, symbolType="stroke", symbolSize=300)
    base = alt.Chart(frame(rows)).encode(
        x=alt.X("side:N", sort=sides, title=None, axis=alt.Axis(orient="top", labelAngle=0, labelLimit=260), scale=_outer()),
        y=alt.Y("place:Q", axis=None, scale=alt.Scale(domain=[last + (1.5 if missing else 0.5), 0.5], nice=False)),
        detail="line:N",
        color=alt.Color(
            "way:N", scale=alt.Scale(domain=domain, range=[colour for _n, colour, _d in WAYS.values()]), legend=legend
        ),
        tooltip=[alt.Tooltip("text:N", title=_("document")), alt.Tooltip("way:N", title=_("change"))],
    )
    lines = base.mark_line(strokeWidth=2).encode(
        strokeDash=alt.StrokeDash(
            "way:N", scale=alt.Scale(domain=domain, range=[d for _n, _c, d in WAYS.values()]), legend=legend
        )
    )
    ends = base.mark_point(filled=True, size=60, opacity=1)
    text = alt.Chart(frame(rows)).encode(
        x=alt.X("side:N", sort=sides), y="place:Q", text="label:N", detail="line:N"
    )  # fmt: skip
    at_left = text.transform_filter(alt.datum.side == sides[0]).mark_text(
        align="right", dx=-9, fontSize=11, color=text_colour()
    )
    at_right = text.transform_filter(alt.datum.side == sides[1]).mark_text(align="left", dx=9, fontSize=11, color=text_colour())
    height = 26 * (last + (1 if missing else 0)) + 60
    return alt.layer(lines, ends, at_left, at_right).properties(height=min(900, height)), table


def way(place: Place) -> str:
    """Return the direction of a document's rank change: `up`, `down` or `same`."""
    left = math.inf if place.left is None else place.left
    right = math.inf if place.right is None else place.right
    return "up" if right < left else "down" if right > left else "same"


def bars(
    names: Sequence[str], scores: Sequence[float], *, title: str, threshold: float | None = None, upright: bool = False
) -> tuple[Any, Table]:
    """Draw scores as bars with their numbers; at most `MOST_BARS`, the rest is cut.

    Args:
        names: One per score; duplicates are numbered.
        scores: NaN and infinite scores get no bar.
        title: What the scores are, in the visitor's language.
        threshold: Where to draw a line; bars below it are pale.
        upright: Whether the bars are vertical.
    """
    import altair as alt

    pairs = list(zip(names, scores, strict=True))[:MOST_BARS]
    unique = len({label_text(name, 34) for name, _score in pairs}) == len(pairs)
    labels = [label_text(name, 34) if unique else f"{n} · {label_text(name, 30)}" for n, (name, _score) in enumerate(pairs, 1)]
    rows = [
        {
            "name": label,
            "score": score if math.isfinite(score) else None,
            "words": f"{score:.3f}" if math.isfinite(score) else "—",
            "reaches": threshold is None or score >= threshold,
            "full": label_text(name, 120),
        }
        for label, (name, score) in zip(labels, pairs, strict=True)
    ]
    table = [{_("name"): row["full"], title: row["score"]} for row in rows]
    if threshold is not None:
        table = [
            line | {_("reaches {score}").format(score=f"{threshold:g}"): row["reaches"]}
            for line, row in zip(table, rows, strict=True)
        ]
    known = [score for _name, score in pairs if math.isfinite(score)] + ([] if threshold is None else [threshold])
    low, high = min(0.0, min(known, default=0.0)), max(known, default=1.0)
    room = (high - low or 1.0) * 0.14
    domain = [low - (room if low < 0 else 0), max(high, 0.0) + room]
    along = alt.Y if upright else alt.X
    across = alt.X if upright else alt.Y
    one, other = ("y", "x") if upright else ("x", "y")
    axis = alt.Axis(labelLimit=210, labelAngle=-35 if upright else 0)
    encoding: dict[str, Any] = {
        one: along("score:Q", title=title, scale=alt.Scale(domain=domain, nice=False)),
        other: across("name:N", sort=labels, title=None, axis=axis),
    }
    base = alt.Chart(frame(rows)).encode(
        **encoding,
        opacity=alt.condition("datum.reaches", alt.value(1.0), alt.value(0.4)),
        tooltip=[alt.Tooltip("full:N", title=_("name")), alt.Tooltip("score:Q", title=title, format=".4f")],
    )
    drawn = base.mark_bar(color=BLUE, cornerRadiusEnd=3) + _numbers(alt.Chart(frame(rows)).encode(**encoding), upright=upright)
    if threshold is not None:
        line = alt.Chart(frame([{"at": threshold}])).mark_rule(color=ORANGE, strokeDash=[5, 4], strokeWidth=2)
        drawn += line.encode(**{one: along("at:Q", title=title)}, tooltip=[alt.Tooltip("at:Q", title=_("threshold"))])
    return drawn.properties(height=260 if upright else 30 * max(1, len(rows)) + 50), table


def _numbers(base: Any, *, upright: bool) -> Any:
    place = {"dy": -8} if upright else {"align": "left", "dx": 6}
    return base.mark_text(color=text_colour(), fontSize=12, **place).encode(text="words:N")


def _outer() -> Any:
    """Return a scale with room on both sides for the documents' names."""
    import altair as alt

    return alt.Scale(type="point", padding=0.62)
