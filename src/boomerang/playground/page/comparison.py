"""Comparison: the same input in two to four panes, each with its own model, parameters, state and Stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from boomerang.invoker.records.metrics import measure
from boomerang.invoker.records.record import Outcome
from boomerang.playground.run import error_panel
from boomerang.playground.run.pane import Pane
from boomerang.playground.run.pane_names import LETTERS, letter
from boomerang.playground.ui.escape import plain
from boomerang.workbench.i18n.translate import N_, _

WINS = {
    "total": (N_("fastest"), min, ":material/bolt:"),
    "latency": (N_("fastest"), min, ":material/bolt:"),
    "time_to_first_token": (N_("first token"), min, ":material/start:"),
    "time_to_first_audio": (N_("first audio"), min, ":material/start:"),
    "cost": (N_("cheapest"), min, ":material/savings:"),
    "completion_tokens": (N_("shortest"), min, ":material/compress:"),
    "summary_characters": (N_("shortest"), min, ":material/compress:"),
}
"""Metric → label of the best pane, which value is best, and its icon."""


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
    panes_cells = []
    columns: list[DeltaGenerator] = []
    for number, pane in enumerate(panes):
        if number % 2 == 0:
            columns = list(st.columns(2, gap="small"))
        with columns[number % 2], st.container(border=True, height="stretch", key=f"cell-{number + 1}"):
            with st.container(horizontal=True, vertical_alignment="bottom"):
                st.badge(LETTERS[number], color="violet")
                model = st.container()
            actions = st.container(horizontal=True)
            settings = st.expander(_("Parameters and ModelConfig"), icon=":material/tune:").container()
            result = st.container(key="result" if number == 0 else f"result-{number + 1}")
        pane.model_slot, pane.narrow = model, True
        panes_cells.append(Cell(model, actions, settings, result))
    return panes_cells


def draw(panes: Sequence[Pane], compare: Callable[[Sequence[Pane]], None] | None) -> None:
    """Draw the best pane by metric, and the comparison of the results, once two runs have ended."""
    ended = [pane for pane in panes if pane.job is not None and not pane.running and pane.state.record is not None]
    if len(ended) < 2:
        st.caption(_("Run two panes to compare them."))
        return
    with st.container(border=True, key="comparison"):
        st.markdown(f"**{_('Comparison')}**")
        _winners(panes)
        if compare is not None:
            try:
                compare(ended)
            except Exception as error:
                error_panel.draw(error, panes[0].key("compare"))


def winners(panes: Sequence[Pane]) -> list[tuple[str, str, str]]:
    """Return the best pane by metric among completed runs, as letter, label and icon; a tie has no winner."""
    values: dict[str, dict[str, float]] = {}
    for pane in panes:
        record = pane.state.record
        if record is None or record.outcome is not Outcome.COMPLETED:
            continue
        for metric in measure(record):
            if metric.key in WINS and isinstance(metric.value, int | float):
                values.setdefault(metric.key, {})[letter(pane)] = float(metric.value)
    won = []
    for key, by_pane in values.items():
        what, best, icon = WINS[key]
        reached = best(by_pane.values())
        at_best = [pane for pane, value in by_pane.items() if value == reached]
        if len(by_pane) > 1 and len(at_best) == 1:
            won.append((at_best[0], what, icon))
    return won


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


def _winners(panes: Sequence[Pane]) -> None:
    best = winners(panes)
    if best:
        with st.container(horizontal=True, gap="xsmall"):
            for pane, what, icon in best:
                st.badge(f"{pane}: {_(what)}", icon=icon, color="green")
