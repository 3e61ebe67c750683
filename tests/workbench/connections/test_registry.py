"""The connections of a process: where they come from, whose they are, and that one visitor's are not another's."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from boomerang.invoker.errors import ConfigError
from boomerang.invoker.settings import settings_of
from boomerang.kinds import connect
from boomerang.workbench.connections.connection import Connection, Origin
from boomerang.workbench.connections.registry import EMBEDDED, MOST_OWN, Connections, from_process
from boomerang.workbench.connections.saved_connections import Store
from boomerang.workbench.runs.jobs import Job
from tests.loopback import BOUND, Asked, Loopback, Wire, whole

ANNA, BORIS = "cookie-of-anna", "cookie-of-boris"
SECRET = "sk-not-for-anybodys-eyes"


def made(name: str = "lab", **more: Any) -> Any:
    """Give settings."""
    return settings_of({"name": name, "base_url": "http://127.0.0.1:9/v1", **more})


def book(folder: Path | None = None, file: Path | None = None, **environment: str) -> Connections:
    """Give the connections of a process."""
    return Connections(connect, environment, file, Store(folder, environment) if folder is not None else None)


def origins(connections: Connections, owner: str = "") -> dict[str, Origin]:
    """Give where each comes from."""
    return {connection.name: connection.origin for connection in connections.visible(owner)}


def test_without_anything_the_embedded_one_is_there() -> None:
    assert book().names() == [EMBEDDED] and book().get("nobody").name == EMBEDDED and book().problems == []


def test_environment_file_and_visitors_stand_side_by_side(tmp_path: Path) -> None:
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
def test_a_name_that_is_taken_is_refused_and_nothing_is_lost(name: str) -> None:
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


def test_a_file_that_changes_is_read_again_and_a_broken_one_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "connections.toml"
    connections = book(None, file)
    assert connections.names() == [EMBEDDED] and connections.problems == []
    file.write_text('[[connections]]\nname = "a"\npreset = "vllm"\n[[connections]]\nname = "b"\npreset = "ollama"')
    assert connections.names() == [EMBEDDED, "a", "b"]
    a, b = connections.get("a"), connections.get("b")
    file.write_text('[[connections]]\nname = "a"\npreset = "vllm"\n[[connections]]\nname = "b"\npreset = "openai"\n')
    assert connections.get("a") is a and connections.get("b") is not b
    file.write_text("[[broken")
    assert connections.names() == [EMBEDDED, "a", "b"]
    assert len(connections.problems) == 1 and connections.problems[0].startswith("connections.toml: is no TOML")
    file.unlink()
    assert connections.names() == [EMBEDDED] and connections.problems == []


def test_what_is_wrong_outside_is_told_and_an_unreadable_list_of_addresses_allows_nothing(tmp_path: Path) -> None:
    (tmp_path / "connections.json").write_text("{")
    connections = book(tmp_path, OLLAMA_HOST="http://:::", CONNECTIONS_ALLOW="http://x")
    told = "\n".join(connections.problems)
    assert "OLLAMA_HOST" in told and "CONNECTIONS_ALLOW" in told and "is not what was saved there" in told
    kept = connections.keep(made(), ANNA)
    kept.fetch()
    assert kept.wait(BOUND) and "is not among the addresses" in str(kept.fetch_error)
    assert "CONNECTIONS_ALLOW: until this is fixed, visitors' connections cannot call any address" in told


def test_a_limit_that_cannot_be_read_is_reported_and_no_server_is_called(tmp_path: Path) -> None:
    connections = book(tmp_path, BOOMERANG_MAX_EVENTS="many")
    sentence = "BOOMERANG_MAX_EVENTS: expected a whole number from 1 to 1,000,000,000, found “many”"
    assert connections.problems == [sentence]
    with pytest.raises(ConfigError, match="BOOMERANG_MAX_EVENTS"):
        connections.keep(made(), ANNA)


def test_secrets_that_cannot_be_read_are_told_at_their_connection(tmp_path: Path) -> None:
    book(tmp_path).keep(made(api_key=SECRET), ANNA, saved=True)
    (tmp_path / "key").unlink()
    [_embedded, lab] = book(tmp_path).visible(ANNA)
    assert lab.problem and SECRET not in str(lab.problem)


def test_models_are_fetched_once_in_the_background_and_again_when_asked() -> None:
    go_on = threading.Event()

    def script(_asked: Asked, wire: Wire) -> None:
        go_on.wait(BOUND)
        wire.send(whole({"data": [{"id": "m"}]}))

    with Loopback(script) as server:
        connections = book()
        kept = connections.keep(settings_of({"name": "a", "base_url": server.address}), ANNA)
        kept.fetch()
        kept.fetch()
        assert kept.fetching and not kept.wait(0) and kept.backend.models() == []
        go_on.set()
        assert kept.wait(BOUND) and [model.model for model in kept.backend.models()] == ["m"] and kept.fetch_error is None
        kept.fetch()
        assert kept.wait(BOUND) and len(server.asked) == 1
        kept.fetch(again=True)
        assert kept.wait(BOUND) and len(server.asked) == 2
        connections.close()


def test_closing_ends_a_fetch_under_way_and_the_server_sees_it() -> None:
    with Loopback(lambda _asked, wire: wire.wait_until_gone()) as server:
        connections = book()
        kept = connections.keep(settings_of({"name": "a", "base_url": server.address}), ANNA)
        kept.fetch()
        server.until(lambda server: server.asked)
        connections.close()
        assert kept.wait(BOUND) and server.connections[0].left.wait(1)


def test_visitors_who_make_and_drop_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    connections = book(tmp_path)
    faults: list[Exception] = []

    def visitor(owner: str) -> None:
        try:
            for number in range(8):
                connections.keep(made(f"c{number}"), owner, saved=number % 2 == 0)
                assert all(
                    connection.owner in ("", connections.get(f"c{number}", owner).owner)
                    for connection in connections.visible(owner)
                )
                connections.drop(f"c{number - 1}", owner)
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=visitor, args=(f"visitor {number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND)
    assert faults == [] and all(connections.names(f"visitor {number}") == [EMBEDDED, "c7"] for number in range(6))


def test_the_process_has_its_file_beside_the_app_or_where_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "connections.toml").write_text('[[connections]]\nname = "beside"\npreset = "vllm"')
    (tmp_path / "other.toml").write_text('[[connections]]\nname = "told"\npreset = "vllm"')
    data = {"BOOMERANG_DATA": str(tmp_path / "data")}
    assert from_process(connect, tmp_path, data).names() == [EMBEDDED, "beside"]
    assert from_process(connect, tmp_path, data | {"CONNECTIONS_FILE": str(tmp_path / "other.toml")}).names() == [
        EMBEDDED,
        "told",
    ]
    assert not (tmp_path / "data").exists(), "nothing is written until something is saved"


def test_a_connection_tells_the_name_of_the_variable_with_its_key() -> None:
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
    (tmp_path / "data" / "connections.new").mkdir()  # so that no file can be put in the old one's place
    with pytest.raises(ConfigError, match="cannot be written"):
        connections.keep(made("other"), ANNA, replacing="lab")
    with pytest.raises(ConfigError, match="cannot be written"):
        connections.drop("lab", ANNA)
    assert connections.get("lab", ANNA) is before and connections.names(ANNA) == [EMBEDDED, "lab"]


@pytest.mark.parametrize("opened", [True, False])
def test_who_still_holds_a_removed_connection_does_not_open_it_again(opened: bool, tmp_path: Path) -> None:
    with Loopback(lambda _asked, wire: wire.send(whole({"data": []}))) as server:
        file = tmp_path / "connections.toml"
        file.write_text(f'[[connections]]\nname = "lab"\nbase_url = "{server.address}"')
        connections = book(None, file)
        lab = connections.get("lab")
        if opened:
            assert lab.backend.models() == []
        file.unlink()
        assert connections.names() == [EMBEDDED]
        lab.fetch()
        assert lab.wait(BOUND) and "The back end was closed" in str(lab.fetch_error)
        assert server.asked == [] and lab.backend is lab.backend


def test_a_file_of_the_same_size_in_the_old_ones_place_is_read(tmp_path: Path) -> None:
    file, other = tmp_path / "connections.toml", tmp_path / "other.toml"
    file.write_text('[[connections]]\nname = "a"\npreset = "vllm"')
    connections = book(None, file)
    assert connections.names() == [EMBEDDED, "a"]
    other.write_text('[[connections]]\nname = "b"\npreset = "vllm"')
    seen = file.stat()
    os.utime(other, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    other.replace(file)
    assert connections.names() == [EMBEDDED, "b"]


def test_a_run_on_a_connection_that_is_changed_ends_and_says_why() -> None:
    with Loopback(lambda _asked, wire: wire.wait_until_gone()) as server:
        connections = book()
        kept = connections.keep(settings_of({"name": "a", "base_url": server.address}), ANNA)
        config = {"provider": "p", "model": "m", "mode": "chat", "completion_params": {}}
        messages = [{"role": "user", "content": "Hi."}]
        job = Job(lambda session: session.model.llm.invoke(config, messages), kept.backend).start()
        server.until(lambda server: server.asked)
        connections.keep(settings_of({"name": "b", "base_url": server.address}), ANNA, replacing="a")
        job.join(BOUND)
        assert not job.running and job.record is not None and job.record.outcome == "failed"
        assert "The back end was closed while it was answering." in str(job.error) and server.connections[0].left.wait(1)
        connections.close()


def test_a_name_that_is_taken_is_told_before_the_work_of_opening() -> None:
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


def test_each_process_sees_what_another_saved_at_its_next_use(tmp_path: Path) -> None:
    one, two = book(tmp_path), book(tmp_path)
    one.keep(made("shared", api_key=SECRET), ANNA, shared=True)
    one.keep(made("mine"), ANNA, saved=True)
    assert two.names(BORIS) == [EMBEDDED, "shared"] and two.names(ANNA) == [EMBEDDED, "shared", "mine"] and two.owns(ANNA)
    assert two.get("shared", BORIS).settings.api_key == SECRET  # type: ignore[union-attr]
    two.keep(made("renamed"), ANNA, replacing="mine", saved=True)
    assert one.names(ANNA) == [EMBEDDED, "shared", "renamed"]
    two.keep(made("renamed"), ANNA, replacing="renamed", shared=True)
    assert one.names(BORIS) == [EMBEDDED, "shared", "renamed"]
    two.drop("shared", ANNA)
    assert one.names(BORIS) == [EMBEDDED, "renamed"]
    two.drop("renamed", ANNA)
    assert one.names(ANNA) == [EMBEDDED] and not one.owns(ANNA)


def test_what_another_process_wrote_replaces_nothing_that_stayed_as_it_was(tmp_path: Path) -> None:
    one, two = book(tmp_path), book(tmp_path)
    kept = one.keep(made("kept", api_key=SECRET), ANNA, saved=True)
    two.keep(made("other"), BORIS, saved=True)
    assert one.get("kept", ANNA) is kept
    two.keep(made("kept", api_key=SECRET), ANNA, replacing="kept", shared=True)
    assert one.get("kept", BORIS) is kept and kept.shared, "only who may use it is another"


def test_a_name_that_another_process_has_given_meanwhile_is_refused_and_nothing_is_lost(tmp_path: Path) -> None:
    one, two = book(tmp_path), book(tmp_path)
    own = one.keep(made(provider="a/a/a"), ANNA, saved=True)
    two.keep(made(provider="b/b/b"), BORIS, shared=True)
    assert one.get("lab", ANNA) is own, "who had the name keeps it"
    with pytest.raises(ConfigError, match="name: there is a connection 'lab' already; choose another name"):
        one.keep(made(provider="a/a/a"), ANNA, replacing="lab", shared=True)
    with pytest.raises(ConfigError, match="choose another name"):
        one.keep(made(), "carol", saved=True)
    with pytest.raises(ConfigError, match="choose another name"):
        one.keep(made(), "carol")
    assert one.get("lab", "carol").settings.provider == "b/b/b"  # type: ignore[union-attr]
    assert one.get("lab", ANNA) is own


def test_what_is_of_this_session_only_is_not_displaced_by_what_another_process_saves(tmp_path: Path) -> None:
    one, two = book(tmp_path), book(tmp_path)
    session = one.keep(made(provider="a/a/a"), ANNA)
    two.keep(made(provider="b/b/b"), ANNA, saved=True)
    assert one.get("lab", ANNA) is session and one.names(ANNA) == [EMBEDDED, "lab"]
    with pytest.raises(ConfigError, match="choose another name"):
        one.keep(made(provider="a/a/a"), ANNA, replacing="lab", saved=True)
    one.drop("lab", ANNA)
    assert one.get("lab", ANNA).settings.provider == "b/b/b"  # type: ignore[union-attr]


@pytest.mark.parametrize("removed", [True, False])
def test_a_run_goes_on_when_another_process_changes_its_connection(removed: bool, tmp_path: Path) -> None:
    go_on = threading.Event()

    def script(_asked: Asked, wire: Wire) -> None:
        go_on.wait(BOUND)
        wire.send(whole({"data": [{"index": 0, "embedding": [1.0]}], "model": "m"}))

    with Loopback(script) as server:
        one, two = book(tmp_path), book(tmp_path)
        kept = one.keep(settings_of({"name": "a", "base_url": server.address}), ANNA, shared=True)
        job = Job(lambda session: session.model.text_embedding.invoke({"provider": "p", "model": "m"}, ["x"]), kept.backend)
        job.start()
        server.until(lambda server: server.asked)
        if removed:
            two.drop("a", ANNA)
        else:
            two.keep(made("a"), ANNA, replacing="a", shared=True)
        assert (one.get("a", BORIS).name == EMBEDDED) is removed and one.get("a", BORIS) is not kept
        go_on.set()
        job.join(BOUND)
        assert job.record is not None and job.record.outcome == "completed"
        kept.fetch()
        assert kept.wait(BOUND) and "The back end was closed" in str(kept.fetch_error), "closed once the run was over"
        one.close()
        two.close()


def test_a_file_of_saved_ones_that_is_damaged_changes_nothing_and_one_that_is_deleted_is_empty(tmp_path: Path) -> None:
    connections = book(tmp_path)
    kept = connections.keep(made(), ANNA, saved=True)
    file = tmp_path / "connections.json"
    whole_file = file.read_text()
    file.write_text(whole_file[:-20])
    assert connections.get("lab", ANNA) is kept and "is not what was saved there" in connections.problems[0]
    assert connections.problems_for(BORIS)
    with pytest.raises(ConfigError, match="is not what was saved there"):
        connections.keep(made("b"), ANNA, saved=True)
    assert file.read_text() == whole_file[:-20]
    file.write_text(whole_file)
    assert connections.get("lab", ANNA) is kept and connections.problems == []
    file.unlink()
    assert connections.names(ANNA) == [EMBEDDED]


def test_an_odd_saved_entry_is_named_to_its_owner_and_keeps_them_their_cookie(tmp_path: Path) -> None:
    book(tmp_path).keep(made("odd"), ANNA, saved=True)
    book(tmp_path).keep(made("good"), BORIS, saved=True)
    file = tmp_path / "connections.json"
    file.write_text(file.read_text().replace('"base_url"', '"base_uri"', 1))
    connections = book(tmp_path)
    assert connections.names(ANNA) == [EMBEDDED] and connections.names(BORIS) == [EMBEDDED, "good"]
    assert "“odd”" in connections.problems[0] and "“odd”" in str(connections.problems_for(ANNA)[0])
    assert "odd" not in str(connections.problems_for(BORIS)[0]) and "“connections[0]”" in str(connections.problems_for("")[0])
    assert connections.owns(ANNA)


def test_a_bad_entry_of_the_file_and_a_bad_variable_hide_no_other(tmp_path: Path) -> None:
    file = tmp_path / "connections.toml"
    file.write_text(
        '[[connections]]\nname = "a"\npreset = "vllm"\n[[connections]]\nname = "b"\nbase_url = 5\n'
        '[[connections]]\nname = "a"\npreset = "ollama"\n[[connections]]\nname = "OpenAI"\npreset = "openai"'
    )
    connections = book(None, file, OPENAI_API_KEY=SECRET, OLLAMA_HOST="http://:::", VLLM_BASE_URL="http://gpu:8000")
    assert connections.names() == [EMBEDDED, "OpenAI", "vLLM", "a"]
    told = "\n".join(connections.problems)
    for words in (
        "OLLAMA_HOST: ",
        "“b” cannot be used: base_url: must be a text",
        "the name “a” is there twice",
        "“OpenAI” is taken",
    ):
        assert words in told
    assert connections.get("a").settings.preset == "vllm"  # type: ignore[union-attr]


def test_what_the_operator_configured_is_called_wherever_it_is_and_what_a_visitor_made_is_judged(tmp_path: Path) -> None:
    with Loopback(lambda _asked, wire: wire.send(whole({"data": [{"id": "m"}]}))) as server:
        file = tmp_path / "connections.toml"
        file.write_text(f'[[connections]]\nname = "lab"\nbase_url = "{server.address}"')
        for rules in ({"CONNECTIONS_LOOPBACK": "refuse"}, {"CONNECTIONS_ALLOW": "public"}, {"CONNECTIONS_ALLOW": "10.0.0.0/8"}):
            connections = book(None, file, VLLM_BASE_URL=server.address, **rules)
            for name in ("lab", "vLLM"):
                connections.get(name).fetch()
                assert connections.get(name).wait(BOUND) and connections.get(name).fetch_error is None
            asked = len(server.asked)
            own = connections.keep(settings_of({"name": "own", "base_url": server.address}), ANNA)
            own.fetch()
            assert own.wait(BOUND) and "CONNECTIONS_ALLOW" in str(getattr(own.fetch_error, "hint", ""))
            assert len(server.asked) == asked
            connections.close()


SAVING = """
import sys
from pathlib import Path
from boomerang.invoker.settings import settings_of
from boomerang.kinds import connect
from boomerang.workbench.connections.saved_connections import Store
from boomerang.invoker.errors import ConfigError
from boomerang.workbench.connections.registry import Connections

