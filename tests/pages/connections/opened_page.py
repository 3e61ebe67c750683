"""The Connections page for its tests: an open form, connections in the file, and what a container holds."""

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
    """Give settings."""
    return settings_of({"name": "lab", "base_url": "http://127.0.0.1:9/v1", **settings})


def with_form(settings: ConnectionSettings) -> Visitor:
    """Give a visitor with an open form for a connection."""
    page = Visitor("embedded").open("connections")
    state: ConnectionsPageState = page.at.session_state["_connections"]
    state.draft = settings
    model_table_editor.fill(state, settings)
    return page.look()


def container(page: Visitor, key: str) -> str:
    """Read a container."""
    [result] = [node for node in nodes(page.at.main) if isinstance(node, Block) and key_of(node) == key]
    return "\n".join(text_of(node) for node in nodes(result)).replace("\\", "")


@contextmanager
def in_the_file(text: str) -> Iterator[None]:
    """Have connections in the file."""
    file = Path(os.environ["CONNECTIONS_FILE"])
    file.write_text(text)
    try:
        yield
    finally:
        file.unlink()
        app_state.connections().visible()


def health_of(page: Visitor, name: str) -> list[str]:
    """Read a row of the table of health."""
    [table] = [str(node.value) for node in nodes(page.at.main) if 'class="health"' in str(getattr(node, "value", ""))]
    row = table.partition(f">{name}</th>")[2].partition("</tr>")[0]
    return [re.sub("<[^>]*>", "", cell) for cell in row.split("</td>")[:-1]]
