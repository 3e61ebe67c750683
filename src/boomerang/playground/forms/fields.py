"""Form fields shared by the pages: text, JSON, JSON schema, numbers and sample chips.

Values outside a widget's limits never get here: Streamlit 1.67 clamps them, whoever sent them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from boomerang.invoker.llm_text.json_schema import schema_fault
from boomerang.playground.run.pane import Pane
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.parsing.json_text import JsonFault, locate, parse, pretty


def json_field(
    page: Pane, name: str, label: str, expected: type, *, height: int = 200, help_text: str | None = None
) -> Any | None:
    """Draw a JSON field; show the error with line and column and return `None` while it is invalid."""
    text = st.text_area(label, key=page.key(name), height=height, persist_state="session", help=help_text)
    value = parse(str(text or ""), expected)
    if isinstance(value, JsonFault):
        field_fault(page, f"{label}: {value}")
        return None
    return value


def text_area(page: Pane, name: str, label: str, *, sample: str = "", height: int = 140, help_text: str | None = None) -> str:
    """Draw a text field, initially filled with the sample."""
    value = st.text_area(label, key=page.hold(name, sample), height=height, persist_state="session", help=help_text)
    return str(value or "")


def samples(page: Pane, choices: dict[str, dict[str, Any]]) -> None:
    """Draw chips that fill the form, and the reset button. `choices` maps a label to field values by name."""

    def fill() -> None:
        chosen = st.session_state.get(page.key("sample"))
        st.session_state[page.key("sample")] = None  # a chip acts as a button: clicking the same one fills the form again
        for name, value in choices.get(str(chosen), {}).items():
            if name == "rows":
                page.state.rows = list(value)
                page.state.editor += 1
            else:
                st.session_state[page.key(name)] = value

    chips(page, list(choices), fill)


def chips(page: Pane, labels: Sequence[str], fill: Callable[[], None]) -> None:
    """Draw the row of samples, and the button that resets every field."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container():  # so that they wrap beside the button and keep their own widths
            st.pills(_("Samples"), labels, key=page.key("sample"), on_change=fill, wrap=True, format_func=_)
        st.button(
            _("Reset"),
            icon=":material/restart_alt:",
            key=page.key("reset"),
            type="tertiary",
            on_click=page.reset,
            help=_("Resets every field on this page to the first sample."),
        )


def field_fault(page: Pane | None, message: str, *, sendable: bool = False) -> None:
    """Show an error at its field; with a page, also disable its Run, as `Pane.require` does."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(":red[:material/error:]", width="content")
        st.text(message)
    if page is not None:
        page.require(False, message, sendable=sendable)


def schema(page: Pane, name: str, label: str, sample: dict[str, Any]) -> dict[str, Any] | None:
    """Draw a JSON schema field with the position and reason of an error; return `None` while it is not a JSON object."""
    page.hold(name, pretty(sample))
    value = json_field(page, name, label, dict, height=260)
    if value is None:
        return None
    if wrong := schema_fault(value):
        line, column = locate(str(st.session_state[page.key(name)]), wrong.path)
        fault = _("{label}: Line {line}, column {column}, {fault}")
        field_fault(page, fault.format(label=label, line=line, column=column, fault=wrong), sendable=True)
    elif not value:
        field_fault(page, _("{label}: empty; Dify refuses an empty schema").format(label=label), sendable=True)
    schema_value: dict[str, Any] = value
    return schema_value


def stop_sequences(page: Pane) -> list[str] | None:
    """Draw the stop sequences; sent as `stop`, not in `completion_params`. Return `None` if there are none."""
    sequences = st.multiselect(
        _("Stop sequences"),
        [],
        key=page.hold("stop_words", []),
        accept_new_options=True,
        persist_state="session",
        placeholder=_("Type a sequence and press Enter"),
        help=_("Generation stops before any of these. Sent as `stop`."),
    )
    return [str(word) for word in sequences] or None


def whole_number(page: Pane, name: str, label: str, default: int, help_text: str, *, least: int = 0) -> int:
    """Draw a field for an integer."""
    key = page.hold(name, default, lambda value: value >= least)
    value = st.number_input(label, min_value=least, step=1, key=key, persist_state="session", help=help_text)
    return int(value or 0)


@dataclass(slots=True)
class _FollowedCounts:
    """The count each following field had when it was last drawn."""

    by_field: dict[str, int] = field(default_factory=dict)


def following(page: Pane, name: str, label: str, count: int, help_text: str) -> int:
    """Draw a number field that follows a count until the visitor changes it."""
    counts = page.state.kept(_FollowedCounts).by_field
    followed = counts.get(name)
    linked = page.take(name, 0)
    if linked is not None and linked >= 0:
        st.session_state[page.key(name)] = linked
    elif followed is None or st.session_state.get(page.key(name)) == followed:
        st.session_state[page.key(name)] = count
    counts[name] = count
    return whole_number(page, name, label, count, help_text)


def decimal(page: Pane, name: str, label: str, default: float, help_text: str) -> float:
    """Draw a field for a decimal number."""
    key = page.hold(name, default)
    value = st.number_input(label, step=0.05, format="%.2f", key=key, persist_state="session", help=help_text)
    return float(value or 0.0)
