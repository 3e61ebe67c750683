"""Shared style of all charts: colours that are legible on light and dark backgrounds, and the chart's place on a page.

Colour is never the only signal: shape, position, pattern or text repeats it, and each chart has its data as a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import streamlit as st

from boomerang.playground.ui.data_table import data_table
from boomerang.playground.ui.escape import plain
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.results.drawable_text import drawable

BLUE = "#4f6bed"
ORANGE = "#b8610f"
GREEN = "#14805f"
PURPLE = "#a044b4"
RED = "#c43a4c"
SKY = "#2a7ca8"
OLIVE = "#7a6a1e"
GREY = "#6f7686"
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, RED, OLIVE, GREY)
"""White text is legible on each of them, and each stands out from white and from the dark theme's background."""
SHAPES = ("circle", "triangle-up", "square", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left")
LONGEST_LABEL = 60

Row: TypeAlias = dict[str, Any]
Table: TypeAlias = Sequence[Row]


def draw(chart: Any, table: Table | None, key: str, title: str, *, note: str = "") -> None:
    """Draw a chart with its title and its data as a table.

    Args:
        chart: An Altair chart, or our own markup.
        table: The chart's data; `None` if it is shown beside the chart anyway.
        key: Unique on the page.
        title: In the visitor's language; the chart's accessible name.
        note: One sentence of explanation, shown to everyone.
    """
    with st.container(gap="xxsmall"):
        st.markdown(f"**{plain(title)}**")
        if note:
            st.caption(plain(note))
        if isinstance(chart, str):
            st.html(chart)
        else:
            st.altair_chart(chart, alt=f"{title}. {note}" if note else title, key=key)
        if table is None:
            return
        more = st.expander(_("Show as table"), key=f"{key}.numbers", on_change="rerun", type="compact")
        if more.open:
            with more:
                data_table(table, alt=title, key=f"{key}.table")


def frame(rows: Sequence[Row]) -> Any:
    """Return rows as the data frame that Altair needs."""
    import pandas as pd

    return pd.DataFrame(list(rows))


def label_text(text: str, longest: int = LONGEST_LABEL) -> str:
    """Shorten a text for a chart: one line, limited length, whole characters."""
    flat = " ".join(drawable(text[: 4 * longest]).split())
    return flat if len(flat) <= longest else flat[: longest - 1] + "…"


def distinct(texts: Sequence[str], longest: int = 28) -> list[str]:
    """Return short labels for texts, numbered so that equal texts stay distinct."""
    return [f"{number} · {label_text(text, longest)}" for number, text in enumerate(texts, 1)]


def text_colour() -> str:
    """Return the colour of text on the page's own background; legible in the other theme too."""
    return "#9298aa" if dark() else "#626979"


def dark() -> bool:
    """Return whether the page is dark, as far as known; a chart must be readable even if this is wrong."""
    return bool(st.context.theme.type == "dark")


def duration(seconds: float) -> str:
    """Return a duration as text for a chart."""
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms" if seconds >= 0.0005 else "< 1 ms"
    return f"{seconds:.2f} s" if seconds < 9.995 else f"{seconds:,.1f} s"


def padded(count: int) -> Any:
    """Return a scale with room at both ends for `count` marks."""
    import altair as alt

    return alt.Scale(domain=[0.5, max(count, 1) + 0.5], nice=False)


def few_ticks() -> Any:
    """Return an axis with few labels, which do not overlap even on a narrow chart."""
    import altair as alt

    return alt.Axis(tickCount=5, format="~g", labelFlush=True)


def seconds_tooltip(field: str, title: str) -> Any:
    """Return a tooltip that shows a field in seconds."""
    import altair as alt

    return alt.Tooltip(f"{field}:Q", title=title, format=",.3f")


def legend(columns: int = 4, symbol: str | None = None) -> Any:
    """Return a legend below the chart."""
    import altair as alt

    more: dict[str, Any] = (
        {} if symbol is None else {"symbolType": symbol, "symbolSize": 130, "symbolStrokeWidth": 0, "rowPadding": 6}
    )
    return alt.Legend(title=None, orient="bottom", columns=columns, labelLimit=260, symbolOpacity=1, **more)


def colour_of(field: str, names: Sequence[str], colours: Sequence[str], key: Any = None) -> Any:
    """Return a colour encoding of a field, one colour per name."""
    import altair as alt

    return alt.Color(f"{field}:N", scale=alt.Scale(domain=list(names), range=list(colours)), legend=key or legend(), sort=None)
