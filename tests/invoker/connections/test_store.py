"""What is saved: in the clear but for the secrets, private to its owner's machine account, and whole at any moment."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from invoker.connections import Saved, Store, data_folder, hashed, settings_of
from invoker.errors import ConfigError

SECRET = "sk-not-for-anybodys-eyes"
OWNER = "cookie-of-a-browser"
PLAIN = settings_of({"name": "plain", "base_url": "http://gpu/v1"})
KEYED = settings_of({"name": "keyed", "base_url": "http://gpu/v1", "api_key": SECRET, "headers": {"X-Token": SECRET}})


def everything(folder: Path) -> str:
    """Give all that is in a folder as text."""
    return "\n".join(path.read_text() for path in folder.iterdir())


def test_what_was_saved_comes_back_and_its_secrets_are_nowhere_in_the_clear(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    Store(folder, {}).save(PLAIN, OWNER, shared=True)
    Store(folder, {}).save(KEYED, OWNER)
    assert Store(folder, {}).load() == [Saved(PLAIN, hashed(OWNER), True), Saved(KEYED, hashed(OWNER), False)]
    assert SECRET not in everything(folder) and OWNER not in everything(folder)


def test_files_and_key_are_their_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    Store(folder, {}).save(KEYED, OWNER)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {"connections.json": 0o600, "key": 0o600} and stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_without_secrets_no_key_is_made(tmp_path: Path) -> None:
    Store(tmp_path, {}).save(PLAIN, OWNER)
    assert [path.name for path in tmp_path.iterdir()] == ["connections.json"]


def test_the_key_of_the_environment_needs_no_file_and_another_one_reads_nothing(tmp_path: Path) -> None:
    one, other = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    Store(tmp_path, {"BOOMERANG_KEY": one}).save(KEYED, OWNER)
    assert not (tmp_path / "key").exists()
    assert Store(tmp_path, {"BOOMERANG_KEY": one}).load()[0].settings == KEYED
    [saved] = Store(tmp_path, {"BOOMERANG_KEY": other}).load()
    assert saved.settings.api_key == "" and "another key" in saved.problem and saved.settings.base_url == KEYED.base_url
    [saved] = Store(tmp_path, {}).load()
    assert saved.settings.api_key == "" and "cannot be read" in saved.problem


@pytest.mark.parametrize("key", ["short", "x" * 44, "ключ"])
def test_a_key_that_is_none_says_how_to_make_one(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError, match="BOOMERANG_KEY is no key; make one: python"):
        Store(tmp_path, {"BOOMERANG_KEY": key}).save(KEYED, OWNER)
    assert list(tmp_path.iterdir()) == []


def test_a_key_file_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    Store(tmp_path, {}).save(KEYED, OWNER)
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        Store(tmp_path, {}).save(KEYED, OWNER)
    [saved] = Store(tmp_path, {}).load()
    assert saved.settings.api_key == "" and "chmod 600" in saved.problem


def test_saving_again_replaces_and_removing_forgets_only_what_is_ones_own(tmp_path: Path) -> None:
    store = Store(tmp_path, {})
    store.save(PLAIN, OWNER)
    store.save(PLAIN.changed(base_url="http://other/v1"), OWNER, shared=True)
    store.save(PLAIN, "somebody else")
    assert [(saved.settings.base_url, saved.shared) for saved in store.load()] == [
        ("http://other/v1", True),
        ("http://gpu/v1", False),
    ]
    store.remove("plain", OWNER)
    store.remove("nothing", OWNER)
    assert [saved.owner for saved in store.load()] == [hashed("somebody else")]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"connections": [{}]}', '{"connections": [{"connection": {"name": ""}, "owner": ""}]}']
)
def test_a_file_that_is_not_ours_is_told_and_left_alone(tmp_path: Path, content: str) -> None:
    (tmp_path / "connections.json").write_text(content)
    store = Store(tmp_path, {})
    with pytest.raises(ConfigError, match="is not what was saved there"):
        store.load()
    with pytest.raises(ConfigError):
        store.save(PLAIN, OWNER)
    assert (tmp_path / "connections.json").read_text() == content


def test_a_folder_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be"):
        Store(tmp_path / "file", {}).save(PLAIN, OWNER)
    with pytest.raises(ConfigError, match="cannot be used"):
        Store(tmp_path / "file", {}).save(KEYED, OWNER)


def test_a_save_that_breaks_off_leaves_what_was_there(tmp_path: Path) -> None:
    Store(tmp_path, {}).save(PLAIN, OWNER)
    (tmp_path / "connections.new").mkdir()  # the new file cannot be made
    with pytest.raises(ConfigError, match="cannot be written"):
        Store(tmp_path, {}).save(KEYED, OWNER)
    assert [item["connection"]["name"] for item in json.loads((tmp_path / "connections.json").read_text())["connections"]] == [
        "plain"
    ]


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"BOOMERANG_DATA": "/data"}, Path("/data")),
        ({"XDG_DATA_HOME": "/xdg"}, Path("/xdg/boomerang")),
        ({"XDG_DATA_HOME": "relative"}, Path(os.path.expanduser("~/.local/share/boomerang"))),
        ({}, Path(os.path.expanduser("~/.local/share/boomerang"))),
    ],
)
def test_the_data_folder_is_where_such_things_are(environment: dict[str, Any], expected: Path) -> None:
    assert data_folder(environment) == expected


def test_processes_that_save_at_once_lose_nothing_of_each_other(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from invoker.connections import Store, settings_of\n"
        "for number in range(12):\n"
        "    made = {'name': f'{sys.argv[2]}-{number}', 'base_url': 'http://h/v1', 'api_key': 'a-key-of-its-own'}\n"
        "    Store(Path(sys.argv[1]), {}).save(settings_of(made), 'somebody')\n"
    )
    started = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "data"), str(number)]) for number in range(3)]
    assert [process.wait(60) for process in started] == [0, 0, 0]
    found = Store(tmp_path / "data", {}).load()
    assert len(found) == 36 and {saved.settings.api_key for saved in found} == {"a-key-of-its-own"}


def test_threads_that_save_the_first_secret_at_once_have_one_key(tmp_path: Path) -> None:
    store, start, faults = Store(tmp_path / "data", {}), threading.Barrier(8), []

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
    assert faults == [] and [saved.problem for saved in store.load()] == [""] * 8


def test_a_new_file_that_was_left_behind_does_not_open_the_next_one_to_others(tmp_path: Path) -> None:
    (tmp_path / "connections.new").touch(0o644)
    Store(tmp_path, {}).save(PLAIN, OWNER)
    assert stat.S_IMODE((tmp_path / "connections.json").stat().st_mode) == 0o600
