"""The frame that all eight pages share: toolbar, inputs on the left, result on the right, the inspector under both.

A page declares; the frame runs::

    page = frame.Page(InvokeType.MODERATION, "Moderation", "Is this text sensitive?")
    with page.inputs:
        config = forms.model_config(page, ModelType.MODERATION)
        text = forms.text_area(page, "text", "Text", height=160)
    page.require(text.strip(), "type a text")
    page.run(model_config=config, text=text)
    page.show(views.moderation)
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from invoker import InvokeType, Record, Session

from . import errors_panel, inspector, metrics_row, resources, snippets, state, status
from .escape import plain
from .jobs import Job

View = Callable[["Page", Record[Any]], None]
Live = Callable[["Page", Job], Callable[[], None]]
"""Draws what is there and gives a function that draws what is new; called on each tick of a run."""

MEMBERS = {InvokeType.SYSTEM_SUMMARY: "summary"}
"""Attributes of `session.model` that are not named as the invoke type."""
LEFTOVERS = 24
"""Elements of a result that are cleared when the next run begins; no view draws more side by side."""


class Page:
    """One page of one invocation."""

    def __init__(self, invoke_type: InvokeType, title: str, about: str) -> None:
        self.invoke_type = invoke_type
        self.member = MEMBERS.get(invoke_type, invoke_type.value)
        self.state = state.page(invoke_type)
        self.backend = resources.CONNECTIONS.get(state.connection())
        self.problems: list[str] = []
        self.about_model = ""
        self.arguments: dict[str, Any] = {}
        self.system_model: str | None = None
        self._running = False
        self.context: dict[str, Any] = {}
        """What the view wants to know of the form as it stood when the run began."""
        st.title(title)
        st.caption(f"`session.model.{self.member}.invoke` · {about}")
        self._toolbar = st.container(horizontal=True, vertical_alignment="bottom", key="toolbar")
        with self._toolbar:
            self.model_slot = st.container()
            self._buttons = st.container(horizontal=True, vertical_alignment="bottom", width="content")
        self._notice_slot = st.container()
        left, right = st.columns([5, 6], gap="medium")
        self.inputs: DeltaGenerator = left.container()
        self.result: DeltaGenerator = right.container(border=True, key="result")
        self._below = right.container()

    def key(self, name: str) -> str:
        """Give the key of one of this page's widgets."""
        return f"{self.member}.{name}"

    def require(self, fulfilled: object, otherwise: str) -> None:
        """Keep Run disabled, and say why, unless something is there."""
        if not fulfilled:
            self.problems.append(otherwise)

    def run(self, **arguments: Any) -> None:
        """Draw Run and Stop, and start a job with these arguments of Dify's signature when Run was pressed."""
        self.arguments = arguments
        job = self.state.job
        running = self._running = job is not None and job.running
        with self._buttons:
            timeout = self._limits()
            pressed = st.button(
                "Run",
                type="primary",
                icon=":material/play_arrow:",
                shortcut="Mod+Enter",
                key=self.key("run"),
                disabled=running or bool(self.problems),
                help=plain("Run is waiting: " + "; ".join(self.problems)) if self.problems else None,
            )
            st.button(
                "Stop",
                icon=":material/stop_circle:",
                shortcut="Escape",
                key=self.key("stop"),
                disabled=not running,
                on_click=job.stop if job is not None else None,
            )
        with self._notice_slot:  # one line whatever there is to say, so that nothing jumps
            if self.problems:
                st.markdown(f":orange[:material/info:] {plain('To run: ' + '; '.join(self.problems) + '.')}")
            else:
                st.caption(plain(self.about_model) or "Ready.")
        again, self.state.run_again = self.state.run_again, False
        if (pressed or again) and not running and not self.problems:
            self._start(timeout)

    def show(self, view: View, live: Live | None = None) -> None:
        """Draw the run as it stands, then follow it to its end; call it last."""
        job = self.state.job
        if job is not None and self._running:  # even if it has just ended: the buttons must be drawn again
            self._follow(job, live)
        with self.result:
            status.draw(job, self.invoke_type, ready=not self.problems)
            if job is not None:
                if job.record is not None and (job.record.chunks or job.error is None):
                    try:
                        view(self, job.record)
                    except Exception as error:  # what cannot be drawn can still be looked at in the inspector
                        errors_panel.draw(error, self.key("view"))
                if job.error is not None:
                    errors_panel.draw(job.error, self.key("error"))
                if job.record is not None:
                    metrics_row.draw(job.record)
        with self._below:
            self._inspect(job)

    def _limits(self) -> float:
        with st.popover("Limits", icon=":material/timer:"):
            st.session_state.setdefault(self.key("timeout"), 300)
            return float(
                st.number_input(
                    "Time limit, seconds",
                    min_value=1,
                    max_value=3600,
                    key=self.key("timeout"),
                    persist_state="session",
                    help="The page's own clock: the run is stopped when it runs out, and the message says so.",
                )
            )

    def _start(self, timeout: float) -> None:
        member, arguments = self.member, dict(self.arguments)

        def call(session: Session) -> Any:
            if "file" in arguments:
                return session.model.speech2text.invoke(arguments["model_config"], io.BytesIO(arguments["file"]))
            return getattr(session.model, member).invoke(**arguments)

        # No st.* call between here and the assignment: a click that interrupts this script must not leave a job without owner.
        page_state, jobs = self.state, resources.jobs()
        visitor = state.visitor()
        page_state.arguments, page_state.context = arguments, dict(self.context)
        page_state.job = Job(call, self.backend, visitor=visitor, timeout=timeout, system_model=self.system_model)
        jobs.submit(page_state.job)
        st.rerun()  # so that the buttons show the run that has just begun

    def _follow(self, job: Job, live: Live | None) -> None:
        with self._below:
            self._inspect(job)
        with self.result:
            with st.container(key=f"state-{status.name(job)}"):
                line = st.empty()
                _wipe()
            update = (live or waiting)(self, job)
            _wipe()
        for _ in job.follow():
            status.line(line, job)
            update()
        st.rerun()

    def _inspect(self, job: Job | None) -> None:
        source = snippets.code(self.member, self.arguments)
        inspector.draw(job.record if job else None, source, self.key("inspector"))


def _wipe() -> None:
    """Clear the places that follow: what the last run drew there would stay, as if it were of this one, until this one ends."""
    for _ in range(LEFTOVERS):
        st.empty()


def waiting(_page: Page, _job: Job) -> Callable[[], None]:
    """Draw that something is to come, for what has nothing to show before its end."""
    st.skeleton(height=120)
    return lambda: None
