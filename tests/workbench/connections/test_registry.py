"""Test the connections of a process: their sources and owners, and that visitors' own connections are private."""

from __future__ import annotations

from pathlib import Path

import pytest

from boomerang.invoker.errors import ConfigError
from boomerang.workbench.connections.connection import Connection, Origin
from boomerang.workbench.connections.registry import EMBEDDED, MOST_OWN, Connections
from tests.workbench.connections.registries import ANNA, BORIS, SECRET, book, made


def origins(connections: Connections, owner: str = "") -> dict[str, Origin]:
    """Return the origin of each connection."""
    return {connection.name: connection.origin for connection in connections.visible(owner)}


def test_without_anything_the_embedded_one_is_there() -> None:
    assert book().names() == [EMBEDDED] and book().get("nobody").name == EMBEDDED and book().problems == []


def test_environment_file_and_visitors_are_side_by_side(tmp_path: Path) -> None:
    file = tmp_path / "connections.toml"
    file.write_text('[[connections]]\nname = "lab"\npreset = "vllm"\n[[connections]]\nname = "OpenAI"\npreset = "openai"')
    connections = book(tmp_path / "data", file, OPENAI_API_KEY=SECRET)
    connections.keep(made("mine"), ANNA)
    connections.keep(made("kept"), ANNA, saved=True)
    assert origins(connections, ANNA) == {
        EMBEDDED: Origin.BUILT_IN,
        "OpenAI": Origin.ENVIRONMENT,
        "lab": Origin.FILE,
        "mine": Origin.SESSION,
        "kept": Origin.SAVED,
    }
    assert list(origins(connections, BORIS)) == [EMBEDDED, "OpenAI", "lab"] == list(origins(connections))
    assert [connection.origin.locked for connection in connections.visible(ANNA)] == [True, True, True, False, False]


def test_what_a_visitor_made_is_theirs_alone_and_of_one_name_each_has_their_own(tmp_path: Path) -> None:
    connections = book(tmp_path)
    connections.keep(made(api_key=SECRET), ANNA)
    assert connections.get("lab", BORIS).name == EMBEDDED and connections.get("lab", "").name == EMBEDDED
    connections.keep(made(provider="b/b/b"), BORIS)
    assert connections.get("lab", ANNA).settings.api_key == SECRET  # type: ignore[union-attr]
    assert connections.get("lab", BORIS).settings.api_key == ""  # type: ignore[union-attr]
    connections.drop("lab", BORIS)
    assert connections.names(ANNA) == [EMBEDDED, "lab"] and connections.names(BORIS) == [EMBEDDED]


def test_what_is_shared_is_everybodys_to_use_and_its_makers_to_change(tmp_path: Path) -> None:
    connections = book(tmp_path)
    connections.keep(made(api_key=SECRET), ANNA, shared=True)
    assert connections.names(BORIS) == [EMBEDDED, "lab"] == connections.names()
    assert connections.get("lab", ANNA).may_change(ANNA) and not connections.get("lab", BORIS).may_change(BORIS)
    with pytest.raises(ConfigError, match="there is a connection 'lab' already"):
        connections.keep(made(), BORIS)
    connections.drop("lab", BORIS)
    assert connections.names(BORIS) == [EMBEDDED, "lab"]
    connections.drop("lab", ANNA)
    assert connections.names(BORIS) == [EMBEDDED]


def test_what_was_saved_outlives_the_process_and_what_was_not_does_not(tmp_path: Path) -> None:
    first = book(tmp_path)
    first.keep(made("session"), ANNA)
    first.keep(made("kept", api_key=SECRET), ANNA, saved=True)
    first.keep(made("shared"), ANNA, shared=True)
    first.close()
    again = book(tmp_path)
    assert again.names(ANNA) == [EMBEDDED, "shared", "kept"] and again.names(BORIS) == [EMBEDDED, "shared"]
    assert again.get("kept", ANNA).settings.api_key == SECRET  # type: ignore[union-attr]


def test_a_change_takes_the_place_of_what_was_there_by_another_name_and_another_keeping_too(tmp_path: Path) -> None:
    connections = book(tmp_path)
    connections.keep(made("a"), ANNA, saved=True)
    connections.keep(made("b"), ANNA, replacing="a", saved=True)
    assert connections.names(ANNA) == [EMBEDDED, "b"] == book(tmp_path).names(ANNA)
    connections.keep(made("b"), ANNA, replacing="b")
    assert connections.names(ANNA) == [EMBEDDED, "b"] and book(tmp_path).names(ANNA) == [EMBEDDED]
    connections.keep(made("b"), ANNA, replacing="b", shared=True)
    assert book(tmp_path).names(BORIS) == [EMBEDDED, "b"]


