"""What the playground keeps for one visitor, in one place. Nothing else is kept, and nothing of it is shared.

Widgets keep their own values under keys `<page>.<name>`; this is what has no widget: the job and the conversation.
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
from boomerang.workbench.runs.jobs import Job
from boomerang.workbench.runs.values_by_type import ValuesByType

from . import app_state
from .visitor import owner

KeptT = TypeVar("KeptT")


class FormState(ABC):
    """What a part of a form keeps and Reset puts back to what it was at first."""

    @abstractmethod
    def reset(self) -> None:
        """Put it back."""


@dataclass(slots=True)
class PageState:
    """What one page keeps for one visitor; for each further pane of a comparison, and each experiment, another one."""

    job: Job | None = None
    """The run under way, or the last one."""
    changed: threading.Condition = field(default_factory=threading.Condition)
    """Notified of news of the page's jobs."""
    drafts: list[Draft] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    """Rows of a table editor, as they stood when it was last drawn."""
    editor: int = 0
    """Version of a table editor; a new one starts a fresh widget from `rows`."""
    run_again: bool = False
    """Whether the next script run starts a run by itself, as after answering a tool call."""
    repeat: Job | None = None
    """What the next script run starts again as it was, whatever the form says."""
    parts: dict[str, PageState] = field(default_factory=dict)
    """Of the page's further panes and experiments, by name."""
    _kept: ValuesByType = field(default_factory=ValuesByType)

    def kept(self, kind: type[KeptT]) -> KeptT:
        """Return what a form or a result keeps here, by its class; created at the first call, then always the same object."""
        return self._kept.get_or_create(kind)

    def forget(self, kind: type) -> None:
        """Drop what is kept of a class."""
        self._kept.drop(kind)

    def reset(self) -> None:
        """Put what the form keeps back to what it was at first, in further panes and experiments as well."""
        self.drafts, self.rows, self.editor = [], [], 0
        for kept in self._kept:
            if isinstance(kept, FormState):
                kept.reset()
        for part in self.parts.values():
            part.reset()

    @property
    def record(self) -> Record[Any] | None:
        """The record of the run under way or of the last one."""
        return self.job.record if self.job else None

    def part(self, name: str) -> PageState:
        """Return the state of a further pane or an experiment; its jobs tell their news where the page listens."""
        return self.parts.setdefault(name, PageState(changed=self.changed))


def page(invoke_type: InvokeType) -> PageState:
    """Return the state of a page; the same object for the visitor's whole session, so it may be changed in place."""
    pages: dict[InvokeType, PageState] = st.session_state.setdefault("_pages", {})
    return pages.setdefault(invoke_type, PageState())


RENAMED = "_renamed"
"""Key of the new name of the connection that is picked, until the side bar is drawn again."""


def connection() -> str:
    """Return the name of the connection that the visitor picked; of the embedded one while none is picked."""
    return str(st.session_state.get("connection") or EMBEDDED)


def connected() -> Connection:
    """Return the connection that the visitor picked; the embedded one if it is not there any more."""
    return app_state.connections().get(connection(), owner())


def connection_named(name: str) -> Connection | None:
    """Return a connection that the visitor may use; `None` if there is none of this name any more."""
    return next((connection for connection in app_state.connections().visible(owner()) if connection.name == name), None)


def board() -> PageState:
    """Return the state of the start page."""
    state: PageState = st.session_state.setdefault("_board", PageState())
    return state


def opened(name: str) -> bool:
    """Return whether this script run is the first one of a page since another page was open."""
    last = st.session_state.get("_open")
    st.session_state["_open"] = name
    return bool(last != name)
