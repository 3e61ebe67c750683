"""Test saved connections: clear text except for secrets, readable only by the file's owner, and never half-written."""

from __future__ import annotations

import fcntl
import json
import stat
import subprocess
import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.errors import ConfigError
from boomerang.kinds import KINDS
from boomerang.workbench.connections.saved_connections import Saved, Store, hashed
from boomerang.workbench.store.data_folder import data_folder
from tests.connection_settings import settings_of
from tests.json_values import JSON_VALUES

SECRET = "sk-not-for-anybodys-eyes"
OWNER = "cookie-of-a-browser"
PLAIN = settings_of({"name": "plain", "base_url": "http://gpu/v1"})
KEYED = settings_of({"name": "keyed", "base_url": "http://gpu/v1", "api_key": SECRET, "headers": {"X-Token": SECRET}})


def load(store: Store) -> list[Saved]:
    """Return the usable connections."""
    return list(store.load().saved)


def everything(folder: Path) -> str:
    """Return all files of a folder as text."""
    return "\n".join(path.read_text() for path in folder.iterdir())


def test_what_was_saved_comes_back_and_its_secrets_are_nowhere_in_the_clear(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    Store(folder, {}, KINDS).save(PLAIN, OWNER, shared=True)
    Store(folder, {}, KINDS).save(KEYED, OWNER)
    assert load(Store(folder, {}, KINDS)) == [Saved(PLAIN, hashed(OWNER), True), Saved(KEYED, hashed(OWNER), False)]
    assert SECRET not in everything(folder) and OWNER not in everything(folder)


def test_files_and_key_are_their_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    Store(folder, {}, KINDS).save(KEYED, OWNER)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {"connections.json": 0o600, "key": 0o600, "lock": 0o600} and stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_without_secrets_no_key_is_made(tmp_path: Path) -> None:
    Store(tmp_path, {}, KINDS).save(PLAIN, OWNER)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["connections.json", "lock"]


def test_the_key_of_the_environment_needs_no_file_and_another_one_reads_nothing(tmp_path: Path) -> None:
    one, other = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    Store(tmp_path, {"BOOMERANG_KEY": one}, KINDS).save(KEYED, OWNER)
    assert not (tmp_path / "key").exists()
    assert load(Store(tmp_path, {"BOOMERANG_KEY": one}, KINDS))[0].settings == KEYED
    [saved] = load(Store(tmp_path, {"BOOMERANG_KEY": other}, KINDS))
    assert saved.settings.api_key == "" and "another key" in str(saved.problem) and saved.settings.base_url == KEYED.base_url
    [saved] = load(Store(tmp_path, {}, KINDS))
    assert saved.settings.api_key == "" and "cannot be read" in str(saved.problem)


@pytest.mark.parametrize("key", ["short", "x" * 44, "ключ"])
def test_a_key_that_is_none_says_how_to_make_one(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError, match="BOOMERANG_KEY is no key; make one: python"):
        Store(tmp_path, {"BOOMERANG_KEY": key}, KINDS).save(KEYED, OWNER)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_a_key_file_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    Store(tmp_path, {}, KINDS).save(KEYED, OWNER)
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        Store(tmp_path, {}, KINDS).save(KEYED, OWNER, replacing="keyed")
    [saved] = load(Store(tmp_path, {}, KINDS))
    assert saved.settings.api_key == "" and "chmod 600" in str(saved.problem)


def test_saving_again_replaces_and_removing_forgets_only_what_is_ones_own(tmp_path: Path) -> None:
    store = Store(tmp_path, {}, KINDS)
    store.save(PLAIN, OWNER)
    store.save(PLAIN.changed(base_url="http://other/v1"), OWNER, shared=True, replacing="plain")
    store.save(PLAIN.changed(name="other"), "somebody else")
    assert [(saved.settings.base_url, saved.shared) for saved in load(store)] == [
        ("http://other/v1", True),
        ("http://gpu/v1", False),
    ]
    store.remove("plain", OWNER)
    store.remove("nothing", OWNER)
    assert [saved.owner for saved in load(store)] == [hashed("somebody else")]


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}", '{"connections": {}}', "[" * 100_000, '{"connections": [' + "1" * 5000 + "]}", "\x00", "null"],
)
def test_a_file_that_is_not_ours_is_reported_and_left_alone(tmp_path: Path, content: str) -> None:
    (tmp_path / "connections.json").write_text(content)
    store = Store(tmp_path, {}, KINDS)
    with pytest.raises(ConfigError, match="is not what was saved there"):
        store.load()
    with pytest.raises(ConfigError):
        store.save(PLAIN, OWNER)
    assert (tmp_path / "connections.json").read_text() == content


