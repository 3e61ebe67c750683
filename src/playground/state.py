"""What the playground keeps for one visitor, in one place. Nothing else is kept, and nothing of it is shared.

Widgets keep their own values under keys `<page>.<name>`; this is what has no widget: the job and the conversation.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from invoker import InvokeType, Record
from invoker.entities.message import ToolCall

from .jobs import Job
from .resources import EMBEDDED


@dataclass(slots=True)
class Draft:
    """One message of a conversation under edit; its texts live in widgets named by `id`."""

    role: str
    content: str = ""
    name: str = ""
    tool_call_id: str = ""
    tool_calls: list[ToolCall] = field(default_factory=list)
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:8])


@dataclass(slots=True)
class PageState:
    """What one page keeps for one visitor."""

    job: Job | None = None
    """The run under way, or the last one."""
    arguments: dict[str, Any] = field(default_factory=dict)
    """What the last run was called with."""
    context: dict[str, Any] = field(default_factory=dict)
    """What else the last run's view wants to know of the form as it stood."""
    drafts: list[Draft] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    """Rows of a table editor, as they stood when it was last drawn."""
    editor: int = 0
    """Version of a table editor; a new one starts a fresh widget from `rows`."""
    run_again: bool = False
    """Whether the next script run starts a run by itself, as after answering a tool call."""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def record(self) -> Record[Any] | None:
        """The record of the run under way or of the last one."""
        return self.job.record if self.job else None


def page(invoke_type: InvokeType) -> PageState:
    """Give the state of a page; the same object for the visitor's whole session, so it may be changed in place."""
    pages: dict[InvokeType, PageState] = st.session_state.setdefault("_pages", {})
    return pages.setdefault(invoke_type, PageState())


def connection() -> str:
    """Give the name of the connection that the visitor picked."""
    return str(st.session_state.get("connection", EMBEDDED))


def visitor() -> str:
    """Give the id of the visitor's session; empty where there is none, as in a bare script."""
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else ""
