"""Open a back end from settings: look up secrets and check the address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from boomerang.invoker.entities.model import AIModelEntity
from boomerang.invoker.http.address_policy import Allowed
from boomerang.invoker.http.limits import limits
from boomerang.invoker.http.variables import Variables

from .backend import DifyBackend
from .settings import DifyModel, DifySettings


def opened(
    settings: DifySettings,
    allowed: Allowed | None,
    environment: Mapping[str, str],
    *,
    variables: Iterable[str] | None = None,
    files: bool = True,
) -> DifyBackend:
    """Open a connection; nothing is sent yet. Arguments as for an `Opener`.

    Raises:
        ConfigError: A variable is missing, invalid or not allowed, or a setting cannot be used.
    """
    variables_of = Variables(environment, None if variables is None else frozenset(variables))
    base_url = variables_of.filled(settings.base_url, "base_url")
    named = settings.inner_api_key_env
    key = variables_of.value(named, "inner_api_key_env") if named else settings.inner_api_key
    with variables_of.masked_errors():
        return DifyBackend(
            base_url,
            key,
            settings.tenant_id,
            settings.user_id,
            provider=settings.provider,
            as_plugin=settings.as_plugin,
            models=named_models(settings),
            defaults=settings.defaults,
            system_model=settings.system_model or None,
            verify=settings.verify,
            authority=settings.ca or None,
            clocks=settings.timeouts.model_dump(exclude_none=True),
            check_address=allowed.check if allowed is not None else None,
            variables=variables_of.used,
            limits=limits(environment),
        )


def named_models(settings: DifySettings) -> list[AIModelEntity]:
    """Return the models that a connection describes, and its defaults."""
    described: list[AIModelEntity] = list(settings.models)
    for model_type, name in settings.defaults.items():
        if not any((model.model, model.model_type) == (name, model_type) for model in described):
            described.append(DifyModel(model=name, model_type=model_type))
    return described
