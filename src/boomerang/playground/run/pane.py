"""A place where one run is configured, started, watched and drawn: the page, a pane of a comparison, an experiment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from boomerang.invoker.backend import Backend, ListedModel
from boomerang.invoker.records.record import Record
from boomerang.invoker.request import InvokeType
from boomerang.playground.inspector import tabs
from boomerang.playground.session import app_state, page_state, visitor
from boomerang.playground.session.url_state import Address
from boomerang.workbench.connections.connection import Connection
from boomerang.workbench.results import http_exchanges
from boomerang.workbench.runs.jobs import Job, JobOrigin
from boomerang.workbench.runs.session_calls import MEMBERS, call
from boomerang.workbench.runs.values_by_type import ValuesByType

from . import error_panel, metrics_row, run_status

View = Callable[["Pane", Record[Any]], None]
Live = Callable[["Pane", Job], Callable[[], None]]
"""Draws what is there and gives a function that draws what is new; called on each tick of a run."""
Arguments = dict[str, Any]
"""Of a call, by the names of Dify's signature."""
Configure = Callable[["Pane"], Arguments]
"""Draws the model picker and what else a pane has for itself; gives its arguments of Dify's signature."""

LEFTOVERS = 24
"""Elements of a result that are cleared when the next run begins; no view draws more side by side."""


