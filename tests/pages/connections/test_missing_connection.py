"""Test which connection a page uses: results name it, repeats reuse it, and a missing one is never replaced silently."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.playground.forms import connection_picker
from boomerang.playground.session import app_state
from tests.pages.conftest import CONNECTION
from tests.pages.visitor import Visitor
from tests.scripted import BOUND, Desk, good_answer

Visit = Callable[[str], Visitor]
OTHER = "other: *1*"


@pytest.fixture
def other(desk: Desk) -> Iterator[Desk]:
    """Provide the desk behind a second connection."""
    made = Desk()
    app_state.connections().add(OTHER, lambda: made.backend)
    yield made
    app_state.close_all()
    app_state.connections().remove(OTHER)


def pick(page: Visitor, connection: str) -> Visitor:
    """Select a connection for all pages."""
    page.at.selectbox(key="connection").set_value(connection)
    return page.look()


def seen(page: Visitor) -> str:
    """Return the page's text without Markdown escapes."""
    return page.seen.replace("\\", "")


def test_a_result_names_the_connection_and_the_model_that_it_came_from(visit: Visit, other: Desk) -> None:
    page = visit("llm").run()
    assert f"{CONNECTION} · talker" in seen(page)
    pick(page, OTHER)
    assert f"{CONNECTION} · talker" in seen(page)
    assert f"{OTHER} · talker" in seen(page.run())


def test_the_result_of_a_summary_names_the_model_that_played_the_workspaces(visit: Visit) -> None:
    assert f"{CONNECTION} · talker" in seen(visit("summary").run())


def test_repeat_makes_the_call_where_it_was_made(visit: Visit, desk: Desk, other: Desk) -> None:
    page = visit("moderation").run()
    pick(page, OTHER).click("repeat")
    assert page.state == "done" and (len(desk.requests), len(other.requests)) == (2, 0)
    assert f"{CONNECTION} · judge" in seen(page)
    page.click("repeat")
    assert (len(desk.requests), len(other.requests)) == (3, 0)


def test_repeat_is_off_with_its_reason_when_the_connection_is_gone(visit: Visit, other: Desk) -> None:
    page = pick(visit("moderation"), OTHER).run()
    app_state.connections().remove(OTHER)
    button = page.look().at.button(key="moderation.repeat")
    assert button.disabled and "no longer exists" in button.help
    assert button.help.replace("\\", "").startswith(f"Connection {OTHER}")


def test_a_connection_that_is_gone_is_named_until_the_visitor_goes_on(visit: Visit, desk: Desk, other: Desk) -> None:
    page = pick(visit("moderation"), OTHER)
    app_state.connections().remove(OTHER)
    shown = f"Connection {OTHER} no longer exists. embedded is selected instead."
    assert shown in seen(page.look()) and shown in seen(page.look()) and page.can_run
    assert shown not in seen(pick(page, CONNECTION))
    assert shown not in seen(page.look())


def test_a_run_ends_the_word_about_a_connection_that_is_gone(visit: Visit, other: Desk) -> None:
    page = pick(visit("moderation"), OTHER)
    app_state.connections().remove(OTHER)
    assert "no longer exists" in page.look().seen
    assert "no longer exists" not in page.run().seen
    assert page.state == "done" and "embedded · " in page.seen


def test_a_run_whose_connection_is_removed_says_so_and_whose_side_it_is(visit: Visit, other: Desk) -> None:
    begun = threading.Event()

    def answer(request: Request[Any], run: Run) -> Iterator[Any]:
        begun.set()
        run.wait(BOUND)
        run.check()
        yield from good_answer(request, run)

    def remove() -> None:
        assert begun.wait(BOUND)
        app_state.connections().remove(OTHER)

    other.answer = answer
    page = pick(visit("moderation"), OTHER)
    threading.Thread(target=remove).start()
    page.run()
    assert page.state == "failed"
    panel = page.panel()
    assert "The connection was closed" in panel and "Connection" in panel and "BackendClosedError" in panel
    assert "closed while it was answering" in panel and "below" not in panel


@pytest.mark.parametrize("choice", ["embedded", CONNECTION])
def test_a_link_to_a_connection_that_is_not_there_waits_for_a_choice(desk: Desk, choice: str) -> None:
    page = Visitor("", connection="Nowhere", model="gpt-4o")
    assert page.at.button(key="start.run").disabled and "Nowhere" in page.seen
    page.open("moderation")
    assert not page.can_run
    assert page.reason == "choose a connection: the URL names Nowhere, which does not exist here."
    assert page.at.selectbox(key="connection").value is None
    pick(page, choice)
    assert page.can_run and "Nowhere" not in page.seen
    assert page.open("llm").can_run


def test_a_link_keeps_its_connection_over_a_reload_and_takes_it_once_it_is_there(desk: Desk) -> None:
    page = Visitor("", connection=OTHER).open("moderation")
    app_state.connections().add(OTHER, lambda: Desk().backend)
    try:
        assert page.look().can_run and page.at.selectbox(key="connection").value == OTHER
    finally:
        app_state.connections().remove(OTHER)


