"""Test the model table on the Connections page: each model's type, features and context, and their sources."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from boomerang.invoker.backends.openai_compatible.model_list.catalogue import described
from boomerang.playground.connections import model_table_editor
from boomerang.playground.connections.page_state import ConnectionsPageState
from boomerang.playground.session import app_state
from boomerang.workbench.samples.inputs import ATTACHMENTS
from tests.connection_settings import settings_of
from tests.loopback import Loopback, whole
from tests.pages.connections.opened_page import open_advanced
from tests.pages.visitor import Visitor

LISTED = [
    {"id": "boom", "meta": {"n_ctx": 2048}},
    {"id": "my-strange-vectors", "max_model_len": 512},
    {"id": "plain", "type": "embeddings"},
]
CORRECTED = """
[[connections.models]]
model = "my-strange-vectors"
model_type = "text-embedding"
"""


@contextmanager
def lab(more: str = "") -> Iterator[None]:
    """Configure a connection to a server that lists models."""
    file = Path(os.environ["CONNECTIONS_FILE"])
    with Loopback(lambda _request, connection: connection.send(whole({"data": LISTED}))) as server:
        file.write_text(f'[[connections]]\nname = "lab"\nbase_url = "{server.address}/v1"\n{more}')
        try:
            yield
        finally:
            app_state.close_all()
            file.unlink()
            app_state.connections().visible()


def table(page: Visitor) -> dict[str, list[str]]:
    """Return the table of models: name → the other cells."""
    [result] = [html for html in page.html.split("<table") if 'scope="col">Features' in html]
    rows = [row.split("</tr>")[0] for row in result.split("<tr>")[2:]]
    cells = [[cell.split(">", 1)[1].split("</t")[0] for cell in row.replace("<th", "<td").split("<td")[1:]] for row in rows]
    return {name: rest for name, *rest in cells}


def test_the_table_says_who_says_of_which_type_a_model_is_and_what_is_unknown_of_it() -> None:
    with lab(CORRECTED):
        assert table(Visitor("lab").open("connections")) == {
            "boom": ["llm", "guessed", "2,048", "unknown"],
            "my-strange-vectors": ["text-embedding", "declared", "512", "—"],
            "plain": ["text-embedding", "from the server", "—", "—"],
        }


def test_no_file_waits_for_a_feature_where_it_is_unknown_which_a_model_has() -> None:
    with lab():
        page = Visitor("lab").open("llm")
        draft = page.page_state.drafts[1].id
        for number in range(4):
            page.click(f"{draft}.{ATTACHMENTS[number].file}")
        assert page.config["model"] == "boom" and page.can_run


def test_only_a_type_that_was_guessed_has_a_question_mark() -> None:
    with lab():
        page = Visitor("lab").open("rerank")
        assert page.at.selectbox(key="rerank.model").options == [
            "boom — llm?",
            "my-strange-vectors — llm?",
            "plain — text-embedding",
        ]


def test_the_caption_names_what_was_guessed_until_a_choice() -> None:
    settings = settings_of({"name": "new", "base_url": "http://127.0.0.1:9/v1"})
    page = Visitor("embedded").open("connections")
    state: ConnectionsPageState = page.at.session_state["_connections"]
    state.draft = settings
    model_table_editor.fill(state, settings)
    model_table_editor.bring(state, [described("p", name) for name in ("boom", "bge-m3")])
    assert "Types guessed from names (2): boom, bge-m3." in page.look().seen.replace("\\", "")
    state.rows, state.table = [state.rows[0] | {"model_type": "rerank"}, state.rows[1]], state.table + 1
    assert "Types guessed from names (1): bge-m3." in open_advanced(page).look().seen.replace("\\", "")


@pytest.mark.parametrize(("typed", "kept"), [(512, {}), (256, {"context_size": 256})])
def test_a_correction_of_a_type_does_not_pin_the_context_that_the_server_reports(typed: int, kept: dict[str, int]) -> None:
    settings = settings_of({"name": "new", "base_url": "http://127.0.0.1:9/v1"})
    row = model_table_editor.row(described("p", "my-strange-vectors"), settings) | {"context_size": 512}
    [model], _defaults = model_table_editor.configured_models(
        [row | {"model_type": "text-embedding", "context_size": typed}], [row], {}
    )
    assert model.get("model_properties", {}) == kept
