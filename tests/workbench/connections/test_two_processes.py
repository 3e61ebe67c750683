"""Test several processes on one data folder: each sees what the others saved, and none loses or displaces anything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from boomerang.invoker.errors import ConfigError
from boomerang.workbench.connections.registry import EMBEDDED
from tests.loopback import BOUND
from tests.workbench.connections.registries import ANNA, BORIS, SECRET, book, made


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


def test_a_name_that_another_process_has_given_meanwhile_is_refused_and_nothing_is_dropped(tmp_path: Path) -> None:
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


SAVING = """
import sys
from pathlib import Path
from boomerang.invoker.errors import ConfigError
from boomerang.invoker.connection_kind import settings_of
from boomerang.kinds import KINDS
from boomerang.workbench.connections.registry import Connections
from boomerang.workbench.connections.saved_connections import Store

folder, owner = Path(sys.argv[1]), sys.argv[2]
connections = Connections(KINDS, {}, None, Store(folder, {}, KINDS))
print("ready", flush=True)
sys.stdin.readline()
for number in range(6):
    for name in (f"shared {number}", f"{owner} {number}"):
        made = settings_of({"name": name, "base_url": "http://127.0.0.1:9/v1", "api_key": f"key of {owner}"}, KINDS)
        try:
            connections.keep(made, owner, shared=name.startswith("shared"), saved=True)
            print(name, flush=True)
        except ConfigError as error:
            assert f"there is a connection {name!r} already" in str(error), error
print("saved", flush=True)
sys.stdin.readline()
print(*(name for name in connections.names(owner) if name.startswith("shared")), sep="|", flush=True)
"""


@pytest.mark.slow
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
    """Two processes on one folder, against a model of the expected state."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.processes = [book(Path(self.folder.name)) for _ in range(2)]
        self.expected: dict[tuple[str, str], tuple[bool, str]] = {}
        """Owner and name → whether it is shared, and its provider."""

    def taken(self, name: str, owner: str, replacing: str | None, shared: bool) -> bool:
        """Return whether another connection has the name."""
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
                seen = {result.name: result.settings.provider for result in connections.visible(owner) if result.settings}
                assert seen == others | own and connections.owns(owner) == bool(own)

    def teardown(self) -> None:
        for connections in self.processes:
            connections.close()
        self.folder.cleanup()


TestTwoProcesses = TwoProcesses.TestCase
TestTwoProcesses.pytestmark = [pytest.mark.slow]  # type: ignore[attr-defined]
TestTwoProcesses.settings = settings(max_examples=15, stateful_step_count=15)
