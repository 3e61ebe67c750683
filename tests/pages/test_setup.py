"""The Connections page where something is wrong: a connection that cannot be opened, a name that is taken, a strange file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1.element_tree import Block

from invoker.connections import ConnectionSettings, settings_of
from playground import resources
from playground.connections import Connection, Origin
from playground.setup.held import Held
from tests.pages.visitor import Visitor, nodes, text_of


@pytest.fixture
def page() -> Iterator[Visitor]:
    """Give a visitor of the page; what they made is gone afterwards."""
    visitor = Visitor("embedded").open("connections")
    yield visitor
    owner = owner_of(visitor)
    for name in resources.CONNECTIONS.names(owner):
        resources.CONNECTIONS.drop(name, owner)


def owner_of(_page: Visitor) -> str:
    """Give who the visitor is: without a cookie the session, which has this name in a test."""
    return "test session id"


def held(page: Visitor) -> Held:
    """Give what the page keeps."""
    found: Held = page.at.session_state["_connections"]
    return found


def keep(page: Visitor, **settings: Any) -> Connection:
    """Make a connection of the visitor's."""
    return resources.CONNECTIONS.keep(made(**settings), owner_of(page))


def made(**settings: Any) -> ConnectionSettings:
    """Give settings."""
    return settings_of({"name": "lab", "base_url": "http://127.0.0.1:9/v1", **settings})


def show(page: Visitor, name: str) -> Visitor:
    """Open a connection."""
    page.look()  # with what was made meanwhile
    page.at.pills(key="connections.open").set_value(name)
    return page.look()


def click(page: Visitor, key: str) -> Visitor:
    """Click a button by its whole key."""
    page.at.button(key=key).click()
    return page.look()


def form(page: Visitor) -> str:
    """Read the form of a connection."""
    found = [node for node in nodes(page.at.main) if isinstance(node, Block) and "connection-form" in str(node.proto)[:200]]
    return "\n".join(text_of(node) for node in nodes(found[0]))


def test_probe(page: Visitor) -> None:
    keep(page)
    page.look()
    show(page, "lab")
    print(held(page).open, page.at.pills, [b.key for b in page.at.button]); click(page, "connections.edit")
    h = held(page)
    page.at.text_input(key=f"connections.form.{h.version}.name").set_value("embedded")
    page.look()
    click(page, f"connections.form.{h.version}.save")
    print([e.value for e in page.at.error])
    for b in nodes(page.at.main):
        if isinstance(b, Block) and any("already" in text_of(n) for n in nodes(b)): print(type(b), b.type, str(b.proto)[:80])
    assert 0
def test_probe2(page: Visitor) -> None:
    c = keep(page)
    connection = Connection("lab", Origin.SAVED, lambda: resources.CONNECTIONS._opened(made(api_key_env="GONE"), Origin.SAVED), made(api_key_env="GONE"), owner=c.owner)
    resources.CONNECTIONS._own[c.owner, "lab"] = connection
    show(page, "lab")
    print(held(page).open, page.at.pills, [b.key for b in page.at.button]); click(page, "connections.edit")
def test_probe3(page: Visitor) -> None:
    keep(page, models=[{"model":"m","model_type":"llm","model_properties":{"context_size":"32k","mode":5,"max_chunks":1e300}}, {"model":"n","model_type":"tts","model_properties":{"voices":[{"mode":"x","name":5}],"context_size":0x10**5000,"default_voice":{}}}])
    show(page, "lab")
    print(held(page).open, page.at.pills, [b.key for b in page.at.button]); click(page, "connections.edit")
def test_probe4(page: Visitor) -> None:
    keep(page, models=[{"model":"n","model_type":"llm","model_properties":{"context_size":0x10**500}}])
    show(page, "lab")
    print(held(page).open, page.at.pills, [b.key for b in page.at.button]); click(page, "connections.edit")
