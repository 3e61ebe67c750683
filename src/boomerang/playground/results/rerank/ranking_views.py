"""Views of a ranking: a list with a what-if threshold, rank changes and scores; and the dropped documents."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import streamlit as st

from boomerang.invoker.entities.rerank import RequestInvokeRerank
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui.charts import chart_style, rankings
from boomerang.playground.ui.data_table import data_table
from boomerang.workbench.i18n.translate import _, ngettext
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.rankings import Dropped, Row, movement

GREY = "color: #8a90a2"
MOST_SHADED = 2_000
TALL = 388
"""Most pixels of the list: ten rows, so that the actions below it stay in view."""


def preview(page: Pane, rows: Sequence[Row]) -> float | None:
    """Draw the slider for a what-if threshold; return `None` if all scores are equal."""
    known = [row.score for row in rows if math.isfinite(row.score)]
    low, high = min(known, default=0.0), max(known, default=0.0)
    if high <= low:
        return None
    step = (high - low) / 100
    key = page.hold("preview", 0.0)
    if not low <= float(st.session_state[key]) <= high + step:
        st.session_state[key] = low
    at = st.slider(
        _("What-if threshold"),
        low,
        high + step,  # so that it can be above the best score
        key=key,
        step=step,
        format="%.3f",
        persist_state="session",
        help=_("Applied to the finished result without a new call: a document stays if its score is `>=` the threshold."),
    )
    stays = sum(row.score >= at for row in rows)
    st.caption(
        _("{stays} of {count} kept at score `>=` {threshold}; the others are gray.").format(
            stays=stays, count=len(rows), threshold=f"{at:.3f}"
        )
    )
    return float(at)


def listed(page: Pane, rows: Sequence[Row], threshold: float | None) -> None:
    """Draw the documents in their new order; those below the threshold in grey."""
    import pandas as pd

    rank, moved, was, score, document = _("rank"), _("change"), _("previous"), _("score"), _("document")
    table = pd.DataFrame(
        {
            rank: [row.rank for row in rows],
            document: [drawable(row.text) for row in rows],
            score: [row.score for row in rows],
            moved: [movement(row.moved) for row in rows],
            was: [row.position for row in rows],
        }
    )
    below = {index for index, row in enumerate(rows) if threshold is not None and not row.score >= threshold}
    shaded = table.style.apply(lambda line: [GREY if line.name in below else ""] * len(line), axis=1)
    data_table(
        shaded if below and len(rows) <= MOST_SHADED else table,
        height=min(TALL, 38 + 35 * max(1, len(rows))),
        column_config={
            rank: st.column_config.NumberColumn(width=45),
            document: st.column_config.TextColumn(width=185),
            score: st.column_config.NumberColumn(format="%.3f", width=60),
            moved: st.column_config.TextColumn(width=65, help=_("Positions up (▲) or down (▼) from the input.")),
            was: st.column_config.NumberColumn(width=75, help=_("Position in the input, from 1.")),
        },
        alt=_("Documents in their new order"),
        key=page.key("ranked"),
    )


def moves(page: Pane, rows: Sequence[Row], request: RequestInvokeRerank) -> None:
    """Draw each document's rank change."""
    after = {row.position: row.rank for row in rows}
    places = [rankings.Place(drawable(text), number, after.get(number)) for number, text in enumerate(request.docs, 1)]
    chart, table = rankings.slope(places, _("Input"), _("Result"))
    most = rankings.MOST_LINES
    note = _("First {count} of {all} documents.").format(count=most, all=len(places)) if len(places) > most else ""
    chart_style.draw(chart, table, page.key("slope"), _("Rank changes from the input order"), note=note)


def scores(page: Pane, rows: Sequence[Row], threshold: float | None) -> None:
    """Draw the scores as bars; those below the threshold are pale."""
    names = [drawable(row.text) for row in rows]
    chart, table = rankings.bars(names, [row.score for row in rows], title=_("score"), threshold=threshold)
    most = rankings.MOST_BARS
    note = _("First {count} of {all} documents.").format(count=most, all=len(rows)) if len(rows) > most else ""
    chart_style.draw(chart, table, page.key("scores"), _("Scores of the documents"), note=note)


def dropped(page: Pane, missing: Sequence[Dropped]) -> None:
    """Draw the documents that were not returned, and why."""
    if not missing:
        return
    for reason, count in Counter(one.reason for one in missing).items():
        template = ngettext("{count} dropped: {reason}", "{count} dropped: {reason}", count)
        st.caption(f":material/filter_alt_off: {template.format(count=count, reason=reason)}")
    was, document, score = _("previous"), _("dropped document"), _("score")
    scored = any(one.score is not None for one in missing)
    data_table(
        [{was: one.position, document: drawable(one.text)} | ({score: one.score} if scored else {}) for one in missing],
        height=min(300, 38 + 35 * len(missing)),
        column_config={
            was: st.column_config.NumberColumn(width=75, help=_("Position in the input, from 1.")),
            document: st.column_config.TextColumn(width="large"),
            score: st.column_config.NumberColumn(width=80, format="%.4f"),
        },
        alt=_("Dropped documents"),
        key=page.key("dropped"),
    )
