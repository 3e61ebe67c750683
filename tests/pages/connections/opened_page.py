"""Helpers for tests of the Connections page: open its form, write the connections file, read containers."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from streamlit.testing.v1.element_tree import Block

from boomerang.invoker.settings import ConnectionSettings
from boomerang.playground.connections import model_table_editor
from boomerang.playground.connections.page_state import ConnectionsPageState
from boomerang.playground.session import app_state
from tests.connection_settings import settings_of
from tests.pages.visitor import Visitor, key_of, nodes, text_of


def made(**settings: Any) -> ConnectionSettings:
    """Return settings."""
    return settings_of({"name": "lab", "base_url": "http://127.0.0.1:9/v1", **settings})


def with_form(settings: ConnectionSettings) -> Visitor:
    """Return a visitor with the form open for a connection."""
    page = Visitor("embedded").open("connections")
    state: ConnectionsPageState = page.at.session_state["_connections"]
    state.draft = settings
    model_table_editor.fill(state, settings)
    return page.look()


def container(page: Visitor, key: str) -> str:
    """Return the text of a container."""
    [result] = [node for node in nodes(page.at.main) if isinstance(node, Block) and key_of(node) == key]
    return "\n".join(text_of(node) for node in nodes(result)).replace("\\", "")


@contextmanager
def in_the_file(text: str) -> Iterator[None]:
    """Write connections to the connections file for a test."""
    file = Path(os.environ["CONNECTIONS_FILE"])
    file.write_text(text)
    try:
        yield
    finally:
        file.unlink()
        app_state.connections().visible()


def health_of(page: Visitor, name: str) -> list[str]:
    """Return the cells of a row in the health table."""
    [table] = [str(node.value) for node in nodes(page.at.main) if 'class="health"' in str(getattr(node, "value", ""))]
    row = table.partition(f'title="{name}">')[2].partition("</th>")[2].partition("</tr>")[0]
    return [re.sub("<[^>]*>", "", cell) for cell in row.split("</td>")[:-1]]


def form_key(page: Visitor, name: str) -> str:
    """Return the key of a widget in the open form."""
    state: ConnectionsPageState = page.at.session_state["_connections"]
    return f"connections.form.{state.version}.{name}"


def advanced_label(page: Visitor) -> str:
    """Return the label of the form's expander Advanced."""
    [expander] = [expander for expander in page.at.expander if expander.label.startswith("Advanced")]
    return str(expander.label).replace("\\", "")


def advanced_open(page: Visitor) -> bool:
    """Return whether Advanced is open."""
    return bool(page.at.session_state[form_key(page, "advanced")])


def open_advanced(page: Visitor) -> Visitor:
    """Open Advanced for the next script run; these tests have no browser that keeps it open."""
    page.at.session_state[form_key(page, "advanced")] = True
    return page