folder, owner = Path(sys.argv[1]), sys.argv[2]
connections = Connections(connect, {}, None, Store(folder, {}))
print("ready", flush=True)
sys.stdin.readline()
for number in range(6):
    for name in (f"shared {number}", f"{owner} {number}"):
        made = settings_of({"name": name, "base_url": "http://127.0.0.1:9/v1", "api_key": f"key of {owner}"})
        try:
            connections.keep(made, owner, shared=name.startswith("shared"), saved=True)
            print(name, flush=True)
        except ConfigError as error:
            assert f"there is a connection {name!r} already" in str(error), error
print("saved", flush=True)
sys.stdin.readline()
print(*(name for name in connections.names(owner) if name.startswith("shared")), sep="|", flush=True)
"""


def test_two_processes_on_one_folder_lose_nothing_give_no_name_twice_and_see_each_other(tmp_path: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", SAVING, str(tmp_path), owner], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for owner in (ANNA, BORIS)
    ]
    pipes = [(process.stdin, process.stdout) for process in started]
    gave: list[list[str]] = [[], []]
    for _to, out in pipes:
        assert out is not None and out.readline() == "ready\n"
    for to, _out in pipes:
        assert to is not None
        to.write("go\n")
        to.flush()
    for number, (_to, out) in enumerate(pipes):
        assert out is not None
        while (line := out.readline().strip()) not in ("saved", ""):
            gave[number].append(line)
    shared = sorted(name for names in gave for name in names if name.startswith("shared"))
    assert shared == sorted(f"shared {number}" for number in range(6)), "each once, by one of them"
    assert all(f"{owner} {number}" in gave[place] for place, owner in enumerate((ANNA, BORIS)) for number in range(6))
    for process in started:
        seen, _errors = process.communicate("look\n", BOUND)
        assert sorted(seen.strip().split("|")) == shared and process.returncode == 0
    after = book(tmp_path)
    assert after.problems == [] and len(after.names(ANNA)) == len(after.names(BORIS)) == 1 + 12
    for place, owner in enumerate((ANNA, BORIS)):
        assert {after.get(name, owner).settings.api_key for name in gave[place]} == {f"key of {owner}"}  # type: ignore[union-attr]


class TwoProcesses(RuleBasedStateMachine):
    """Two processes on one folder, against what should be there."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.processes = [book(Path(self.folder.name)) for _ in range(2)]
        self.expected: dict[tuple[str, str], tuple[bool, str]] = {}
        """Owner and name → whether it is shared, and its provider."""

    def taken(self, name: str, owner: str, replacing: str | None, shared: bool) -> bool:
        """Return whether a name is another connection's."""
        replaced = replacing if (owner, replacing) in self.expected else None
        if name != replaced and (owner, name) in self.expected:
            return True
        theirs = any(kept and whose != owner for (whose, has), (kept, _) in self.expected.items() if has == name)
        return theirs and (shared or name != replaced)

    @rule(
        process=st.integers(0, 1),
        owner=st.sampled_from([ANNA, BORIS]),
        name=st.sampled_from(["a", "b", "c"]),
        replacing=st.none() | st.sampled_from(["a", "b", "c"]),
        shared=st.booleans(),
        provider=st.sampled_from(["x", "y"]),
        key=st.sampled_from(["", SECRET]),
    )
    def keep(self, process: int, owner: str, name: str, replacing: str | None, shared: bool, provider: str, key: str) -> None:
        settings = made(name, provider=provider, api_key=key)
        taken = self.taken(name, owner, replacing, shared)
        try:
            self.processes[process].keep(settings, owner, replacing=replacing, saved=True, shared=shared)
        except ConfigError as error:
            assert taken, error
            return
        assert not taken
        self.expected.pop((owner, replacing or ""), None)
        self.expected[owner, name] = shared, provider

    @rule(process=st.integers(0, 1), owner=st.sampled_from([ANNA, BORIS]), name=st.sampled_from(["a", "b", "c"]))
    def drop(self, process: int, owner: str, name: str) -> None:
        self.processes[process].drop(name, owner)
        self.expected.pop((owner, name), None)

    @rule(process=st.integers(0, 1))
    def start_again(self, process: int) -> None:
        self.processes[process].close()
        self.processes[process] = book(Path(self.folder.name))

    @invariant()
    def each_sees_what_is_there(self) -> None:
        for connections in self.processes:
            assert connections.problems == []
            for owner in (ANNA, BORIS):
                own = {name: provider for (whose, name), (_, provider) in self.expected.items() if whose == owner}
                others = {name: provider for (_, name), (shared, provider) in self.expected.items() if shared}
                seen = {found.name: found.settings.provider for found in connections.visible(owner) if found.settings}
                assert seen == others | own and connections.owns(owner) == bool(own)

    def teardown(self) -> None:
        for connections in self.processes:
            connections.close()
        self.folder.cleanup()


TestTwoProcesses = TwoProcesses.TestCase
TestTwoProcesses.settings = settings(max_examples=15, stateful_step_count=15)
