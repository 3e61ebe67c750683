"""The Connections page where something is wrong: a connection that cannot be opened, a name that is taken, a strange model."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from streamlit.testing.v1.element_tree import Block

from invoker.backends.openai_compatible.catalogue import described
from invoker.connections import ConnectionSettings, settings_of
from invoker.errors import ConfigError
from playground import resources
from playground.setup import model_rows
from playground.setup.held import Held
from playground.setup.lines import kept_proxy, masked_proxy
from tests.loopback import Loopback, whole
from tests.pages.visitor import Visitor, key_of, nodes, text_of


def made(**settings: Any) -> ConnectionSettings:
    """Give settings."""
    return settings_of({"name": "lab", "base_url": "http://127.0.0.1:9/v1", **settings})


def with_form(settings: ConnectionSettings) -> Visitor:
    """Give a visitor with an open form for a connection."""
    page = Visitor("embedded").open("connections")
    held: Held = page.at.session_state["_connections"]
    held.draft = settings
    model_rows.fill(held, settings)
    return page.look()


def container(page: Visitor, key: str) -> str:
    """Read a container."""
    [found] = [node for node in nodes(page.at.main) if isinstance(node, Block) and key_of(node) == key]
    return "\n".join(text_of(node) for node in nodes(found)).replace("\\", "")


def test_a_name_that_is_taken_is_told_in_the_form() -> None:
    page = with_form(made(name="embedded"))
    page.at.button(key="connections.form.0.save").click()
    assert "there is a connection 'embedded' already" in container(page.look(), "connection-form")


@contextmanager
def in_the_file(text: str) -> Iterator[None]:
    """Have connections in the file."""
    file = Path(os.environ["CONNECTIONS_FILE"])
    file.write_text(text)
    try:
        yield
    finally:
        file.unlink()
        resources.CONNECTIONS.visible()


def test_a_connection_that_cannot_be_opened_any_more_can_be_edited() -> None:
    with in_the_file('[[connections]]\nname = "lab"\nbase_url = "http://127.0.0.1:9"\napi_key_env = "NOT_SET_HERE"\n'):
        held = Held(replacing="lab")
        model_rows.fill(held, made(api_key_env="NOT_SET_HERE", models=[{"model": "m", "model_type": "llm"}]))
        assert [row["model"] for row in held.rows] == ["m"]


def test_a_pane_offers_connections_by_their_names_as_they_are() -> None:
    with in_the_file('[[connections]]\nname = "my_server: *1*"\nbase_url = "http://127.0.0.1:9"\n'):
        page = Visitor("embedded").open("llm")
        page.at.session_state["llm.panes"] = 2
        assert page.look().at.selectbox(key="llm.pane2.connection").options == ["embedded", "my_server: *1*"]


@pytest.mark.parametrize(
    "properties",
    [
        {"context_size": "32k"},
        {"context_size": 0},
        {"context_size": 16**500},
        {"max_chunks": 1e300},
        {"mode": 5},
        {"voices": [{"mode": "x", "name": 5}]},
        {"default_voice": {}},
    ],
)
def test_what_a_page_could_not_draw_of_a_model_is_refused_before(properties: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"models\[0\]"):
        made(models=[{"model": "m", "model_type": "llm", "model_properties": properties}])


def test_a_table_of_many_models_costs_linear_work() -> None:
    rows = [model_rows.row(described("p", f"model {number}"), made()) for number in range(4000)]
    changed = [rows[0] | {"context_size": 9}, *rows[1:]]
    began = process_time()
    models, defaults = model_rows.said(changed, rows, {})
    assert [model["model"] for model in models] == ["model 0"] and defaults == {}
    assert process_time() - began < 1.0, "with their square it is a quarter of a minute"


@pytest.mark.parametrize(
    ("typed", "before", "expected"),
    [
        ("http://•••@p:1", "http://a:b@p:1", "http://a:b@p:1"),
        ("http://•••@other:2", "http://a:b@p:1", "http://a:b@other:2"),
        ("http://c:d@p:1", "http://a:b@p:1", "http://c:d@p:1"),
        ("http://•••@p:1", "http://p:1", "http://p:1"),
        ("", "http://a:b@p:1", ""),
    ],
)
def test_the_user_of_a_proxy_stays_behind_its_mask(typed: str, before: str, expected: str) -> None:
    assert kept_proxy(typed, before) == expected and "a:b" not in masked_proxy(before)


def test_a_key_that_was_typed_is_kept_when_its_page_is_left_and_is_not_given_back() -> None:
    with Loopback(lambda _asked, wire: wire.send(whole({"data": []}))) as server:
        page = with_form(made(base_url=server.address))
        held: Held = page.at.session_state["_connections"]
        where = f"connections.form.{held.version}."
        page.at.segmented_control(key=f"{where}key_kind").set_value("typed")
        page.look().at.text_input(key=f"{where}api_key").set_value("sk-not-for-anybodys-eyes")
        page.look().open("start").open("connections")
        field = page.at.text_input(key=f"{where}api_key")
        assert field.value == "" and field.placeholder == "kept as it is"
        page.at.button(key=f"{where}test").click()
        page.look()
        server.until(lambda server: server.asked)
        assert server.asked[0].headers["authorization"] == "Bearer sk-not-for-anybodys-eyes"
        assert held.typed_key not in repr(held)
