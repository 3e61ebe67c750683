"""Comparison of chosen earlier runs with the latest one: their metrics side by side, and the page's own comparison.

It draws records only and never starts a run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import streamlit as st

from boomerang.invoker.records.metrics import measure
from boomerang.playground.run import error_panel
from boomerang.playground.run.pane import Pane
from boomerang.playground.run.pane_names import LETTERS, name
from boomerang.playground.session import page_state
from boomerang.playground.session.page_state import PageState
from boomerang.playground.session.url_state import Address
from boomerang.playground.ui import html_tables
from boomerang.playground.ui.number_format import LABELS, UNKNOWN, drawn
from boomerang.workbench.diagnosis.error_text import error_text
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.results.first_words import first_words, shortened
from boomerang.workbench.runs.earlier_runs import EarlierRun
from boomerang.workbench.runs.jobs import Job

from .local_time import clock


@dataclass(slots=True)
class ComparedRuns:
    """The earlier runs of a page that are compared with its latest one."""

    runs: list[EarlierRun] = field(default_factory=list)
    states: dict[str, PageState] = field(default_factory=dict)
    """Id of each compared job → state of its pane, which caches what the comparison computes."""

    def toggle(self, run: EarlierRun) -> None:
        """Add a run to the comparison, in place of the first chosen one if it is full, or remove it."""
        if run in self.runs:
            self.runs.remove(run)
        else:
            self.runs = [*self.runs, run][1 - len(LETTERS) :]

    def clear(self) -> None:
        """End the comparison."""
        self.runs, self.states = [], {}


class _ComparedPane(Pane):
    """A pane for one run of the comparison; it has the letters of a comparison's panes but widget keys of its own."""

    def __init__(self, page: Pane, state: PageState, number: int) -> None:
        super().__init__(page.invoke_type, page.connection, state, Address(page.member, {}), f"earlier{number}")
        self._number = number

    @property
    def number(self) -> int:
        """Position in the comparison, from 1."""
        return self._number


def draw(page: Pane, compare: Callable[[Sequence[Pane]], None]) -> None:
    """Draw the comparison if runs were chosen for it."""
    compared = page.state.kept(ComparedRuns)
    kept = page_state.earlier_runs().runs(page.invoke_type)
    compared.runs = [run for run in compared.runs if run in kept]
    if not compared.runs:
        compared.clear()
        return
    latest = [run for run in kept if run.job is page.job]
    ended = [run for run in {*latest, *compared.runs} if not run.job.running and run.job.record is not None]
    ended.sort(key=lambda run: run.number)
    compared.states = {run.job.id: compared.states.get(run.job.id) or PageState(job=run.job) for run in ended}
    with st.container(border=True, key="earlier-comparison"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{_('Earlier runs compared with the latest')}**", width="content")
            st.button(
                _("Close"), icon=":material/close:", key=page.key("earlier.compare.close"), type="tertiary",
                on_click=compared.clear,
            )  # fmt: skip
        if len(ended) < 2:
            st.caption(_("The comparison appears when the latest run has ended."))
            return
        panes = [_ComparedPane(page, state, number) for number, state in enumerate(compared.states.values(), 1)]
        _metrics(panes, ended)
        try:
            compare(panes)
        except Exception as error:
            error_panel.draw(error, page.key("earlier.compare"))


def preview(job: Job) -> str:
    """Return the first words of an ended run's error or answer; empty if there are none."""
    if job.error is not None:
        return shortened(error_text(job.error))
    return first_words(job.record) if job.record is not None else ""


def _metrics(panes: Sequence[Pane], runs: Sequence[EarlierRun]) -> None:
    """Draw a table with a column for each run."""
    measured = [
        {metric.key: drawn(metric) for metric in measure(record) if metric.headline}
        for pane in panes
        if (record := pane.state.record) is not None
    ]
    keys = list(dict.fromkeys(key for metrics in measured for key in metrics))
    html_tables.table(
        (_("Metric"), *(name(pane) for pane in panes)),
        [
            (_("Time"), *(clock(run.started_at) for run in runs)),
            (_("Result"), *(preview(run.job) or UNKNOWN for run in runs)),
            *((_(LABELS[key][0]), *(metrics.get(key, UNKNOWN) for metrics in measured)) for key in keys),
        ],
    )
