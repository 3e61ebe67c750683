"""State of the Connections page for one visitor."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from boomerang.invoker.connection_kind import Check
from boomerang.invoker.settings import ConnectionSettings
from boomerang.workbench.connections.import_export import Brought
from boomerang.workbench.connections.probe_jobs import Named, ProbeJob


@dataclass(slots=True)
class Feedback:
    """Outcome of the last action, shown once."""

    success: str = ""
    """Success message."""
    fault: str = ""
    """Error message."""
    brought: Brought | None = None


@dataclass(slots=True)
class ConnectionsPageState:
    """State of the Connections page, kept in the visitor's session."""

    open: str = ""
    """Name of the open connection."""
    draft: ConnectionSettings | None = None
    """Settings the form was opened with; `None` while no form is open."""
    replacing: str | None = None
    """Name of the connection being edited; `None` for a new one."""
    keeping: str = "session"
    """Storage selected when the form was opened."""
    typed_secrets: dict[str, str] = field(default_factory=dict, repr=False)
    """Field → secret typed into the form; never sent back to the browser."""
    version: int = 0
    """Version of the form; a new one gets new widgets."""
    attempted: bool = False
    """Whether Save or Test was pressed; before that, a field that is still empty is no error."""
    advanced: tuple[int, tuple[str, ...]] = (0, ())
    """Number of fields set under Advanced, and the labels of those with errors, as its label shows them."""
    wrong_advanced: frozenset[str] = frozenset()
    """Labels of the fields under Advanced that had errors when the form was last drawn."""
    open_advanced: bool = False
    """Whether the next script run opens Advanced."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    """Models in the form's table when it was opened."""
    now: list[dict[str, Any]] = field(default_factory=list)
    """Models in the table when it was last drawn."""
    listed: list[dict[str, Any]] = field(default_factory=list)
    """Rows built from the server's model list."""
    left_out: int = 0
    """Number of listed models that did not fit into the table."""
    table: int = 0
    """Version of the table."""
    table_drawn: bool = False
    """Whether the table was drawn since its last version."""
    described: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Model name → declaration beyond the table's columns."""
    checks: ProbeJob | None = None
    results: dict[Named, Check] = field(default_factory=dict)
    """Last result of each test."""
    moved: dict[Named, Named] = field(default_factory=dict)
    """Test started in a form that was then saved → its name now."""
    tested: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    """Connection name → the settings that affect a test, as of its test."""
    stopped: tuple[frozenset[str], float] | None = None
    """Connections whose test was stopped, and after how many seconds; until the next test."""
    tried: ConnectionSettings | None = None
    """Settings in the form when it was tested."""
    redrawn: bool = False
    """Whether the page reruns itself rather than after an action; its message then stays."""
    next_feedback: Feedback = field(default_factory=Feedback)
    """Outcome to show when the page is drawn next."""
    feedback: Feedback = field(default_factory=Feedback)
    """Outcome shown now."""
    result_shown: Named = ("", "")
    """The test result that was opened from the table."""
    jump: tuple[int, str] = (0, "")
    """Number of clicks that opened something, and the selector of what the last one scrolls to."""
    imports: int = 0
    """Version of the import; a new one is closed and has an empty file uploader."""

    def take_over(self, checks: ProbeJob) -> None:
        """Copy the checks' results so far."""
        self.results.update({self.moved.get(named, named): check for named, check in tuple(checks.results.items())})

    @staticmethod
    def of_visitor() -> ConnectionsPageState:
        """Return the state of this script run's visitor."""
        state: ConnectionsPageState = st.session_state.setdefault("_connections", ConnectionsPageState())
        return state
