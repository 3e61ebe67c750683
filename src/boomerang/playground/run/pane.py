"""A pane configures, starts, watches and draws one run: the page itself, a pane of a comparison, an experiment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from boomerang.invoker.backend import Backend, ListedModel
from boomerang.invoker.records.record import Record
from boomerang.invoker.request import InvokeType
from boomerang.playground.inspector import tabs
from boomerang.playground.session import app_state, page_state, visitor
from boomerang.playground.session.url_state import Address, Check, anything
from boomerang.workbench.connections.connection import Connection
from boomerang.workbench.results import http_exchanges
from boomerang.workbench.runs.job_series import Series
from boomerang.workbench.runs.jobs import Job, JobOrigin
from boomerang.workbench.runs.session_calls import MEMBERS, call
from boomerang.workbench.runs.values_by_type import ValuesByType

from . import error_panel, run_status

View = Callable[["Pane", Record[Any]], None]
Live = Callable[["Pane", Job], Callable[[], None]]
"""Draws the current state and returns a function that draws updates, called on each tick of a run."""
Arguments = dict[str, Any]
"""Call arguments, keyed by Dify's parameter names."""
Configure = Callable[["Pane"], Arguments]
"""Draws the model picker and a pane's other settings; returns the pane's own call arguments."""

LEFTOVERS = 24
"""Elements of a result that are cleared when the next run begins; no view draws more siblings."""


