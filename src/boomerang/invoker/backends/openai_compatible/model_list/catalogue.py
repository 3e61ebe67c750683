"""Build the list of a server's models, with guessed types: OpenAI's list has only names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from boomerang.invoker.backend import ListedModel, TypeFrom
from boomerang.invoker.backends.openai_compatible.response.response_errors import body_of, refused, shown
from boomerang.invoker.entities.model import (
    AIModelEntity,
    DefaultParameterName,
    I18nObject,
    ModelPropertyKey,
    ModelType,
    ParameterRule,
)
from boomerang.invoker.errors import InvokeError
from boomerang.invoker.http.errors import error_text
from boomerang.invoker.http.exchange import Http
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run

from . import list_fields
from . import stated_types as list_types
from .entries import name_in, read_entries
from .type_guess import guess, guess_mode

PATH = "models"
OPENAI_VOICES = ("alloy", "ash", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer")
MOST_TOKENS = 1_000_000
MOST_LISTED = 10_000
"""Maximum models of a server's list; the names of others can be typed."""
MOST_NAMED = 5
"""Odd entries of a list that a notice quotes."""
_NAMES_ONLY = frozenset({404, 405})
"""Statuses of servers without a model list, such as Text Embeddings Inference, which serves one model and names it."""


@lru_cache(maxsize=1)
def llm_rules() -> tuple[ParameterRule, ...]:
    """Return the parameters of OpenAI's interface, without defaults: the server decides about what is not sent.

    Cached, since a server may list thousands of models.
    """
    known = DefaultParameterName
    seed = {
        "name": "seed",
        "type": "int",
        "label": {"en_US": "Seed", "zh_Hans": "随机种子"},
        "help": {
            "en_US": "The same seed with the same request gives the same answer, as far as the server can.",
            "zh_Hans": "相同的种子和相同的请求尽可能得到相同的回答，取决于服务器。",
        },
        "min": 0,
        "max": 2**32 - 2,
    }
    return (
        ParameterRule.template(known.TEMPERATURE, default=None, max=2.0),
        ParameterRule.template(known.MAX_TOKENS, default=None, max=MOST_TOKENS),
        ParameterRule.template(known.TOP_P, default=None),
        ParameterRule.template(known.PRESENCE_PENALTY, default=None, min=-2.0, max=2.0),
        ParameterRule.template(known.FREQUENCY_PENALTY, default=None, min=-2.0, max=2.0),
        ParameterRule.model_validate(seed),
        ParameterRule.template(known.RESPONSE_FORMAT, options=["text", "json_object", "json_schema"]),
        ParameterRule.template(known.JSON_SCHEMA),
    )


def fetch(http: Http, provider: str, root: str, run: Run) -> list[ListedModel]:
    """List the server's models, in its order.

    Args:
        http: Connection to the server.
        provider: Provider of the listed models.
        root: The server's address without the connection's path.
        run: Stops the requests, from any thread.

    Raises:
        InvokeError: The server was not reached, or refused.
        ProtocolError: The server has no such list.
    """
    try:
        with http.get(PATH, run) as answer:
            if (entries := read_entries(answer.json())) is None:
                raise refused(answer, Message("lists.no_models", words=error_text(body_of(answer))))
    except InvokeError as error:
        if error.status_code not in _NAMES_ONLY or (only := _only_model(http, provider, root, run)) is None:
            raise
        return [only]
    _report_left_out(entries.odd, len(entries.named), run)
    items_by_name = dict(list(entries.named.items())[:MOST_LISTED])
    alone = next(iter(items_by_name.values())) if len(items_by_name) == 1 else {}
    context = None
    if (trained := list_fields.trained_context(alone)) is not None:
        context = _llama_context(http, root, run) or trained
    return [_listed(provider, name, item, context) for name, item in items_by_name.items()]


def _report_left_out(odd: Sequence[Any], count: int, run: Run) -> None:
    """Report the entries of a list that are not among its models."""
    if odd:
        examples = "; ".join(map(shown, odd[:MOST_NAMED])) + ("; …" if len(odd) > MOST_NAMED else "")
        run.notice("lists.odd_models", count=len(odd), examples=examples)
    if count > MOST_LISTED:
        run.notice("lists.more_models", count=count, most=MOST_LISTED)


def _listed(provider: str, name: str, item: Mapping[str, Any], context: int | None = None) -> ListedModel:
    """Describe a model by its entry in the server's list and by its name.

    Args:
        provider: Provider of the listed model.
        name: Its name.
        item: Its entry in the list.
        context: Its context size in tokens, if known otherwise.
    """
    model_type = list_types.model_type_of(item)
    context = context or list_fields.context(item, model_type)
    properties: dict[ModelPropertyKey, object] = {ModelPropertyKey.CONTEXT_SIZE: context} if context else {}
    if model_type is ModelType.LLM and (mode := list_types.mode_of(item)) is not None:
        properties[ModelPropertyKey.MODE] = mode.value
    return described(provider, name, model_type, TypeFrom.STATED if model_type else TypeFrom.GUESSED, properties)


def _llama_context(http: Http, root: str, run: Run) -> int | None:
    """Ask a llama.cpp server for the context size of each request; `None` if only its `/v1` can be reached."""
    settings = _server_facts(http, f"{root}/props", run).get("default_generation_settings")
    return list_fields.count(settings.get("n_ctx")) if isinstance(settings, dict) else None