@pytest.mark.parametrize("name", [EMBEDDED, "OpenAI", "lab"])
def test_a_name_that_is_taken_is_refused_and_nothing_is_dropped(name: str) -> None:
    connections = book(OPENAI_API_KEY=SECRET)
    connections.keep(made("lab"), ANNA)
    with pytest.raises(ConfigError, match="choose another name"):
        connections.keep(made(name), ANNA)
    assert connections.names(ANNA) == [EMBEDDED, "OpenAI", "lab"]


def test_what_cannot_be_opened_or_saved_is_refused(tmp_path: Path) -> None:
    connections = book()
    with pytest.raises(ConfigError, match="may not be named by a visitor"):
        connections.keep(made(api_key_env="OPENAI_API_KEY"), ANNA)
    with pytest.raises(ConfigError, match="nothing can be saved here"):
        connections.keep(made(), ANNA, saved=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be"):
        book(tmp_path / "file").keep(made(), ANNA, saved=True)
    assert connections.names(ANNA) == [EMBEDDED]


def test_a_visitor_may_name_what_the_one_who_runs_the_app_lists() -> None:
    connections = book(CONNECTIONS_ENV="LAB_KEY, OTHER", LAB_KEY=SECRET)
    kept = connections.keep(made(api_key_env="LAB_KEY"), ANNA)
    assert kept.backend.kind == "openai_compatible" and kept.key_variable == "LAB_KEY"


def test_there_is_a_most_of_ones_own() -> None:
    connections = book()
    for number in range(MOST_OWN):
        connections.keep(made(f"c{number}"), ANNA)
    with pytest.raises(ConfigError, match="which is the most"):
        connections.keep(made("one more"), ANNA)
    connections.keep(made("renamed"), ANNA, replacing="c0")
    connections.keep(made("boris"), BORIS)


def test_a_connection_reports_the_name_of_the_variable_with_its_key() -> None:
    connections = book(OPENAI_API_KEY=SECRET)
    assert connections.get("OpenAI").key_variable == "OPENAI_API_KEY"
    assert connections.get(EMBEDDED).key_variable is None
    assert connections.keep(made(), ANNA).key_variable == "API_KEY"
    assert isinstance(connections.get(EMBEDDED), Connection)


def test_a_name_for_everybody_is_not_given_twice(tmp_path: Path) -> None:
    connections = book(tmp_path)
    connections.keep(made(provider="b/b/b"), BORIS)
    connections.keep(made(provider="a/a/a"), ANNA, shared=True)
    with pytest.raises(ConfigError, match="there is a connection 'lab' already"):
        connections.keep(made(provider="b/b/b"), BORIS, replacing="lab", shared=True)
    connections.keep(made(provider="a/a/2"), ANNA, replacing="lab", shared=True)
    assert connections.get("lab", "carol").settings.provider == "a/a/2"  # type: ignore[union-attr]
    assert connections.get("lab", BORIS).settings.provider == "b/b/b", "and who had the name keeps it"  # type: ignore[union-attr]


def test_what_was_removed_meanwhile_is_not_replaced_under_a_name_that_is_taken(tmp_path: Path) -> None:
    connections = book(tmp_path, OPENAI_API_KEY=SECRET)
    with pytest.raises(ConfigError, match="there is a connection 'OpenAI' already"):
        connections.keep(made("OpenAI"), ANNA, replacing="OpenAI")
    for number in range(MOST_OWN):
        connections.keep(made(f"c{number}"), ANNA)
    with pytest.raises(ConfigError, match="which is the most"):
        connections.keep(made("one more"), ANNA, replacing="removed in another tab")


def test_a_change_that_cannot_be_saved_leaves_what_was_there(tmp_path: Path) -> None:
    connections = book(tmp_path / "data")
    before = connections.keep(made(), ANNA, saved=True)
    (tmp_path / "data" / "connections.new").mkdir()  # so that the old file cannot be replaced
    with pytest.raises(ConfigError, match="cannot be written"):
        connections.keep(made("other"), ANNA, replacing="lab")
    with pytest.raises(ConfigError, match="cannot be written"):
        connections.drop("lab", ANNA)
    assert connections.get("lab", ANNA) is before and connections.names(ANNA) == [EMBEDDED, "lab"]


def test_a_name_that_is_taken_is_reported_before_the_work_of_opening() -> None:
    with pytest.raises(ConfigError, match="choose another name"):
        book(OPENAI_API_KEY=SECRET).keep(made("OpenAI", api_key_env="NOT_LISTED"), ANNA)


def test_a_browser_owns_what_it_saved_until_it_removes_it(tmp_path: Path) -> None:
    connections = book(tmp_path)
    assert not connections.owns(ANNA) and not connections.owns("")
    connections.keep(made("session"), ANNA)
    assert not connections.owns(ANNA)
    connections.keep(made("kept"), ANNA, saved=True)
    assert connections.owns(ANNA) and book(tmp_path).owns(ANNA) and not connections.owns(BORIS)
    connections.drop("kept", ANNA)
    assert not connections.owns(ANNA)
