"""Test the listed connections: opened by URL, imported, and problems of saved ones."""

from __future__ import annotations

import json
import os
from pathlib import Path

from boomerang.playground.session import app_state
from boomerang.workbench.connections.import_export import import_connections
from boomerang.workbench.connections.saved_connections import hashed
from tests.pages.connections.opened_page import container, in_the_file, made
from tests.pages.visitor import Visitor


def test_a_pane_offers_connections_by_their_names_as_they_are() -> None:
    with in_the_file('[[connections]]\nname = "my_server: *1*"\nbase_url = "http://127.0.0.1:9"\n'):
        page = Visitor("embedded").open("llm")
        page.at.session_state["llm.panes"] = 2
        assert page.look().at.selectbox(key="llm.pane2.connection").options == [
            "embedded",
            "my_server: *1*",
            "Add a connection…",
        ]


def test_which_connection_is_open_is_in_the_address() -> None:
    page = Visitor("embedded")
    with in_the_file('[[connections]]\nname = "lab one"\nbase_url = "http://127.0.0.1:9/v1"\n'):
        page.at.query_params["open"] = "lab one"
        page.open("connections")
        assert page.at.session_state["_connections"].open == "lab one"


def test_an_import_brings_what_is_new_and_says_what_was_there_what_is_renamed_and_what_is_wrong() -> None:
    owner = "somebody"
    app_state.connections().keep(made(name="same", query={"v": "1"}), owner)
    app_state.connections().keep(made(name="taken"), owner)
    good = [made(name="same", query={"v": "1"}), made(name="taken", query={"v": "2"}), made(name="new")]
    bad = [{"name": f"bad {number}", "base_ur": "x"} for number in range(6)]
    content = json.dumps([*(settings.public() for settings in good), *bad])
    try:
        brought = import_connections(app_state.connections(), "c.toml", content.encode(), owner)
        assert (brought.came, brought.there, brought.renamed) == (["taken 2", "new"], ["same"], [("taken", "taken 2")])
        assert brought.faults[:2] == ["bad 0 · Base URL: is missing", "bad 0 · base_ur: is no field that is known here"]
        page = Visitor("embedded").open("connections")
        page.at.session_state["_connections"].next_feedback.brought = brought
        shown = container(page.look(), "connections-brought")
        assert "Imported for this session: taken 2, new." in shown and "Already present and identical: same." in shown
        assert "bad 3" in shown and "bad 4" not in shown and "and 4 more" in shown
        again = import_connections(app_state.connections(), "c.toml", content.encode(), owner)
        assert (again.came, again.there) == ([], ["same", "taken", "new"])
    finally:
        for name in ("same", "taken", "taken 2", "new"):
            app_state.connections().drop(name, owner)


def test_what_is_no_file_of_connections_is_said_with_its_name() -> None:
    assert (
        import_connections(app_state.connections(), "c.toml", b"a = 1", "somebody")
        .faults[0]
        .startswith("c.toml: expected a list named connections")
    )


def test_time_limits_are_reported_in_words() -> None:
    with in_the_file('[[connections]]\nname = "lab"\nbase_url = "http://127.0.0.1:9/v1"\ntimeouts = {first_byte = 120}\n'):
        page = Visitor("embedded").open("connections")
        page.at.session_state["_connections"].open = "lab"
        assert "to the first byte 120 s" in page.look().seen and "first_byte" not in page.seen


def test_what_is_odd_among_saved_ones_is_named_on_the_page_to_whom_it_concerns(anna: str) -> None:
    file = Path(os.environ["BOOMERANG_DATA"]) / "connections.json"
    entry = {"owner": "somebody", "shared": True, "connection": {"name": "good", "base_url": "http://127.0.0.1:9/v1"}}
    odd = [
        {"owner": "somebody", "shared": True, "connection": {"name": "our: *odd*", "base_url": 5}},
        {"owner": "somebody", "connection": {"name": "private", "base_urls": [1]}},
        {
            "owner": hashed(anna),
            "connection": {"name": "mine", "base_url": "http://127.0.0.1:9/v1", "models": [5] * 99},
        },
        "text",
    ]
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"connections": [*odd, entry]}))
    try:
        page = Visitor("embedded").open("connections")
        shown = [warning.value.replace("\\", "") for warning in page.at.warning]
        assert [one.partition(":")[0] for one in shown] == ["connections.json"] * 4
        assert "“our: *odd*” cannot be used and stays in the file as it is: Base URL: must be a text" in shown[0]
        assert "“connections[1]”" in shown[1] and "private" not in shown[1]
        assert "“mine” is used without some of its models" in shown[2] and shown[2].endswith("and 91 more")
        assert "“connections[3]”" in shown[3]
        assert "good" in app_state.connections().names()
    finally:
        file.unlink()
        app_state.connections().visible()
