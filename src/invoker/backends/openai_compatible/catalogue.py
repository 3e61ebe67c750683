"""The models of a server, as it lists them, and what each is likely to be: OpenAI's list tells names only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ...backend import ListedModel
from ...entities.model import (
    AIModelEntity,
    DefaultParameterName,
    I18nObject,
    ModelFeature,
    ModelPropertyKey,
    ModelType,
    ParameterRule,
)
from ...errors import InvokeError, ProtocolError, in_form
from ...run import Run
from ...wire.http import Http

PATH = "models"
_TYPES: tuple[tuple[ModelType, re.Pattern[str]], ...] = tuple(
    (model_type, re.compile(pattern, re.IGNORECASE))
    for model_type, pattern in (
        (ModelType.MODERATION, r"moderation|guard|shield"),
        (ModelType.RERANK, r"rerank|cross-?encoder"),
        (ModelType.TEXT_EMBEDDING, r"embed|\bbge\b|bge-|\bgte\b|gte-|\be5\b|e5-|minilm|voyage|jina-(?:clip|colbert)"),
        (ModelType.SPEECH2TEXT, r"whisper|transcri|moonshine|sensevoice|parakeet|canary|\basr\b|-asr|scribe|speech-?to-?text"),
        (ModelType.TTS, r"tts|kokoro|\bbark\b|parler|orpheus|piper|cosyvoice|chattts|fish-speech|text-?to-?speech|hibari"),
        (ModelType.TEXT2IMG, r"dall-e|gpt-image|\bflux|stable-diffusion|sdxl|imagen"),
    )
)

_TOLD = {
    "llm": ModelType.LLM,
    "vlm": ModelType.LLM,
    "chat": ModelType.LLM,
    "language": ModelType.LLM,
    "completion": ModelType.LLM,
    "embedding": ModelType.TEXT_EMBEDDING,
    "embeddings": ModelType.TEXT_EMBEDDING,
    "rerank": ModelType.RERANK,
    "reranker": ModelType.RERANK,
    "moderation": ModelType.MODERATION,
    "text-to-speech": ModelType.TTS,
    "tts": ModelType.TTS,
    "transcribe": ModelType.SPEECH2TEXT,
    "speech-to-text": ModelType.SPEECH2TEXT,
}
"""What servers call a model's type in their lists: Xinference (`model_type`), LM Studio and Together (`type`), llama.cpp
(`capabilities`, which Ollama's has too)."""

LLM_FEATURES = (
    ModelFeature.TOOL_CALL,
    ModelFeature.MULTI_TOOL_CALL,
    ModelFeature.STREAM_TOOL_CALL,
    ModelFeature.STRUCTURED_OUTPUT,
    ModelFeature.VISION,
)
"""What an LLM of which only the name is known may be able to do; its server decides."""
OPENAI_VOICES = ("alloy", "ash", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer")
MOST_TOKENS = 1_000_000
MOST_LISTED = 10_000
"""Models of a server's list; who has more has them typed."""
_NAMES_ONLY = frozenset({404, 405})
"""Statuses of a server that has no list of models, as Text Embeddings Inference: it serves one, and says which."""


def guess(name: str) -> ModelType:
    """Guess what a model is by its name; an LLM where nothing says otherwise."""
    return next((model_type for model_type, pattern in _TYPES if pattern.search(name)), ModelType.LLM)


@lru_cache(maxsize=1)
def llm_rules() -> tuple[ParameterRule, ...]:
    """Give the parameters of OpenAI's interface; none has a default, for what is not sent is the server's to choose.

    The same ones for every model, of which a server may list thousands.
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
        http: How the server is reached.
        provider: What the models are listed under.
        root: The server's address without the connection's path.
        run: Ends it from any thread.

    Raises:
        InvokeError: The server was not reached, or refused.
        ProtocolError: It has no such list.
    """
    try:
        with http.get(PATH, run) as answer:
            value = answer.json()
    except InvokeError as error:
        if error.status_code not in _NAMES_ONLY or (only := _only_model(http, provider, root, run)) is None:
            raise
        return [only]
    items = value.get("data", value.get("models")) if isinstance(value, dict) else value
    if not isinstance(items, list):
        raise ProtocolError("The list of models has no `data`.")
    with in_form("The list of models"):
        types: dict[str, ModelType | None] = {}
        for item in items[:MOST_LISTED]:
            name = item if isinstance(item, str) else item.get("id") or item.get("name")
            if name and _can_be_shown(str(name)):
                types.setdefault(str(name), None if isinstance(item, str) else _told(item))
        return [described(provider, name, model_type) for name, model_type in types.items()]


def _told(item: Mapping[str, Any]) -> ModelType | None:
    """Give the type that a server tells beside a name, as some do; `None` if it does not, or in words that nobody knows."""
    capabilities = item.get("capabilities")
    words = [item.get("model_type"), item.get("type"), *(capabilities if isinstance(capabilities, list) else ())]
    return next((_TOLD[word.lower()] for word in words if isinstance(word, str) and word.lower() in _TOLD), None)


def _can_be_shown(name: str) -> bool:
    """Tell whether it is a name: not blank, and without halves of characters, which no page can show and nobody can ask for."""
    return bool(name.strip()) and name == name.encode("utf-8", "replace").decode()


def _only_model(http: Http, provider: str, root: str, run: Run) -> ListedModel | None:
    """Ask a server of one model which one that is, in the way of Text Embeddings Inference; `None` if it is no such server."""
    try:
        with http.get(f"{root}/info", run) as answer:
            value = answer.json()
    except InvokeError:
        return None
    name = value.get("model_id") if isinstance(value, dict) else None
    if not isinstance(name, str) or not name:
        return None
    kind = value.get("model_type")
    of_kind = ModelType.RERANK if kind == "reranker" or (isinstance(kind, dict) and "reranker" in kind) else None
    return described(provider, name, of_kind or ModelType.TEXT_EMBEDDING)


def described(provider: str, name: str, model_type: ModelType | None = None) -> ListedModel:
    """Describe a model of which only the name is known: an LLM may be able to do all, and its server decides."""
    model_type = model_type or guess(name)
    is_llm = model_type is ModelType.LLM
    properties: dict[ModelPropertyKey, object] = {ModelPropertyKey.MODE: "chat"} if is_llm else {}
    if model_type is ModelType.TTS:  # the voice that Dify's own plugin asks for where nobody said another one
        properties[ModelPropertyKey.DEFAULT_VOICE] = OPENAI_VOICES[0]
    if model_type is ModelType.TTS and re.search(r"^(gpt|tts-1)", name):
        properties[ModelPropertyKey.VOICES] = [{"mode": voice, "name": voice, "language": []} for voice in OPENAI_VOICES]
    return ListedModel(
        model=name,
        label=I18nObject(en_us=name),
        model_type=model_type,
        features=list(LLM_FEATURES) if is_llm else None,
        model_properties=properties,
        parameter_rules=list(llm_rules()) if is_llm else [],
        provider=provider,
    )


def completed(provider: str, said: AIModelEntity) -> ListedModel:
    """Describe a model by what a person said of it, and by its name where they said nothing."""
    found = described(provider, said.model, said.model_type)
    given = [name for name in ("label", "features", "pricing", "deprecated") if name in said.model_fields_set]
    own: dict[str, object] = {name: getattr(said, name) for name in given}
    own["parameter_rules"] = said.parameter_rules or found.parameter_rules
    properties = found.model_properties | said.model_properties
    if voices := said.model_properties.get(ModelPropertyKey.VOICES):
        properties[ModelPropertyKey.DEFAULT_VOICE] = said.model_properties.get(
            ModelPropertyKey.DEFAULT_VOICE, voices[0]["mode"]
        )
    own["model_properties"] = properties
    return found.model_copy(update=own)
