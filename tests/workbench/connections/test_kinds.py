"""Test a kind of connection: parsed by its own class, opened, tested, saved and loaded again, with its secrets kept apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from boomerang.invoker.backends.embedded.settings import EmbeddedSettings
from boomerang.invoker.backends.openai_compatible.settings import OpenAICompatibleSettings
from boomerang.invoker.backends.scripted import Scripted
from boomerang.invoker.connection_kind import Kind, settings_of
from boomerang.invoker.errors import ConfigError
from boomerang.invoker.settings import SettingsError
from boomerang.kinds import KINDS
from boomerang.workbench.connections.connection import Origin
from boomerang.workbench.connections.connections_file import parsed_each, written
from boomerang.workbench.connections.probe_jobs import SERVER, ProbeJob, ProbeRequest
from boomerang.workbench.connections.registry import Connections
from boomerang.workbench.connections.saved_connections import Store, hashed
from tests.lantern import TOKEN, WITH_LANTERN, LanternSettings, lantern
from tests.loopback import BOUND

OWNER = "cookie-of-a-browser"


def test_the_kind_picks_the_class_and_without_one_it_is_the_first_kind_there_was() -> None:
    assert isinstance(lantern(), LanternSettings)
    server = {"name": "a", "base_url": "http://h/v1"}
    assert isinstance(settings_of(server, KINDS), OpenAICompatibleSettings)
    assert settings_of(server | {"kind": "openai_compatible"}, KINDS) == settings_of(server, KINDS)
    small = settings_of({"name": "small", "kind": "embedded", "models_folder": "/m"}, KINDS)
    assert isinstance(small, EmbeddedSettings) and small.public()["kind"] == "embedded"


@pytest.mark.parametrize("kind", ["lantern", "scripted", "", 5, None, ["embedded"]])
def test_a_kind_that_is_not_in_the_table_is_refused_with_those_that_are(kind: Any) -> None:
    with pytest.raises(SettingsError) as raised:
        settings_of({"name": "a", "kind": kind, "colour": "red"}, KINDS, "connections[3]")
    known = ", ".join(sorted(kind.name for kind in KINDS.values() if kind.settings is not None))
    assert raised.value.faults == [f"connections[3].kind: must be one of: {known}"]


def test_each_class_checks_its_own_fields_also_of_a_change() -> None:
    with pytest.raises(SettingsError, match="base_url: is no field that is known here"):
        lantern(base_url="http://h/v1")
    assert lantern().changed(colour="green") == lantern(colour="green")
    with pytest.raises(SettingsError, match="colour: must be a text"):
        lantern().changed(colour=3)


def test_what_a_kind_calls_secret_is_kept_apart() -> None:
    settings = lantern()
    assert settings.public() == {"name": "porch", "kind": "lantern", "colour": "red"}
    assert settings.secrets() == {"token": TOKEN} and TOKEN not in written([settings])
    assert settings_of(settings.public(), WITH_LANTERN).with_secrets(settings.secrets()) == settings


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if kind.form is not None], ids=lambda kind: kind.name)
def test_what_a_form_hides_is_a_secret_of_the_settings(kind: Kind) -> None:
    assert kind.form is not None and kind.settings is not None
    hidden = {field.name for field in kind.form().fields if field.secret}
    assert hidden == kind.settings().SECRET_FIELDS
    fields = kind.settings().model_fields
    assert {field.name for field in kind.form().fields} <= set(fields)
    assert all(field.variable in ("", *fields) and field.query in ("", *fields) for field in kind.form().fields)


def test_presets_of_all_kinds_have_ids_of_their_own() -> None:
    every = [preset.id for kind in KINDS.values() for preset in kind.presets().values()]
    assert len(every) == len(set(every))


def test_a_new_kind_is_opened_tested_saved_and_read_again(tmp_path: Path) -> None:
    connections = Connections(WITH_LANTERN, {}, None, Store(tmp_path, {}, WITH_LANTERN))
    assert "lantern" in connections.offered()
    kept = connections.keep(lantern(), OWNER, saved=True)
    assert isinstance(kept.backend, Scripted)
    request = ProbeRequest("porch", lambda: kept.backend, calls={SERVER: None}, probe=connections.probe(kept.settings))
    job = ProbeJob([request]).start()
    job.join(BOUND)
    assert job.results["porch", SERVER].verdict == "It shines."
    assert TOKEN not in (tmp_path / "connections.json").read_text()
    again = Connections(WITH_LANTERN, {}, None, Store(tmp_path, {}, WITH_LANTERN)).get("porch", OWNER)
    assert again.settings == lantern() and again.origin is Origin.SAVED
    with pytest.raises(ConfigError, match="colour: must be one of: red, green"):
        connections.keep(lantern(name="cellar", colour="black"), OWNER)


def test_a_saved_connection_of_a_kind_that_is_unknown_now_stays_in_the_file(tmp_path: Path) -> None:
    Connections(WITH_LANTERN, {}, None, Store(tmp_path, {}, WITH_LANTERN)).keep(lantern(), OWNER, saved=True)
    before = json.loads((tmp_path / "connections.json").read_text())
    connections = Connections(KINDS, {}, None, Store(tmp_path, {}, KINDS))
    [problem] = connections.problems_for(OWNER)
    assert "porch" in str(problem) and "kind: must be one of" in str(problem)
    connections.keep(settings_of({"name": "a", "base_url": "http://127.0.0.1:9/v1"}, KINDS), OWNER, saved=True)
    assert json.loads((tmp_path / "connections.json").read_text())["connections"][0] == before["connections"][0]


def test_a_visitor_makes_no_connection_of_a_kind_without_a_form() -> None:
    connections = Connections(KINDS)
    with pytest.raises(ConfigError, match=r"kind: only connections\.toml may have a connection of the kind embedded"):
        connections.keep(settings_of({"name": "mine", "kind": "embedded", "models_folder": "/etc"}, KINDS), OWNER)
    assert connections.names(OWNER) == ["embedded"]


def test_the_operators_file_may_have_a_kind_without_a_form(tmp_path: Path) -> None:
    file = tmp_path / "connections.toml"
    file.write_text(
        f'[[connections]]\nname = "small"\nkind = "embedded"\nmodels_folder = "{tmp_path}"\n'
        'system_model = "smollm2-135m-instruct"\n'
    )
    connections = Connections(KINDS, {}, file)
    assert connections.problems == []
    model = connections.get("small").backend.system_model()
    assert model is not None and model.model == "smollm2-135m-instruct" and str(tmp_path) in str(model.reason)
    connections.close()


OLD_FILE = b"""
[[connections]]
name = "vLLM in the lab"
preset = "vllm"
base_url = "http://gpu:8000/v1"
api_key_env = "LAB_KEY"
provider = "langgenius/openai_api_compatible/openai_api_compatible"
system_model = "qwen3"

