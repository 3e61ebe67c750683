"""Experiments of the structured-output page; here three ways to an object, beside it the same call many times."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import streamlit as st

from boomerang.invoker.llm_text.json_schema import check
from boomerang.playground.results.structured_output import repair
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui import json_view, schema_verdict
from boomerang.playground.ui.escape import plain
from boomerang.playground.ui.json_diff import objects_of
from boomerang.playground.ui.number_format import seconds
from boomerang.workbench.experiments.structured_methods import routes, spelled, takes_schema
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.runs.job_series import Series, Step
from boomerang.workbench.runs.session_calls import call

from . import structured_repeats
from .experiment_panel import Experiment


def _ways(page: Pane, pane: Pane) -> Sequence[Step]:
    if page.arguments.get("structured_output_schema") is None or page.arguments.get("model_config") is None:
        return []
    if not takes_schema(page.model):
        words = _("{model} has no parameter for a schema, so that way is left out.")
        st.caption(f":material/info: {words.format(model=plain(page.model.model) if page.model else '')}")
    facts = {"schema": page.arguments["structured_output_schema"]}
    made = routes(page.arguments, page.model)
    return [Step(_(name), call(member, arguments), dict(facts)) for name, (member, arguments) in made.items()]


def _draw_ways(pane: Pane, series: Series) -> None:
    values: list[tuple[str, Any]] = []
    columns = st.columns(len(series.steps), gap="small")
    for number, (step, column) in enumerate(zip(series.steps, columns, strict=True)):
        with column, st.container(border=True, height="stretch", key=pane.key(f"way-{number}").replace(".", "-")):
            st.markdown(f"**{step.label}**")
            value = _way(step)
            if value is not None:
                values.append((step.label, value))
    for (first, left), (other, right) in pairwise(values):
        st.markdown(f"**{first} – {other}**")
        objects_of(left, right, (first, other))


def _way(step: Step) -> Any:
    record = step.record
    if record is None or not step.ended:
        st.caption(_("not yet"))
        return None
    st.caption(seconds(record.elapsed))
    if step.error is not None:
        st.badge(_("failed"), icon=":material/error:", color="red")
        st.text(drawable(str(step.error)))
        return None
    value, answer = spelled(record)
    if value is None:
        st.badge(_("no object"), icon=":material/cancel:", color="red")
    else:
        schema_verdict.draw(check(value, step.facts["schema"]))
        if isinstance(value, dict) and (how := repair(value, answer.text)):
            st.caption(f":material/healing: {_(how)}")
        json_view.text(json_view.written(value))
    with st.expander(_("Raw text")):
        json_view.text(answer.fold.text)
    return value


ROUTES = Experiment(
    name="routes",
    title=N_("Three ways to an object"),
    about=N_("The same request as a structured call, with the schema as a parameter where the model has one, and with the "
             "schema in the prompt only: which of them fits the schema, and what differs."),
    icon=":material/alt_route:",
    steps=_ways,
    draw=_draw_ways,
)  # fmt: skip
EXPERIMENTS = (ROUTES, structured_repeats.STABILITY)