class Pane:
    """One run's place.

    Args:
        invoke_type: What it invokes.
        connection: Through what; a pane of a comparison may take another one.
        held: What it keeps for the visitor.
        address: Where its fields are kept for a reload.
        part: Names its widgets and fields beside those of the page; empty for the page itself.
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
        """Why Run has to wait."""
        self.sendable: set[str] = set()
        """Those of them that a server could refuse itself, if it were asked."""
        self.notices: list[str] = []
        """What is known before anything is sent, and does not keep Run waiting."""
        self.model: ListedModel | None = None
        """The model that was picked."""
        self.about_model = ""
        self.system_model: str | None = None
        self.arguments: dict[str, Any] = {}
        """Of the call, as the form stands; what the run under way or the last one was called with is `job.origin.arguments`."""
        self.context = ValuesByType()
        """What the view wants to know of the form as it stood when the run began."""
        self.model_slot: DeltaGenerator = st.empty()
        self.test: Callable[[], None] | None = None
        """Leaves for a test of the connection that it ran on; `None` if there is nothing to test."""
        self.narrow = False
        """Whether it stands beside another one."""

    @property
    def backend(self) -> Backend:
        """The connection's back end."""
        return self.connection.backend

    @property
    def number(self) -> int:
        """Which pane of a comparison it is, from 1."""
        return int(self.part.removeprefix("pane")) if self.part.startswith("pane") else 1

    @property
    def job(self) -> Job | None:
        """The run under way, or the last one."""
        return self.state.job

    @property
    def origin(self) -> JobOrigin:
        """What the run under way or the last one was started from."""
        return self.job.origin if self.job else JobOrigin()

    @property
    def ran_on(self) -> Connection | None:
        """The connection of the run under way or of the last one; `None` if the visitor has it no more, or nothing was run."""
        name = self.origin.connection
        return page_state.connection_named(name) if name else None

    @property
    def key_variable(self) -> str | None:
        """The environment variable that holds the server's key, for code to copy; `None` where no server is meant."""
        variables = [connection.key_variable for connection in (self.ran_on, self.connection) if connection is not None]
        return next((name for name in variables if name), "API_KEY" if self._went_over_http else None)

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self.job is not None and self.job.running

    def key(self, name: str) -> str:
        """Return the key of one of this pane's widgets."""
        return f"{self.member}.{self.part}{'.' if self.part else ''}{name}"

    def hold(self, name: str, default: Any, allowed: Callable[[Any], bool] = lambda _value: True) -> str:
        """Return a widget its value at first, from the address or the default, and keep it in the address from now on.

        Never for a secret.

        Args:
            name: Of the widget within the pane, and of the field in the address.
            default: What stands there at first; its kind is the kind of the field.
            allowed: Tells whether a value of the address is one that the widget takes.

        Returns:
            The widget's key; its value is in `st.session_state`.
        """
        key = self.key(name)
        linked = self.take(name, default)
        if linked is not None and allowed(linked):
            st.session_state[key] = linked
        elif key not in st.session_state and default is not None:
            st.session_state[key] = default
        self.put(name, st.session_state.get(key), default)
        self.address.widgets[key] = default
        return key

    def reset(self) -> None:
        """Put every field back to what stood there at first; for a callback, which runs before the form is drawn."""
        for key, default in self.address.widgets.items():
            st.session_state[key] = default
        self.state.reset()

    def take(self, name: str, default: Any) -> Any:
        """Return what the address says of a field that is no widget, once; `None` if it says nothing that fits."""
        return self.address.take(self._field(name), default)

    def put(self, name: str, value: Any, default: Any) -> None:
        """Keep a field that is no widget in the address."""
        self.address.put(self._field(name), value, default)

    def require(self, fulfilled: object, otherwise: str, *, sendable: bool = False) -> None:
        """Keep Run disabled, and say why, unless something is there.

        Args:
            fulfilled: Whether it is there.
            otherwise: What is missing, as an instruction.
            sendable: Whether the arguments are complete all the same, so that they can be sent to see the server's refusal.
        """
        if not fulfilled and otherwise not in self.problems:
            self.problems.append(otherwise)
            if sendable:
                self.sendable.add(otherwise)

    def start(self, timeout: float, *, unchecked: bool = False) -> None:
        """Start a job with the arguments of the form; unchecked, the back end does not refuse them by itself."""
        job = Job(call(self.member, self.arguments), self.backend, unchecked=unchecked, **self.ownership(timeout))
        self.begin(job)

    def repeat(self, earlier: Job, timeout: float) -> None:
        """Start the call of an earlier run again, on the connection that it was made on; nothing if that is gone."""
        connection = page_state.connection_named(earlier.origin.connection)
        if connection is None:
            return
        origin = replace(earlier.origin, visit=visitor.visitor(), form=dict(self.address.values))
        made_with = {"system_model": earlier.system_model, "unchecked": earlier.unchecked, "origin": origin}
        arguments = call(self.member, dict(earlier.origin.arguments))
        self.begin(Job(arguments, connection.backend, **self.ownership(timeout) | made_with))

    def ownership(self, timeout: float) -> dict[str, Any]:
        """Return what a job of this pane is made with, beside its call."""
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
                context=ValuesByType(*self.context),
            ),
        }

    def begin(self, job: Job) -> None:
        """Take a job that was made for this pane and start it."""
        jobs = app_state.jobs()
        # No st.* call between these two: a click that interrupts this script must not leave a job without owner.
        self.state.job = job
        jobs.submit(job)

    def attach(self) -> None:
        """Find the run again that the address names, after a reload; its form comes with it where the address is silent."""
        run_id = self.address.parameters.pop(self._field("run"), None)
        job = app_state.jobs().find(run_id, visitor.owner()) if isinstance(run_id, str) and self.job is None else None
        if job is None:
            return
        job.visitor, self.state.changed = visitor.visitor(), job.changed
        self.state.job = job
        for name, value in job.origin.form.items():
            self.address.parameters.setdefault(name, value)

    def publish(self) -> None:
        """Name the run in the address."""
        if self.job is not None:
            self.put("run", self.job.id, None)

    def draw(self, view: View, *, ready: bool) -> None:
        """Draw the run as it stands: state, result, error, numbers."""
        job = self.job
        run_status.draw(job, self.invoke_type, ready=ready, part=self.part)
        if job is None:
            return
        if job.record is not None and (job.record.chunks or job.error is None):
            try:
                view(self, job.record)
            except Exception as error:  # what cannot be drawn can still be looked at in the inspector
                error_panel.draw(error, self.key("view"))
        if job.error is not None:
            raw = None if self.part else self._show_sent
            error_panel.draw(job.error, self.key("error"), raw=raw, test=self.test, listed=self._listed())
        if job.record is not None:
            metrics_row.draw(job.record, self.part, model=self.model)

    def _show_sent(self) -> None:
        tabs.open_sent(self.key("inspector"), over_http=self._went_over_http)

    @property
    def _went_over_http(self) -> bool:
        return self.job is not None and http_exchanges.went_over_http(self.job.record)

    def _listed(self) -> Sequence[ListedModel]:
        """Return what the server that it ran on told of its models, those of the pane's type first; nothing if it did not."""
        connection = self.ran_on
        if connection is None or not connection.wait(0) or connection.fetch_error is not None:
            return ()
        kind = self.model.model_type if self.model is not None else None
        return sorted(connection.backend.models(), key=lambda model: model.model_type is not kind)

    def draw_live(self, live: Live | None) -> Callable[[], None]:
        """Draw the run under way; gives a function that draws what is new."""
        job = self.job
        assert job is not None
        with st.container(key=run_status.marker(job, self.part)):
            line = st.empty()
            _wipe()
        update = (live or waiting)(self, job)
        _wipe()

        def tick() -> None:
            run_status.line(line, job)
            update()

        return tick

    def _field(self, name: str) -> str:
        return f"{self.part}.{name}" if self.part else name


def _wipe() -> None:
    """Clear the places that follow: what the last run drew there would stay, as if it were of this one, until this one ends."""
    for _ in range(LEFTOVERS):
        st.empty()


def waiting(_pane: Pane, _job: Job) -> Callable[[], None]:
    """Draw that something is to come, for what has nothing to show before its end."""
    st.skeleton(height=120)
    return lambda: None
