"""Tests for a connection's settings: what is refused, under which name; what is secret, and where it is sent."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.backends.openai_compatible.server_presets import PRESETS
from boomerang.invoker.entities.model import ModelPropertyKey, ModelType
from boomerang.invoker.errors import ConfigError
from boomerang.invoker.settings import ConnectionSettings, SettingsError
from boomerang.kinds import KINDS
from boomerang.workbench.connections.connections_file import parsed_each, read_file, written
from tests.connection_settings import settings_of

SECRET = "sk-not-for-anybodys-eyes"
LEAST = {"name": "lab", "base_url": "http://gpu:8000/v1"}
FULL = LEAST | {
    "api_key": SECRET,
    "headers": {"X-Api-Key": SECRET, "X-Team": "qa", "Authorization": "Bearer ${LAB}"},
    "query": {"api-version": "2026", "sig": SECRET},
    "proxy": f"http://someone:{SECRET}@proxy:3128",
    "timeouts": {"connect": 3},
    "models": [{"model": "q", "model_type": "llm", "model_properties": {"mode": "chat", "context_size": 100}}],
    "defaults": {"llm": "q"},
    "system_model": "q",
}


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name: must be one line"),
        ({"base_url": "gpu:8000"}, "base_url: expected an address such as"),
        ({"base_url": "http://"}, "base_url: expected an address"),
        ({"base_url": "http://x:99999/v1"}, "base_url: expected an address"),
        ({"base_url": "http://x\n/"}, "base_url: must be one line"),
        ({"base_url": f"http://me:{SECRET}@x/v1"}, "base_url: must not hold a user or a password"),
        ({"base_url": "http://x/v1?a=1&a=2"}, "base_url: the query of the address has a twice"),
        ({"base_url": "http://x/v1#docs"}, "base_url: must not have a fragment"),
        ({"base_url": "http://[${X}"}, "base_url: expected an address"),
        ({"api_key": "a", "api_key_env": "B"}, "give api_key or api_key_env, not both"),
        ({"api_key": f"{SECRET}\nX: y"}, "api_key: must be one line"),
        ({"api_key_env": "not a name"}, "api_key_env"),
        ({"headers": {"a b": "c"}}, "headers: 'a b' is no name of a header"),
        ({"headers": {"X-Key": f"{SECRET}\r\nInjected: yes"}}, "headers: the value of X-Key must be one line"),
        ({"headers": {"Content-Length": "3"}}, "headers: Content-Length cannot be set"),
        ({"headers": {"X-Key": f" {SECRET}"}}, "headers: the value of X-Key must not begin or end with a space"),
        ({"headers": {"X-A": "1", "x-a": "2"}}, "headers: x-a is there twice"),
        ({"headers": {f"X-Key: {SECRET}": "1"}}, "headers: 'X-Key' is no name of a header"),
        ({"api_key": "ключ"}, "api_key: must be one line of ASCII characters"),
        ({"api_key": "k" * 20_000}, "api_key: must have at most 16384 characters"),
        ({"query": {"": "1"}}, "query: '' is no name of a field"),
        ({"query": {"key": f"{SECRET}\n"}}, "query: the value of key must be one line"),
        ({"proxy": "socks5://x:1"}, "proxy: expected an address"),
        ({"proxy": "https://x:1"}, "proxy: expected an address such as http://localhost:3128"),
        ({"proxy": "http://x:99999"}, "proxy: expected an address"),
        ({"timeouts": {"connect": 0}}, "timeouts.connect"),
        ({"timeouts": {"connct": 1}}, "timeouts.connct: is no field that is known here"),
        ({"bogus": 1}, "bogus: is no field that is known here"),
        ({"models": [{"model": "x"}]}, "models[0].model_type: is missing"),
        ({"models": [{"model": "x", "model_type": "tts", "model_properties": {"voices": [3]}}]}, "voices: expected a name"),
        ({"defaults": {"chat": "x"}}, "defaults.chat"),
        ({"ca": "x", "ca_file": "y"}, "give ca or ca_file, not both"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_name_and_without_its_value(wrong: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError) as raised:
        settings_of(LEAST | wrong, "connections[2]")
    assert "connections[2]" in str(raised.value) and text in str(raised.value)
    assert SECRET not in str(raised.value) and raised.value.__cause__ is None


def test_every_fault_is_reported_at_once() -> None:
    with pytest.raises(ConfigError, match=r"name: .*; base_url: .*; bogus: "):
        settings_of({"name": "", "base_url": "x", "bogus": 1})


def test_what_is_public_holds_no_secret_and_the_secrets_bring_it_back() -> None:
    settings = settings_of(FULL)
    public, secrets = settings.public(), settings.secrets()
    assert SECRET not in json.dumps(public) and SECRET not in repr(settings)
    assert public["headers"] == {"X-Team": "qa", "Authorization": "Bearer ${LAB}"} and public["query"] == {
        "api-version": "2026"
    }
    assert public["proxy"] == "http://proxy:3128"
    assert settings_of(public).with_secrets(secrets) == settings


NAMES = st.text("abcXYZ-", min_size=1, max_size=12) | st.sampled_from(["Authorization", "X-Api-Key", "session-token", "X-Team"])


@given(
    st.dictionaries(NAMES, st.text("abc123", min_size=1, max_size=20)),
    st.dictionaries(NAMES, st.text("abc123", min_size=1, max_size=20)),
    st.text("abc123", max_size=20),
    st.sampled_from(["", "http://p:1", "http://a:b@p:1"]),
)
def test_public_and_secret_parts_are_the_whole(headers: dict[str, str], query: dict[str, str], key: str, proxy: str) -> None:
    settings = settings_of(LEAST | {"headers": headers, "query": query, "api_key": key, "proxy": proxy})
    assert settings_of(settings.public()).with_secrets(settings.secrets()) == settings
    assert settings_of(settings.public()).secrets() == {}


def test_a_query_that_was_pasted_with_the_address_is_sent_with_every_request() -> None:
    """As copied from Azure's portal; values in `query` win."""
    pasted = settings_of(LEAST | {"base_url": "https://x/v1?api-version=2026&key=a%20b&b", "query": {"key": "mine"}})
    assert pasted.base_url == "https://x/v1" and pasted.query == {"api-version": "2026", "key": "mine", "b": ""}
    assert pasted == settings_of(pasted.model_dump(mode="json")) and "key" not in pasted.public()["query"]
    [read] = parsed(b'[[connections]]\nname = "a"\nbase_url = "https://x/${V}/v1?key=${KEY}"')
    assert read.base_url == "https://x/${V}/v1" and read.query == {"key": "${KEY}"}


