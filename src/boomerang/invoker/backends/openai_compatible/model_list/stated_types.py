"""Read the type of a model from its entry in a server's list. OpenAI's own list does not state it.

======================================  ==========================================================================
field                                   documented in (2026-10)
======================================  ==========================================================================
``model_type``, ``model_ability``       Xinference, `/v1/models` (its `restful_api.py` and `to_description`)
``type``                                Together, OpenAPI description `ModelInfo`; LM Studio, REST API
``mode``, also inside ``model_info``    LiteLLM, `model_prices_and_context_window.json` and `/model/info`
``task``                                Hugging Face's pipeline tags; GitHub Models' `chat-completion`
``capabilities`` as a list              Infinity, `ModelCapabilites`; llama.cpp and Ollama
``capabilities`` as flags               Mistral, API reference `ModelCapabilities`
``labels``                              Lemonade, "Model Labels"
``endpoints``                           Cohere, API reference `CompatibleEndpoint`
``supportedGenerationMethods``          Google, Gemini API `models.list`
``architecture.output_modalities``,     OpenRouter, `OutputModality`: `speech` is text to speech, `audio` a chat model;
``architecture.modality``               GitHub Models names the field ``supported_output_modalities``
======================================  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from boomerang.invoker.entities.llm.request import LLMMode
from boomerang.invoker.entities.model import ModelType

_TYPE_NAMES: Mapping[ModelType, str] = {
    ModelType.LLM: "llm vlm chat chat-completion completion completion-chat responses language code generate "
    "text-generation image-text-to-text generatecontent",
    ModelType.TEXT_EMBEDDING: "embedding embeddings embed image-embed audio-embed feature-extraction sentence-similarity "
    "embedcontent embedtext",
    ModelType.RERANK: "rerank reranker reranking text-ranking",
    ModelType.MODERATION: "moderation moderations",
    ModelType.TTS: "tts text-to-speech audio-speech text2audio",
    ModelType.SPEECH2TEXT: "transcribe transcription speech-to-text asr automatic-speech-recognition audio-transcription "
    "audio2text",
    ModelType.TEXT2IMG: "image image-generation text-to-image text2image video video-generation text-to-video text2video",
}
_TYPES = {word: model_type for model_type, names in _TYPE_NAMES.items() for word in names.split()}
"""Word → type; words are in lower case, with hyphens."""
_OUTPUTS = _TYPES | {"text": ModelType.LLM, "audio": ModelType.LLM, "speech": ModelType.TTS}
"""Kind of output → type."""
_FIELDS = (
    *(("model_type", _TYPES), ("type", _TYPES), ("mode", _TYPES), ("task", _TYPES)),
    *(("capabilities", _TYPES), ("model_ability", _TYPES), ("labels", _TYPES), ("endpoints", _TYPES)),
    *(("supportedGenerationMethods", _TYPES), ("output_modalities", _OUTPUTS), ("supported_output_modalities", _OUTPUTS)),
)
"""Fields that state a type, and the meaning of their words; the first that is understood counts."""
_NESTED = ("model_info", "architecture")
"""Objects in an entry that may have such fields too."""


def model_type_of(item: Mapping[str, Any]) -> ModelType | None:
    """Return the type that an entry of a model list states; `None` if it states none, or several."""
    places = [item, *(inner for name in _NESTED if isinstance(inner := item.get(name), dict))]
    for name, types in _FIELDS:
        for place in places:
            if stated := _one({types[word] for word in _names(place.get(name)) if word in types}):
                return stated
    return next((stated for place in places if (stated := _by_modality(place.get("modality")))), None)


def mode_of(item: Mapping[str, Any]) -> LLMMode | None:
    """Return whether an LLM chats or completes, by LiteLLM's `mode` or Xinference's abilities; `None` if unknown."""
    inner = item.get("model_info")
    mode = item.get("mode") or (inner.get("mode") if isinstance(inner, dict) else None)
    if isinstance(mode, str) and mode in ("chat", "completion", "responses"):
        return LLMMode.COMPLETION if mode == "completion" else LLMMode.CHAT
    abilities = set(_names(item.get("model_ability")))
    return LLMMode.CHAT if "chat" in abilities else LLMMode.COMPLETION if "generate" in abilities else None


def _names(value: Any) -> Iterator[str]:
    """Yield the words of a field: a single one, those of a list, or the names of set flags."""
    if isinstance(value, dict):
        value = [name for name, flag in value.items() if flag is True]
    for word in value if isinstance(value, list) else [value]:
        if isinstance(word, str):
            yield word.lower().replace("_", "-")


def _one(types: set[ModelType]) -> ModelType | None:
    """Return the type if there is only one. A model that makes images and text is an LLM; other combinations are ambiguous."""
    others = types - {ModelType.TEXT2IMG}
    return next(iter(others or types)) if len(others or types) == 1 else None


def _by_modality(value: Any) -> ModelType | None:
    """Return the type that OpenRouter's short form states, such as `text+image->text`."""
    outputs = value.rpartition("->")[2].split("+") if isinstance(value, str) and "->" in value else ()
    return _one({_OUTPUTS[word] for word in outputs if word in _OUTPUTS})
