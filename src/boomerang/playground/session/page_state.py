"""All state that the playground keeps for one visitor; none of it is shared.

Widgets keep their own values under keys `<page>.<name>`; this is the state without a widget: the job and the conversation.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, TypeVar

import streamlit as st

from boomerang.invoker.records.record import Record
from boomerang.invoker.request import InvokeType
from boomerang.workbench.connections.connection import Connection
from boomerang.workbench.connections.registry import EMBEDDED
from boomerang.workbench.conversations.draft_messages import Draft
from boomerang.workbench.runs.earlier_runs import EarlierRun, RunHistory
from boomerang.workbench.runs.jobs import Job
from boomerang.workbench.runs.values_by_type import ValuesByType

from . import app_state
from .visitor import owner

KeptT = TypeVar("KeptT")


class FormState(ABC):
    """State of a part of a form that Reset restores to its initial value."""

    @abstractmethod
    def reset(self) -> None:
        """Restore the initial value."""


@dataclass(slots=True)
class PageState:
    """State of one page for one visitor; each further pane of a comparison, and each experiment, has its own."""

    job: Job | None = None
    """The running or last job."""
    opened: EarlierRun | None = None
    """An earlier run that the result shows in place of `job`."""
    seen: str | None = None
    """Id of the last job whose result was drawn; the menu marks a page with a newer one."""
    changed: threading.Condition = field(default_factory=threading.Condition)
    """Notified of updates of the page's jobs."""
    drafts: list[Draft] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    """Rows of a table editor when it was last drawn."""
    editor: int = 0
    """Version of a table editor; a new one starts a fresh widget from `rows`."""
    run_requested: bool = False
    """Whether the next drawing of the page's runs starts one: Run was pressed, or the tool calls were answered."""
    unchecked: bool = False
    """Whether the requested runs skip the back end's own input checks."""
    repeat: Job | None = None
    """Job that the next drawing of the runs repeats unchanged, whatever the form contains."""
    parts: dict[str, PageState] = field(default_factory=dict)
    """State of the page's further panes and experiments, by name."""
    _kept: ValuesByType = field(default_factory=ValuesByType)

    def kept(self, kind: type[KeptT]) -> KeptT:
        """Return the state object of a form or result by its class; created by the first call, then always the same object."""
        return self._kept.get_or_create(kind)

    def forget(self, kind: type) -> None:
        """Drop the state object of a class."""
        self._kept.drop(kind)

    def reset(self) -> None:
        """Reset the form's state to its initial value, in further panes and experiments as well."""
        self.drafts, self.rows, self.editor = [], [], 0
        for kept in self._kept:
            if isinstance(kept, FormState):
                kept.reset()
        for part in self.parts.values():
            part.reset()

    @property
    def record(self) -> Record[Any] | None:
        """The record of the job that the result shows."""
        return self.shown.record if self.shown else None

    @property
    def shown(self) -> Job | None:
        """The job that the result shows: an opened earlier one, or the running or last one."""
        return self.opened.job if self.opened is not None else self.job

    def open(self, run: EarlierRun | None) -> None:
        """Show an earlier run in the result, or the latest one again."""
        if self.opened is not None:
            earlier_runs().close(self.opened)
        if run is not None:
            earlier_runs().open(run)
        self.opened = run

    def part(self, name: str) -> PageState:
        """Return the state of a further pane or an experiment; its jobs notify the page's condition."""
        return self.parts.setdefault(name, PageState(changed=self.changed))


def page(invoke_type: InvokeType) -> PageState:
    """Return the state of a page; the same object for the visitor's whole session, so it may be changed in place."""
    pages: dict[InvokeType, PageState] = st.session_state.setdefault("_pages", {})
    return pages.setdefault(invoke_type, PageState())


def visited(invoke_type: InvokeType) -> PageState | None:
    """Return the state of a page; `None` if the visitor has not opened it."""
    pages: dict[InvokeType, PageState] = st.session_state.get("_pages", {})
    return pages.get(invoke_type)


_HISTORY = "_earlier_runs"
RENAMED = "_renamed"
"""Key of the new name of the selected connection, until the next script run."""


def connection() -> str:
    """Return the name of the selected connection; the embedded one by default."""
    return str(st.session_state.get("connection") or EMBEDDED)


def connected() -> Connection:
    """Return the selected connection; the embedded one if it no longer exists."""
    return app_state.connections().get(connection(), owner())


def connection_named(name: str) -> Connection | None:
    """Return a connection visible to the visitor; `None` if it does not exist."""
    return next((connection for connection in app_state.connections().visible(owner()) if connection.name == name), None)


def earlier_runs() -> RunHistory:
    """Return the visitor's earlier runs, on all pages."""
    if _HISTORY not in st.session_state:
        st.session_state[_HISTORY] = app_state.histories().new(owner())
    history: RunHistory = st.session_state[_HISTORY]
    return history


def board() -> PageState:
    """Return the state of the start page."""
    state: PageState = st.session_state.setdefault("_board", PageState())
    return state


def opened(name: str) -> bool:
    """Return whether this is a page's first script run since another page was open."""
    last = st.session_state.get("_open")
    st.session_state["_open"] = name
    return bool(last != name)
