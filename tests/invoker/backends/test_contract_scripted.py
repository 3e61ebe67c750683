"""The contract on answers from a function."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from boomerang.invoker.backend import Backend, ListedModel
from boomerang.invoker.backends.scripted import Scripted, llm_chunks
from boomerang.invoker.client_rules import ClientRules
from boomerang.invoker.entities.llm.chunk import LLMResultChunkWithStructuredOutput, LLMUsage
from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.entities.moderation import ModerationResult
from boomerang.invoker.entities.rerank import MultiModalRerankResult, RerankDocument, RerankResult
from boomerang.invoker.entities.speech2text import Speech2TextResult
from boomerang.invoker.entities.summary import SummaryResult
from boomerang.invoker.entities.text_embedding import EmbeddingUsage, MultiModalEmbeddingResult, TextEmbeddingResult
from boomerang.invoker.entities.tts import TTSResult
from boomerang.invoker.errors import UnsupportedRequestError
from boomerang.invoker.records.record import Record
from boomerang.invoker.records.recorder import Recorded
from boomerang.invoker.request import InvokeType, Request
from boomerang.invoker.run import Run
from tests.invoker.backends.contract.subject import MODEL_TYPES, Subject
from tests.invoker.backends.contract.watching import BOUND

from .contract import *  # noqa: F403  every test of the contract runs here

SILENT = "silent: "
"""A text with this prefix makes the back end silent in the phase named after it."""
ENDLESS = "endless"
USAGE = LLMUsage.priced(None, prompt_tokens=3, completion_tokens=2, latency=0.1)
PROPERTIES: dict[ModelType, dict[str, Any]] = {
    ModelType.LLM: {"mode": "chat", "context_size": 4096},
    ModelType.TEXT_EMBEDDING: {"context_size": 256, "max_chunks": 16},
    ModelType.RERANK: {"context_size": 256},
    ModelType.TTS: {
        "default_voice": "alpha",
        "voices": [{"mode": "alpha", "name": "Alpha", "language": ["en-US"]}],
        "audio_type": "mp3",
    },
    ModelType.SPEECH2TEXT: {"file_upload_limit": 25, "supported_file_extensions": "mp3,wav"},
    ModelType.MODERATION: {"max_chunks": 1},
}
MODELS = [
    ListedModel.model_validate(
        {
            "provider": "acme",
            "model": f"tiny-{model_type.value}",
            "model_type": model_type,
            "model_properties": properties,
            "parameter_rules": [{"name": name, "use_template": name} for name in ("temperature", "max_tokens")],
        }
    )
    for model_type, properties in PROPERTIES.items()
]


def answer(request: Request[Any], run: Run) -> Iterable[Any]:
    """Answer each kind of request; stay silent if the request asks for it."""
    _refuse_unknown(request)
    text = json.dumps(request.model_dump(mode="python"), default=str)
    if SILENT in text:
        run.phase(re.findall(f"{SILENT}([a-z]+)", text)[0])
        run.wait(BOUND)
    if ENDLESS in text:
        return llm_chunks(*["and so on"] * 10_000, model="tiny-llm", usage=USAGE)
    embedded = {
        "model": "m",
        "embeddings": [[0.5, 0.5], [1.0, 0.0]],
        "usage": EmbeddingUsage.priced(None, tokens=4, latency=0.1),
    }
    ranked = {"model": "m", "docs": [RerankDocument(index=0, text="A cat sleeps.", score=0.9)]}
    ranked["docs"].append(RerankDocument(index=1, text="A dog barks.", score=0.1))  # type: ignore[attr-defined]
    match request.invoke_type:
        case InvokeType.LLM:
            return llm_chunks("Red, ", "green, ", "blue.", model=request.model, usage=USAGE)  # type: ignore[attr-defined]
        case InvokeType.LLM_STRUCTURED_OUTPUT:
            return _structured(request.model)  # type: ignore[attr-defined]
        case InvokeType.SYSTEM_SUMMARY:
            return [SummaryResult(summary="A bridge of 1870.")]
        case InvokeType.TEXT_EMBEDDING:
            return [TextEmbeddingResult.model_validate(embedded)]
        case InvokeType.MULTIMODAL_EMBEDDING:
            return [MultiModalEmbeddingResult.model_validate(embedded)]
        case InvokeType.RERANK:
            return [RerankResult.model_validate(ranked)]
        case InvokeType.MULTIMODAL_RERANK:
            return [MultiModalRerankResult.model_validate(ranked)]
        case InvokeType.TTS:
            return (TTSResult.of(sound, "audio/mpeg") for sound in (b"ID3", b"\xff\xfb"))
        case InvokeType.SPEECH2TEXT:
            return [Speech2TextResult(result="Good morning.")]
        case InvokeType.MODERATION:
            return [ModerationResult(result=False)]


def _structured(model: str) -> Iterator[LLMResultChunkWithStructuredOutput]:
    for chunk in llm_chunks('{"name":', '"Ada"', "}", model=model, usage=USAGE):
        value = {"name": "Ada"} if chunk.delta.finish_reason else None
        yield LLMResultChunkWithStructuredOutput(**dict(chunk), structured_output=value)


def _refuse_unknown(request: Request[Any]) -> None:
    if request.invoke_type is InvokeType.SYSTEM_SUMMARY:
        named = ("acme", getattr(request, "system_model", None) or "tiny-llm", ModelType.LLM)
    else:
        named = (request.provider, request.model, MODEL_TYPES[request.invoke_type])  # type: ignore[attr-defined]
    if named[0] != "acme":
        raise UnsupportedRequestError(f"no provider {named[0]}", field="provider")
    if named not in [(model.provider, model.model, model.model_type) for model in MODELS]:
        raise UnsupportedRequestError(f"no model {named[1]}", field="model")


class ScriptedSubject:
    """A scripted back end, bare or wrapped."""

    recording = b"ID3 some sound"
    unsupported: Mapping[InvokeType, str] = {}
    any_name = ""

    def __init__(self, wrapped: bool) -> None:
        self._wrapped = wrapped
        self.records: list[Record[Any]] = []
        self.backend = self.fresh()
        self.configs: Mapping[InvokeType, Mapping[str, Any]] = {
            invoke_type: {
                "provider": "acme",
                "model": f"tiny-{model_type.value}",
                "mode": "chat",
                "voice": "alpha",
                "tenant_id": "t-1",
                "score_threshold": 0.0,
                "top_n": 2,
            }
            for invoke_type, model_type in MODEL_TYPES.items()
        }

    def fresh(self) -> Backend:
        bare = Scripted(answer, models=MODELS)
        return Recorded(ClientRules(bare), self.records.append) if self._wrapped else bare

    def lengthy(self, invoke_type: InvokeType) -> dict[str, Any]:
        text = f"{SILENT}reading"
        silent: dict[InvokeType, dict[str, Any]] = {
            InvokeType.LLM: {"prompt_messages": [{"role": "user", "content": text}]},
            InvokeType.LLM_STRUCTURED_OUTPUT: {"prompt_messages": [{"role": "user", "content": text}]},
            InvokeType.SYSTEM_SUMMARY: {"text": text},
            InvokeType.TEXT_EMBEDDING: {"texts": [text]},
            InvokeType.MULTIMODAL_EMBEDDING: {"documents": [{"content": text, "content_type": "text"}]},
            InvokeType.RERANK: {"query": text},
            InvokeType.MULTIMODAL_RERANK: {"query": {"content": text, "content_type": "text"}},
            InvokeType.TTS: {"content_text": text},
            InvokeType.SPEECH2TEXT: {"file": text.encode()},
            InvokeType.MODERATION: {"text": text},
        }
        return silent[invoke_type]

    def endless(self) -> dict[str, Any]:
        return {"prompt_messages": [{"role": "user", "content": ENDLESS}]}

    @contextmanager
    def silence(self, phase: str) -> Iterator[tuple[Backend, dict[str, Any]]]:
        yield self.backend, {"prompt_messages": [{"role": "user", "content": f"{SILENT}{phase}"}]}


@pytest.fixture(scope="module", params=[False, True], ids=["bare", "wrapped"])
def subject(request: pytest.FixtureRequest) -> Subject:
    return ScriptedSubject(request.param)
