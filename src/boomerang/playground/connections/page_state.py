"""What the Connections page keeps for one visitor."""

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
    """What is said once."""

    success: str = ""
    """What was done."""
    fault: str = ""
    """What could not be done."""
    brought: Brought | None = None


@dataclass(slots=True)
class ConnectionsPageState:
    """Of the visitor's session; nothing of it is another visitor's."""

    open: str = ""
    """Name of the connection that is open."""
    draft: ConnectionSettings | None = None
    """What the form was begun with; `None` while none is open."""
    replacing: str | None = None
    """Name of the connection that the form changes; `None` for a new one."""
    keeping: str = "session"
    """How it is to be kept, as the form began."""
    typed_secrets: dict[str, str] = field(default_factory=dict, repr=False)
    """Field → the secret that was typed into the form; the field does not give it back to a browser."""
    version: int = 0
    """Of the form: a new one has widgets of its own."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    """Models, as the form's table began."""
    now: list[dict[str, Any]] = field(default_factory=list)
    """Models, as the table stood when it was last drawn."""
    listed: list[dict[str, Any]] = field(default_factory=list)
    """Those of the rows that the server's list made."""
    left_out: int = 0
    """How many models of the server's list found no room in the table."""
    table: int = 0
    """Version of the table."""
    described: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Model's name → what was said of it beyond the table."""
    checks: ProbeJob | None = None
    results: dict[Named, Check] = field(default_factory=dict)
    """What came of trying, the last of each."""
    moved: dict[Named, Named] = field(default_factory=dict)
    """What was tried in a form that was saved → what it is now."""
    tested: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    """Connection's name → its settings that count, as they were when it was tried."""
    stopped: tuple[frozenset[str], float] | None = None
    """Names of what was being tried when somebody stopped it, and after how many seconds; until something is tried again."""
    tried: ConnectionSettings | None = None
    """What stood in the form when it was tried."""
    redrawn: bool = False
    """Whether the page draws itself anew: what it says stays then, for nobody has done anything meanwhile."""
    next_feedback: Feedback = field(default_factory=Feedback)
    """What was just done, for when the page is drawn next."""
    feedback: Feedback = field(default_factory=Feedback)
    """What it says now."""
    imports: int = 0
    """Version of the import; a new one has an empty box, and is closed."""

    def take_over(self, checks: ProbeJob) -> None:
        """Take over what has come of trying so far."""
        self.results.update({self.moved.get(named, named): check for named, check in tuple(checks.results.items())})

    @staticmethod
    def of_visitor() -> ConnectionsPageState:
        """Return that of the visitor of this script run."""
        state: ConnectionsPageState = st.session_state.setdefault("_connections", ConnectionsPageState())
        return state
