"""Test what the rows and cells of the health table open; the clicks themselves need a browser."""

from __future__ import annotations

from boomerang.invoker.connection_kind import Check
from boomerang.playground.connections import table_clicks
from boomerang.playground.connections.page_state import ConnectionsPageState
from boomerang.playground.session import app_state
from boomerang.workbench.connections.probe_jobs import SERVER
from tests.loopback import Loopback, whole
from tests.pages.connections.opened_page import container, health_of, in_the_file
from tests.pages.visitor import Visitor

LISTED = {"data": [{"id": "chatty"}, {"id": "bge-m3"}]}


def test_a_rows_name_opens_its_connection_and_is_the_current_one() -> None:
    with in_the_file('[[connections]]\nname = "a <b>"\nbase_url = "http://127.0.0.1:9/v1"\n'):
        page = Visitor("embedded").open("connections")
        table_clicks.show(page.at.session_state["_connections"], "a <b>", "")
        assert "a <b>" in container(page.look(), "connection-detail")
        assert 'data-shows="" aria-current="true">a &lt;b&gt;</button>' in page.html
        assert 'aria-current="true">embedded' not in page.html


def test_a_cell_of_a_tested_call_opens_its_result_and_of_another_the_models_of_its_type() -> None:
    with (
        Loopback(lambda _request, connection: connection.send(whole(LISTED))) as server,
        in_the_file(f'[[connections]]\nname = "lab"\nbase_url = "{server.address}/v1"\n'),
    ):
        page = Visitor("embedded").open("connections")
        state: ConnectionsPageState = page.at.session_state["_connections"]
        state.results["lab", SERVER] = Check(False, "It failed.", address=f"{server.address}/v1/models", status=500)
        table_clicks.show(state, "lab", SERVER)
        assert '<details class="bad" open>' in page.look().html and state.jump[1] == table_clicks.RESULTS
        assert {"chatty", "bge-m3"} <= set(page.at.selectbox(key="connections.one.lab").options)
        page.at.session_state["connections.type.lab"] = "text-embedding"  # as the click on a cell under Embedding does
        listed = page.look().html.split('scope="col">Features')[1]
        assert "bge-m3" in listed and "chatty" not in listed
        assert health_of(page, "lab")[0].startswith("failed 500")
        app_state.connections().get("lab").close()


def test_the_table_opens_nothing_while_a_form_is_open() -> None:
    page = Visitor("embedded").open("connections")
    page.at.button(key="connections.add").click()
    assert "data-shows" not in page.look().html