def panes(page: Visitor, count: int) -> Visitor:
    """Set the number of panes."""
    page.at.segmented_control(key=page.key("panes")).set_value(count)
    return page.look()


def test_each_pane_has_a_connection_picker_beside_its_model(visit: Visit, desk: Desk, other: Desk) -> None:
    page = panes(pick(visit("llm"), OTHER), 2)
    assert page.at.selectbox(key="connection").value == page.at.selectbox(key="llm.pane2.connection").value == OTHER
    pick(page, CONNECTION).run()
    assert (len(desk.requests), len(other.requests)) == (1, 1)


def test_a_new_connection_can_be_added_even_if_there_is_only_the_embedded_one() -> None:
    page = Visitor("").open("moderation")
    assert page.at.selectbox(key="connection").options == ["embedded", "Add a connection…"]
    pick(page, connection_picker.ADD)
    assert page.at.title[0].value == "Connections" and "New connection" in page.seen
    assert page.at.session_state["connection"] == "embedded"


def test_the_earlier_selection_stays_when_adding_is_cancelled(desk: Desk, other: Desk) -> None:
    page = panes(Visitor(CONNECTION).open("moderation"), 2)
    page.at.selectbox(key="moderation.pane2.connection").set_value(OTHER)
    page.look().at.selectbox(key="moderation.pane2.connection").set_value(connection_picker.ADD)
    page.look()
    [cancel] = [button for button in page.at.button if button.label == "Cancel"]
    cancel.click()
    assert "New connection" not in page.look().seen
    page.open("moderation")
    chosen = page.at.selectbox(key="connection").value, page.at.selectbox(key="moderation.pane2.connection").value
    assert chosen == (CONNECTION, OTHER)


def test_a_link_to_a_missing_connection_still_waits_after_adding_was_cancelled(desk: Desk) -> None:
    page = Visitor("", connection="Nowhere").open("moderation")
    pick(page, connection_picker.ADD)
    assert "New connection" in page.seen
    assert page.open("moderation").reason.startswith("choose a connection: the URL names Nowhere")


def test_a_half_filled_form_is_not_replaced_by_a_new_one(visit: Visit) -> None:
    page = pick(visit("moderation"), connection_picker.ADD)
    [name] = [field for field in page.at.text_input if field.label == "Name"]
    name.set_value("Half filled")
    page.look()
    pick(page.open("llm"), connection_picker.ADD)
    assert [field.value for field in page.at.text_input if field.label == "Name"] == ["Half filled"]


def test_a_pane_that_cannot_run_holds_no_other_up_and_is_reported_by_its_letter(visit: Visit, desk: Desk, other: Desk) -> None:
    page = panes(visit("moderation"), 3)
    app_state.connections().remove(OTHER)
    nothing = Desk()
    nothing.backend = type(nothing.backend)(nothing.serve, models=())
    app_state.connections().add(OTHER, lambda: nothing.backend)
    page.look().at.selectbox(key="moderation.pane3.connection").set_value(OTHER)
    page.look()
    assert page.reason.startswith("C · the connection has no moderation model.")
    assert "Run all skips C." in page.seen
    disabled = [page.at.button(key=f"moderation.{part}run.one").disabled for part in ("", "pane2.", "pane3.")]
    assert disabled == [False, False, True]
    page.run()
    assert len(desk.requests) == 2
    assert [page.page_state.job is not None, *(page.page_state.part(f"pane{n}").job is not None for n in (2, 3))] == [
        True,
        True,
        False,
    ]


def test_what_the_shared_form_misses_holds_all_panes_up_without_a_letter(visit: Visit) -> None:
    page = panes(visit("moderation"), 2).type("text", "")
    assert not page.can_run and page.reason == "enter a text."
    assert page.at.button(key="moderation.pane2.run.one").disabled


def test_a_pane_whose_link_asks_for_what_is_not_there_waits_alone(desk: Desk) -> None:
    page = Visitor("", **{"connection": CONNECTION, "panes": "2", "pane2.connection": "Nowhere"}).open("moderation")
    assert page.can_run and page.reason.startswith("B · choose a connection: the URL names Nowhere")
    assert page.at.selectbox(key="moderation.pane2.connection").value is None
    page.at.selectbox(key="moderation.pane2.connection").set_value("embedded")
    assert "Nowhere" not in page.look().seen


def test_panes_without_a_choice_of_their_own_wait_with_the_link(desk: Desk) -> None:
    page = Visitor("", connection="Nowhere", panes="2").open("moderation")
    assert not page.can_run
    pick(page, CONNECTION)
    assert page.can_run and page.reason.startswith("B · choose a connection")


def test_a_panes_connection_that_is_gone_is_named(visit: Visit, other: Desk) -> None:
    page = panes(visit("moderation"), 2)
    page.at.selectbox(key="moderation.pane2.connection").set_value(OTHER)
    page.look()
    app_state.connections().remove(OTHER)
    assert f"B · Connection {OTHER} no longer exists. {CONNECTION} is selected instead." in seen(page.look())
