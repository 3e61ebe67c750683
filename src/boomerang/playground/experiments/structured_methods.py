"""Experiment of the structured-output page: compare three methods to get an object."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import streamlit as st

from boomerang.playground.results.structured_output import repair
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui import json_view, schema_verdict
from boomerang.playground.ui.escape import plain
from boomerang.playground.ui.json_diff import objects_of
from boomerang.playground.ui.number_format import seconds
from boomerang.workbench.experiments import structured_methods as methods
from boomerang.workbench.experiments.structured_methods import Way
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results.drawable_text import drawable

from .experiment_panel import Experiment


def _controls(page: Pane, _pane: Pane) -> None:
    complete = None not in (page.arguments.get("structured_output_schema"), page.arguments.get("model_config"))
    if complete and not methods.takes_schema(page.model):
        template = _("{model} has no schema parameter, so that method is skipped.")
        st.caption(f":material/info: {template.format(model=plain(page.model.model) if page.model else '')}")


def _draw(pane: Pane, ways: Sequence[Way]) -> None:
    for number, (way, column) in enumerate(zip(ways, st.columns(len(ways), gap="small"), strict=True)):
        with column, st.container(border=True, height="stretch", key=pane.key(f"way-{number}").replace(".", "-")):
            st.markdown(f"**{_(way.label)}**")
            _way(way)
    values = [(_(way.label), way.value) for way in ways if way.value is not None]
    for (first, left), (other, right) in pairwise(values):
        st.markdown(f"**{first} – {other}**")
        objects_of(left, right, (first, other))


def _way(way: Way) -> None:
    if not way.ended:
        st.caption(_("pending"))
        return
    st.caption(seconds(way.seconds))
    if way.error is not None:
        st.badge(_("failed"), icon=":material/error:", color="red")
        st.text(drawable(str(way.error)))
        return
    if way.checked is None:
        st.badge(_("no object"), icon=":material/cancel:", color="red")
    else:
        schema_verdict.draw(way.checked)
        if isinstance(way.value, dict) and (how := repair(way.value, way.text)):
            st.caption(f":material/healing: {_(how)}")
        json_view.text(json_view.written(way.value))
    with st.expander(_("Raw text")):
        json_view.text(way.raw_text)


ROUTES = Experiment(
    name="routes",
    title=N_("Output methods"),
    about=N_("Run the request as a structured call, with the schema as a model parameter, and with the "
"schema in the prompt only. Compare which results match the schema."),
    icon=":material/alt_route:",
    controls=_controls,
    steps=methods.steps,
    evaluate=methods.ways,
    draw=_draw,
)  # fmt: skip
