"""Test the Connections page with an unknown kind: its form and summary are drawn from the kind's data."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from boomerang.invoker.connection_form import Widget
from boomerang.playground.connections.field_widgets import WIDGETS
from boomerang.playground.connections.page_state import ConnectionsPageState
from boomerang.playground.session import app_state
from boomerang.workbench.connections.registry import Connections
from tests.lantern import TOKEN, WITH_LANTERN, lantern

from .visitor import Visitor


@pytest.fixture
def connections() -> Iterator[Connections]:
    """Replace the app's connections with ones whose table of kinds includes `lantern`."""
    before = app_state.connections()
    made = Connections(WITH_LANTERN)
    app_state.start(made)
    yield made
    app_state.close_all()
    app_state.start(before)


@pytest.fixture
def page(connections: Connections) -> Visitor:
    """Open the form of a new lantern."""
    page = Visitor("embedded").open("connections")
    state: ConnectionsPageState = page.at.session_state["_connections"]
    state.draft = lantern(name="porch", token="")
    return page.look()


def test_the_form_of_a_new_kind_is_drawn_from_its_data(page: Visitor) -> None:
    labels = {field.label: field for field in page.at.text_input}
    assert {"Name", "Lantern colour", "Lantern token"} <= set(labels)
    assert not {"Base URL", "Dify provider", "Proxy"} & set(labels)
    assert labels["Lantern colour"].value == "red"
    assert "Such as red." in [caption.value for caption in page.at.caption]


def test_what_is_wrong_with_a_field_of_a_new_kind_is_said_by_its_label(page: Visitor) -> None:
    page.at.text_input(key="connections.form.0.colour").set_value("black")
    page.look().at.button(key="connections.form.0.save").click()
    assert any("Lantern colour: must be one of: red, green" in error.value.replace("\\", "") for error in page.look().at.error)


def test_a_connection_of_a_new_kind_is_kept_from_its_form_and_shown(page: Visitor) -> None:
    page.at.text_input(key="connections.form.0.colour").set_value("green")
    page.at.text_input(key="connections.form.0.token").set_value(TOKEN)
    page.look().at.button(key="connections.form.0.save").click()
    page.look()
    shown = page.seen
    assert "Lantern colour" in shown and "green" in shown and "entered (hidden)" in shown and TOKEN not in shown


def test_every_widget_of_a_form_can_be_drawn() -> None:
    assert set(WIDGETS) == set(Widget) - {Widget.MODELS}, "the table of models has a module of its own"
