"""The connections of the process: built in, out of the file and the environment, saved, and those that a visitor made.

A connection that a visitor made is theirs alone, unless they saved it for everybody; then it is everybody's to use and still
theirs to change, for whoever changes its address has its key sent there.
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
"""The connection that is there without anybody configuring one."""
FILE_VARIABLE = "CONNECTIONS_FILE"
"""Environment variable that moves `connections.toml`."""
NAMED_VARIABLE = "CONNECTIONS_ENV"
"""Environment variable that lists the variables which visitors may name in a connection; none if it is not set."""
FORGET_SECONDS = 12 * 3600.0
"""After which what a visitor did not save is forgotten, if they have not been seen meanwhile."""
MOST_OWN = 50
"""Connections that a visitor may have."""

Key: TypeAlias = tuple[str, str]
"""Whose a connection is, hashed, and its name."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A connection that is only to be tried; whoever opens it closes it."""

    opened: Callable[[], Backend]
    at: Callable[[str], Backend]
    """Opens it at another address."""


class Connections:
    """All of them; safe under several threads.

    Args:
        kinds: The table of kinds: how a connection of each is read, opened and tested.
        environment: Where the variables are.
        file: The file of the one who runs the app.
        store: What was saved; nothing is if there is none.
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
        """What was not saved. Where another process saved one of the same name meanwhile, it comes first."""
        self._problems: dict[str, list[Problem | ConfigError]] = {}
        self._odd: tuple[Oddity, ...] = ()
        self._allowed = Allowed(entries=())
        try:
            self._allowed = allowed(self._environment.get(ALLOW_VARIABLE), self._environment.get(LOOPBACK_VARIABLE))
        except ConfigError as error:
            self._problems["allow"] = [error, ConfigError(Message("saved.addresses_closed"), field=error.field)]
        try:
            limits(self._environment)
        except ConfigError as error:  # as `opened` says again of each connection
            self._problems["limits"] = [error]
        configured, problems = from_environment(self._environment, kinds)
        self._problems["environment"] = list(problems)
        for settings in configured:
            self._configured[settings.name] = self._made(settings, Origin.ENVIRONMENT)
        self._read()

    @property
    def problems(self) -> list[str]:
        """What is wrong with the file, the environment and what was saved, in English."""
        with self._lock:
            self._read()
            return [*map(str, self._known_problems()), *(str(odd.named) for odd in self._odd)]

    def problems_for(self, owner: str) -> list[Problem | ConfigError]:
        """Return what is wrong, as a browser may know it: another visitor's own connection is not named."""
        with self._lock:
            self._read()
            whose = hashed(owner) if owner else ""
            return [*self._known_problems(), *(odd.seen_by(whose) for odd in self._odd)]

    @property
    def saves(self) -> bool:
        """Whether anything can be saved."""
        return self._store is not None

    @property
    def variables(self) -> list[str]:
        """The environment variables that a visitor may name in a connection."""
        return self._environment.get(NAMED_VARIABLE, "").replace(",", " ").split()

    def visible(self, owner: str = "") -> list[Connection]:
        """Return what a browser may use: built in, environment, file, shared ones, its own."""
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
        """Return the names of what a browser may use."""
        return [connection.name for connection in self.visible(owner)]

    def get(self, name: str, owner: str = "") -> Connection:
        """Return a connection; the embedded one if the browser may use none of this name."""
        by_name = {connection.name: connection for connection in self.visible(owner)}
        return by_name.get(name) or by_name[EMBEDDED]

    def owns(self, owner: str) -> bool:
        """Return whether a browser saved a connection that is still there."""
        if not owner:
            return False
        whose = hashed(owner)
        with self._lock:
            self._read()
            return any(theirs == whose for theirs, _name in self._saved) or any(odd.owner == whose for odd in self._odd)

    def add(self, name: str, opener: Callable[[], Backend]) -> None:
        """Add a connection for everybody, as it is."""
        with self._lock:
            self._configured[name] = Connection(name, Origin.BUILT_IN, opener)

    def remove(self, name: str) -> None:
        """Take out what was added, and close it; the embedded one stays."""
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
        """Take a connection that a visitor made or changed.

        Args:
            settings: What they made.
            owner: Their browser.
            replacing: Name of the one of theirs that it takes the place of.
            saved: Whether it is to outlive the process.
            shared: Whether everybody may use it; it is saved then.

        Raises:
            ConfigError: The name is taken, it cannot be saved, or cannot be opened as it is.
        """
        whose = hashed(owner)
        saved = saved or shared
        self._check_room(settings.name, owner, replacing, shared=shared)  # before the work of opening it
        made = self._made(settings, Origin.SAVED if saved else Origin.SESSION, owner=whose, shared=shared)
        _ = made.backend  # what cannot be opened is said now
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
        """Remove a connection of a visitor's own, saved or not.

        Raises:
            ConfigError: It cannot be removed from where it was saved.
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
            ConfigError: It cannot be removed from where it was saved.
        """
        with self._lock:
            self._saving.remove_shared(name)
            self._read()

    def attempt(self, settings: ConnectionSettings) -> Attempt:
        """Return what a visitor's connection is tried with before it is kept."""
        return Attempt(
            lambda: self._opened(settings, Origin.SESSION),
            lambda address: self._opened(settings.at(address), Origin.SESSION),
        )

    def probe(self, settings: ConnectionSettings | None) -> Probe:
        """Return the test of a connection's kind; the usual one for a connection without settings."""
        probe = self.kinds[settings.kind].probe if settings is not None else None
        return probe() if probe is not None else check_connection

    def offered(self) -> dict[str, tuple[Kind, Preset]]:
        """Return what a visitor can begin a connection with, by the preset's id."""
        every = ((kind, preset) for kind in self.kinds.values() if kind.form is not None for preset in kind.presets().values())
        return {preset.id: (kind, preset) for kind, preset in every}

    def at_address(self, connection: Connection, address: str) -> Backend:
        """Open the same connection at another address of its server, to try it; whoever asks closes it."""
        assert connection.settings is not None
        return self._opened(connection.settings.at(address), connection.origin)

    def close(self) -> None:
        """Close what is open."""
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
        """Refuse a name that is taken, and one connection too many; returns the one that is replaced."""
        with self._lock:
            visible = {connection.name for connection in self.visible(owner)}
            own = self._own(owner)
            replaced = own.get(replacing or "")
            taken = visible - {replaced.name} if replaced is not None else visible
            # Of two of one name for everybody, nobody could tell which one gets what they type.
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
        if origin.locked:  # the operator's own: nothing about it is a visitor's to choose
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
        """Read what others may have written since: the operator their file, other processes what was saved."""
        self._read_file()
        self._read_saved()

    def _read_saved(self) -> None:
        """Read what was saved, if it was written since. What cannot be read as a whole changes nothing."""
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
        """Read the file, if it is another one than when it was last read; one that cannot be read changes nothing."""
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
    """Return the connections of this process: its environment, its file, its data folder."""
    file = Path(environment[FILE_VARIABLE]).expanduser() if environment.get(FILE_VARIABLE) else root / FILE
    return Connections(kinds, environment, file, Store(data_folder(environment), environment, kinds))
