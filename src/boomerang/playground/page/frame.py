"""The frame shared by all eight pages: toolbar, inputs on the left, result on the right, the inspector below.

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

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from boomerang.invoker.request import InvokeType
from boomerang.playground.connections import connections_page
from boomerang.playground.experiments.experiment_panel import AnyExperiment, Bench
from boomerang.playground.forms import connection_picker, model_picker
from boomerang.playground.inspector import tabs
from boomerang.playground.run import readiness, run_actions
from boomerang.playground.run.pane import Arguments, Configure, Live, Pane, View
from boomerang.playground.session import page_state, preferences
from boomerang.playground.session.url_state import Address
from boomerang.playground.ui.escape import plain
from boomerang.workbench.codegen import plugin
from boomerang.workbench.connections.registry import EMBEDDED
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.runs.background_work import follow
from boomerang.workbench.runs.jobs import Job
from boomerang.workbench.runs.session_calls import MEMBERS, call

from . import comparison, form_drawn

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
        connection = page_state.connected()
        address = Address(member, parameters)
        super().__init__(invoke_type, connection, page_state.page(invoke_type), address)
        self.put("connection", connection_picker.unchosen(connection_picker.PAGE) or connection.name, EMBEDDED)
        self._expert = preferences.expert()
        with st.container(horizontal=True, vertical_alignment="bottom", key="head"):
            with st.container():
                st.title(title)
                st.markdown(f"`session.model.{self.member}.invoke` · {about}")
            count = self._pane_count() if self._expert else 1
        toolbar = st.container(horizontal=True, vertical_alignment="bottom", key="toolbar")
        with toolbar:
            self.model_slot = st.container(horizontal=True, vertical_alignment="bottom", key="pickers")
            self._buttons = st.container(horizontal=True, vertical_alignment="bottom", width="content")
        self._notice_slot = st.container()
        self.panes: list[Pane] = [self]
        self.attach()
        self._opened = opened
        if opened:  # a press that the visitor left behind by changing the page at the same moment
            self.state.run_requested = False
        left, right = st.columns([5, 6] if count == 1 else [4, 9], gap="medium")
        self.inputs: DeltaGenerator = left.container()
        self.result: DeltaGenerator = right.container(border=True, key="result") if count == 1 else right.container()
        self._below = right.container()
        for number in range(2, count + 1):
            pane = Pane(invoke_type, connection, self.state.part(f"pane{number}"), address, f"pane{number}")
            pane.attach()
            self.panes.append(pane)
        self._cells: list[comparison.Cell] = []
        self._running: list[Pane] = []
        self._timeout = TIMEOUT_SECONDS

    def run(self, configure: Configure, **shared: Any) -> None:
        """Draw each pane's own settings, then Run and Stop; start a job in each pane when Run was pressed.

        Args:
            configure: Draws the model picker and returns the pane's own arguments.
            **shared: Arguments of Dify's signature shared by all panes.
        """
        of_all = tuple(self.problems)  # problems of the form shared by all panes
        for pane in self.panes[1:]:
            pane.problems.extend(of_all)
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
        self._running = [pane for pane in self.panes if pane.running]
        ready = readiness.Readiness(self.panes, of_all)
        with self._buttons:
            self._timeout = self._limits() if self._expert else TIMEOUT_SECONDS
            self._run_and_stop(ready)
            anyway = self._send_anyway(ready)
        with self._notice_slot:  # always one line, so that nothing jumps
            if line := ready.line():
                st.markdown(f":orange[:material/info:] {plain(line)}")
            else:
                st.caption(plain(self.about_model) or _("Ready."))
        again, self.state.run_requested = self.state.run_requested, False
        repeated, self.state.repeat = self.state.repeat, None
        if repeated is not None and not self.running:
            self.repeat(repeated, self._timeout)
            st.rerun()
        starting = ready.panes if again else self._cells_pressed()
        if anyway:
            starting = ready.sendable
        if starting and not any(pane.running for pane in starting):
            for pane in starting:
                made_by_form = call(pane.member, pane.arguments)
                pane.begin(Job(made_by_form, pane.backend, unchecked=anyway, **pane.ownership(self._timeout)))
                connection_picker.forget(pane.key("connection") if pane.part else connection_picker.PAGE)
            st.rerun()  # so that the buttons show the new runs

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
        if self._running and not any(pane.running for pane in self._running):
            st.rerun()  # it ended while the form was drawn: redraw the buttons; nothing is live any longer
        for pane in self.panes:
            pane.publish()
        bench = Bench(self, experiments, self._timeout) if experiments and self._expert and not self._cells else None
        ticks: list[Callable[[], None]] = []
        places = [self.result] if not self._cells else [cell.result for cell in self._cells]
        for pane, place in zip(self.panes, places, strict=True):
            tested = pane.ran_on
            if tested is not None and tested.settings is not None:
                pane.test = partial(connections_page.open_and_test, tested)
            with place:
                if pane in self._running:  # even if it has just ended: the buttons must be redrawn
                    ticks += pane.draw_live(live)
                else:
                    pane.draw(view, ready=not pane.problems)
                    if pane is self and not self._cells:
                        run_actions.draw(pane, expert=self._expert)
        following = list(self._running)
        with self._below:
            if self._cells:
                comparison.draw(self.panes, compare)
            if bench is not None:
                bench.draw()
                if bench.pane is not None and bench.pane.running:
                    following.append(bench.pane)
                    ticks.append(bench.draw_live())
            if self._expert:
                self._inspect()
            self.address.publish()
        if following:
            self._follow(following, ticks)
        model_picker.await_models([pane.connection for pane in self.panes])

    def _follow(self, panes: Sequence[Pane], ticks: Sequence[Callable[[], None]]) -> None:
        if self._opened:
            with self._below:
                form_drawn.rerun(self.key("form_drawn"))
            return
        jobs = [pane.job for pane in panes if pane.job is not None]
        for _tick in follow(jobs):
            for tick in ticks:
                tick()
        st.rerun()

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

    def _run_and_stop(self, ready: readiness.Readiness) -> None:
        several = len(self.panes) > 1

        def request_run() -> None:
            self.state.run_requested = True

        # By callback: a click elsewhere a moment later interrupts this script, and a button's value would be lost with it.
        st.button(
            _("Run all") if several else _("Run"),
            type="primary",
            icon=":material/play_arrow:",
            shortcut="Mod+Enter",
            key=self.key("run"),
            disabled=bool(self._running) or not ready.panes,
            help=plain(ready.help()) or None,
            on_click=request_run,
        )
        running = [pane.job for pane in self._running if pane.job is not None]

        def stop() -> None:
            for job in running:
                job.stop()

        st.button(
            _("Stop all") if several else _("Stop"),
            icon=":material/stop_circle:",
            shortcut="Escape",
            key=self.key("stop"),
            disabled=not running,
            on_click=stop,
        )

    def _send_anyway(self, ready: readiness.Readiness) -> bool:
        """Draw a button if all missing input is something that a server could reject itself."""
        if not ready.sendable or ready.panes or self._running:
            return False
        return st.button(
            _("Send anyway"),
            icon=":material/send:",
            key=self.key("send_anyway"),
            type="tertiary",
            help=_("Sends the incomplete form to see how the server rejects it."),
        )

    def _cells_pressed(self) -> list[Pane]:
        return [pane for pane, cell in zip(self.panes, self._cells, strict=False) if cell.buttons(pane)]

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

    def _inspect(self) -> None:
        if not self._cells:
            self._inspect_pane(self)
            return
        folded = st.expander(_("Inspect a pane"), key=self.key("inspect"), on_change="rerun")
        if folded.open:
            with folded:
                self._inspect_pane(self.panes[comparison.inspected(self, len(self.panes)) - 1])

    def _inspect_pane(self, pane: Pane) -> None:
        source = plugin.code(pane.member, pane.arguments)
        record = pane.job.record if pane.job else None
        tabs.draw(record, source, self.key("inspector"), model=pane.model, variable=pane.key_variable)
