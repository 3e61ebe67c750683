"""The rerank page's result: the ranking, rank changes, dropped documents with reasons, and ranking quality."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from boomerang.invoker.entities.rerank import RequestInvokeRerank
from boomerang.invoker.records.record import Record
from boomerang.playground.run import run_actions
from boomerang.playground.run.pane import Pane
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.parsing.json_text import written
from boomerang.workbench.results.rankings import Row, as_table, dropped, ranking
from boomerang.workbench.results.score_scale import Scale, guess

from . import ranking_views, relevance_scores

LOOKS = {
    "list": (N_("Ranked list"), ":material/format_list_numbered:"),
    "movement": (N_("Movement"), ":material/swap_vert:"),
    "scores": (N_("Scores"), ":material/bar_chart:"),
    "quality": (N_("Quality"), ":material/military_tech:"),
}
SCALES = {
    Scale.UNIT: N_("Scores look absolute (0–1); comparable across lists."),
    Scale.LOGIT: N_("Scores look like logits: any number, 0 means even odds."),
    Scale.COSINE: N_("Scores look like cosines (-1 to 1)."),
    Scale.RESCALED: N_("Scores look rescaled (best = 1, worst = 0); not comparable across lists."),
    Scale.UNKNOWN: N_("Score scale unknown."),
}


def draw(page: Pane, record: Record[Any]) -> None:
    """Draw the ranking in the chosen view, and the dropped documents."""
    if not record.chunks:
        return
    request, rows = record.request_as(RequestInvokeRerank), ranking(record)
    if rows:
        _scale(rows, len(request.docs))
        look = _chosen(page)
        threshold = ranking_views.preview(page, rows) if look in ("list", "scores") else None
        match look:
            case "movement":
                ranking_views.moves(page, rows, request)
            case "scores":
                ranking_views.scores(page, rows, threshold)
            case "quality":
                relevance_scores.draw(page, request, rows)
            case _:
                ranking_views.listed(page, rows, threshold)
    name = f"rerank-{record.id[:8]}"
    files = [
        run_actions.Download("JSON", lambda: written(record.chunks[0].model_dump(mode="json"), indent=2), f"{name}.json"),
        run_actions.Download("CSV", lambda: as_table(rows, ","), f"{name}.csv"),
    ]
    run_actions.draw(page, copy=as_table(rows, "\t") if rows else "", downloads=files)
    ranking_views.dropped(page, dropped(record, request))


def _chosen(page: Pane) -> str:
    chosen = st.segmented_control(
        _("View"),
        list(LOOKS),
        key=page.hold("look", "list", LOOKS.__contains__),
        format_func=lambda name: f"{LOOKS[name][1]} {_(LOOKS[name][0])}",
        required=True,
        persist_state="session",
        label_visibility="collapsed",
    )
    return str(chosen)


def _scale(rows: Sequence[Row], requested: int) -> None:
    scale = guess([row.score for row in rows], requested=requested)
    st.caption(f":material/straighten: {_(SCALES[scale.scale])}", help=scale.reason)
