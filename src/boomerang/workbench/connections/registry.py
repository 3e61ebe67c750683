"""All connections of the process: built-in, from the file and the environment, saved, and created by visitors.

A visitor's connection is private unless they save it for everyone. Then everyone may use it, but still only its owner may
change it, because whoever changes its address receives its key.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TypeAlias

from boomerang.invoker.backend import Backend
from boomerang.invoker.connection_kind import Kind, Kinds, Preset, Probe, open_settings, settings_of
from boomerang.invoker.errors import ConfigError
from boomerang.invoker.http.address_policy import ALLOW_VARIABLE, LOOPBACK_VARIABLE, Allowed, allowed
from boomerang.invoker.http.limits import limits
from boomerang.invoker.messages.message import Message
from boomerang.invoker.settings import ConnectionSettings
from boomerang.workbench.diagnosis.settings_errors import Problem
from boomerang.workbench.store.data_folder import data_folder

from .connection import Connection, Origin
from .connection_entries import stamp
from .connections_file import FILE, read_file
from .environment import from_environment
from .probe import check_connection
from .saved_connections import Oddity, Store, hashed

EMBEDDED = "embedded"
"""The connection that exists without any configuration."""
FILE_VARIABLE = "CONNECTIONS_FILE"
"""Environment variable that sets the path of `connections.toml`."""
NAMED_VARIABLE = "CONNECTIONS_ENV"
"""Environment variable that lists the variables visitors may name in a connection; none if unset."""
FORGET_SECONDS = 12 * 3600.0
"""Seconds after a visitor's last activity until their unsaved connections are removed."""
MOST_OWN = 50
"""Most connections a visitor may have."""

Key: TypeAlias = tuple[str, str]
"""Hash of the owner, and name of the connection."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An unsaved connection to test; the caller closes what it opens."""

    opened: Callable[[], Backend]
    at: Callable[[str], Backend]
    """Opens it at another address."""


