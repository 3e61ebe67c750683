"""Charts of vectors: pairwise similarity, a map, the values of one vector, and a histogram."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boomerang.workbench.i18n.translate import _

from .chart_style import BLUE, COLOURS, GREY, ORANGE, SHAPES, Row, Table, dark, distinct, frame, label_text, text_colour

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

MOST_IN_MATRIX = 40
MOST_WITH_NUMBERS = 15
MOST_WITH_NUMBERS_NARROW = 8
SMALL_CELL, LEAST_CELL = 40, 26
"""Cell widths in pixels below which its number is small, and below which it would overlap the next and is hidden."""
MOST_DOTS = 2_000
MOST_NAMED_DOTS = 30
MOST_VALUES = 400
MOST_BINS = 60

# Colours from opposite over unrelated to equal: two hues that get stronger towards both ends. Each set has its own text
# colours, for cells above and below a strength, so that it is legible on any background.
_LIGHT = (("#964c00", "#f4f5fa", "#2b3fb0"), ("#ffffff", "#1a1f36"), 0.7)
_DARK = (("#f0a35a", "#262c44", "#a9b8ff"), ("#0d1020", "#eef0fa"), 0.5)


@dataclass(frozen=True, slots=True)
class Dot:
    """A point on a map."""

    x: float
    y: float
    text: str
    group: str = ""


def similarity(
    matrix: ArrayLike, texts: Sequence[str], *, column_texts: Sequence[str] | None = None, narrow: bool = False
) -> tuple[Any, Table]:
    """Draw similarities as a heat map, with numbers in the cells up to 15 × 15.

    Args:
        matrix: From -1 to 1, shape (texts, column texts); NaN where a vector is zero. At most 40 rows and columns are drawn.
        texts: Texts of the rows.
        column_texts: Texts of the columns; those of the rows by default.
        narrow: Whether it is drawn beside another one: shorter names, no legend, numbers up to 8 × 8.
    """
    import altair as alt
    import numpy as np

    cells = np.asarray(matrix, np.float64)[:MOST_IN_MATRIX, :MOST_IN_MATRIX]
    longest = 9 if narrow else 28
    rows_named = distinct(texts[:MOST_IN_MATRIX], longest)
    columns_named = rows_named if column_texts is None else distinct(column_texts[:MOST_IN_MATRIX], longest)
    scale, (on_strong, on_pale), strong_from = _DARK if dark() else _LIGHT
    pairs = [
        {
            "row": row,
            "column": str(j + 1),
            "other": columns_named[j],
            "value": _finite(cells[i, j]),
            "words": "—" if math.isnan(cells[i, j]) else f"{cells[i, j]:.2f}",
        }
        for i, row in enumerate(rows_named)
        for j in range(cells.shape[1])
    ]
    table = [
        {_("text"): row, **{columns_named[j]: _finite(cells[i, j], 4) for j in range(cells.shape[1])}}
        for i, row in enumerate(rows_named)
    ]
    numbers_above = [str(j + 1) for j in range(cells.shape[1])]
    base = alt.Chart(frame(pairs)).encode(
        x=alt.X("column:O", sort=numbers_above, title=None, axis=alt.Axis(labelAngle=0, orient="top", labelPadding=4)),
        y=alt.Y("row:N", sort=rows_named, title=None, axis=alt.Axis(labelLimit=150, labelPadding=6)),
        tooltip=[
            alt.Tooltip("row:N", title=_("text")),
            alt.Tooltip("other:N", title=_("and text")),
            alt.Tooltip("value:Q", title=_("similarity"), format=".4f"),
        ],
    )
    chart = base.mark_rect(cornerRadius=2).encode(
        color=alt.Color(
            "value:Q",
            scale=alt.Scale(domain=[-1, 0, 1], range=list(scale), clamp=True, interpolate="rgb"),
            legend=None if narrow else alt.Legend(title=None, orient="bottom", gradientLength=200, format=".1f", tickCount=5),
        )
    )
    size = max(cells.shape, default=0)
    if size <= (MOST_WITH_NUMBERS_NARROW if narrow else MOST_WITH_NUMBERS):
        strong = f"isValid(datum.value) && abs(datum.value) > {strong_from}"
        largest = 12 if size <= 8 and not narrow else 9
        fitting = {"expr": f"bandwidth('x') < {SMALL_CELL} ? 9 : {largest}"}
        there = {"expr": f"bandwidth('x') < {LEAST_CELL} ? 0 : 1"}
        chart += base.mark_text(fontSize=fitting, opacity=there).encode(
            text="words:N", color=alt.condition(strong, alt.value(on_strong), alt.value(on_pale))
        )
    height = (40 if max(cells.shape, default=0) <= MOST_WITH_NUMBERS else 17) * max(1, len(rows_named)) + (34 if narrow else 84)
    return chart.properties(height=height), table


def plane(dots: Sequence[Dot], *, nearest: Sequence[str] | None = None) -> tuple[Any, Table]:
    """Draw points on a plane with their texts as tooltips. At most `MOST_DOTS`, the rest is cut.

    Args:
        dots: Those with NaN or infinite coordinates are left out. Each of the first eight groups has its own colour and shape.
        nearest: Another tooltip line for each dot, such as its nearest neighbour.
    """
    import altair as alt

    near = list(nearest or [""] * len(dots))
    placed = [(dot, near[i]) for i, dot in enumerate(dots[:MOST_DOTS]) if math.isfinite(dot.x) and math.isfinite(dot.y)]
    groups = list(dict.fromkeys(label_text(dot.group) for dot, _line in placed))[: len(SHAPES)]
    grouped = len(groups) > 1
    names = distinct([dot.text for dot, _line in placed], 24)
    rows: list[Row] = [
        {
            "x": d.x,
            "y": d.y,
            "text": label_text(d.text, 120),
            "group": label_text(d.group),
            "near": label_text(line, 120),
            "name": name,
        }
        for (d, line), name in zip(placed, names, strict=True)
    ]
    table = [
        {_("text"): row["text"], "x": round(row["x"], 4), "y": round(row["y"], 4)}
        | ({_("group"): row["group"]} if grouped else {})
        for row in rows
    ]
    tooltip = [alt.Tooltip("text:N", title=_("text"))]
    tooltip += [alt.Tooltip("group:N", title=_("group"))] if grouped else []
    tooltip += [alt.Tooltip("near:N", title=_("nearest"))] if nearest else []
    axis = alt.Axis(labels=False, title=None, tickCount=5)
    base = alt.Chart(frame(rows)).encode(
        x=alt.X("x:Q", axis=axis, scale=alt.Scale(zero=False, padding=30)),
        y=alt.Y("y:Q", axis=axis, scale=alt.Scale(zero=False, padding=24)),
        tooltip=tooltip,
    )
    dots_drawn = base.mark_point(filled=True, size=90 if len(rows) <= 60 else 36, opacity=0.85, color=BLUE)
    if grouped:
        legend = alt.Legend(title=None, orient="bottom", columns=4, labelLimit=220)
        dots_drawn = dots_drawn.encode(
            color=alt.Color("group:N", scale=alt.Scale(domain=groups, range=list(COLOURS[: len(groups)])), legend=legend),
            shape=alt.Shape("group:N", scale=alt.Scale(domain=groups, range=list(SHAPES[: len(groups)])), legend=legend),
        )
    if len(rows) > MOST_NAMED_DOTS:
        return dots_drawn.properties(height=340), table
    for row, shift in zip(rows, _shifts([(row["x"], row["y"]) for row in rows]), strict=True):
        row["shift"] = shift
    named = alt.Chart(frame(rows)).encode(x="x:Q", y="y:Q", text="name:N", tooltip=tooltip)
    for shift in (-1, 0, 1):
        dots_drawn += named.transform_filter(alt.datum.shift == shift).mark_text(
            align="left", dx=8, dy=8 * shift, fontSize=11, color=text_colour(), limit=170
        )
    return dots_drawn.properties(height=340), table


def _shifts(places: Sequence[tuple[float, float]]) -> list[int]:
    """Return which names to move a little above (-1) or below (1) their dots, because another name overlaps them."""
    if not places:
        return []
    xs, ys = zip(*places, strict=True)
    wide, tall = (max(xs) - min(xs)) * 0.35, (max(ys) - min(ys)) * 0.05
    shifts = []
    for at, (x, y) in enumerate(places):
        near = [b for i, (a, b) in enumerate(places) if i != at and abs(a - x) < wide and abs(b - y) < tall]
        higher, lower = sum(b > y for b in near), sum(b < y for b in near)
        shifts.append(0 if higher == lower else 1 if higher > lower else -1)
    return shifts


def values(vector: Sequence[float]) -> tuple[Any, Table]:
    """Draw the values of one vector in order; above 400 dimensions, the minimum and maximum of each group of neighbours."""
    import altair as alt

    size = -(-len(vector) // MOST_VALUES) if vector else 1
    rows: list[Row] = []
    for start in range(0, len(vector), size):
        part = [value for value in vector[start : start + size] if math.isfinite(value)]
        if part:
            name = str(start) if size == 1 else f"{start}–{min(start + size, len(vector)) - 1}"
            rows.append({"at": start, "name": name, "low": min(0.0, *part), "high": max(0.0, *part)})
    table = [{_("dimension"): r["name"], _("min"): round(r["low"], 6), _("max"): round(r["high"], 6)} for r in rows]
    if size == 1:
        table = [{_("dimension"): r["name"], _("value"): round(vector[r["at"]], 6)} for r in rows]
    base = alt.Chart(frame(rows)).encode(
        x=alt.X("at:Q", title=_("dimension"), scale=_inner(len(vector), size), axis=alt.Axis(tickMinStep=1)),
        tooltip=[
            alt.Tooltip("name:N", title=_("dimension")),
            alt.Tooltip("low:Q", title=_("min"), format=".4f"),
            alt.Tooltip("high:Q", title=_("max"), format=".4f"),
        ],
    )
    # Values above and below zero differ in position and colour.
    up = base.mark_rule(color=BLUE, strokeWidth=1.4).encode(y=alt.Y("high:Q", title=_("value")), y2=alt.datum(0))
    down = base.mark_rule(color=ORANGE, strokeWidth=1.4).encode(y=alt.Y("low:Q", title=_("value")), y2=alt.datum(0))
    return (up + down).properties(height=200), table


def histogram(numbers: Sequence[float], *, title: str, bins: int = 30) -> tuple[Any, Table]:
    """Draw a histogram of numbers in at most 60 bins of equal width, without NaN and infinite values.

    Args:
        numbers: Any count of them.
        title: What they are, in the visitor's language.
        bins: Number of bins.
    """
    import altair as alt
    import numpy as np

    known = np.asarray(numbers, np.float64)
    known = known[np.isfinite(known)]
    counts, edges = np.histogram(known, bins=min(max(1, bins), MOST_BINS)) if known.size else (np.zeros(0, int), np.zeros(1))
    rows = [{"low": float(edges[i]), "high": float(edges[i + 1]), "count": int(count)} for i, count in enumerate(counts)]
    table = [{_("from"): round(r["low"], 4), _("to"): round(r["high"], 4), _("count"): r["count"]} for r in rows]
    chart = alt.Chart(frame(rows)).mark_bar(color=BLUE, stroke=GREY, strokeWidth=0.4).encode(
        x=alt.X("low:Q", title=title, bin="binned", scale=alt.Scale(zero=False, nice=False)),
        x2="high:Q",
        y=alt.Y("count:Q", title=_("count"), axis=alt.Axis(tickMinStep=1)),
        tooltip=[
            alt.Tooltip("low:Q", title=_("from"), format=".4f"),
            alt.Tooltip("high:Q", title=_("to"), format=".4f"),
            alt.Tooltip("count:Q", title=_("count")),
        ],
    )  # fmt: skip
    return chart.properties(height=200), table


def _inner(count: int, size: int) -> Any:
    import altair as alt

    return alt.Scale(domain=[-0.7 * size, max(1, count) - 0.3 * size], nice=False)


def _finite(value: float, digits: int = 6) -> float | None:
    return round(float(value), digits) if math.isfinite(value) else None
