"""What the Connections page keeps for one visitor."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from invoker.connections import Check, ConnectionSettings

from ..checks import Checks, Named


@dataclass(slots=True)
class Held:
    """Of the visitor's session; nothing of it is another visitor's."""

    open: str = ""
    """Name of the connection that is open."""
    draft: ConnectionSettings | None = None
    """What the form was begun with; `None` while none is open."""
    replacing: str | None = None
    """Name of the connection that the form changes; `None` for a new one."""
    keeping: str = "session"
    """How it is to be kept, as the form began."""
    typed_key: str = field(default="", repr=False)
    """The key that was typed into the form; its field does not give it back to a browser."""
    version: int = 0
    """Of the form: a new one has widgets of its own."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    """Models, as the form's table began."""
    now: list[dict[str, Any]] = field(default_factory=list)
    """Models, as the table stood when it was last drawn."""
    listed: list[dict[str, Any]] = field(default_factory=list)
    """Those of the rows that the server's list made."""
    table: int = 0
    """Version of the table."""
    described: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Model's name → what was said of it beyond the table."""
    checks: Checks | None = None
    found: dict[Named, Check] = field(default_factory=dict)
    """What came of trying, the last of each."""
    told: str = ""
    """What was just done, to be said once."""
    fault: str = ""
    """What could not be done, to be said once."""
    not_brought: str = ""
    """What could not be imported, to be said once, where the import is."""

    @staticmethod
    def of_visitor() -> Held:
        """Give that of the visitor of this script run."""
        held: Held = st.session_state.setdefault("_connections", Held())
        return held
