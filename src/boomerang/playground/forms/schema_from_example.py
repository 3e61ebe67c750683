"""Generation of a schema from an example object, as a start for editing."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from boomerang.playground.run.pane import Pane
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.parsing.json_text import JsonFault, parse, pretty
from boomerang.workbench.parsing.schema_from_example import propose

from .fields import field_fault


@dataclass(slots=True)
class _Example:
    """State of the example field."""

    fault: str | None = None


def draw(page: Pane, field: str) -> None:
    """Draw the generator beside the schema.

    Args:
        page: The page.
        field: Name of the schema field to fill.
    """
    with st.popover(_("From an example"), icon=":material/auto_awesome:"):
        st.text_area(
            _("Example (JSON object)"),
            key=page.key("example"),
            height=180,
            persist_state="session",
            placeholder='{"city": "Lisbon", "temperature_c": 24, "tags": ["bright"]}',
        )
        st.button(_("Generate schema"), key=page.key("example.propose"), on_click=_propose, args=(page, field))
        if fault := page.state.kept(_Example).fault:
            field_fault(None, fault)
        st.caption(_("Every property becomes required. Add limits and other constraints yourself."))


def _propose(page: Pane, field: str) -> None:
    value = parse(str(st.session_state.get(page.key("example")) or ""), dict)
    page.state.kept(_Example).fault = str(value) if isinstance(value, JsonFault) else None
    if not isinstance(value, JsonFault):
        st.session_state[page.key(field)] = pretty(propose(value))
