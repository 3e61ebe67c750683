"""Saved connections: one file in the data folder, in clear text except for the secrets, which are encrypted.

The key is `BOOMERANG_KEY`, or else the file `key` in the same folder, readable only by its owner and created on first use.
A copy of the connections without the key contains no secrets.
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
except ImportError:  # without it, one process must have the folder to itself
    fcntl = None

KEY_VARIABLE = "BOOMERANG_KEY"
FILE, KEY_FILE, LOCK_FILE = "connections.json", "key", "lock"
LOCK_SECONDS = 5.0
"""Most seconds a change waits for another process that is changing the folder."""
LOOK_SECONDS = 0.01
_VERSION = 1
_MAKE_ONE = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved connection."""

    settings: ConnectionSettings
    owner: str
    """Hash of the browser that saved it; only that browser may change it."""
    shared: bool = False
    """Whether everyone may use it."""
    problem: Message | None = None
    """A problem, such as missing secrets."""


@dataclass(frozen=True, slots=True)
class Oddity:
    """An entry of the file that is fully or partly unusable. It stays in the file unchanged."""

    owner: str
    """Hash of its owner; empty if unknown or if everyone may use it."""
    named: Problem
    unnamed: Problem
    """The same problem without the connection's name, for other visitors."""

    def seen_by(self, owner: str) -> Problem:
        """Return the problem as a visitor may see it."""
        return self.named if self.owner in ("", owner) else self.unnamed


@dataclass(frozen=True, slots=True)
class Contents:
    """The content of the file. Names are unique per owner, and among shared connections."""

    saved: tuple[Saved, ...]
    odd: tuple[Oddity, ...]


class Store:
    """The file of saved connections. Safe for threads, and for processes that share the folder.

    Args:
        folder: Its folder; created on the first save.
        environment: Environment variables, which may contain the key.
        kinds: The table of kinds, to parse the entries.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], kinds: Kinds) -> None:
        self._kinds = kinds
        self._folder = folder
        self._path = folder / FILE
        self._environment = environment
        self._lock = threading.Lock()
        self._read_before: dict[str, tuple[Saved, tuple[Fault, ...]]] = {}
        """Entries of the file → parsed connections. They stay usable if the key is lost later."""

    def stamp(self) -> tuple[int, ...]:
        """Return a value that changes when any process writes the file; cheap enough to call on each use."""
        return stamp(self._path)

    def load(self) -> Contents:
        """Load the saved connections; empty without a file. If decryption fails, secrets are missing and `problem` says why.

        Raises:
            ConfigError: The file as a whole cannot be read.
        """
        with self._lock:
            used, odd = self._used(self._read()["connections"])
            return Contents(tuple(used.values()), tuple(odd))

    def save(self, settings: ConnectionSettings, owner: str, *, shared: bool = False, replacing: str = "") -> None:
        """Save a connection.

        Args:
            settings: Settings to save; secrets are encrypted.
            owner: The owner's browser.
            shared: Whether everyone may use it.
            replacing: Name of the owner's connection to replace, if it exists.

        Raises:
            ConfigError: The name is taken, or the folder or the key is unusable.
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
                # A name that its owner had before another visitor shared it stays usable, but only unshared.
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
        """Remove a connection; do nothing if it does not exist.

        Raises:
            ConfigError: The folder is unusable.
        """
        self._remove(lambda saved: (saved.owner, saved.settings.name) == (hashed(owner), name))

    def remove_shared(self, name: str) -> None:
        """Remove the shared connection of this name, whoever saved it.

        Raises:
            ConfigError: The folder is unusable.
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
        """Return the usable entries by place, and the oddities of others."""
        used: dict[int, Saved] = {}
        odd: list[Oddity] = []
        names: set[tuple[str, str]] = set()
        shared: set[str] = set()
        read = [(place, item, *self._entry(item)) for place, item in enumerate(items)]
        # An entry with a problem is read again: the key may exist by then.
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
        """Parse an entry; also return its faults, or those of its dropped models."""
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
        except (ConfigError, *MISSHAPEN) as error:  # another version may store other secrets
            return settings, Message("saved.secrets_unreadable", fault=str(error))

    def _cipher(self, *, make: bool) -> Any:
        from cryptography.fernet import Fernet  # loaded only to save or read secrets

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
            json.dumps(value)  # fail now if it is nested too deeply to be written again
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
        """Lock the folder against changes by other threads and processes."""
        with self._lock:
            try:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                # Open for writing: NFS locks only such files.
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
    """Wait for other processes to finish changing the folder; for a limited time, because pages wait too."""
    end = monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if monotonic() > end:
                raise ConfigError(Message("saved.folder_busy", folder=str(folder))) from None
        except OSError:
            return  # without file locks, only one process should use the folder
        sleep(LOOK_SECONDS)


def _put(path: Path, text: str, after_ns: int = 0) -> None:
    """Replace a file atomically, readable only by its owner.

    Args:
        path: The file.
        text: Its content.
        after_ns: Modification time of the replaced file. The new time is later, even within one clock tick of the file
            system, so that others see the change.
    """
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        os.chmod(fresh, 0o600)  # a leftover file keeps its old mode
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    now = max(time_ns(), after_ns + 1)
    os.utime(fresh, ns=(now, now))
    os.replace(fresh, path)


def hashed(owner: str) -> str:
    """Return the hash stored for an owner, so that a reader of the file cannot impersonate them."""
    return hashlib.sha256(owner.encode()).hexdigest()


class _Entry(BaseModel):
    """An entry of the file; unknown fields of newer versions are preserved."""

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
