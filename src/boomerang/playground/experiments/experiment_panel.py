"""Experiments: several calls from one form and their combined result, such as repeats, variants or two ways to make a call.

Each has four parts. Its controls and its drawing are here; making and evaluating the calls needs no UI and is in
`workbench.experiments`. A page lists its experiments::

    page.show(moderation.draw, experiments=[moderation_batch.BATCH, moderation_perturbations.VARIANTS])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import streamlit as st

from boomerang.playground.run import error_panel, run_status, script_run
from boomerang.playground.run.pane import Pane
from boomerang.playground.session.page_state import PageState
from boomerang.playground.ui.escape import plain
from boomerang.workbench.experiments.form_call import FormCall
from boomerang.workbench.i18n.translate import _, ngettext
from boomerang.workbench.runs.job_series import FactsT, Series, Step

SettingsT = TypeVar("SettingsT")
ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Experiment(Generic[SettingsT, FactsT, ResultT]):
    """An experiment: controls, calls, evaluation and drawing."""

    name: str
    """Used in widget keys and in the URL."""
    title: str
    """Marked by `N_`."""
    about: str
    """Description in one sentence; marked by `N_`."""
    icon: str
    controls: Callable[[Pane, Pane], SettingsT]
    """Draws the controls and returns their values. Takes the page, whose form it may read, and the experiment's own pane;
    reports missing input by `require` of its own pane.
    """
    steps: Callable[[FormCall, SettingsT], Sequence[Step[FactsT]]]
    """Returns the calls to make."""
    evaluate: Callable[[Series[FactsT], SettingsT], ResultT]
    """Evaluates a running or finished series with the current settings."""
    draw: Callable[[Pane, ResultT], None]
    """Draws the result, at the end and after each call."""


AnyExperiment = Experiment[Any, Any, Any]


def no_controls(_page: Pane, _pane: Pane) -> None:
    """Draw nothing, for an experiment without controls."""


_JUMP = """
const done = (window.boomerangExperiments ??= {})
export default function ({ data }) {
  if (done[data.page] === data.times) return
  done[data.page] = data.times
  document.querySelector(".st-key-experiments")?.scrollIntoView({ block: "start" })
}
"""


@dataclass(slots=True)
class _Openings:
    """Openings of an experiment from the form."""

    times: int = 0
    """The page scrolls to the experiments whenever this has changed."""


def open_experiment(page: Pane, name: str) -> PageState:
    """Open an experiment from the form, and scroll to it; return the state of its pane. A callback."""
    st.session_state[page.key("experiment")] = name
    page.state.kept(_Openings).times += 1
    return page.state.part(_part(name))


def _part(name: str) -> str:
    return f"try-{name}"


class Bench:
    """The experiments section of a page: one experiment is open, and each keeps its last series."""

    def __init__(self, page: Pane, experiments: Sequence[AnyExperiment], timeout: float) -> None:
        self._page = page
        self._experiments = {experiment.name: experiment for experiment in experiments}
        self._timeout = timeout
        self._chosen: AnyExperiment | None = None
        self._settings: Any = None
        """Settings of the open experiment."""
        self.pane: Pane | None = None
        """Pane of the open experiment."""

    def draw(self) -> None:
        """Draw the experiment picker and the open experiment's controls, buttons and last series."""
        page = self._page
        key = page.hold("experiment", None)
        with st.container(border=True, key="experiments"):
            name = st.pills(
                _("Experiments"),
                list(self._experiments),
                key=key,
                format_func=lambda name: f"{self._experiments[name].icon} {_(self._experiments[name].title)}",
                persist_state="session",
                wrap=True,
                help=_("Run several calls from this form and compare."),
            )
            if name not in self._experiments:
                return
            self._chosen = self._experiments[str(name)]
            part = _part(str(name))
            self.pane = pane = Pane(page.invoke_type, page.connection, page.state.part(part), page.address, part)
            pane.attach()
            st.caption(_(self._chosen.about))
            self._open(pane, self._chosen)
            self._jump()

    def _jump(self) -> None:
        """Scroll here if the experiment was just opened from the form."""
        if times := self._page.state.kept(_Openings).times:
            component: Any = st.components.v2.component("experiment_jump", html="<i hidden></i>", js=_JUMP)
            component(data={"page": self._page.member, "times": times}, key=self._page.key("experiment.jump"), height=0)

    def _open(self, pane: Pane, experiment: AnyExperiment) -> None:
        page = self._page
        pane.system_model = page.system_model
        self._settings = experiment.controls(page, pane)
        steps = experiment.steps(FormCall(page.member, page.arguments, page.model), self._settings)
        problems = [*page.problems, *pane.problems]
        with st.container(horizontal=True, vertical_alignment="center"):
            pressed = st.button(
                _("Run experiment"),
                icon=":material/science:",
                key=pane.key("run"),
                disabled=pane.running or bool(problems) or not steps,
            )
            st.button(
                _("Stop experiment"),
                icon=":material/stop_circle:",
                key=pane.key("stop"),
                disabled=not pane.running,
                on_click=pane.job.stop if pane.job is not None else None,
            )
            calls = ngettext("{count} call", "{count} calls", len(steps)).format(count=len(steps))
            st.caption(plain("; ".join(problems)) if problems else calls)
        if pressed and not pane.running and not problems and steps:
            pane.begin(Series(steps, pane.backend, **pane.ownership(self._timeout)))
            script_run.redraw()
        pane.publish()
        job = pane.job
        if isinstance(job, Series) and not job.running:
            run_status.draw(job, pane.invoke_type, ready=True, part=pane.part)
            self._result(pane, job)
            if job.error is not None:
                error_panel.draw(job.error, pane.key("error"))

    def draw_live(self) -> Callable[[], None]:
        """Draw the running series; return a function that draws updates."""
        pane = self.pane
        assert pane is not None
        job = pane.job
        assert isinstance(job, Series)
        with st.container(key=run_status.marker(job, pane.part)):
            line = st.empty()
        place = st.empty()
        drawn = -1

        def tick() -> None:
            nonlocal drawn
            run_status.line(line, job)
            if job.done != drawn:
                drawn = job.done
                redrawn = copy(pane)  # new keys, because widget keys must be unique within a script run
                redrawn.part = f"{pane.part}-{drawn}"
                with place.container():
                    self._result(redrawn, job)

        return tick

    def _result(self, pane: Pane, series: Series[Any]) -> None:
        assert self._chosen is not None
        try:
            self._chosen.draw(pane, self._chosen.evaluate(series, self._settings))
        except Exception as error:
            error_panel.draw(error, pane.key("view"))
