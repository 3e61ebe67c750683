"""A kind of connection: its settings, and how it is opened and tested, and its form. The table is passed in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from boomerang.invoker.backend import Backend, ListedModel
from boomerang.invoker.connection_form import Form
from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run
from boomerang.invoker.settings import DEFAULT_KIND, ConnectionSettings, Fault, SettingsError

if TYPE_CHECKING:
    from boomerang.invoker.http.address_policy import Allowed


@dataclass(frozen=True, slots=True)
class Check:
    """What a test found."""

    ok: bool
    verdict: Message
    """A sentence for people: how it went, or what the cause is and what to do."""
    address: str = ""
    """What was called last, without its query; empty if nothing was."""
    status: int | None = None
    seconds: float = 0.0
    body: str = ""
    """The answer's, cut."""
    error: str | Message = ""
    """The error's own words."""
    listed: tuple[ListedModel, ...] = ()
    """The models that the server listed."""
    model: str = ""
    """Which model was asked; empty if none was."""
    better: str = ""
    """The address that the connection should have, if its own is wrong and this one was found."""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


class Opener(Protocol):
    """Opens a connection; nothing is sent yet."""

    def __call__(
        self,
        settings: Any,
        allowed: Allowed | None,
        environment: Mapping[str, str],
        /,
        *,
        variables: Iterable[str] | None = None,
        files: bool = True,
    ) -> Backend:
        """Open it.

        Args:
            settings: What to open, of the kind's own class.
            allowed: Which addresses it may call; any if `None`, as for what the operator configured.
            environment: Where the variables that it names are looked up.
            variables: Which of them it may name; any if not given.
            files: Whether it may name files of the machine that the app runs on.

        Raises:
            ConfigError: A setting cannot be used.
        """


class Probe(Protocol):
    """Tests whether a connection reaches what it should."""

    def __call__(
        self, backend: Backend, run: Run, at_address: Callable[[str], Backend] | None = None, base_url: str = "", /
    ) -> Check:
        """Test it.

        Args:
            backend: The open connection.
            run: Ends the test from any thread.
            at_address: Opens the same connection at another address, so that a wrong one can be put right.
            base_url: Its address; empty if it has none.

        Raises:
            RunStoppedError: It was stopped.
        """


@dataclass(frozen=True, slots=True)
class Preset:
    """What a new connection of a kind can begin with, such as a well-known server's address."""

    id: str
    title: str
    base_url: str = ""
    """Where it is usually found; empty if that differs for everybody."""
    provider: str = ""
    needs_key: bool = False
    """Whether it is a service that refuses calls without a key."""
    key_variables: tuple[str, ...] = ()
    """Environment variables that its users keep its key in, the usual one first."""
    url_variables: tuple[str, ...] = ()
    """Environment variables that its users keep its address in."""
    models: tuple[tuple[str, ModelType], ...] = ()
    """Of a service that does not list them; more may be named by hand."""
    first_name: str = ""
    """What its first connection is called; its title if empty."""
    first_values: Mapping[str, Any] = field(default_factory=dict)
    """Further fields that its form begins with."""

    @property
    def values(self) -> dict[str, Any]:
        """The settings that it stands for."""
        values = {"preset": self.id, "base_url": self.base_url, "provider": self.provider}
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of back end. Each part is loaded when it is used."""

    name: str
    backend: Callable[[], Callable[..., Backend]]
    """Loads its class."""
    settings: Callable[[], type[ConnectionSettings]] | None = None
    """Loads the class of its settings; `None` for a kind that only code can open."""
    opener: Callable[[], Opener] | None = None
    probe: Callable[[], Probe] | None = None
    """Loads its own test; `None` for the usual one, which asks for the models."""
    form: Callable[[], Form] | None = None
    """Loads its form; `None` for a kind that only the operator may configure."""
    presets: Callable[[], Mapping[str, Preset]] = dict
    """Loads what its form can begin with, by id; ids differ between all kinds."""


Kinds: TypeAlias = Mapping[str, Kind]
"""The table of kinds, by name."""


def settings_of(value: Any, kinds: Kinds, where: str = "") -> ConnectionSettings:
    """Check a connection with the class of its kind.

    Args:
        value: Its fields. Without a kind it is of the first one there was.
        kinds: The table of kinds.
        where: What it is a part of, for the error, such as `connections[2]`.

    Raises:
        SettingsError: Names each field that is wrong.
    """
    name = value.get("kind", DEFAULT_KIND) if isinstance(value, Mapping) else DEFAULT_KIND
    kind = kinds.get(name) if isinstance(name, str) else None
    if kind is None or kind.settings is None:
        known = ", ".join(sorted(kind.name for kind in kinds.values() if kind.settings is not None))
        raise SettingsError([Fault(f"{where}.kind" if where else "kind", Message("connections.one_of", values=known))])
    return kind.settings().checked(value, where)


def open_settings(
    settings: ConnectionSettings,
    kinds: Kinds,
    allowed: Allowed | None,
    environment: Mapping[str, str],
    *,
    variables: Iterable[str] | None = None,
    files: bool = True,
) -> Backend:
    """Open a connection with the opener of its kind; the arguments are those of an `Opener`."""
    opener = kinds[settings.kind].opener
    assert opener is not None  # a kind with settings has one
    return opener()(settings, allowed, environment, variables=variables, files=files)