[connections.headers]
X-Team = "qa"

[connections.timeouts]
connect = 3.0

[[connections.models]]
model = "qwen3"
model_type = "llm"

[connections.models.model_properties]
mode = "chat"
context_size = 32768
"""
"""A file written before connections had kinds."""
OLD_STORE = {
    "version": 1,
    "connections": [
        {
            "owner": hashed(OWNER),
            "shared": False,
            "connection": {
                "name": "lab",
                "base_url": "http://gpu:8000/v1",
                "preset": "vllm",
                "verify": False,
                "timeouts": {"connect": 3.0},
                "models": [{"model": "q", "model_type": "llm", "model_properties": {"mode": "chat", "context_size": 100}}],
                "defaults": {"llm": "q"},
                "headers": {"X-Team": "qa"},
                "proxy": "http://proxy:3128",
            },
            "secrets": "",
        }
    ],
}
"""A store saved before connections had kinds."""


def test_files_written_before_there_were_kinds_are_read() -> None:
    [entry] = parsed_each(OLD_FILE, KINDS)
    assert entry.faults == () and isinstance(entry.settings, OpenAICompatibleSettings)
    assert entry.settings.timeouts.connect == 3.0 and entry.settings.models[0].model == "qwen3"
    assert "kind" not in written([entry.settings]) and parsed_each(written([entry.settings]).encode(), KINDS) == [entry]


def test_what_was_saved_before_there_were_kinds_is_read_and_written_as_before(tmp_path: Path) -> None:
    (tmp_path / "connections.json").write_text(json.dumps(OLD_STORE))
    store = Store(tmp_path, {}, KINDS)
    [saved] = store.load().saved
    assert isinstance(saved.settings, OpenAICompatibleSettings) and saved.settings.proxy == "http://proxy:3128"
    store.save(saved.settings, OWNER, replacing="lab")
    assert json.loads((tmp_path / "connections.json").read_text()) == OLD_STORE