def test_a_folder_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be"):
        Store(tmp_path / "file", {}, KINDS).save(PLAIN, OWNER)
    with pytest.raises(ConfigError, match="cannot be used"):
        Store(tmp_path / "file", {}, KINDS).save(KEYED, OWNER)


def test_a_save_that_breaks_off_leaves_what_was_there(tmp_path: Path) -> None:
    Store(tmp_path, {}, KINDS).save(PLAIN, OWNER)
    (tmp_path / "connections.new").mkdir()  # so that the new file cannot be created
    with pytest.raises(ConfigError, match="cannot be written"):
        Store(tmp_path, {}, KINDS).save(KEYED, OWNER)
    assert [item["connection"]["name"] for item in json.loads((tmp_path / "connections.json").read_text())["connections"]] == [
        "plain"
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have folders of their own for such things")
@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"BOOMERANG_DATA": "/data"}, "/data"),
        ({"XDG_DATA_HOME": "/xdg"}, "/xdg/boomerang"),
        ({"XDG_DATA_HOME": "relative"}, "/home/me/.local/share/boomerang"),
        ({}, "/home/me/.local/share/boomerang"),
    ],
)
def test_the_data_folder_is_where_such_things_are(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str
) -> None:
    for name in ("BOOMERANG_DATA", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/me", **environment}.items():
        monkeypatch.setenv(name, value)
    assert data_folder() == Path(expected)


def test_processes_that_save_at_once_lose_nothing_of_each_other(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from boomerang.kinds import KINDS\n"
        "from boomerang.invoker.connection_kind import settings_of\n"
        "from boomerang.workbench.connections.saved_connections import Store\n"
        "for number in range(12):\n"
        "    made = {'name': f'{sys.argv[2]}-{number}', 'base_url': 'http://h/v1', 'api_key': 'a-key-of-its-own'}\n"
        "    Store(Path(sys.argv[1]), {}, KINDS).save(settings_of(made, KINDS), 'somebody')\n"
    )
    started = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "data"), str(number)]) for number in range(3)]
    assert [process.wait(60) for process in started] == [0, 0, 0]
    result = load(Store(tmp_path / "data", {}, KINDS))
    assert len(result) == 36 and {saved.settings.api_key for saved in result} == {"a-key-of-its-own"}


