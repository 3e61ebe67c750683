"""Test the operator's connections from the file and the environment: changes and problems."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from boomerang.invoker.errors import ConfigError
from boomerang.kinds import KINDS
from boomerang.workbench.connections.registry import EMBEDDED, from_process
from tests.connection_settings import settings_of
from tests.loopback import BOUND, Loopback, whole
from tests.workbench.connections.registries import ANNA, SECRET, book, made


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


def test_what_is_wrong_outside_is_reported_and_an_unreadable_list_of_addresses_allows_nothing(tmp_path: Path) -> None:
    (tmp_path / "connections.json").write_text("{")
    connections = book(tmp_path, OLLAMA_HOST="http://:::", CONNECTIONS_ALLOW="http://x")
    shown = "\n".join(connections.problems)
    assert "OLLAMA_HOST" in shown and "CONNECTIONS_ALLOW" in shown and "is not what was saved there" in shown
    kept = connections.keep(made(), ANNA)
    kept.fetch()
    assert kept.wait(BOUND) and "is not among the addresses" in str(kept.fetch_error)
    assert "CONNECTIONS_ALLOW: until this is fixed, visitors' connections cannot call any address" in shown


def test_a_limit_that_cannot_be_read_is_reported_and_no_server_is_called(tmp_path: Path) -> None:
    connections = book(tmp_path, BOOMERANG_MAX_EVENTS="many")
    sentence = "BOOMERANG_MAX_EVENTS: expected a whole number from 1 to 1,000,000,000, found “many”"
    assert connections.problems == [sentence]
    with pytest.raises(ConfigError, match="BOOMERANG_MAX_EVENTS"):
        connections.keep(made(), ANNA)


def test_secrets_that_cannot_be_read_are_reported_at_their_connection(tmp_path: Path) -> None:
    book(tmp_path).keep(made(api_key=SECRET), ANNA, saved=True)
    (tmp_path / "key").unlink()
    [_embedded, lab] = book(tmp_path).visible(ANNA)
    assert lab.problem and SECRET not in str(lab.problem)


def test_the_process_has_its_file_beside_the_app_or_where_it_is_configured(tmp_path: Path) -> None:
    (tmp_path / "connections.toml").write_text('[[connections]]\nname = "beside"\npreset = "vllm"')
    (tmp_path / "other.toml").write_text('[[connections]]\nname = "told"\npreset = "vllm"')
    data = {"BOOMERANG_DATA": str(tmp_path / "data")}
    assert from_process(KINDS, tmp_path, data).names() == [EMBEDDED, "beside"]
    assert from_process(KINDS, tmp_path, data | {"CONNECTIONS_FILE": str(tmp_path / "other.toml")}).names() == [
        EMBEDDED,
        "told",
    ]
    assert not (tmp_path / "data").exists(), "nothing is written until something is saved"


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


def test_a_bad_entry_of_the_file_and_a_bad_variable_hide_no_other(tmp_path: Path) -> None:
    file = tmp_path / "connections.toml"
    file.write_text(
        '[[connections]]\nname = "a"\npreset = "vllm"\n[[connections]]\nname = "b"\nbase_url = 5\n'
        '[[connections]]\nname = "a"\npreset = "ollama"\n[[connections]]\nname = "OpenAI"\npreset = "openai"'
    )
    connections = book(None, file, OPENAI_API_KEY=SECRET, OLLAMA_HOST="http://:::", VLLM_BASE_URL="http://gpu:8000")
    assert connections.names() == [EMBEDDED, "OpenAI", "vLLM", "a"]
    shown = "\n".join(connections.problems)
    for text in (
        "OLLAMA_HOST: ",
        "“b” cannot be used: base_url: must be a text",
        "the name “a” is there twice",
        "“OpenAI” is taken",
    ):
        assert text in shown
    assert connections.get("a").settings.preset == "vllm"  # type: ignore[union-attr]


def test_what_the_operator_configured_is_called_wherever_it_is_and_what_a_visitor_made_is_checked(tmp_path: Path) -> None:
    with Loopback(lambda _request, connection: connection.send(whole({"data": [{"id": "m"}]}))) as server:
        file = tmp_path / "connections.toml"
        file.write_text(f'[[connections]]\nname = "lab"\nbase_url = "{server.address}"')
        for rules in ({"CONNECTIONS_LOOPBACK": "refuse"}, {"CONNECTIONS_ALLOW": "public"}, {"CONNECTIONS_ALLOW": "10.0.0.0/8"}):
            connections = book(None, file, VLLM_BASE_URL=server.address, **rules)
            for name in ("lab", "vLLM"):
                connections.get(name).fetch()
                assert connections.get(name).wait(BOUND) and connections.get(name).fetch_error is None
            request = len(server.requests)
            own = connections.keep(settings_of({"name": "own", "base_url": server.address}), ANNA)
            own.fetch()
            assert own.wait(BOUND) and "CONNECTIONS_ALLOW" in str(getattr(own.fetch_error, "hint", ""))
            assert len(server.requests) == request
            connections.close()
