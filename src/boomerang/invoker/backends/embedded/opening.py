"""Open the embedded back end from its settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from boomerang.invoker.errors import ConfigError
from boomerang.invoker.http.address_policy import Allowed
from boomerang.invoker.messages.message import Message

from .backend import EmbeddedBackend
from .settings import EmbeddedSettings


def opened(
    settings: EmbeddedSettings,
    _allowed: Allowed | None,
    _environment: Mapping[str, str],
    *,
    variables: Iterable[str] | None = None,
    files: bool = True,
) -> EmbeddedBackend:
    """Open the embedded models; they call no address and read no variable. The arguments are those of an `Opener`.

    Raises:
        ConfigError: The settings name a folder of the server, which is not allowed.
    """
    if settings.models_folder and not files:
        raise ConfigError(Message("connections.folder_refused"), field="models_folder")
    return EmbeddedBackend(models_folder=settings.models_folder or None, system_model=settings.system_model or None)