def _server_facts(http: Http, address: str, run: Run) -> Mapping[str, Any]:
    """Fetch a resource that some servers have beside OpenAI's interface; empty if there is none."""
    try:
        with http.get(address, run) as answer:
            value = answer.json()
    except InvokeError:
        return {}
    return value if isinstance(value, dict) else {}


def _only_model(http: Http, provider: str, root: str, run: Run) -> ListedModel | None:
    """Ask a server such as Text Embeddings Inference for its only model; `None` if it is no such server."""
    value = _server_facts(http, f"{root}/info", run)
    if not (name := name_in(value.get("model_id"))):
        return None
    kind = value.get("model_type")
    model_type = list_types.model_type_of({"capabilities": list(kind)} if isinstance(kind, dict) else {"type": kind})
    counted = {
        ModelPropertyKey.CONTEXT_SIZE: list_fields.count(value.get("max_input_length")),
        ModelPropertyKey.MAX_CHUNKS: list_fields.count(value.get("max_client_batch_size")),
    }
    properties = {name: count for name, count in counted.items() if count}
    type_from = TypeFrom.STATED if model_type else TypeFrom.GUESSED
    return described(provider, name, model_type or ModelType.TEXT_EMBEDDING, type_from, properties)


def described(
    provider: str,
    name: str,
    model_type: ModelType | None = None,
    type_from: TypeFrom | None = None,
    properties: Mapping[ModelPropertyKey, object] | None = None,
) -> ListedModel:
    """Describe a model by its name and other known properties.

    What an LLM supports beyond its type is not known: its server decides.

    Args:
        provider: Provider of the listed model.
        name: Its name.
        model_type: Its type; by default, guessed from the name.
        type_from: Source of the type; by default, `DECLARED` if `model_type` is given, else `GUESSED`.
        properties: Properties that its server states, such as its limits.
    """
    type_from = type_from or (TypeFrom.DECLARED if model_type else TypeFrom.GUESSED)
    model_type = model_type or guess(name)
    is_llm = model_type is ModelType.LLM
    assumed: dict[ModelPropertyKey, object] = {ModelPropertyKey.MODE: guess_mode(name).value} if is_llm else {}
    if model_type is ModelType.TTS:  # the default voice of Dify's own plugin
        assumed[ModelPropertyKey.DEFAULT_VOICE] = OPENAI_VOICES[0]
    if model_type is ModelType.TTS and re.search(r"^(gpt|tts-1)", name):
        assumed[ModelPropertyKey.VOICES] = [{"mode": voice, "name": voice, "language": []} for voice in OPENAI_VOICES]
    return ListedModel(
        model=name,
        label=I18nObject(en_us=name),
        model_type=model_type,
        type_from=type_from,
        features_known=not is_llm,
        model_properties={**assumed, **(properties or {})},
        parameter_rules=list(llm_rules()) if is_llm else [],
        provider=provider,
    )


def completed(provider: str, configured: AIModelEntity) -> ListedModel:
    """Describe a model by what the user states, including its type, and otherwise by its name."""
    described_model = described(provider, configured.model, configured.model_type)
    set_fields = [name for name in ("label", "features", "pricing", "deprecated") if name in configured.model_fields_set]
    own: dict[str, object] = {name: getattr(configured, name) for name in set_fields}
    own["features_known"] = described_model.features_known or configured.features is not None
    own["parameter_rules"] = configured.parameter_rules or described_model.parameter_rules
    properties = described_model.model_properties | configured.model_properties
    if voices := configured.model_properties.get(ModelPropertyKey.VOICES):
        properties[ModelPropertyKey.DEFAULT_VOICE] = configured.model_properties.get(
            ModelPropertyKey.DEFAULT_VOICE, voices[0]["mode"]
        )
    own["model_properties"] = properties
    return described_model.model_copy(update=own)


def merged(
    configured: Sequence[ListedModel], listed: Sequence[ListedModel], defaults: Mapping[ModelType, str]
) -> tuple[ListedModel, ...]:
    """Merge the user's descriptions of models into the server's list.

    Args:
        configured: Models that the user described; each is put where the server lists it, or at the end.
        listed: The server's list, in its order.
        defaults: Model type → the model that comes first.
    """
    by_name: dict[str, list[ListedModel]] = {}
    for model in configured:
        by_name.setdefault(model.model, []).append(model)
    models: list[ListedModel] = []
    for model in listed:
        models += [_with_listed(own, model) for own in by_name.pop(model.model, ())] or [model]
    models += (model for models in by_name.values() for model in models)
    return tuple(sorted(models, key=lambda model: defaults.get(model.model_type) != model.model))


def _with_listed(configured: ListedModel, listed: ListedModel) -> ListedModel:
    """Add the limits that only the server states to the user's description of a model."""
    limits = {name: listed.model_properties[name] for name in _LIMITS if name in listed.model_properties}
    return configured.model_copy(update={"model_properties": limits | configured.model_properties})


_LIMITS = (ModelPropertyKey.CONTEXT_SIZE, ModelPropertyKey.MAX_CHUNKS)
