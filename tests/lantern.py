"""A small kind of connection for tests: everything a new kind defines, in one place, and a table with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Literal

from boomerang.invoker.backend import Backend
from boomerang.invoker.backends.scripted import Scripted
from boomerang.invoker.connection_form import N_, Form, FormField
from boomerang.invoker.connection_kind import Check, Kind, Kinds, Preset, settings_of
from boomerang.invoker.errors import ConfigError
from boomerang.invoker.http.address_policy import Allowed
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run
from boomerang.invoker.settings import ConnectionSettings
from boomerang.kinds import KINDS

TOKEN = "lantern-token-of-a-person"


class LanternSettings(ConnectionSettings):
    """A small kind for tests."""

    SECRET_FIELDS: ClassVar[frozenset[str]] = frozenset({"token"})

    kind: Literal["lantern"] = "lantern"
    colour: str
    token: str = ""


def opened(
    settings: LanternSettings,
    _allowed: Allowed | None,
    _environment: Mapping[str, str],
    *,
    variables: Iterable[str] | None = None,
    files: bool = True,
) -> Backend:
    """Open a lantern."""
    if settings.colour == "black":
        raise ConfigError(Message("connections.one_of", values="red, green"), field="colour")
    return Scripted(lambda _request, _run: [])


def tested(_backend: Backend, _run: Run, _at: Callable[[str], Backend] | None = None, _address: str = "", /) -> Check:
    """Test a lantern."""
    return Check(True, "It shines.")


FORM = Form(
    fields=(
        FormField(name="colour", label=N_("Lantern colour"), caption="Such as red."),
        FormField(name="token", label=N_("Lantern token"), secret=True),
    ),
    summary=("colour", "token"),
)
LANTERN = Kind(
    "lantern",
    lambda: Scripted,
    lambda: LanternSettings,
    lambda: opened,
    lambda: tested,
    lambda: FORM,
    lambda: {"lantern": Preset("lantern", "Lantern", first_values={"colour": "red"})},
)
WITH_LANTERN: Kinds = {**KINDS, "lantern": LANTERN}


def lantern(**fields: Any) -> ConnectionSettings:
    """Return the settings of a lantern."""
    return settings_of({"name": "porch", "kind": "lantern", "colour": "red", "token": TOKEN} | fields, WITH_LANTERN)