def test_a_key_under_a_harmless_name_is_not_written() -> None:
    settings = settings_of(LEAST | {"api_key": "pl4in", "headers": {"X-Odd": "it is pl4in"}, "query": {"v": "pl4in"}})
    assert "pl4in" not in written([settings])
    assert settings_of(settings.public()).with_secrets(settings.secrets()) == settings


def test_a_fault_has_its_words_as_a_message() -> None:
    with pytest.raises(SettingsError) as raised:
        settings_of(LEAST | {"headers": {"Host ": "x"}, "models": 3}, "connections[1]")
    second, first = raised.value.faults
    assert str(first) == "connections[1].headers: 'Host ' is no name of a header"
    assert [getattr(fault.detail, "id", None) for fault in (first, second)] == ["connections.header_name", "connections.list"]


def test_voices_may_be_bare_names() -> None:
    [model] = settings_of(
        LEAST | {"models": [{"model": "t", "model_type": "tts", "model_properties": {"voices": ["alloy", {"mode": "n"}]}}]}
    ).models
    assert model.model_properties[ModelPropertyKey.VOICES] == [
        {"mode": "alloy", "name": "alloy", "language": []},
        {"mode": "n", "name": "n", "language": []},
    ]


def parsed(content: bytes) -> list[ConnectionSettings]:
    """Read a file in which every entry is valid."""
    entries = parsed_each(content, KINDS)
    assert all(entry.faults == () for entry in entries)
    return [entry.settings for entry in entries if entry.settings is not None]


def test_an_export_is_a_file_that_can_be_imported_and_holds_no_secret() -> None:
    settings = [settings_of(FULL), settings_of(LEAST | {"name": "日本", "models": FULL["models"]})]
    text = written(settings)
    assert SECRET not in text
    again = parsed(text.encode())
    assert [one.public() for one in again] == [one.public() for one in settings]
    assert parsed(json.dumps({"connections": [one.public() for one in settings]}).encode()) == again
    assert parsed(json.dumps([one.public() for one in settings]).encode()) == again


def test_a_preset_gives_what_is_not_given() -> None:
    [result] = parsed(b'[[connections]]\nname = "mine"\npreset = "ollama"')
    assert (result.base_url, result.provider) == ("http://localhost:11434/v1", "langgenius/ollama/ollama")
    [result] = parsed(b'[[connections]]\nname = "mine"\npreset = "ollama"\nbase_url = "http://gpu:1/v1"')
    assert result.base_url == "http://gpu:1/v1"


