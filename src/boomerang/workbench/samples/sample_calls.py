"""The first call of each page, for the start page, which runs all of them with one button."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.entities.model import ModelPropertyKey
from boomerang.invoker.request import InvokeType

from . import inputs, model_defaults

CHAT = next(iter(inputs.CONVERSATIONS.values()))


def arguments(invoke_type: InvokeType, model: ListedModel) -> dict[str, Any]:
    """Return the arguments of a call with the page's first sample, keyed by Dify's parameter names; no model for a summary."""
    return ARGUMENTS[invoke_type](model)


def _config(model: ListedModel, **own: Any) -> dict[str, Any]:
    return {"provider": model.provider, "model": model.model, "model_type": model.model_type.value, **own}


def _llm(model: ListedModel) -> dict[str, Any]:
    return {
        "model_config": _config(model, mode="chat", completion_params=model_defaults.first_parameters(model)),
        "prompt_messages": [{"role": role, "content": content} for role, content in CHAT],
        "stream": True,
    }


def _structured(model: ListedModel) -> dict[str, Any]:
    messages = (("system", inputs.STRUCTURED_SYSTEM), ("user", inputs.STRUCTURED_TEXT))
    return _llm(model) | {
        "prompt_messages": [{"role": role, "content": content} for role, content in messages],
        "structured_output_schema": inputs.STRUCTURED_SCHEMA,
    }


def _summary(_model: ListedModel) -> dict[str, Any]:
    return {"text": inputs.ARTICLE, "instruction": inputs.INSTRUCTION}


def _embedding(model: ListedModel) -> dict[str, Any]:
    return {"model_config": _config(model), "texts": inputs.TEXTS}


def _rerank(model: ListedModel) -> dict[str, Any]:
    config = _config(model, score_threshold=0.0, top_n=len(inputs.DOCUMENTS))
    return {"model_config": config, "docs": inputs.DOCUMENTS, "query": inputs.QUERY}


def _tts(model: ListedModel) -> dict[str, Any]:
    voice = model.model_properties.get(ModelPropertyKey.DEFAULT_VOICE) or next(iter(model_defaults.voices(model)), "")
    return {"model_config": _config(model, voice=voice), "content_text": next(iter(inputs.SPEECH.values()))}


def _speech2text(model: ListedModel) -> dict[str, Any]:
    return {"model_config": _config(model), "file": inputs.CLIP.read_bytes()}


def _moderation(model: ListedModel) -> dict[str, Any]:
    return {"model_config": _config(model), "text": next(iter(inputs.MODERATION.values()))}


ARGUMENTS: dict[InvokeType, Callable[[ListedModel], dict[str, Any]]] = {
    InvokeType.LLM: _llm,
    InvokeType.LLM_STRUCTURED_OUTPUT: _structured,
    InvokeType.SYSTEM_SUMMARY: _summary,
    InvokeType.TEXT_EMBEDDING: _embedding,
    InvokeType.RERANK: _rerank,
    InvokeType.TTS: _tts,
    InvokeType.SPEECH2TEXT: _speech2text,
    InvokeType.MODERATION: _moderation,
}
