"""Test adding a connection: three fields, then Save and use, Test or Cancel; everything else is under Advanced."""

from __future__ import annotations

import pytest

from boomerang.invoker.backends.openai_compatible.server_presets import PRESETS
from boomerang.invoker.connection_form import Widget
from boomerang.kinds import KINDS
from boomerang.playground.connections import form
from boomerang.playground.connections.page_state import ConnectionsPageState
from boomerang.playground.session import app_state
from boomerang.workbench.connections.form_text import proposed_name
from boomerang.workbench.connections.probe_jobs import SERVER, ProbeJob, ProbeRequest
from tests.loopback import BOUND, ClientConnection, Loopback, ReceivedRequest, whole
from tests.pages.connections.opened_page import (
    advanced_label,
    advanced_open,
    container,
    form_key,
    in_the_file,
    made,
    open_advanced,
    with_form,
)
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.usefixtures("anna")
NAMES = ("qwen3-8b", "bge-m3", "qwen3-32b")


def listing(_request: ReceivedRequest, connection: ClientConnection) -> None:
    """Respond with a list of models of two types."""
    connection.send(whole({"data": [{"id": name} for name in NAMES]}))


def adding() -> Visitor:
    """Return a visitor who has clicked Add."""
    page = Visitor("embedded").open("connections")
    page.at.button(key="connections.add").click()
    return page.look()


def saved_names() -> list[str]:
    """Return the names of the connections of the visitor."""
    return [connection.name for connection in app_state.connections().visible("anna") if not connection.origin.locked]


def test_a_server_is_added_and_selected_with_one_field_and_two_clicks() -> None:
    with Loopback(listing) as server:
        page = adding()
        page.at.text_input(key=form_key(page, "base_url")).set_value(f"{server.address}/v1")
        page.at.button(key=form_key(page, "save")).click()  # at once: an unfinished form never disables it
        name = server.address.replace("http://127.0.0.1", "localhost")
        assert "saved and selected. All pages use it now." in page.look().seen
        assert page.at.session_state["connection"] == name and saved_names() == [name]


def test_a_new_connection_has_three_fields_and_reports_an_empty_one_only_after_an_attempt() -> None:
    page = adding()
    fields = [field.label for field in page.at.text_input if field.key and form_key(page, "") in field.key]
    assert fields[:3] == ["Name", "Base URL", "API key (optional)"]
    assert len(KINDS["openai_compatible"].form().basic) == 2  # type: ignore[misc]
    assert advanced_label(page) == "Advanced" and not advanced_open(page)
    assert "Base URL: " not in page.seen
    page.at.button(key=form_key(page, "test")).click()
    assert "Base URL: " in container(page.look(), "connection-form")
    assert saved_names() == []


def test_the_name_is_the_presets_until_another_is_typed() -> None:
    page = Visitor("embedded").open("connections")
    state: ConnectionsPageState = page.at.session_state["_connections"]
    form.begin(state, KINDS["openai_compatible"], PRESETS["ollama"])
    page.look()
    assert page.at.text_input(key=form_key(page, "name")).placeholder == "Ollama"
    assert page.at.text_input(key=form_key(page, "base_url")).value == "http://localhost:11434/v1"
    assert advanced_label(page) == "Advanced", "its provider is the preset's"
    page.at.button(key=form_key(page, "save")).click()
    page.look()
    form.begin(state, KINDS["openai_compatible"], PRESETS["ollama"])
    assert page.look().at.text_input(key=form_key(page, "name")).placeholder == "Ollama 2"
    page.at.text_input(key=form_key(page, "name")).set_value("mine")
    page.at.button(key=form_key(page, "save")).click()
    page.look()
    assert saved_names() == ["Ollama", "mine"]


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("http://127.0.0.1:11434/v1", "Ollama"),
        ("https://api.openai.com/v1", "OpenAI"),
        ("api.openai.com/v1", "OpenAI"),
        ("http://localhost:8080/v1", "localhost:8080"),
        ("http://user:pass@gpu.example:8000/v1", "gpu.example:8000"),
        ("http://[::1]:8000/v1", "[::1]:8000"),
        ("http://[zz]/v1", ""),
        ("not an address", ""),
        ("", ""),
    ],
)
def test_a_name_is_proposed_from_the_address(address: str, name: str) -> None:
    assert proposed_name(address, PRESETS.values()) == name


