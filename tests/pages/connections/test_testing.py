"""Test the Test button: its results, where they appear, and when they disappear."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from boomerang.invoker.connection_kind import Check
from boomerang.playground.connections.page_state import ConnectionsPageState
from boomerang.workbench.connections.probe_jobs import SERVER, ProbeJob
from tests.loopback import BOUND, ClientConnection, Loopback, ReceivedRequest, whole
from tests.pages.connections.opened_page import container, form_key, health_of, in_the_file, made, with_form
from tests.pages.visitor import Visitor


def test_what_the_form_was_tried_with_is_another_once_its_address_was_changed_and_a_better_one_can_be_taken() -> None:
    def at_v1(request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(
            whole({"data": [{"id": "m"}]}) if request.path == "/v1/models" else whole({"error": {"message": "?"}}, 404)
        )

    with Loopback(at_v1) as server:
        page = with_form(made(base_url=f"{server.address}/chat"))
        where = "connections.form.0."
        press(page, f"{where}test")
        assert "The base address is wrong" in container(page, "connection-form")
        page.at.button(key=f"{where}better").click()
        page.look()
        assert page.at.text_input(key=f"{where}base_url").value == f"{server.address}/v1"
        assert "The base address is wrong" not in container(page, "connection-form"), "that was another address"
        press(page, f"{where}test")
        assert "models listed: 1" in container(page, "connection-form")


def press(page: Visitor, key: str) -> None:
    """Click a button that tests something, and wait for the result."""
    page.at.button(key=key).click()
    page.look()
    state: ConnectionsPageState = page.at.session_state["_connections"]
    if state.checks is not None:
        state.checks.join(BOUND)
    page.look()


def test_a_test_that_is_stopped_says_so_until_the_next_one() -> None:
    visitors: list[ConnectionsPageState] = []

    def hangs_until_stopped(request: ReceivedRequest, connection: ClientConnection) -> None:
        if len(server.requests) == 1:
            checks = visitors[0].checks
            assert checks is not None
            checks.stop()  # like the button
            connection.wait_until_gone()
        else:
            connection.send(whole({"data": [{"id": "m"}]}))

    with Loopback(hangs_until_stopped) as server:
        page = with_form(made(base_url=f"{server.address}/v1"))
        visitors.append(page.at.session_state["_connections"])
        press(page, "connections.form.0.test")
        assert "Stopped after" in container(page, "connection-form")
        press(page, "connections.form.0.test")
        form = container(page, "connection-form")
        assert "Stopped" not in form and "models listed: 1" in form


def test_the_words_of_a_server_that_refused_are_in_the_open_as_they_are() -> None:
    refusal = {"error": {"message": "Incorrect **key** <b>sk-x</b>"}}
    with (
        Loopback(lambda _request, connection: connection.send(whole(refusal, 401))) as server,
        in_the_file(f'[[connections]]\nname = "lab"\nbase_url = "{server.address}/v1"\napi_key = "k"\n'),
    ):
        page = Visitor("embedded").open("connections")
        page.at.session_state["_connections"].open = "lab"
        press(page.look(), "connections.test")
        summary = page.html.partition("<summary>")[2].partition("</summary>")[0]
        assert "The server refused the key (HTTP 401)." in summary
        assert "Incorrect **key** &lt;b&gt;sk-x&lt;/b&gt;" in summary


def listing(_request: ReceivedRequest, connection: ClientConnection) -> None:
    """Respond with a list of one model."""
    connection.send(whole({"data": [{"id": "m"}]}))


@pytest.mark.usefixtures("anna")
def test_what_came_of_a_test_is_there_after_saving_what_was_tested() -> None:
    with Loopback(listing) as server:
        page = with_form(made(base_url=server.address))
        state: ConnectionsPageState = page.at.session_state["_connections"]
        page.at.button(key=form_key(page, "test")).click()
        assert "models listed: 1" in container(page.look(), "connection-form")
        page.at.button(key=form_key(page, "save")).click()
        assert "models listed: 1" in container(page.look(), "connection-detail") and health_of(page, "lab")[0].startswith("ok")
        page.at.button(key="connections.edit").click()
        page.look().at.text_input(key=form_key(page, "name")).set_value("renamed")
        page.look().at.button(key=form_key(page, "save")).click()
        assert "models listed: 1" in container(page.look(), "connection-detail"), "it is called as it was when it was tested"
        page.at.button(key="connections.edit").click()
        page.look().at.text_input(key=form_key(page, "base_url")).set_value(f"{server.address}/other")
        page.look().at.button(key=form_key(page, "save")).click()
        assert "Not tested yet." in container(page.look(), "connection-detail") and list(state.results) == []


@pytest.mark.usefixtures("anna")
def test_what_came_of_a_test_of_something_else_is_not_there_after_saving() -> None:
    with Loopback(listing) as server:
        page = with_form(made(base_url=server.address))
        page.at.button(key=form_key(page, "test")).click()
        page.look().at.text_input(key=form_key(page, "base_url")).set_value(f"{server.address}/other")
        page.look().at.button(key=form_key(page, "save")).click()
        assert "Not tested yet." in container(page.look(), "connection-detail")


def test_a_test_that_was_under_way_when_it_was_saved_ends_under_its_name() -> None:
    state, checks, tried = ConnectionsPageState(), ProbeJob([]), ("\0" + "3", SERVER)
    state.moved[tried] = "lab", SERVER
    checks.results[tried] = checks.results["other", SERVER] = Check(True, "it answers")
    state.take_over(checks)
    assert set(state.results) == {("lab", SERVER), ("other", SERVER)}


def test_what_came_of_a_test_is_not_shown_of_what_the_file_says_now() -> None:
    file = '[[connections]]\nname = "lab"\nbase_url = "{}/v1"\nsystem_model = "{}"\n'
    with Loopback(listing) as server, in_the_file(file.format(server.address, "a")):
        page = Visitor("embedded").open("connections")
        page.at.session_state["_connections"].open = "lab"
        page.look().at.button(key="connections.test").click()
        page.look()
        assert "models listed: 1" in container(page, "connection-detail")
        Path(os.environ["CONNECTIONS_FILE"]).write_text(file.format(server.address, "another"))
        assert "models listed: 1" in container(page.look(), "connection-detail"), "it is called as it was"
        Path(os.environ["CONNECTIONS_FILE"]).write_text(file.format("http://127.0.0.1:9", "another"))
        assert "models listed: 1" not in container(page.look(), "connection-detail")
