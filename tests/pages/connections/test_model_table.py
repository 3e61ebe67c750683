"""Test the model table with many models, and of a connection that cannot be opened."""

from __future__ import annotations

from time import process_time

from boomerang.invoker.backends.openai_compatible.model_list.catalogue import described
from boomerang.playground.connections import model_table_editor
from boomerang.playground.connections.page_state import ConnectionsPageState
from boomerang.playground.session import app_state
from tests.loopback import ClientConnection, Loopback, ReceivedRequest, whole
from tests.pages.connections.opened_page import health_of, in_the_file, made
from tests.pages.visitor import Visitor


def test_a_connection_that_cannot_be_opened_any_more_can_be_edited() -> None:
    with in_the_file('[[connections]]\nname = "lab"\nbase_url = "http://127.0.0.1:9"\napi_key_env = "NOT_SET_HERE"\n'):
        state = ConnectionsPageState(replacing="lab")
        model_table_editor.fill(state, made(api_key_env="NOT_SET_HERE", models=[{"model": "m", "model_type": "llm"}]))
        assert [row["model"] for row in state.rows] == ["m"]


def test_a_table_of_many_models_costs_linear_work() -> None:
    rows = [model_table_editor.row(described("p", f"model {number}"), made()) for number in range(4000)]
    changed = [rows[0] | {"context_size": 9}, *rows[1:]]
    began = process_time()
    models, defaults = model_table_editor.configured_models(changed, rows, {})
    assert [model["model"] for model in models] == ["model 0"] and defaults == {}
    assert process_time() - began < 1.0, "with their square it is a quarter of a minute"


def test_a_server_that_is_slow_to_list_its_models_is_waited_for_and_then_shown() -> None:
    slow_seconds = 1.3  # longer than a page waits

    def slow(request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.left.wait(slow_seconds)
        connection.send(whole({"data": [{"id": "gpt-slow"}, {"id": "bge-embed"}]}))

    with Loopback(slow) as server, in_the_file(f'[[connections]]\nname = "lab"\nbase_url = "{server.address}/v1"\n'):
        page = Visitor("embedded").open("connections")
        assert health_of(page, "lab")[1] == "unknown", "nobody has asked its server for its models"
        page.at.session_state["_connections"].open = "lab"
        page.look()
        assert "gpt-slow" in page.seen and "Fetching models" not in page.seen
        assert health_of(page, "lab")[:3] == ["not tested"] * 3 and health_of(page, "lab")[5] == "—"
        app_state.connections().get("lab").close()


def test_what_was_said_of_many_models_stays_and_the_rest_of_a_long_list_is_counted() -> None:
    state = ConnectionsPageState(
        draft=made(), now=[model_table_editor.row(described("p", f"said {number}"), made()) for number in range(600)]
    )
    model_table_editor.bring(state, [described("p", f"listed {number}") for number in range(10)])
    assert len(state.rows) == 600 and state.left_out == 10


def test_a_long_list_of_models_is_searched() -> None:
    models = {"data": [{"id": f"model-{number:03d}"} for number in range(350)]}
    with (
        Loopback(lambda _request, connection: connection.send(whole(models))) as server,
        in_the_file(f'[[connections]]\nname = "lab"\nbase_url = "{server.address}/v1"\n'),
    ):
        page = Visitor("embedded").open("connections")
        page.at.session_state["_connections"].open = "lab"
        assert "Showing the first 300 of 350. Search to find others." in page.look().seen
        page.at.text_input(key="connections.search.lab").set_value("349")
        assert "model-349</th>" in page.look().html and "model-348</th>" not in page.html
