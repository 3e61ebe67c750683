"""Comparison: the same input in two to four panes, each with its own model, parameters, state and Stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from boomerang.playground.run import error_panel
from boomerang.playground.run.pane import Pane
from boomerang.playground.run.pane_names import LETTERS
from boomerang.playground.ui.escape import plain
from boomerang.workbench.i18n.translate import _

from . import comparison_table

# A longer result scrolls, so that all panes stay in view.
STYLE = """<style>
[class*="st-key-pane-result-"] { max-height: 250px; overflow-y: auto; }
[class*="st-key-pane-result-"] > * { flex-shrink: 0; }
</style>"""


@dataclass(frozen=True, slots=True)
class Cell:
    """Containers of a pane."""

    model: DeltaGenerator
    actions: DeltaGenerator
    settings: DeltaGenerator
    result: DeltaGenerator

    def buttons(self, pane: Pane) -> None:
        """Draw the pane's own Run and Stop."""
        with self.actions:
            st.button(
                _("Run"),
                icon=":material/play_arrow:",
                key=pane.key("run.one"),
                disabled=pane.running or bool(pane.problems),
                help=_("Run this pane only") if not pane.problems else plain(_("Can't run yet: ") + "; ".join(pane.problems)),
                on_click=pane.request_run,
            )
            st.button(
                _("Stop"),
                icon=":material/stop_circle:",
                key=pane.key("stop.one"),
                disabled=not pane.running,
                on_click=pane.job.stop if pane.job is not None else None,
            )


def cells(panes: Sequence[Pane]) -> list[Cell]:
    """Lay out the panes in two columns; return their containers and assign each pane its model slot."""
    st.html(STYLE)
    panes_cells = []
    columns: list[DeltaGenerator] = []
    for number, pane in enumerate(panes):
        if number % 2 == 0:
            columns = list(st.columns(2, gap="small"))
        with columns[number % 2], st.container(border=True, height="stretch", key=f"cell-{number + 1}"):
            with st.container(horizontal=True, vertical_alignment="bottom"):
                st.badge(LETTERS[number], color="violet")
                model = st.container(horizontal=True, vertical_alignment="bottom", key=f"pickers-{number + 1}")
            with st.container(horizontal=True, vertical_alignment="center"):
                settings = st.popover(_("Parameters")).container()
                actions = st.container(horizontal=True, width="content")
            with st.container(key=f"pane-result-{number + 1}"):
                result = st.container(key="result" if number == 0 else f"result-{number + 1}")
        pane.model_slot, pane.narrow = model, True
        panes_cells.append(Cell(model, actions, settings, result))
    return panes_cells


def draw(panes: Sequence[Pane], compare: Callable[[Sequence[Pane]], None] | None) -> None:
    """Draw the metrics of all panes, and the comparison of the results, once two runs have ended."""
    ended = [pane for pane in panes if pane.job is not None and not pane.running and pane.state.record is not None]
    if len(ended) < 2:
        st.caption(_("Run two panes to compare them."))
        return
    with st.container(border=True, key="comparison"):
        st.markdown(f"**{_('Comparison')}**")
        comparison_table.draw(panes)
        if compare is not None:
            try:
                compare(ended)
            except Exception as error:
                error_panel.draw(error, panes[0].key("compare"))


def inspected(page: Pane, count: int) -> int:
    """Draw the choice of the pane for the inspector; return its number, from 1."""
    chosen = st.segmented_control(
        _("Inspect"),
        list(range(1, count + 1)),
        format_func=lambda number: LETTERS[number - 1],
        key=page.hold("inspected", 1),
        required=True,
        persist_state="session",
    )
    return min(int(chosen or 1), count)
