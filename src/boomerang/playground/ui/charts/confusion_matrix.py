"""Chart of expected against predicted flags."""

from __future__ import annotations

from typing import Any

from boomerang.workbench.i18n.translate import _

from .chart_style import Table, dark, frame

# Fill of right, wrong and empty cells, and the text colour on each.
_LIGHT = {"right": "#d5ddfb", "wrong": "#fadfc4", "none": "#f1f2f6", "ink": "#1a1f36"}
_DARK = {"right": "#2c3870", "wrong": "#6b3c0c", "none": "#23283a", "ink": "#eef0fa"}


def confusion(
    *, hits: int, false_alarms: int, correct_rejections: int, misses: int, positive: str, negative: str
) -> tuple[Any, Table]:
    """Draw the four counts as a two-by-two matrix.

    Args:
        hits: Flagged, as expected.
        false_alarms: Flagged, but should not have been.
        correct_rejections: Not flagged, as expected.
        misses: Not flagged, but should have been.
        positive: Label of a flag, in the visitor's language.
        negative: Label of no flag.
    """
    import altair as alt

    colours = _DARK if dark() else _LIGHT
    cells = [
        (positive, positive, hits, _("caught"), "right"),
        (positive, negative, misses, _("missed"), "wrong"),
        (negative, positive, false_alarms, _("false alarm"), "wrong"),
        (negative, negative, correct_rejections, _("correctly passed"), "right"),
    ]
    rows = [
        {
            "expected": expected,
            "predicted": got,
            "count": count,
            "what": f"{'✓' if kind == 'right' else '✗'} {name}",
            "fill": colours[kind if count else "none"],
        }
        for expected, got, count, name, kind in cells
    ]
    table = [{_("expected"): row["expected"], _("predicted"): row["predicted"], _("count"): row["count"]} for row in rows]
    order = [positive, negative]
    base = alt.Chart(frame(rows)).encode(
        x=alt.X("got:N", sort=order, title=_("predicted"), axis=alt.Axis(orient="top", labelAngle=0)),
        y=alt.Y("expected:N", sort=order, title=_("expected"), axis=alt.Axis(labelLimit=160)),
        tooltip=[
            alt.Tooltip("expected:N", title=_("expected")),
            alt.Tooltip("got:N", title=_("predicted")),
            alt.Tooltip("count:Q", title=_("count")),
        ],
    )
    fill = base.mark_rect(cornerRadius=6).encode(color=alt.Color("fill:N", scale=None))
    number = base.mark_text(fontSize=24, fontWeight=600, dy=-8, color=colours["ink"]).encode(text="count:Q")
    what = base.mark_text(fontSize=12, dy=16, color=colours["ink"]).encode(text="what:N")
    return (fill + number + what).properties(height=230), table