class Pane:
    """Configuration, job and drawing of one run.

    Args:
        invoke_type: Type of its invocation.
        connection: The connection to use; a pane of a comparison may switch to another.
        state: Its state for the visitor.
        address: URL that stores its fields for a reload.
        part: Prefix of its widgets and fields within the page; empty for the page itself.
    """

    def __init__(
        self, invoke_type: InvokeType, connection: Connection, state: page_state.PageState, address: Address, part: str = ""
    ) -> None:
        self.invoke_type = invoke_type
        self.member = MEMBERS.get(invoke_type, invoke_type.value)
        self.connection = connection
        self.state = state
        self.address = address
        self.part = part
        self.problems: list[str] = []
        """Reasons why Run is disabled."""
        self.sendable: set[str] = set()
        """Problems that a server could reject itself, if the request were sent."""
        self.notices: list[str] = []
        """Known before anything is sent, without blocking Run."""
        self.model: ListedModel | None = None
        """The selected model."""
        self.about_model = ""
        self.system_model: str | None = None
        self.arguments: dict[str, Any] = {}
        """Call arguments of the current form; those of the running or last run are in `job.origin.arguments`."""
        self.context = ValuesByType()
        """Values of the form that the view needs as of the run's start."""
        self.model_slot: DeltaGenerator = st.empty()
        self.test: Callable[[], None] | None = None
        """Switches to a test of the connection that the run used; `None` if there is nothing to test."""
        self.narrow = False
        """Whether it is drawn beside another pane."""
        self.has_actions = False
        """Whether the view has drawn the row of actions under its result."""

    @property
    def backend(self) -> Backend:
        """The connection's back end."""
        return self.connection.backend

    @property
    def number(self) -> int:
        """Index of the pane in a comparison, from 1."""
        return int(self.part.removeprefix("pane")) if self.part.startswith("pane") else 1

    @property
    def job(self) -> Job | None:
        """The running or last job."""
        return self.state.job

    @property
    def shown(self) -> Job | None:
        """The job that the result shows: an opened earlier one, or the running or last one."""
        return self.state.shown

    @property
    def origin(self) -> JobOrigin:
        """Origin of the shown job."""
        return self.shown.origin if self.shown else JobOrigin()

    @property
    def ran_on(self) -> Connection | None:
        """Connection of the shown run; `None` if it no longer exists for the visitor, or without a run."""
        name = self.origin.connection
        return page_state.connection_named(name) if name else None

    @property
    def key_variable(self) -> str | None:
        """Environment variable of the server's key, for generated code; `None` if no server is involved."""
        variables = [connection.key_variable for connection in (self.ran_on, self.connection) if connection is not None]
        return next((name for name in variables if name), "API_KEY" if self._went_over_http else None)

    @property
    def running(self) -> bool:
        """Whether a job is running."""
        return self.job is not None and self.job.running

    @property
    def input_changed(self) -> bool:
        """Whether the form no longer has what the shown run was started with."""
        job = self.shown
        if job is None or job.running:
            return False
        form = (self.connection.name, self.system_model, self.arguments)
        return form != (job.origin.connection, job.system_model, job.origin.arguments)

    def request_run(self) -> None:
        """Start a run with the next drawing of the page's runs; a callback.

        By callback, because another click a moment later interrupts the script, and a button's value would be lost with it.
        """
        self.state.run_requested = True

    def take_request(self) -> bool:
        """Return whether a run was requested, once."""
        requested, self.state.run_requested = self.state.run_requested, False
        return requested

    def key(self, name: str) -> str:
        """Return the key of one of this pane's widgets."""
        return f"{self.member}.{self.part}{'.' if self.part else ''}{name}"

    def hold(self, name: str, default: Any, allowed: Callable[[Any], bool] = lambda _value: True) -> str:
        """Initialize a widget from the URL or the default, and keep its value in the URL. Never for a secret.

        Args:
            name: Name of the widget within the pane, and of the field in the URL.
            default: Initial value; its type is the field's type.
            allowed: Returns whether the widget accepts a value from the URL.

        Returns:
            The widget's key; its value is in `st.session_state`.
        """
        key = self.key(name)
        linked = self.take(name, default)
        if linked is not None and allowed(linked):
            st.session_state[key] = linked
        elif linked is not None:
            self.address.refused.append(self._field(name))
        if key not in st.session_state and default is not None:
            st.session_state[key] = default
        self.put(name, st.session_state.get(key), default, allowed)
        self.address.widgets[key] = default
        return key

    def reset(self) -> None:
        """Reset every field to its initial value; a callback, which runs before the form is drawn."""
        for key, default in self.address.widgets.items():
            st.session_state[key] = default
        self.state.reset()

    def take(self, name: str, default: Any) -> Any:
        """Return the URL's value of a field without a widget, once; `None` if there is none of a fitting type."""
        return self.address.take(self._field(name), default)

    def put(self, name: str, value: Any, default: Any, accepts: Check = anything) -> None:
        """Store a field without a widget in the URL."""
        self.address.put(self._field(name), value, default, accepts)

    def take_files(self, name: str) -> Any:
        """Return the contents of a file field that a reload or a form file brings back, once; `None` if there are none."""
        return self.address.take_files(self._field(name))

    def put_files(self, name: str, value: Any, accepts: Check = anything, *, shared: bool = True) -> None:
        """Store the contents of a file field for a reload; see `Address.put_files`."""
        self.address.put_files(self._field(name), value, accepts, shared=shared)

    def require(self, fulfilled: object, otherwise: str, *, sendable: bool = False) -> None:
        """Disable Run with a reason unless a condition is fulfilled.

        Args:
            fulfilled: Whether the condition is fulfilled.
            otherwise: What is missing, as an instruction.
            sendable: Whether the arguments are complete anyway and can be sent to see the server's rejection.
        """
        if not fulfilled and otherwise not in self.problems:
            self.problems.append(otherwise)
            if sendable:
                self.sendable.add(otherwise)

    def repeat(self, earlier: Job, timeout: float) -> None:
        """Repeat the call of an earlier job on its connection; do nothing if that no longer exists."""
        connection = page_state.connection_named(earlier.origin.connection)
        if connection is None:
            return
        origin = replace(earlier.origin, visit=visitor.visitor(), form=dict(self.address.values))
        made_with = {"system_model": earlier.system_model, "unchecked": earlier.unchecked, "origin": origin}
        arguments = call(self.member, dict(earlier.origin.arguments))
        self.begin(Job(arguments, connection.backend, **self.ownership(timeout) | made_with))

    def ownership(self, timeout: float) -> dict[str, Any]:
        """Return the keyword arguments for a job of this pane, except its call."""
        return {
            "visitor": visitor.visitor(),
            "owner": visitor.owner(),
            "timeout": timeout,
            "system_model": self.system_model,
            "changed": self.state.changed,
            "origin": JobOrigin(
                arguments=dict(self.arguments),
                connection=self.connection.name,
                visit=visitor.visitor(),
                form=dict(self.address.values),
                files={name: kept.value for name, kept in self.address.files.items()},
                context=ValuesByType(*self.context),
            ),
        }

    def begin(self, job: Job) -> None:
        """Start a job that was created for this pane."""
        jobs, history = app_state.jobs(), page_state.earlier_runs()
        self.state.open(None)
        # No st.* call between these two: a click that interrupts this script must not leave a job without an owner.
        self.state.job = job
        jobs.submit(job)
        if not isinstance(job, Series):
            history.keep(job, self.invoke_type, self.part)

    def attach(self) -> None:
        """Reattach to the run named by the URL, after a reload; its form replaces a kept form that is gone."""
        run_id = self.address.parameters.pop(self._field("run"), None)
        job = app_state.jobs().find(run_id, visitor.owner()) if isinstance(run_id, str) and self.job is None else None
        if job is None:
            return
        job.visitor, self.state.changed = visitor.visitor(), job.changed
        self.state.job = job
        if not isinstance(job, Series):
            history = page_state.earlier_runs()
            history.continue_from(job)
            history.keep(job, self.invoke_type, self.part)  # if the visit before has been forgotten
        if self.address.is_incomplete:
            for name, value in job.origin.form.items():
                self.address.parameters.setdefault(name, value)
            for name, value in job.origin.files.items():
                self.address.stored_files.setdefault(name, value)

    def publish(self) -> None:
        """Put the run's id into the URL."""
        if self.job is not None:
            self.address.put(self._field("run"), self.job.id, None, private=True)

    def draw(self, view: View, *, ready: bool) -> None:
        """Draw the shown run's current state: status and numbers, result, error."""
        job = self.shown
        self.has_actions = False
        if job is self.job and job is not None:
            self.state.seen = job.id
        changed = self.input_changed
        run_status.draw(job, self.invoke_type, ready=ready, part=self.part, model=self.model, changed=changed)
        if job is None:
            return
        if job.record is not None and (job.record.chunks or job.error is None):
            try:
                view(self, job.record)
            except Exception as error:  # what cannot be drawn can still be inspected
                error_panel.draw(error, self.key("view"))
        if job.error is not None:
            raw = None if self.narrow else self._show_sent  # the inspector of a comparison is folded
            error_panel.draw(job.error, self.key("error"), raw=raw, test=self.test, listed=self._listed())

    def _show_sent(self) -> None:
        tabs.open_sent(self.key("inspector"), over_http=self._went_over_http)

    @property
    def _went_over_http(self) -> bool:
        return http_exchanges.went_over_http(self.state.record)

    def _listed(self) -> Sequence[ListedModel]:
        """Return the models listed by the run's server, those of the pane's type first; empty if there is no list."""
        connection = self.ran_on
        if connection is None or not connection.wait(0) or connection.fetch_error is not None:
            return ()
        kind = self.model.model_type if self.model is not None else None
        return sorted(connection.backend.models(), key=lambda model: model.model_type is not kind)

    def draw_live(self, live: Live | None) -> Callable[[], None]:
        """Draw the running job; return a function that draws updates."""
        job = self.job
        assert job is not None
        with st.container(key=run_status.marker(job, self.part)):
            line = st.empty() if self.part or self.narrow else None  # a page alone has it in its toolbar
            _wipe()
        update = (live or waiting)(self, job)
        _wipe()
        return update if line is None else run_status.Ticker(partial(run_status.line, line, job), update)

    def _field(self, name: str) -> str:
        return f"{self.part}.{name}" if self.part else name


def _wipe() -> None:
    """Clear the following places: leftovers of the last run would stay until this one ends, as if they were its own."""
    for _ in range(LEFTOVERS):
        st.empty()


def waiting(_pane: Pane, _job: Job) -> Callable[[], None]:
    """Draw a skeleton where the result appears once the run has ended."""
    st.skeleton(height=120)
    return lambda: None
