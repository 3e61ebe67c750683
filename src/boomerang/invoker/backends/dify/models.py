"""The workspace's models: described by the user, or from Dify's catalogue where the version has one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from boomerang.invoker.backend import ListedModel, TypeFrom
from boomerang.invoker.entities.model import (
    AIModelEntity,
    DefaultParameterName,
    I18nObject,
    ModelFeature,
    ModelPropertyKey,
    ModelType,
    ParameterRule,
)
from boomerang.invoker.errors import ProtocolError, UnsupportedRequestError
from boomerang.invoker.http.exchange import Http
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run

from .errors import reported
from .identity import provider_fault
from .requests import CATALOGUE_PATH, Identity, full_provider

TYPES = (ModelType.LLM, ModelType.TEXT_EMBEDDING, ModelType.RERANK)
"""The types that the catalogue has."""
PAGE_SIZE = 100
MOST_LISTED = 10_000
MOST_PAGES = 100
"""Per type."""
_FEATURES = [feature.value for feature in ModelFeature]
"""A list, as a server may send values that cannot be hashed."""


@lru_cache(maxsize=1)
def _llm_rules() -> tuple[ParameterRule, ...]:
    known = DefaultParameterName
    names = (known.TEMPERATURE, known.MAX_TOKENS, known.TOP_P, known.PRESENCE_PENALTY, known.FREQUENCY_PENALTY)
    return tuple(ParameterRule.template(name, default=None) for name in names)


def described(provider: str, name: str, model_type: ModelType, features: Sequence[ModelFeature] | None = None) -> ListedModel:
    """Describe a model by its name: only the workspace knows more."""
    is_llm = model_type is ModelType.LLM
    return ListedModel(
        model=name,
        label=I18nObject(en_us=name),
        model_type=model_type,
        type_from=TypeFrom.DECLARED,
        features=list(features) if features is not None else None,
        features_known=features is not None or not is_llm,
        model_properties={ModelPropertyKey.MODE: "chat"} if is_llm else {},
        parameter_rules=list(_llm_rules()) if is_llm else [],
        provider=provider,
    )


def completed(provider: str, model: AIModelEntity) -> ListedModel:
    """Describe a model by what the user states, and otherwise by its name."""
    whole = described(getattr(model, "provider", "") or provider, model.model, model.model_type, model.features)
    set_fields = model.model_fields_set & {"label", "pricing", "deprecated"}
    stated: dict[str, Any] = {name: getattr(model, name) for name in set_fields}
    stated["parameter_rules"] = model.parameter_rules or whole.parameter_rules
    stated["model_properties"] = whole.model_properties | model.model_properties
    if isinstance(model, ListedModel):
        stated["type_from"] = model.type_from
    return whole.model_copy(update=stated)


def merged(
    configured: Sequence[ListedModel], listed: Sequence[ListedModel], defaults: Mapping[ModelType, str]
) -> tuple[ListedModel, ...]:
    """Merge the user's descriptions into the catalogue: they replace its entries; each type's default comes first."""
    models = {(model.model_type, model.provider, model.model): model for model in (*listed, *configured)}
    return tuple(sorted(models.values(), key=lambda model: defaults.get(model.model_type) != model.model))


def fetch(http: Http, identity: Identity, version: Callable[[], str], run: Run) -> list[ListedModel]:
    """List the workspace's models.

    Args:
        http: Connection to Dify.
        identity: Who asks.
        version: Returns Dify's version, which may be known only after its answer.
        run: Stops the requests, from any thread.

    Raises:
        UnsupportedRequestError: This version has no catalogue.
        InvokeError: Dify was not reached, or refused.
    """
    models: list[ListedModel] = []
    for model_type in TYPES:
        try:
            for item in _items(http, identity, model_type, run):
                if (model := _listed(item, model_type)) is not None and len(models) < MOST_LISTED:
                    models.append(model)
        except UnsupportedRequestError as error:
            hint = Message("dify.no_catalogue_hint")
            missing = UnsupportedRequestError(
                Message("dify.no_catalogue", version=version()), status_code=error.status_code, hint=hint
            )
            missing.url = error.url
            raise missing from None
    return models


def _items(http: Http, identity: Identity, model_type: ModelType, run: Run) -> Iterator[Mapping[str, Any]]:
    offset = 0
    for _ in range(MOST_PAGES):
        body = {
            "tenant_id": identity.tenant_id,
            "user_id": identity.user_id,
            "model_type": model_type.value,
            "offset": offset,
            "limit": PAGE_SIZE,
        }
        with http.post(CATALOGUE_PATH, run, json=body) as answer:
            value = envelope(answer.json_value(), answer.status)
        items, following = value.get("items"), value.get("next_offset")
        if not isinstance(items, list):
            raise ProtocolError(Message("dify.misfit", places="data.items"))
        yield from (item for item in items if isinstance(item, Mapping))
        if type(following) is not int or following <= offset:
            return
        offset = following


def envelope(value: Any, status: int) -> Mapping[str, Any]:
    """Return the object in the envelope of an answer that is not a model's.

    Raises:
        InvokeError: It reports an error.
        ProtocolError: It is no envelope with an object.
    """
    if isinstance(value, Mapping):
        if isinstance(error := value.get("error"), str) and error:
            raise reported(error, status)
        if isinstance(data := value.get("data"), Mapping):
            return data
    raise ProtocolError(Message("dify.no_data"), status_code=status)


def _listed(item: Mapping[str, Any], model_type: ModelType) -> ListedModel | None:
    """Describe an entry of the catalogue: its provider is split into `plugin_id` and `provider`."""
    name, plugin, provider = item.get("model"), item.get("plugin_id"), item.get("provider")
    if not (isinstance(name, str) and name and isinstance(provider, str) and provider):
        return None
    whole = f"{plugin}/{provider}" if isinstance(plugin, str) and plugin and "/" not in provider else full_provider(provider)
    if provider_fault(whole) is not None:
        return None
    stated = item.get("capabilities")
    features = [ModelFeature(value) for value in stated if value in _FEATURES] if isinstance(stated, list) else None
    return described(whole, name, model_type, features).model_copy(update={"type_from": TypeFrom.STATED})
