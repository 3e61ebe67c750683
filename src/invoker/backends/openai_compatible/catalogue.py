"""The models of a server, as it lists them, and what each is likely to be: OpenAI's list tells names only."""

from __future__ import annotations

import re

from ...backend import ListedModel
from ...entities.model import I18nObject, ModelFeature, ModelPropertyKey, ModelType
from ...errors import ProtocolError, in_form
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


LLM_FEATURES = (
    ModelFeature.TOOL_CALL,
    ModelFeature.MULTI_TOOL_CALL,
    ModelFeature.STREAM_TOOL_CALL,
    ModelFeature.STRUCTURED_OUTPUT,
    ModelFeature.VISION,
)


def guess(name: str) -> ModelType:
    """Guess what a model is by its name; an LLM where nothing says otherwise."""
    return next((model_type for model_type, pattern in _TYPES if pattern.search(name)), ModelType.LLM)


def fetch(http: Http, provider: str, run: Run) -> list[ListedModel]:
    """List the server's models, in its order.

    Raises:
        InvokeError: The server was not reached, or refused.
        ProtocolError: It has no such list.
    """
    with http.get(PATH, run) as answer:
        value = answer.json()
    items = value.get("data", value.get("models")) if isinstance(value, dict) else value
    if not isinstance(items, list):
        raise ProtocolError("The list of models has no `data`.")
    with in_form("The list of models"):
        names = [item if isinstance(item, str) else item.get("id") or item.get("name") for item in items]
        return [described(provider, name) for name in dict.fromkeys(map(str, filter(None, names)))]


def described(provider: str, name: str, model_type: ModelType | None = None) -> ListedModel:
    """Describe a model of which only the name is known: an LLM may be able to do all, and its server decides."""
    model_type = model_type or guess(name)
    is_llm = model_type is ModelType.LLM
    return ListedModel(
        model=name,
        label=I18nObject(en_us=name),
        model_type=model_type,
        features=list(LLM_FEATURES) if is_llm else None,
        model_properties={ModelPropertyKey.MODE: "chat"} if is_llm else {},
        provider=provider,
    )