def test_testing_lists_the_models_by_type_in_place_and_an_import_opens_their_table() -> None:
    with Loopback(listing) as server:
        page = adding()
        page.at.text_input(key=form_key(page, "base_url")).set_value(f"{server.address}/v1")
        page.at.button(key=form_key(page, "test")).click()
        state: ConnectionsPageState = page.look().at.session_state["_connections"]
        if state.checks is not None:
            state.checks.join(BOUND)
        form_text = container(page.look(), "connection-form")
        assert "LLM · 2" in form_text and "qwen3-8b\xa0?, qwen3-32b\xa0?" in form_text and "Embedding · 1" in form_text
        assert saved_names() == [] and "Models listed by the server" not in form_text
        page.at.button(key=form_key(page, "bring")).click()
        page.look()
        assert advanced_open(page) and "Types guessed from names (3)" in page.seen.replace("\\", "")
        assert [row["model"] for row in state.now] == list(NAMES)
        assert not [button for button in page.at.button if button.key == form_key(page, "bring")], "nothing is left to import"


def test_cancel_keeps_nothing() -> None:
    page = adding()
    state: ConnectionsPageState = page.at.session_state["_connections"]
    prefix = form_key(page, "")
    page.at.text_input(key=form_key(page, "api_key")).set_value("sk-typed")
    page.at.text_area(key=form_key(page, "headers")).set_value("Authorization: Bearer typed")
    page.look().at.button(key=form_key(page, "cancel")).click()
    page.look()
    assert state.draft is None and state.typed_secrets == {} and saved_names() == []
    assert f"{prefix}headers" not in page.at.session_state
    page.at.button(key="connections.add").click()
    assert page.look().at.text_area(key=form_key(page, "headers")).value == ""


def test_advanced_says_how_much_of_it_is_set_once_it_is_closed() -> None:
    page = adding()
    page.at.text_area(key=form_key(page, "headers")).set_value("X-Team: qa")
    page.at.segmented_control(key=form_key(page, "keep")).set_value("saved")
    assert advanced_label(page.look()) == "Advanced · 2 set" and not advanced_open(page)
    page.at.segmented_control(key=form_key(page, "keep")).set_value("session")
    assert advanced_label(open_advanced(page).look()) == "Advanced · 2 set", "another label would take the focus from a field"
    page.at.session_state[form_key(page, "advanced")] = False
    assert advanced_label(page.look()) == "Advanced · 1 set"


def test_a_stored_key_can_be_removed() -> None:
    app_state.connections().keep(made(name="keyed", api_key="sk-stored"), "anna")
    page = Visitor("embedded").open("connections")
    page.at.session_state["_connections"].open = "keyed"
    page.look().at.button(key="connections.edit").click()
    field = page.look().at.text_input(key=form_key(page, "api_key"))
    assert field.value == "" and field.placeholder == "unchanged"
    page.at.checkbox(key=form_key(page, "api_key.remove")).check()
    page.look().at.button(key=form_key(page, "save")).click()
    page.look()
    [kept] = [connection for connection in app_state.connections().visible("anna") if connection.name == "keyed"]
    assert kept.settings is not None and kept.settings.secrets() == {}


def test_a_change_of_another_connection_does_not_select_it() -> None:
    app_state.connections().keep(made(name="other"), "anna")
    page = Visitor("embedded").open("connections")
    page.at.session_state["_connections"].open = "other"
    page.look().at.button(key="connections.edit").click()
    assert page.look().at.button(key=form_key(page, "save")).label == "Save"
    page.at.button(key=form_key(page, "save")).click()
    assert "other saved." in page.look().seen and page.at.session_state["connection"] == "embedded"


def test_a_link_opens_the_form() -> None:
    page = Visitor("embedded")
    page.at.query_params["add"] = "true"
    assert "New connection" in page.open("connections").seen
    page.at.button(key=form_key(page, "cancel")).click()
    assert "New connection" not in page.look().seen


def test_a_key_from_a_variable_cannot_be_typed() -> None:
    with in_the_file(""):
        page = with_form(made(api_key_env="LAB_KEY"))
        field = page.at.text_input(key=form_key(page, "api_key"))
        assert field.disabled and field.placeholder == "from variable LAB_KEY"
        page.at.selectbox(key=form_key(page, "api_key_env")).set_value("")
        assert not page.look().at.text_input(key=form_key(page, "api_key")).disabled


def test_a_test_notes_what_it_has_sent_and_received() -> None:
    with Loopback(listing) as server:
        attempt = app_state.connections().attempt(made(base_url=f"{server.address}/v1"))
        checks = ProbeJob([ProbeRequest("lab", attempt.opened, calls={SERVER: None}, close=True)])
        app_state.jobs().submit(checks)
        checks.join(BOUND)
        kinds = [event.kind for event in checks.exchanges["lab", SERVER]]
        assert kinds[:2] == ["http request", "http response"]


def test_every_form_has_few_basic_fields() -> None:
    for kind in KINDS.values():
        if kind.form is not None:
            assert len(kind.form().basic) <= 3 and all(field.widget is not Widget.MODELS for field in kind.form().basic)
