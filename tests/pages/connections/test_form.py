"""Test the connection form: faults appear at their field, and typed values are kept, completed and masked."""

from __future__ import annotations

import pytest

from boomerang.invoker.backends.openai_compatible.server_presets import PRESETS
from boomerang.playground.connections.page_state import ConnectionsPageState
from boomerang.workbench.connections.form_text import as_lines
from tests.connection_settings import settings_of
from tests.loopback import Loopback, whole
from tests.pages.connections.opened_page import advanced_label, advanced_open, container, made, with_form


def test_a_name_that_is_taken_is_reported_in_the_form() -> None:
    page = with_form(made(name="embedded"))
    page.at.button(key="connections.form.0.save").click()
    assert "there is a connection 'embedded' already" in container(page.look(), "connection-form")


def test_a_key_that_was_typed_is_kept_when_its_page_is_left_and_is_not_given_back() -> None:
    with Loopback(lambda _request, connection: connection.send(whole({"data": []}))) as server:
        page = with_form(made(base_url=server.address))
        state: ConnectionsPageState = page.at.session_state["_connections"]
        where = f"connections.form.{state.version}."
        page.at.text_input(key=f"{where}api_key").set_value("sk-not-for-anybodys-eyes")
        page.look().open("start").open("connections")
        field = page.at.text_input(key=f"{where}api_key")
        assert field.value == "" and field.placeholder == "unchanged"
        page.at.button(key=f"{where}test").click()
        page.look()
        server.until(lambda server: server.requests)
        assert server.requests[0].headers["authorization"] == "Bearer sk-not-for-anybodys-eyes"
        assert state.typed_secrets["api_key"] not in repr(state)


def test_an_address_is_completed_in_its_field_and_a_fault_is_under_its_own_by_its_label() -> None:
    page = with_form(made())
    where = "connections.form.0."
    page.at.text_input(key=f"{where}base_url").set_value("127.0.0.1:9401/v1")
    assert page.look().at.text_input(key=f"{where}base_url").value == "http://127.0.0.1:9401/v1"
    page.at.text_input(key=f"{where}base_url").set_value("not an address")
    page.at.text_input(key=f"{where}name").set_value("two\x07lines")
    page.look().at.button(key=f"{where}save").click()
    drawn = container(page.look(), "connection-form").splitlines()
    faults = [number for number, line in enumerate(drawn) if "expected an address" in line or "must be one line" in line]
    assert [drawn[number].rpartition(": ")[0] for number in faults] == ["Name", "Base URL"]
    label = next(number for number, line in enumerate(drawn) if line.startswith("API key"))
    assert faults[1] < label, "each is under its own field"
    assert "saved" not in page.seen


@pytest.mark.parametrize(("preset", "label"), [("openai", "API key"), ("ollama", "API key (optional)")])
def test_only_a_service_that_refuses_calls_without_a_key_has_a_field_that_is_not_optional(preset: str, label: str) -> None:
    page = with_form(settings_of({"name": "x", "base_url": PRESETS[preset].base_url, "preset": preset}))
    assert page.at.text_input(key="connections.form.0.api_key").label == label
    assert not [box for box in page.at.selectbox if box.label == "Environment variable"], "visitors may name none"


@pytest.mark.parametrize(
    ("field", "typed", "text"),
    [
        ("headers", "Content-Length: 5", "Headers: Content-Length cannot be set: each request sets it by itself"),
        ("headers", "X-Foo: ключ", "Headers: the value of X-Foo must be one line of ASCII characters"),
        ("headers", "X Foo: a", "Headers: 'X Foo' is no name of a header"),
        ("headers", "X-A: 1\nx-a: 2", "Headers: x-a is there twice"),
        ("headers", "X-A: 1\nX-A: 2", "Headers: X-A appears twice"),
        ("headers", ":authority: h", "Headers: '' is no name of a header"),
        ("headers", "X-Foo", "Headers: no colon in X-Foo"),
        ("query", "a: \x07", "Query: the value of a must be one line of printable characters"),
        ("proxy", "https://p:1", "Proxy: expected an address such as http://localhost:3128"),
        ("base_url", "http://h/v1#docs", "Base URL: must not have a fragment: remove # and the text after it"),
        ("base_url", "http://h/v1?a=1&a=2", "Base URL: the query of the address has a twice"),
    ],
)
def test_what_http_cannot_send_is_refused_in_the_form_by_its_label(field: str, typed: str, text: str) -> None:
    page = with_form(made())
    fields = page.at.text_area if field in ("headers", "query") else page.at.text_input
    fields(key=f"connections.form.0.{field}").set_value(typed)
    assert text in container(page.look(), "connection-form")
    page.at.button(key="connections.form.0.save").click()
    assert text in container(page.look(), "connection-form"), "it was not saved"
    if field != "base_url":
        assert advanced_open(page) and advanced_label(page).endswith(f" · check: {text.partition(':')[0]}")


def test_a_query_that_is_pasted_with_the_address_moves_to_its_field() -> None:
    page = with_form(made(query={"a": "1"}))
    page.at.text_input(key="connections.form.0.base_url").set_value("https://h/v1?api-version=2026&key=x%20y")
    page.look()
    assert page.at.text_input(key="connections.form.0.base_url").value == "https://h/v1"
    assert page.at.text_area(key="connections.form.0.query").value == "a: 1\napi-version: 2026\nkey: x y"
    assert advanced_label(page) == "Advanced · 1 set" and not advanced_open(page)


def test_only_what_is_secret_is_masked_in_the_form() -> None:
    settings = made(
        api_key="pl4in",
        headers={"x-portkey-provider": "azure-openai", "X-Api-Key": "hidden", "X-Odd": "pl4in"},
        query={"api-version": "2026", "key": "hidden"},
    )
    assert as_lines(settings, "headers") == "x-portkey-provider: azure-openai\nX-Api-Key: •••\nX-Odd: •••"
    assert as_lines(settings, "query") == "api-version: 2026\nkey: •••"
    page = with_form(settings)
    assert "pl4in" not in str(page.at.main) and "hidden" not in str(page.at.main)
