"""Connections that somebody saved: one file in the data folder, in the clear but for the secrets, which are encrypted.

The key is `BOOMERANG_KEY`, or else the file `key` beside it, which only its owner may read; it is made on first use. Who copies
the connections without the key has no secrets.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic, sleep, time_ns
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from boomerang.invoker.connection_kind import Kinds
from boomerang.invoker.errors import MISSHAPEN, ConfigError
from boomerang.invoker.messages.message import Message
from boomerang.invoker.settings import LONGEST_NAME, ConnectionSettings, Fault, SettingsError
from boomerang.invoker.settings import faults as faults_of
from boomerang.workbench.diagnosis.settings_errors import Problem

from .connection_entries import readable, stamp

fcntl: Any
try:
    import fcntl
except ImportError:  # where there is none, one process has the folder to itself
    fcntl = None

KEY_VARIABLE = "BOOMERANG_KEY"
FILE, KEY_FILE, LOCK_FILE = "connections.json", "key", "lock"
LOCK_SECONDS = 5.0
"""For which a change waits for another process that is changing the folder."""
LOOK_SECONDS = 0.01
_VERSION = 1
_MAKE_ONE = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'


@dataclass(frozen=True, slots=True)
class Saved:
    """A connection that was saved."""

    settings: ConnectionSettings
    owner: str
    """Who saved it, hashed, and who alone may change it."""
    shared: bool = False
    """Whether everybody may use it."""
    problem: Message | None = None
    """What is wrong with it, such as that it is there without its secrets."""


@dataclass(frozen=True, slots=True)
class Oddity:
    """An entry of the file that cannot be used, or not all of it. It stays in the file as it is."""

    owner: str
    """Whose it is, hashed; empty if it is not known, or everybody's to use."""
    named: Problem
    unnamed: Problem
    """The same without the connection's name, for other visitors."""

    def seen_by(self, owner: str) -> Problem:
        """Return what a visitor may know of it."""
        return self.named if self.owner in ("", owner) else self.unnamed


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in the file. Names are unique for each owner, and among those that are shared."""

    saved: tuple[Saved, ...]
    odd: tuple[Oddity, ...]


class Store:
    """The file of saved connections; safe under several threads, and processes that share the folder.

    Args:
        folder: Where it is; made when something is saved.
        environment: Where the key may be.
        kinds: The table of kinds, to read what was saved.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], kinds: Kinds) -> None:
        self._kinds = kinds
        self._folder = folder
        self._path = folder / FILE
        self._environment = environment
        self._lock = threading.Lock()
        self._read_before: dict[str, tuple[Saved, tuple[Fault, ...]]] = {}
        """Entries as they are in the file → what was read of them. A key that is lost later does not take them back."""

    def stamp(self) -> tuple[int, ...]:
        """Return what differs when the file was written by anybody; cheap enough to ask at each use."""
        return stamp(self._path)

    def load(self) -> Contents:
        """Read what was saved; nothing if there is no file. What cannot be decrypted comes without its secrets, and says why.

        Raises:
            ConfigError: The file as a whole cannot be read.
        """
        with self._lock:
            used, odd = self._used(self._read()["connections"])
            return Contents(tuple(used.values()), tuple(odd))

    def save(self, settings: ConnectionSettings, owner: str, *, shared: bool = False, replacing: str = "") -> None:
        """Save a connection.

        Args:
            settings: What to save; its secrets are encrypted.
            owner: Whose it is.
            shared: Whether everybody may use it.
            replacing: Name of the owner's connection that it takes the place of, if that is there.

        Raises:
            ConfigError: The name is taken, or the folder or the key cannot be used.
        """
        secrets, mine = settings.secrets(), hashed(owner)
        with self._alone():
            value = self._read()
            items = value["connections"]
            used, _odd = self._used(items)
            place = next(
                (place for place, saved in used.items() if (saved.owner, saved.settings.name) == (mine, replacing)), None
            )
            for other in (saved for number, saved in used.items() if number != place):
                mine_too = other.owner == mine
                # Whoever had a name before another visitor shared it keeps it to themselves.
                theirs = other.shared and (shared or place is None or settings.name != replacing)
                if other.settings.name == settings.name and (mine_too or theirs):
                    raise ConfigError(Message("saved.name_taken", name=repr(settings.name)), field="name")
            sealed = self._cipher(make=True).encrypt(json.dumps(secrets).encode()).decode() if secrets else ""
            item = {"owner": mine, "shared": shared, "connection": settings.public(), "secrets": sealed}
            if place is None:
                items.append(item)
            else:
                items[place] = item
            self._write(value)
            self._read_before[_canonical(item)] = Saved(settings, mine, shared), ()

    def remove(self, name: str, owner: str) -> None:
        """Forget a connection; one that is not there is forgotten already.

        Raises:
            ConfigError: The folder cannot be used.
        """
        self._remove(lambda saved: (saved.owner, saved.settings.name) == (hashed(owner), name))

    def remove_shared(self, name: str) -> None:
        """Forget the connection of this name that everyone may use, whoever saved it.

        Raises:
            ConfigError: The folder cannot be used.
        """
        self._remove(lambda saved: saved.shared and saved.settings.name == name)

    def _remove(self, matches: Callable[[Saved], bool]) -> None:
        with self._alone():
            value = self._read()
            used, _odd = self._used(value["connections"])
            for place, saved in used.items():
                if matches(saved):
                    del value["connections"][place]
                    self._write(value)
                    return

    def _used(self, items: list[Any]) -> tuple[dict[int, Saved], list[Oddity]]:
        """Return the entries that are used, by their place, and what is odd about others."""
        used: dict[int, Saved] = {}
        odd: list[Oddity] = []
        names: set[tuple[str, str]] = set()
        shared: set[str] = set()
        read = [(place, item, *self._entry(item)) for place, item in enumerate(items)]
        # One with a problem is read again: the key may be there by then.
        self._read_before = {
            _canonical(item): (saved, faults) for _place, item, saved, faults in read if saved and saved.problem is None
        }
        for place, item, saved, faults in read:
            if saved is None:
                odd.append(_oddity(item, place, lambda name: Message("saved.entry_kept", name=name), faults))
                continue
            if faults:
                odd.append(_oddity(item, place, lambda name: Message("saved.models_left_out", name=name), faults))
            name = saved.settings.name
            if (saved.owner, name) in names:
                odd.append(_oddity(item, place, lambda name: Message("saved.name_twice", name=name)))
                continue
            if saved.shared and name in shared:
                problem = saved.problem or Message("saved.shared_twice", name=name)
                saved = replace(saved, shared=False, problem=problem)
            names.add((saved.owner, name))
            shared |= {name} if saved.shared else set()
            used[place] = saved
        return used, odd

    def _entry(self, item: Any) -> tuple[Saved | None, tuple[Fault, ...]]:
        """Read an entry; returns what is wrong with it, or with what was left out of it."""
        if (before := self._read_before.get(_canonical(item))) is not None:
            return before
        try:
            entry = _Entry.model_validate(item)
            settings, faults = readable(entry.connection, self._kinds)
        except ValidationError as error:
            return None, tuple(faults_of(error))
        except SettingsError as error:
            return None, tuple(error.faults)
        settings, problem = self._with_secrets(settings, entry.secrets or "")
        return Saved(settings, entry.owner, entry.shared, problem), faults

    def _with_secrets(self, settings: ConnectionSettings, sealed: str) -> tuple[ConnectionSettings, Message | None]:
        if not sealed:
            return settings, None
        from cryptography.fernet import InvalidToken

        try:
            return settings.with_secrets(json.loads(self._cipher(make=False).decrypt(sealed.encode()))), None
        except InvalidToken:
            return settings, Message("saved.other_key")
        except (ConfigError, *MISSHAPEN) as error:  # another version may keep other secrets
            return settings, Message("saved.secrets_unreadable", fault=str(error))

    def _cipher(self, *, make: bool) -> Any:
        from cryptography.fernet import Fernet  # only who saves secrets pays for loading it

        configured = self._environment.get(KEY_VARIABLE, "").strip()
        try:
            return Fernet(configured or self._key(make=make))
        except ValueError:
            where = KEY_VARIABLE if configured else str(self._folder / KEY_FILE)
            raise ConfigError(Message("saved.no_key", where=where, command=_MAKE_ONE)) from None

    def _key(self, *, make: bool) -> str:
        from cryptography.fernet import Fernet

        path = self._folder / KEY_FILE
        try:
            if make and not path.exists():
                _put(path, Fernet.generate_key().decode())
            if stat.S_IMODE(path.stat().st_mode) & 0o077:
                raise ConfigError(Message("saved.key_readable", path=str(path), command=f"chmod 600 {path}"))
            return path.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(Message("saved.key_unusable", path=str(path), fault=_fault(error))) from error

    def _read(self) -> dict[str, Any]:
        try:
            value: dict[str, Any] = json.loads(self._path.read_text("utf-8-sig"))
            if not isinstance(value["connections"], list):
                raise ConfigError(Message("saved.not_ours", path=str(self._path), fault=Message("saved.list_expected")))
            json.dumps(value)  # what is nested too deeply to be written again is noticed now
            return value
        except FileNotFoundError:
            return {"version": _VERSION, "connections": []}
        except OSError as error:
            raise ConfigError(Message("saved.unreadable", path=str(self._path), fault=_fault(error))) from error
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ConfigError(Message("saved.not_ours", path=str(self._path), fault=str(error))) from error

    def _write(self, value: dict[str, Any]) -> None:
        try:
            before = self._path.stat().st_mtime_ns if self._path.exists() else 0
            _put(self._path, json.dumps(value, indent=2), after_ns=before)
        except (OSError, RecursionError) as error:
            raise ConfigError(Message("saved.unwritable", path=str(self._path), fault=_fault(error))) from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other changes of the folder waiting, those of other processes too."""
        with self._lock:
            try:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                # Open for writing: where a folder is shared over NFS, only such a file can be locked.
                lock = os.open(self._folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600) if fcntl else None
            except OSError as error:
                raise ConfigError(Message("saved.folder", folder=str(self._folder), fault=_fault(error))) from error
            try:
                if lock is not None:
                    _lock(lock, self._folder)
                yield
            finally:
                if lock is not None:
                    os.close(lock)


def _fault(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _lock(file: int, folder: Path) -> None:
    """Wait until no other process changes the folder; for a limited time, because pages wait meanwhile."""
    end = monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if monotonic() > end:
                raise ConfigError(Message("saved.folder_busy", folder=str(folder))) from None
        except OSError:
            return  # a file system without locks has one process, or takes its chance
        sleep(LOOK_SECONDS)


def _put(path: Path, text: str, after_ns: int = 0) -> None:
    """Replace a file at once, so that there is always a whole one, for its owner alone.

    Args:
        path: The file.
        text: What it holds.
        after_ns: Time of the file before. The new one's is later, also within one tick of the file system's clock, so that
            others see the change.
    """
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        os.chmod(fresh, 0o600)  # one that was left behind has whatever mode it had
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    now = max(time_ns(), after_ns + 1)
    os.utime(fresh, ns=(now, now))
    os.replace(fresh, path)


def hashed(owner: str) -> str:
    """Return what stands for an owner: who reads the file must not become them."""
    return hashlib.sha256(owner.encode()).hexdigest()


class _Entry(BaseModel):
    """An entry of the file; what a newer version adds to it is left where it is."""

    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)

    owner: str = Field(min_length=1)
    shared: bool = False
    connection: Any
    secrets: str | None = None


def _canonical(item: Any) -> str:
    return json.dumps(item, sort_keys=True)


def _oddity(item: Any, place: int, what: Callable[[str], Message], faults: tuple[Fault, ...] = ()) -> Oddity:
    entry = item if isinstance(item, dict) else {}
    connection = entry.get("connection")
    unnamed = f"connections[{place}]"
    name = connection.get("name") if isinstance(connection, dict) else None
    named = name.strip()[:LONGEST_NAME] if isinstance(name, str) and name.strip() else unnamed
    owner = entry.get("owner")
    whose = owner if isinstance(owner, str) and entry.get("shared") is not True else ""
    return Oddity(whose, Problem(FILE, what(named), faults), Problem(FILE, what(unnamed), faults))
