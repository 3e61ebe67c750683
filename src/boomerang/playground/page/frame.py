"""The frame shared by all eight pages: toolbar, inputs on the left, result and inspector on the right.

A page declares; the frame runs::

    page = frame.Page(InvokeType.MODERATION, _("Moderation"), _("Flag sensitive text"))
    with page.inputs:
        text = fields.text_area(page, "text", _("Text"), height=160)

    def configure(pane):  # once for the page, or for each pane of a comparison
        model = model_picker.draw(pane, ModelType.MODERATION)
        return {"model_config": model_config.config(pane, ModerationModelConfig, model)}

    page.require(text.strip(), _("enter a text"))
    page.run(configure, text=text)
    page.show(moderation.draw)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from boomerang.invoker.request import InvokeType
from boomerang.playground.connections import connections_page
from boomerang.playground.experiments.experiment_panel import AnyExperiment, Bench
from boomerang.playground.forms import connection_picker, model_picker
from boomerang.playground.inspector import tabs
from boomerang.playground.run import error_panel, readiness, run_actions, run_status, script_run
from boomerang.playground.run.pane import Arguments, Configure, Live, Pane, View
from boomerang.playground.session import kept_form, page_state, preferences
from boomerang.playground.shell import page_title
from boomerang.playground.ui.escape import plain
from boomerang.workbench.connections.registry import EMBEDDED
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.runs.background_work import follow
from boomerang.workbench.runs.jobs import Job
from boomerang.workbench.runs.session_calls import MEMBERS, call

from . import comparison, earlier_runs, form_drawn, run_bar, share

__all__ = ["Arguments", "Configure", "Live", "Page", "Pane", "View"]

MOST_PANES = 4
TIMEOUT_SECONDS = 300.0
"""Default timeout of a run."""


class Page(Pane):
    """A page of one invocation; itself the first pane, and the only one outside a comparison."""

    def __init__(self, invoke_type: InvokeType, title: str, about: str) -> None:
        member = MEMBERS.get(invoke_type, invoke_type.value)
        opened = page_state.opened(member)
        parameters = st.query_params.to_dict() if opened else {}
        connection, state = page_state.connected(), page_state.page(invoke_type)
        address = kept_form.opened(member, state, parameters)
        super().__init__(invoke_type, connection, state, address)
        self.put("connection", connection_picker.unchosen(connection_picker.PAGE) or connection.name, EMBEDDED)
        self._title = title
        self._expert = preferences.expert()
        with st.container(horizontal=True, vertical_alignment="bottom", key="head"):
            with st.container():
                st.title(title)
                st.markdown(f"`session.model.{self.member}.invoke` · {about}")
            count = self._pane_count() if self._expert else 1
            self._timeout = self._limits() if self._expert else TIMEOUT_SECONDS
            self._share_slot = st.container(width="content")
        self._form_notice_slot = st.container()
        with st.container(horizontal=True, vertical_alignment="bottom", key="toolbar"):
            self.model_slot = st.container(horizontal=True, vertical_alignment="bottom", key="pickers")
            self._bar = st.container(width="content", key="runbar", gap="xxsmall")
        self._notice_slot = st.container()
        self.panes: list[Pane] = [self]
        self.attach()
        self._opened = opened
        """Whether the runs are drawn for the first time since the page was opened, when its form is not drawn yet."""
        if opened:  # a press that the visitor left behind by changing the page at the same moment
            self.state.run_requested = False
        left, right = st.columns([5, 6] if count == 1 else [4, 9], gap="medium")
        self.inputs: DeltaGenerator = left.container(key="form")
        answer = right.container(key="answer")
        self.result: DeltaGenerator = answer.container(border=True, key="result") if count == 1 else answer.container()
        self._below = answer.container()
        for number in range(2, count + 1):
            pane = Pane(invoke_type, connection, self.state.part(f"pane{number}"), address, f"pane{number}")
            pane.attach()
            self.panes.append(pane)
        self._cells: list[comparison.Cell] = []
        self._shared_problems: tuple[str, ...] = ()
        self._drawn: dict[str, Any] = {}
        """Values of the page's widgets when its form was drawn."""

    def run(self, configure: Configure, **shared: Any) -> None:
        """Draw each pane's own settings and take their arguments; `show` starts the runs.

        Args:
            configure: Draws the model picker and returns the pane's own arguments.
            **shared: Arguments of Dify's signature shared by all panes.
        """
        self._shared_problems = tuple(self.problems)
        for pane in self.panes[1:]:
            pane.problems.extend(self._shared_problems)
            pane.sendable |= self.sendable
        if len(self.panes) == 1:
            with self.inputs:
                self.arguments = {**configure(self), **shared}
        else:
            with self.result:
                self._cells = comparison.cells(self.panes)
            for pane, cell in zip(self.panes, self._cells, strict=True):
                with cell.settings:
                    pane.arguments = {**configure(pane), **shared}
        with self._notice_slot:  # always one line, so that nothing jumps
            if line := self._ready.line():
                st.markdown(f":orange[:material/info:] {plain(line)}")
            else:
                st.caption(plain(self.about_model) or _("Ready."))

    def show(
        self,
        view: View,
        live: Live | None = None,
        *,
        compare: Callable[[Sequence[Pane]], None] | None = None,
        experiments: Sequence[AnyExperiment] = (),
    ) -> None:
        """Draw the runs in their current state, then follow them until they end; call it last.

        Args:
            view: Draws a record.
            live: Draws a running job.
            compare: Draws the differences between the panes of a comparison.
            experiments: Experiments of this page.
        """
        self.address.end_form()
        self._drawn = self._values()
        draw = partial(self._runs, view, live, compare, experiments if self.has_experiments else ())
        st.fragment(draw, key=self.key("runs"))()
        if not script_run.is_click_waiting():
            model_picker.await_models([pane.connection for pane in self.panes])

    def _runs(
        self,
        view: View,
        live: Live | None,
        compare: Callable[[Sequence[Pane]], None] | None,
        experiments: Sequence[AnyExperiment],
    ) -> None:
        """Start the requested runs; draw Run, Stop, results and inspector, all of the same moment; follow what is running."""
        with self._faults_shown():
            if script_run.is_fragment_run() and (kept_form.is_waiting(self.state) or self._is_outdated()):
                st.rerun()
            self._start()
            page_title.draw(self._title, self.panes)
            running = [pane for pane in self.panes if pane.running]
            following = list(running)
            with self._bar:
                status = run_bar.draw(self.panes, self._ready, running, quiet=self._opened)
            for pane, cell in zip(self.panes, self._cells, strict=False):
                cell.buttons(pane)
            ticks: list[Callable[[], None]] = [run_status.Ticker(status)] if running else []
            for pane in self.panes:
                pane.publish()
            places = [self.result] if not self._cells else [cell.result for cell in self._cells]
            for pane, place in zip(self.panes, places, strict=True):
                tested = pane.ran_on
                if tested is not None and tested.settings is not None:
                    pane.test = partial(connections_page.open_and_test, tested)
                with place:
                    earlier_runs.draw_marker(pane)
                    if pane in running and pane.state.opened is None:
                        ticks.append(pane.draw_live(live))
                    else:
                        pane.draw(view, ready=not pane.problems)
                        run_actions.draw_missing(pane)
            with self._below:
                if self._cells:
                    comparison.draw(self.panes, compare)
                earlier_runs.draw(self, self.panes, compare)
                if experiments:
                    bench = Bench(self, experiments, self._timeout)
                    bench.draw()
                    if bench.pane is not None and bench.pane.running:
                        following.append(bench.pane)
                        ticks.append(bench.draw_live())
                if self._expert:
                    ticks += self._inspect()
                complete = not any(pane.connection.fetching for pane in self.panes)
                kept_form.publish(self.address, self.state, is_complete=complete)
            share.draw(self, self._share_slot, self._form_notice_slot)
            opened, self._opened = self._opened, False
            if following and opened:
                with self._below:
                    form_drawn.rerun(self.key("form_drawn"))
            elif following:
                self._follow(following, ticks)

    @contextmanager
    def _faults_shown(self) -> Iterator[None]:
        """Show a fault of ours in the error panel: the shell's own guard is not there when only the fragment is drawn."""
        try:
            yield
        except Exception as error:
            with self._below:
                error_panel.draw(error, self.key("fault"))

    @property
    def has_experiments(self) -> bool:
        """Whether the page shows its experiments: not in a comparison, nor in the simple view."""
        return self._expert and len(self.panes) == 1

    @property
    def _ready(self) -> readiness.Readiness:
        return readiness.Readiness(self.panes, self._shared_problems)

    def _values(self) -> dict[str, Any]:
        """Return the values of the form's widgets."""
        mine = (str(key) for key in st.session_state if str(key).startswith(f"{self.member}."))
        return {key: st.session_state[key] for key in mine if not key.endswith(run_bar.BUTTONS)}

    def _is_outdated(self) -> bool:
        """Return whether a run is requested of a form that has been changed since it was drawn.

        A browser sends what was typed together with the press of Run, such as Ctrl + Enter in a field, and may ask for the
        fragment alone.
        """
        if not any(pane.state.run_requested for pane in self.panes):
            return False
        return any(st.session_state.get(key) != value for key, value in self._drawn.items())

    def _start(self) -> None:
        repeated, self.state.repeat = self.state.repeat, None
        if repeated is not None and not self.running:
            self.repeat(repeated, self._timeout)
        unchecked, self.state.unchecked = self.state.unchecked, False
        for pane in self.panes:
            if pane.take_request() and not pane.running and (not pane.problems or unchecked):
                call_made = call(pane.member, pane.arguments)
                pane.begin(Job(call_made, pane.backend, unchecked=unchecked, **pane.ownership(self._timeout)))
                connection_picker.forget(pane.key("connection") if pane.part else connection_picker.PAGE)

    @staticmethod
    def _follow(panes: Sequence[Pane], ticks: Sequence[Callable[[], None]]) -> None:
        jobs = [pane.job for pane in panes if pane.job is not None]
        for _tick in follow(jobs):
            for tick in ticks:
                tick()
            if script_run.is_click_waiting():
                return
        script_run.redraw()

    def _pane_count(self) -> int:
        count = st.segmented_control(
            _("Compare"),
            list(range(1, MOST_PANES + 1)),
            key=self.hold("panes", 1, lambda count: 1 <= count <= MOST_PANES),
            required=True,
            persist_state="session",
            help=_("Run the same input on up to four models or settings."),
        )
        return min(max(int(count or 1), 1), MOST_PANES)

    def _limits(self) -> float:
        with st.popover(_("Limits"), icon=":material/timer:"):
            return float(
                st.number_input(
                    _("Timeout, seconds"),
                    min_value=1,
                    max_value=3600,
                    key=self.hold("timeout", int(TIMEOUT_SECONDS), lambda seconds: 1 <= seconds <= 3600),
                    persist_state="session",
                    help=_("The page stops the run after this time and reports a timeout."),
                )
            )

    def _inspect(self) -> Sequence[Callable[[], None]]:
        """Draw the inspector, in a comparison only once it is unfolded; return functions that draw updates of a running job."""
        pane: Pane = self
        with ExitStack() as place:
            if self._cells:
                folded = st.expander(_("Inspect a pane"), key=self.key("inspect"), on_change="rerun")
                if not folded.open:
                    return ()
                place.enter_context(folded)
                pane = self.panes[comparison.inspected(self, len(self.panes)) - 1]
            calls = tabs.Calls(pane.member, form=pane.arguments, made=pane.origin.arguments)
            record = pane.state.record
            return tabs.draw(record, calls, self.key("inspector"), model=pane.model, variable=pane.key_variable)
