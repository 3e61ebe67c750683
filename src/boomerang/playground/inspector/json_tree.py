"""JSON values as a collapsible tree, with search."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import streamlit as st

from boomerang.invoker.records.record import Record
from boomerang.playground.ui import json_view
from boomerang.playground.ui.data_table import data_table
from boomerang.workbench.i18n.translate import _, ngettext
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.shortened_values import shortened

MOST_MATCHES = 500
OPEN_LEVELS = 2


def matches(value: Any, text: str) -> list[tuple[str, str]]:
    """Search a JSON value.

    Args:
        value: The value to search.
        text: Text to find in keys and values, ignoring case.

    Returns:
        Path and value of each leaf whose path or value contains the text.
    """
    return list(_matches(value, text))


def _matches(value: Any, text: str) -> Iterator[tuple[str, str]]:
    wanted = text.casefold()
    return ((path, leaf) for path, leaf in _leaves(value, "$") if wanted in f"{path} {leaf}".casefold())


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}")
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}[{index}]")
    else:
        yield path, json.dumps(value, ensure_ascii=False)


def tree(make: Callable[[], Any], record: Record[Any], key: str, *, open_levels: int = OPEN_LEVELS) -> None:
    """Draw a JSON value as a tree or as copyable text, or draw the matches of a search in it.

    Args:
        make: Returns the value; called only for a search, or when the record has grown since the last call.
        record: The record with the value.
        key: Unique on the page.
        open_levels: Number of levels initially expanded.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        text = st.text_input(
            _("Search"),
            key=f"{key}.search",
            placeholder=_("Search keys and values"),
            icon=":material/search:",
            label_visibility="collapsed",
            persist_state="session",
        )
        as_text = st.toggle(
            _("As text"), key=f"{key}.text", persist_state="session", help=_("Shows plain text with a copy button.")
        )
    if not text:
        value = _remembered(make, record, f"{key}.short")
        if as_text:
            json_view.text(json_view.written(value))
        else:
            json_view.tree(value, open_levels=open_levels)
        return
    lines = list(islice(_matches(make(), text), MOST_MATCHES + 1))
    more = len(lines) > MOST_MATCHES
    del lines[MOST_MATCHES:]
    count = _("more than {count} matches").format(count=MOST_MATCHES) if more else ""
    st.caption(count or ngettext("{count} match", "{count} matches", len(lines)).format(count=len(lines)))
    data_table(
        [{_("path"): drawable(path), _("value"): drawable(shortened(leaf))} for path, leaf in lines],
        alt=_("Search results"),
        key=f"{key}.found",
    )


def _remembered(make: Callable[[], Any], record: Record[Any], key: str) -> Any:
    """Return the shortened value, cached while the record is unchanged: shortening a large one is slow."""
    state = (record.id, len(record.times), len(record.events), record.outcome)
    cached: tuple[Any, Any] | None = st.session_state.get(key)
    if cached is None or cached[0] != state:
        cached = (state, shortened(make()))
        st.session_state[key] = cached
    return cached[1]