def test_threads_that_save_the_first_secret_at_once_have_one_key(tmp_path: Path) -> None:
    store, start, faults = Store(tmp_path / "data", {}, KINDS), threading.Barrier(8), []

    def save(number: int) -> None:
        start.wait()
        try:
            store.save(KEYED.changed(name=f"c{number}"), OWNER)
        except ConfigError as error:
            faults.append(error)

    threads = [threading.Thread(target=save, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert faults == [] and [saved.problem for saved in load(store)] == [None] * 8


def test_a_new_file_that_was_left_behind_does_not_open_the_next_one_to_others(tmp_path: Path) -> None:
    (tmp_path / "connections.new").touch(0o644)
    Store(tmp_path, {}, KINDS).save(PLAIN, OWNER)
    assert stat.S_IMODE((tmp_path / "connections.json").stat().st_mode) == 0o600


ENTRY = {"owner": hashed(OWNER), "shared": False, "connection": PLAIN.public(), "secrets": ""}
ODD: list[Any] = [
    None,
    5,
    "text",
    [],
    {},
    {"connection": PLAIN.public()},
    ENTRY | {"owner": ""},
    ENTRY | {"owner": 5},
    ENTRY | {"shared": "false"},
    ENTRY | {"shared": None},
    ENTRY | {"secrets": 5},
    ENTRY | {"connection": None},
    ENTRY | {"connection": "http://gpu/v1"},
    ENTRY | {"connection": {"name": "odd", "base_url": "nowhere"}},
    ENTRY | {"connection": {"name": "odd", "base_url": 5}},
    ENTRY | {"connection": {"base_url": "http://gpu/v1"}},
    ENTRY | {"connection": {"name": "odd", "base_url": "http://gpu/v1", "of_a_newer_version": 1}},
    ENTRY | {"connection": {"name": "\ud800", "base_url": "http://gpu/v1"}},
    ENTRY | {"connection": {"name": "odd", "base_url": "http://gpu/v1", "models": 5}},
    ENTRY | {"connection": {"name": "odd", "base_url": 5, "models": [5]}},
]
"""Unusable entries."""


def put(folder: Path, *items: Any, **beside: Any) -> Path:
    """Write a file with the given entries."""
    folder.mkdir(exist_ok=True)
    path = folder / "connections.json"
    path.write_text(json.dumps({"connections": items, **beside}))
    return path


def kept(folder: Path) -> Any:
    """Return the file's entries."""
    return json.loads((folder / "connections.json").read_text())


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_entry_is_named_and_kept_and_hides_no_other(tmp_path: Path, odd: Any) -> None:
    other = ENTRY | {"connection": PLAIN.public() | {"name": "other"}}
    put(tmp_path, ENTRY, odd, other, version=7, more="of a newer version")
    store = Store(tmp_path, {}, KINDS)
    contents = store.load()
    assert [saved.settings.name for saved in contents.saved] == ["plain", "other"]
    [oddity] = contents.odd
    assert oddity.named.faults and "stays in the file as it is" in str(oddity.named)
    name = odd["connection"].get("name") if isinstance(odd, dict) and isinstance(odd.get("connection"), dict) else None
    assert f"“{name or 'connections[1]'}”" in str(oddity.named) and "“connections[1]”" in str(oddity.unnamed)
    store.save(KEYED, OWNER, shared=True)
    store.remove("other", OWNER)
    assert kept(tmp_path)["connections"][:2] == [ENTRY, odd] and len(kept(tmp_path)["connections"]) == 3
    assert (kept(tmp_path)["version"], kept(tmp_path)["more"]) == (7, "of a newer version")


@given(st.lists(st.sampled_from(ODD) | JSON_VALUES, max_size=4), st.integers(0, 4))
def test_no_entry_is_dropped_when_another_is_written(odd: list[Any], place: int) -> None:
    with TemporaryDirectory() as folder:
        items = [*odd[:place], ENTRY, *odd[place:]]
        put(Path(folder), *items)
        store = Store(Path(folder), {}, KINDS)
        assert load(store) == [Saved(PLAIN, hashed(OWNER))] and len(store.load().odd) == len(odd)
        store.save(PLAIN.changed(base_url="http://other/v1"), OWNER, replacing="plain")
        result = kept(Path(folder))["connections"]
        assert [item for item in result if item not in odd] == [
            ENTRY | {"connection": {"name": "plain", "base_url": "http://other/v1"}}
        ]
        assert [item for item in result if item in odd] == odd


def test_a_malformed_model_is_left_out_and_named_and_the_connection_is_there(tmp_path: Path) -> None:
    models = [{"model": "a", "model_type": "llm"}, {"model": "b"}, None, {"model": "c", "model_type": "rerank"}]
    put(tmp_path, ENTRY | {"connection": PLAIN.public() | {"models": models}})
    contents = Store(tmp_path, {}, KINDS).load()
    assert [model.model for model in contents.saved[0].settings.models] == ["a", "c"]
    assert str(contents.odd[0].named) == (
        "connections.json: “plain” is used without some of its models: "
        "models[1].model_type: is missing; models[2]: must be names with values"
    )


def test_of_two_entries_of_one_name_the_first_is_used_and_both_are_kept(tmp_path: Path) -> None:
    second = ENTRY | {"connection": PLAIN.public() | {"base_url": "http://second/v1"}}
    put(tmp_path, ENTRY, second)
    store = Store(tmp_path, {}, KINDS)
    contents = store.load()
    assert [saved.settings.base_url for saved in contents.saved] == ["http://gpu/v1"]
    assert "the name “plain” is there twice" in str(contents.odd[0].named)
    store.save(PLAIN.changed(base_url="http://first/v1"), OWNER, replacing="plain")
    assert kept(tmp_path)["connections"][1] == second
    store.remove("plain", OWNER)
    assert [saved.settings.base_url for saved in load(store)] == ["http://second/v1"] and store.load().odd == ()


def test_of_two_shared_ones_of_one_name_the_second_is_its_owners_alone(tmp_path: Path) -> None:
    theirs = ENTRY | {"owner": hashed("somebody else"), "shared": True}
    put(tmp_path, ENTRY | {"shared": True}, theirs)
    first, second = load(Store(tmp_path, {}, KINDS))
    assert (first.shared, first.problem) == (True, None)
    assert not second.shared and "only you can use this one until you rename it" in str(second.problem)
    assert kept(tmp_path)["connections"][1] == theirs


def test_what_is_odd_is_named_to_its_owner_and_of_shared_ones_to_all(tmp_path: Path) -> None:
    odd = {"name": "secret project", "base_url": 5}
    put(tmp_path, ENTRY | {"connection": odd}, ENTRY | {"connection": odd, "shared": True}, {"connection": odd})
    mine, shared, nobodys = Store(tmp_path, {}, KINDS).load().odd
    assert "secret project" in str(mine.seen_by(hashed(OWNER))) and "secret project" not in str(mine.seen_by("other"))
    assert mine.owner == hashed(OWNER)
    for oddity in (shared, nobodys):
        assert "secret project" in str(oddity.seen_by("other"))


@pytest.mark.parametrize("secrets", [[], "text", 5, None, {"headers": 5}, {"of_a_newer_version": {"a": "b"}}, {"query": ["a"]}])
def test_secrets_of_another_shape_are_reported_and_the_connection_is_there(tmp_path: Path, secrets: Any) -> None:
    key = Fernet.generate_key().decode()
    sealed = Fernet(key).encrypt(json.dumps(secrets).encode()).decode()
    put(tmp_path, ENTRY | {"secrets": sealed})
    [saved] = load(Store(tmp_path, {"BOOMERANG_KEY": key}, KINDS))
    assert saved.settings == PLAIN and "its secrets cannot be read" in str(saved.problem)


def test_a_name_is_taken_once_by_each_owner_and_once_among_shared_ones(tmp_path: Path) -> None:
    store, other = Store(tmp_path, {}, KINDS), Store(tmp_path, {}, KINDS)
    store.save(PLAIN, OWNER, shared=True)
    for owner, shared in ((OWNER, False), (OWNER, True), ("somebody else", False), ("somebody else", True)):
        with pytest.raises(ConfigError, match="there is a connection 'plain' already"):
            other.save(PLAIN, owner, shared=shared)
    other.save(PLAIN.changed(name="b"), "somebody else")
    with pytest.raises(ConfigError, match="there is a connection 'plain' already"):
        other.save(PLAIN, "somebody else", replacing="b")
    store.save(PLAIN.changed(name="b"), OWNER, shared=True)  # its earlier owner still has the name, unshared
    other.save(PLAIN.changed(name="b", base_url="http://b/v1"), "somebody else", replacing="b")
    with pytest.raises(ConfigError, match="there is a connection 'b' already"):
        other.save(PLAIN.changed(name="b"), "somebody else", replacing="b", shared=True)
    assert [(saved.settings.name, saved.shared) for saved in load(store)] == [("plain", True), ("b", False), ("b", True)]


def test_every_write_is_seen_by_its_stamp_also_within_one_tick_of_the_clock(tmp_path: Path) -> None:
    store = Store(tmp_path, {}, KINDS)
    stamps = [store.stamp()]
    for number in range(50):
        store.save(PLAIN.changed(base_url=f"http://gpu/v{number % 10}"), OWNER, replacing="plain")
        stamps.append(store.stamp())
    assert len(set(stamps)) == 51 and stamps[0] == ()


def test_a_key_that_is_missing_takes_back_no_secret_that_was_read(tmp_path: Path) -> None:
    Store(tmp_path, {}, KINDS).save(KEYED, OWNER)
    store = Store(tmp_path, {}, KINDS)
    assert load(store)[0].settings == KEYED
    (tmp_path / "key").unlink()
    Store(tmp_path, {}, KINDS).save(PLAIN, OWNER)
    assert [saved.settings for saved in load(store)] == [KEYED, PLAIN]


def test_a_process_that_hangs_while_it_writes_holds_no_other_up_without_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("boomerang.workbench.connections.saved_connections.LOCK_SECONDS", 0.0)
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ConfigError, match="is in use by another process"):
            Store(tmp_path, {}, KINDS).save(PLAIN, OWNER)
    Store(tmp_path, {}, KINDS).save(PLAIN, OWNER)