@pytest.mark.parametrize("preset", [preset for preset in PRESETS.values() if preset.base_url], ids=lambda preset: preset.id)
def test_every_preset_is_a_connection(preset: Any) -> None:
    made = settings_of({"name": preset.title, "preset": preset.id, "base_url": preset.base_url, "provider": preset.provider})
    assert made.base_url == preset.base_url and preset.provider.count("/") == 2


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"[[connections", "is no TOML"),
        (b'{"connections": ', "is no JSON"),
        (b"\xff\xfe", "is no text in UTF-8"),
        (b"a = 1", "expected a list named connections"),
        (b"connections = 5\nextra = 1", "found extra"),
        (b"x" * (1 << 20) + b"x", "more than 1 MB"),
        (b"[" * 100_000, "is no (JSON|TOML)"),
        (b"{" * 100_000, "is no JSON"),
    ],
)
def test_a_file_that_cannot_be_used_says_where(content: bytes, text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        parsed_each(content, KINDS)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_file_is_connections_or_a_refusal(content: bytes) -> None:
    with contextlib.suppress(ConfigError):
        assert isinstance(parsed_each(content, KINDS), list)


def test_a_missing_file_has_no_connections_and_an_unreadable_one_says_so(tmp_path: Any) -> None:
    assert read_file(tmp_path / "none.toml", KINDS) == ([], [])
    with pytest.raises(ConfigError, match="Is a directory"):
        read_file(tmp_path, KINDS)


def test_a_change_is_checked() -> None:
    settings = settings_of(FULL)
    assert settings.changed(name="b").name == "b" and settings.changed(name="b").api_key == SECRET
    with pytest.raises(ConfigError, match="base_url"):
        settings.changed(base_url="nowhere")
    assert isinstance(settings, ConnectionSettings) and settings.defaults == {ModelType.LLM: "q"}


def test_what_json_has_no_value_for_is_left_out_of_an_export() -> None:
    model = {"model": "t", "model_type": "tts", "model_properties": {"default_voice": None}}
    [result] = parsed(json.dumps([LEAST | {"models": [model]}]).encode())
    assert parsed(written([result]).encode())[0].name == result.name


@pytest.mark.parametrize(
    "content", [b"a = " + b"1" * 5000, b"[" + b"1" * 5000 + b"]", b"{" * 100_000, b"a = " + b"[" * 100_000]
)
def test_a_file_that_breaks_its_reader_is_refused(content: bytes) -> None:
    with pytest.raises(ConfigError, match=r"is no (TOML|JSON)"):
        parsed_each(content, KINDS)


ODD_FILE = b"""
extra = 1

[[connections]]
name = "good"
base_url = "http://gpu:8000/v1"

[[connections]]
name = "bad"
base_ur = "http://gpu:8000/v1"

[[connections]]
preset = "nobody"

[[connections]]
name = "some"
base_url = "http://gpu:8000/v1"
models = [{ model = "a", model_type = "llm" }, { model = "x" }, "b", { model = "c", model_type = "rerank" }]

[[connections]]
name = "good"
base_url = "http://other/v1"
"""


def test_what_is_whole_in_a_file_is_read_and_the_rest_is_named_entry_by_entry() -> None:
    entries = parsed_each(ODD_FILE, KINDS)
    assert [entry.name for entry in entries if entry.settings] == ["good", "some", "good"]
    wrong = {entry.name: entry.faults for entry in entries if entry.faults}
    assert list(wrong) == ["extra", "bad", "connections[2]", "some"]
    assert wrong["bad"] == ("base_url: is missing", "base_ur: is no field that is known here")
    assert wrong["connections[2]"][0].startswith("preset: expected one of openai")
    assert wrong["some"] == ("models[1].model_type: is missing", "models[2]: must be names with values")
    [some] = [entry.settings for entry in entries if entry.name == "some"]
    assert some is not None and [model.model for model in some.models] == ["a", "c"]


def test_a_file_with_an_odd_entry_has_the_others_and_names_it(tmp_path: Any) -> None:
    path = tmp_path / "connections.toml"
    path.write_bytes(ODD_FILE)
    result, problems = read_file(path, KINDS)
    assert [(settings.name, settings.base_url) for settings in result] == [
        ("good", "http://gpu:8000/v1"),
        ("some", "http://gpu:8000/v1"),
    ]
    assert [str(problem) for problem in problems] == [
        "connections.toml: “extra” cannot be used: is no field that is known here",
        "connections.toml: “bad” cannot be used: base_url: is missing; base_ur: is no field that is known here",
        f"connections.toml: “connections[2]” cannot be used: preset: expected one of {', '.join(PRESETS)}",
        "connections.toml: “some” is used without some of its models: "
        "models[1].model_type: is missing; models[2]: must be names with values",
        "connections.toml: the name “good” is there twice; the first connection is used",
    ]


NONE = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)
"""Values that are not a connection."""


@given(st.lists(st.builds(lambda n: LEAST | {"name": f"c{n}"}, st.integers(0, 30)) | NONE | st.dictionaries(st.text(), NONE)))
def test_no_entry_of_a_file_hides_another(items: list[Any]) -> None:
    entries = parsed_each(json.dumps({"connections": items}).encode(), KINDS)
    assert len(entries) == len(items) and all(entry.settings or entry.faults for entry in entries)
    whole = [item["name"] for item in items if isinstance(item, dict) and "base_url" in item and "name" in item]
    assert [entry.settings.name for entry in entries if entry.settings] == whole
