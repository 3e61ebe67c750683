"""A kind of connection: its settings, opener, probe and form. Callers pass in the table of kinds."""

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
    """Result of a test."""

    ok: bool
    verdict: Message
    """A sentence for people: how it went, or the cause and what to do."""
    address: str = ""
    """The last address called, without its query; empty if none was."""
    status: int | None = None
    seconds: float = 0.0
    body: str = ""
    """The response body, truncated."""
    error: str | Message = ""
    """The original error text."""
    listed: tuple[ListedModel, ...] = ()
    """The models that the server listed."""
    model: str = ""
    """The model that was called; empty if none was."""
    better: str = ""
    """A working address, found while the configured one is wrong."""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


class Opener(Protocol):
    """Opens a connection without sending anything."""

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
        """Open the connection.

        Args:
            settings: Settings of the kind's own class.
            allowed: Addresses it may call; any if `None`, as for what the operator configured.
            environment: Where to look up the variables that it names.
            variables: Variables it may name; any if `None`.
            files: Whether it may name files on the app's machine.

        Raises:
            ConfigError: A setting cannot be used.
        """


class Probe(Protocol):
    """Tests whether a connection works."""

    def __call__(
        self, backend: Backend, run: Run, at_address: Callable[[str], Backend] | None = None, base_url: str = "", /
    ) -> Check:
        """Test the connection.

        Args:
            backend: The open connection.
            run: Stops the test from any thread.
            at_address: Opens the same connection at another address, to try to correct a wrong one.
            base_url: Its address; empty if it has none.

        Raises:
            RunStoppedError: The test was stopped.
        """


@dataclass(frozen=True, slots=True)
class Preset:
    """Initial settings for a new connection of a kind, such as a well-known server's address."""

    id: str
    title: str
    base_url: str = ""
    """Its usual address; empty if there is none."""
    provider: str = ""
    needs_key: bool = False
    """Whether it is a service that refuses calls without a key."""
    key_variables: tuple[str, ...] = ()
    """Environment variables that commonly contain its key, the usual one first."""
    url_variables: tuple[str, ...] = ()
    """Environment variables that commonly contain its address."""
    key_field: str = "api_key_env"
    """The setting that names the key's variable."""
    more_variables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Further setting → environment variables that commonly contain its value."""
    models: tuple[tuple[str, ModelType], ...] = ()
    """Models of a service that does not list them; more may be added by hand."""
    first_name: str = ""
    """Default name of the first connection; `title` if empty."""
    first_values: Mapping[str, Any] = field(default_factory=dict)
    """Initial values of further form fields."""

    @property
    def values(self) -> dict[str, Any]:
        """The settings that it sets."""
        values = {"preset": self.id, "base_url": self.base_url, "provider": self.provider}
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of back end. Each part is loaded on first use."""

    name: str
    backend: Callable[[], Callable[..., Backend]]
    """Loads the back end's class."""
    settings: Callable[[], type[ConnectionSettings]] | None = None
    """Loads the settings class; `None` for a kind that only code can open."""
    opener: Callable[[], Opener] | None = None
    probe: Callable[[], Probe] | None = None
    """Loads the kind's own test; `None` for the default one, which asks for the models."""
    form: Callable[[], Form] | None = None
    """Loads the form; `None` for a kind that only the operator may configure. It needs at least one preset."""
    presets: Callable[[], Mapping[str, Preset]] = dict
    """Loads the form's presets, by id; ids are unique across kinds.

    The Connections page offers each preset of a kind with a form, so a form without presets never appears.
    """


Kinds: TypeAlias = Mapping[str, Kind]
"""The table of kinds, by name."""


def settings_of(value: Any, kinds: Kinds, where: str = "") -> ConnectionSettings:
    """Check a connection's settings with the class of its kind.

    Args:
        value: The fields. The kind defaults to `DEFAULT_KIND`.
        kinds: The table of kinds.
        where: Path prefix for errors, such as `connections[2]`.

    Raises:
        SettingsError: Names each invalid field.
    """
    name = value.get("kind", DEFAULT_KIND) if isinstance(value, Mapping) else DEFAULT_KIND
    kind = kinds.get(name) if isinstance(name, str) else None
    if kind is None or kind.settings is None:
        known = ", ".join(sorted(kind.name for kind in kinds.values() if kind.settings is not None))
        raise SettingsError([Fault(f"{where}.kind" if where else "kind", Message("connections.one_of", values=known))])
    return kind.settings().checked(value, where)


def blank_settings(kind: Kind, preset: Preset) -> ConnectionSettings:
    """Return unchecked settings that a form starts from: what the preset sets; required texts are empty."""
    assert kind.settings is not None  # a kind with a form has one
    settings = kind.settings()
    required = {name: "" for name, field_info in settings.model_fields.items() if field_info.is_required()}
    return settings.model_construct(**required | {"kind": kind.name} | preset.values | dict(preset.first_values))


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