class Connections:
    """The registry of all connections. Thread-safe.

    Args:
        kinds: The table of kinds: how to read, open and test a connection of each kind.
        environment: Environment variables.
        file: The operator's `connections.toml`.
        store: The saved connections; without it nothing can be saved.
    """

    def __init__(
        self,
        kinds: Kinds,
        environment: Mapping[str, str] | None = None,
        file: Path | None = None,
        store: Store | None = None,
    ) -> None:
        self.kinds = kinds
        self._lock = threading.RLock()
        self._environment = environment or {}
        self._file = file
        self._file_read: tuple[int, ...] | None = None
        self._store = store
        self._store_read: tuple[int, ...] | None = None
        self._configured = {EMBEDDED: Connection(EMBEDDED, Origin.BUILT_IN, self._open_embedded)}
        self._of_file: dict[str, Connection] = {}
        self._saved: dict[Key, Connection] = {}
        self._session: dict[Key, Connection] = {}
        """Unsaved connections. They take precedence over those of the same name that another process saved."""
        self._problems: dict[str, list[Problem | ConfigError]] = {}
        self._odd: tuple[Oddity, ...] = ()
        self._allowed = Allowed(entries=())
        try:
            self._allowed = allowed(self._environment.get(ALLOW_VARIABLE), self._environment.get(LOOPBACK_VARIABLE))
        except ConfigError as error:
            self._problems["allow"] = [error, ConfigError(Message("saved.addresses_closed"), field=error.field)]
        try:
            limits(self._environment)
        except ConfigError as error:  # `_opened` raises it again for each connection
            self._problems["limits"] = [error]
        configured, problems = from_environment(self._environment, kinds)
        self._problems["environment"] = list(problems)
        for settings in configured:
            self._configured[settings.name] = self._made(settings, Origin.ENVIRONMENT)
        self._read()

    @property
    def problems(self) -> list[str]:
        """Problems of the file, the environment and the saved connections, in English."""
        with self._lock:
            self._read()
            return [*map(str, self._known_problems()), *(str(odd.named) for odd in self._odd)]

    def problems_for(self, owner: str) -> list[Problem | ConfigError]:
        """Return the problems a browser may see: other visitors' private connections are not named."""
        with self._lock:
            self._read()
            whose = hashed(owner) if owner else ""
            return [*self._known_problems(), *(odd.seen_by(whose) for odd in self._odd)]

    @property
    def saves(self) -> bool:
        """Whether connections can be saved."""
        return self._store is not None

    @property
    def variables(self) -> list[str]:
        """The environment variables that visitors may name in a connection."""
        return self._environment.get(NAMED_VARIABLE, "").replace(",", " ").split()

    def visible(self, owner: str = "") -> list[Connection]:
        """Return the connections a browser may use: built-in, environment, file, shared, its own."""
        with self._lock:
            self._read()
            by_name: dict[str, Connection] = dict(self._configured)
            for name, connection in self._of_file.items():
                by_name.setdefault(name, connection)
            for (_whose, name), connection in self._saved.items():
                if connection.shared:
                    by_name.setdefault(name, connection)
            for name, connection in self._own(owner).items():
                by_name[name] = connection
                connection.seen_at = monotonic()
            return list(by_name.values())

    def names(self, owner: str = "") -> list[str]:
        """Return the names of the connections a browser may use."""
        return [connection.name for connection in self.visible(owner)]

    def get(self, name: str, owner: str = "") -> Connection:
        """Return a connection by name; the embedded one if the browser may use none of this name."""
        by_name = {connection.name: connection for connection in self.visible(owner)}
        return by_name.get(name) or by_name[EMBEDDED]

    def owns(self, owner: str) -> bool:
        """Return whether a browser has a saved connection."""
        if not owner:
            return False
        whose = hashed(owner)
        with self._lock:
            self._read()
            return any(theirs == whose for theirs, _name in self._saved) or any(odd.owner == whose for odd in self._odd)

    def add(self, name: str, opener: Callable[[], Backend]) -> None:
        """Add a connection for everyone, without settings."""
        with self._lock:
            self._configured[name] = Connection(name, Origin.BUILT_IN, opener)

    def remove(self, name: str) -> None:
        """Remove and close a connection that `add` added; the embedded one stays."""
        if name == EMBEDDED:
            return
        with self._lock:
            removed = self._configured.pop(name, None)
        if removed is not None:
            removed.close(for_good=True)

    def keep(
        self,
        settings: ConnectionSettings,
        owner: str,
        *,
        replacing: str | None = None,
        saved: bool = False,
        shared: bool = False,
    ) -> Connection:
        """Add a connection that a visitor created or changed.

        Args:
            settings: Its settings.
            owner: The visitor's browser.
            replacing: Name of the visitor's connection that it replaces.
            saved: Whether it outlives the process.
            shared: Whether everyone may use it; implies `saved`.

        Raises:
            ConfigError: The name is taken, or the connection cannot be saved or opened.
        """
        whose = hashed(owner)
        saved = saved or shared
        self._check_room(settings.name, owner, replacing, shared=shared)  # before the expensive opening
        made = self._made(settings, Origin.SAVED if saved else Origin.SESSION, owner=whose, shared=shared)
        _ = made.backend  # raises now if it cannot be opened
        try:
            with self._lock:
                self._forget_unseen()
                before = self._check_room(settings.name, owner, replacing, shared=shared)
                was_saved = before is not None and before.origin is Origin.SAVED
                if saved:
                    self._saving.save(settings, owner, shared=shared, replacing=str(replacing) if was_saved else "")
                elif was_saved:
                    self._saving.remove(str(replacing), owner)
                (self._saved if was_saved else self._session).pop((whose, str(replacing)), None)
                (self._saved if saved else self._session)[whose, settings.name] = made
        except ConfigError:
            made.close(for_good=True)
            raise
        if before is not None:
            before.close(for_good=True)
        return made

    def drop(self, name: str, owner: str) -> None:
        """Remove a visitor's own connection, saved or not.

        Raises:
            ConfigError: It cannot be removed from the store.
        """
        with self._lock:
            self._read()
            removed = self._own(owner).get(name)
            if removed is None:
                return
            if removed.origin is Origin.SAVED:
                self._saving.remove(name, owner)
            (self._saved if removed.origin is Origin.SAVED else self._session).pop((hashed(owner), name))
        removed.close(for_good=True)

    def drop_shared(self, name: str) -> None:
        """Remove a connection that was saved for everyone, on behalf of the operator.

        Raises:
            ConfigError: It cannot be removed from the store.
        """
        with self._lock:
            self._saving.remove_shared(name)
            self._read()

    def attempt(self, settings: ConnectionSettings) -> Attempt:
        """Return a visitor's unsaved connection, to test it."""
        return Attempt(
            lambda: self._opened(settings, Origin.SESSION),
            lambda address: self._opened(settings.at(address), Origin.SESSION),
        )

    def probe(self, settings: ConnectionSettings | None) -> Probe:
        """Return the test for a connection's kind; the default test without settings."""
        probe = self.kinds[settings.kind].probe if settings is not None else None
        return probe() if probe is not None else check_connection

    def offered(self) -> dict[str, tuple[Kind, Preset]]:
        """Return the presets that a visitor can start a connection from, by id."""
        every = ((kind, preset) for kind in self.kinds.values() if kind.form is not None for preset in kind.presets().values())
        return {preset.id: (kind, preset) for kind, preset in every}

    def at_address(self, connection: Connection, address: str) -> Backend:
        """Open a connection at another address of its server, to test that address; the caller closes it."""
        assert connection.settings is not None
        return self._opened(connection.settings.at(address), connection.origin)

    def close(self) -> None:
        """Close all open connections."""
        with self._lock:
            every = (*self._configured.values(), *self._of_file.values(), *self._saved.values(), *self._session.values())
        for connection in every:
            connection.close()

    @property
    def _saving(self) -> Store:
        if self._store is None:
            raise ConfigError(Message("saved.no_folder"))
        return self._store

    def _own(self, owner: str) -> dict[str, Connection]:
        """Return a visitor's own connections."""
        whose = hashed(owner) if owner else None
        both = (*self._saved.items(), *self._session.items())
        return {name: connection for (theirs, name), connection in both if theirs == whose}

    def _check_room(self, name: str, owner: str, replacing: str | None, *, shared: bool) -> Connection | None:
        """Return the replaced connection; raise if the name is taken or the visitor has too many connections."""
        with self._lock:
            visible = {connection.name for connection in self.visible(owner)}
            own = self._own(owner)
            replaced = own.get(replacing or "")
            taken = visible - {replaced.name} if replaced is not None else visible
            # With two shared connections of one name, users could not know which one receives their input.
            others = {theirs.name for theirs in self._saved.values() if theirs.shared and theirs.owner != hashed(owner)}
            if name in taken or (shared and name in others):
                raise ConfigError(Message("saved.name_taken", name=repr(name)), field="name")
            if replaced is None and len(own) >= MOST_OWN:
                raise ConfigError(Message("saved.too_many", count=MOST_OWN))
            return replaced

    def _made(
        self,
        settings: ConnectionSettings,
        origin: Origin,
        *,
        owner: str = "",
        shared: bool = True,
        problem: Message | None = None,
    ) -> Connection:
        def opener() -> Backend:
            return self._opened(settings, origin)

        return Connection(settings.name, origin, opener, settings, owner=owner, shared=shared, problem=problem)

    def _opened(self, settings: ConnectionSettings, origin: Origin) -> Backend:
        if origin.locked:  # the operator's own: visitors cannot change anything about it
            return open_settings(settings, self.kinds, None, self._environment)
        if self.kinds[settings.kind].form is None:
            raise ConfigError(Message("connections.kind_refused", kind=settings.kind), field="kind")
        return open_settings(settings, self.kinds, self._allowed, self._environment, variables=self.variables, files=False)

    def _open_embedded(self) -> Backend:
        settings = settings_of({"name": EMBEDDED, "kind": EMBEDDED}, self.kinds)
        return open_settings(settings, self.kinds, None, self._environment)

    def _known_problems(self) -> list[Problem | ConfigError]:
        problems = [problem for problems in self._problems.values() for problem in problems]
        hidden = [name for name in self._of_file if name in self._configured]
        where = self._file.name if self._file is not None else ""
        return [*problems, *(Problem(where, Message("saved.name_given", name=name)) for name in hidden)]

    def _read(self) -> None:
        """Reload what changed on disk: the operator's file, and connections that other processes saved."""
        self._read_file()
        self._read_saved()

    def _read_saved(self) -> None:
        """Reload the saved connections if they changed. An unreadable file changes nothing."""
        if self._store is None or (now := self._store.stamp()) == self._store_read:
            return
        self._store_read = now
        try:
            contents = self._store.load()
            self._problems["saved"] = []
        except ConfigError as error:
            self._problems["saved"] = [error]
            return
        self._odd = contents.odd
        before, self._saved = self._saved, {}
        for saved in contents.saved:
            key = saved.owner, saved.settings.name
            old = before.pop(key, None)
            if old is not None and (old.settings, old.problem) == (saved.settings, saved.problem):
                old.shared = saved.shared
                self._saved[key] = old
                continue
            self._saved[key] = self._made(
                saved.settings, Origin.SAVED, owner=saved.owner, shared=saved.shared, problem=saved.problem
            )
            if old is not None:
                old.retire()
        for gone in before.values():
            gone.retire()

    def _read_file(self) -> None:
        """Reload the operator's file if it changed. An unreadable file changes nothing."""
        if self._file is None or (now := stamp(self._file)) == self._file_read:
            return
        self._file_read = now
        try:
            configured, problems = read_file(self._file, self.kinds)
            self._problems["file"] = list(problems)
        except ConfigError as error:
            self._problems["file"] = [error]
            return
        before = self._of_file
        self._of_file = {}
        for settings in configured:
            old = before.pop(settings.name, None)
            same = old is not None and old.settings == settings
            self._of_file[settings.name] = old if old is not None and same else self._made(settings, Origin.FILE)
            if old is not None and not same:
                old.close(for_good=True)
        for gone in before.values():
            gone.close(for_good=True)

    def _forget_unseen(self) -> None:
        for key, connection in tuple(self._session.items()):
            if monotonic() - connection.seen_at > FORGET_SECONDS:
                del self._session[key]
                connection.close(for_good=True)


def from_process(kinds: Kinds, root: Path, environment: Mapping[str, str] = os.environ) -> Connections:
    """Return the connections of this process, from its environment, file and data folder."""
    file = Path(environment[FILE_VARIABLE]).expanduser() if environment.get(FILE_VARIABLE) else root / FILE
    return Connections(kinds, environment, file, Store(data_folder(environment), environment, kinds))
