"""Open a back end from settings: look up secrets, check the address, describe the models."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from boomerang.invoker.entities.model import AIModelEntity
from boomerang.invoker.errors import ConfigError, InvokeBadRequestError
from boomerang.invoker.http.address_policy import Allowed
from boomerang.invoker.http.limits import limits
from boomerang.invoker.http.redaction.masking import SecretMask
from boomerang.invoker.http.variables import Variables
from boomerang.invoker.messages.message import Message
from boomerang.invoker.settings import ConnectionModel

from .backend import OpenAICompatibleBackend
from .server_presets import PRESETS
from .settings import OpenAICompatibleSettings


def opened(
    settings: OpenAICompatibleSettings,
    allowed: Allowed | None,
    environment: Mapping[str, str],
    *,
    variables: Iterable[str] | None = None,
    files: bool = True,
) -> OpenAICompatibleBackend:
    """Open a connection; nothing is sent yet.

    Args:
        settings: The connection's settings.
        allowed: Addresses that it may call; any if `None`, as for connections of the operator.
        environment: Variables for its references, and for the limits of responses.
        variables: Variables that it may refer to; any if `None`. Otherwise a visitor's connection could send any variable of
            the server's environment anywhere.
        files: Whether it may name files on the app's machine.

    Raises:
        ConfigError: A variable is missing, invalid or not allowed, or a setting cannot be used.
    """
    variables_of = Variables(environment, None if variables is None else frozenset(variables))
    if settings.ca_file and not files:
        raise ConfigError(Message("connections.file_refused"), field="ca_file")
    with_names: dict[str, Any] = {
        "base_url": variables_of.filled(settings.base_url, "base_url"),
        "proxy": variables_of.filled(settings.proxy, "proxy") or None,
        "headers": {name: variables_of.filled(value, f"headers.{name}") for name, value in settings.headers.items()},
        "query": {name: variables_of.filled(value, f"query.{name}") for name, value in settings.query.items()},
        "api_key": variables_of.value(settings.api_key_env, "api_key_env")
        if settings.api_key_env
        else settings.api_key or None,
    }
    if allowed is not None:
        _check_host(with_names["headers"], allowed, SecretMask(variables_of.used.values()))
    with variables_of.masked_errors():
        return OpenAICompatibleBackend(
            **with_names,
            provider=settings.provider,
            models=named_models(settings),
            defaults=settings.defaults,
            system_model=settings.system_model or None,
            verify=settings.ca_file or settings.verify,
            authority=settings.ca or None,
            clocks=settings.timeouts.model_dump(exclude_none=True),
            check_address=allowed.check if allowed is not None else None,
            variables=variables_of.used,
            limits=limits(environment),
        )


def _check_host(headers: Mapping[str, str], allowed: Allowed, mask: Callable[[str], str]) -> None:
    """Refuse a `Host` header with a server that may not be called: one address can serve many hosts."""
    for name, value in headers.items():
        if name.lower() == "host":
            host, _, port = value.rpartition(":") if value.rpartition(":")[2].isdigit() else (value, "", "443")
            try:
                allowed.check(host, None, int(port))
            except InvokeBadRequestError as error:
                error.masked(mask)
                raise ConfigError(error.message or str(error), field=f"headers.{name}") from None


def named_models(settings: OpenAICompatibleSettings) -> list[AIModelEntity]:
    """Return the models that a connection describes, its defaults, and those of its preset."""
    models: list[AIModelEntity] = list(settings.models)
    preset = PRESETS.get(settings.preset)
    for name, model_type in [*((name, kind) for kind, name in settings.defaults.items()), *(preset.models if preset else ())]:
        if not any((model.model, model.model_type) == (name, model_type) for model in models):
            models.append(ConnectionModel(model=name, model_type=model_type))
    return models
