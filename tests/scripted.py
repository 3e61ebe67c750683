"""A back end for playground tests: models of every type, an answer for every call, and access to its requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from boomerang.invoker.backend import ListedModel, ModelState
from boomerang.invoker.backends.scripted import Scripted, llm_chunks
from boomerang.invoker.entities.llm.chunk import (
    LLMResultChunk,
    LLMResultChunkDelta,
    LLMResultChunkWithStructuredOutput,
    LLMUsage,
)
from boomerang.invoker.entities.llm.request import RequestInvokeLLM, RequestInvokeLLMWithStructuredOutput
from boomerang.invoker.entities.message import AssistantPromptMessage, ToolCall
from boomerang.invoker.entities.model import ModelFeature, ModelPropertyKey, ModelType, ParameterRule
from boomerang.invoker.entities.moderation import ModerationResult, RequestInvokeModeration
from boomerang.invoker.entities.rerank import RequestInvokeRerank, RerankDocument, RerankResult
from boomerang.invoker.entities.speech2text import RequestInvokeSpeech2Text, Speech2TextResult
from boomerang.invoker.entities.summary import RequestInvokeSummary, SummaryResult
from boomerang.invoker.entities.text_embedding import EmbeddingUsage, RequestInvokeTextEmbedding, TextEmbeddingResult
from boomerang.invoker.entities.tts import RequestInvokeTTS, TTSResult
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.workbench.samples.inputs import CLIP

BOUND = 10.0
"""Seconds after which a wait in a test fails."""

PROVIDER = "test/plugin/provider"
RULES = [
    ParameterRule.template("temperature", default=0.5, max=2.0),
    ParameterRule.template("max_tokens", default=64),
    ParameterRule.model_validate({"name": "seed", "type": "int", "label": {"en_US": "Seed"}}),
    ParameterRule.model_validate({"name": "response_format", "type": "string", "options": ["JSON", "XML"]}),
    ParameterRule.model_validate({"name": "grammar", "type": "text"}),
    ParameterRule.model_validate({"name": "suffix", "type": "string"}),
    ParameterRule.model_validate({"name": "echo", "type": "boolean", "default": True}),
]
"""At least one of each of the five types; the first two are sent by default."""

VOICES = [{"mode": "v1", "name": "Ada", "language": ["en-US"]}, {"mode": "v2", "name": "Bo", "language": ["en-US"]}]


def listed(model: str, model_type: ModelType, **more: Any) -> ListedModel:
    """Return a model as a back end lists it."""
    return ListedModel(**{"provider": PROVIDER, "model": model, "model_type": model_type, "model_properties": {}} | more)


MODELS = (
    listed("talker", ModelType.LLM, features=[ModelFeature.TOOL_CALL], parameter_rules=RULES, about="Talks."),
    listed("toolless", ModelType.LLM),
    listed("absent", ModelType.LLM, state=ModelState.UNAVAILABLE, reason="Its weights are not there: run the fetcher."),
    listed("embedder", ModelType.TEXT_EMBEDDING),
    listed("ranker", ModelType.RERANK),
    listed(
        "speaker",
        ModelType.TTS,
        model_properties={ModelPropertyKey.VOICES: VOICES, ModelPropertyKey.DEFAULT_VOICE: "v2"},
    ),
    listed("listener", ModelType.SPEECH2TEXT),
    listed("judge", ModelType.MODERATION),
)

USAGE = LLMUsage.priced(None, prompt_tokens=7, completion_tokens=9, latency=0.1)
SPOKEN = CLIP.read_bytes()

Answer = Callable[[Request[Any], Run], Iterable[Any]]


def structured_chunks(value: dict[str, Any] | None, text: str = "{}") -> Iterable[LLMResultChunkWithStructuredOutput]:
    """Yield a structured answer: its text, then the object."""
    for index, (content, settings) in enumerate(((text, None), ("", value))):
        delta = LLMResultChunkDelta(
            index=index,
            message=AssistantPromptMessage(content=content),
            usage=USAGE if index else None,
            finish_reason="stop" if index else None,
        )
        yield LLMResultChunkWithStructuredOutput(model="talker", delta=delta, structured_output=settings)


def call_chunk(*fragments: dict[str, Any], finish_reason: str | None = None, text: str = "") -> LLMResultChunk:
    """Return a chunk with fragments of tool calls, each made of `id`, `name` and `arguments`."""
    calls = [
        ToolCall.model_validate(
            {
                "id": fragment.get("id", ""),
                "type": "function",
                "function": {"name": fragment.get("name", ""), "arguments": fragment.get("arguments", "")},
            }
        )
        for fragment in fragments
    ]
    message = AssistantPromptMessage(content=text, tool_calls=calls)
    return LLMResultChunk(model="talker", delta=LLMResultChunkDelta(index=0, message=message, finish_reason=finish_reason))


def embedded(vectors: list[list[float]]) -> TextEmbeddingResult:
    """Return an embedding result."""
    usage = EmbeddingUsage.priced(None, tokens=11, latency=0.1)
    return TextEmbeddingResult(model="embedder", embeddings=vectors, usage=usage)


def good_answer(request: Request[Any], run: Run) -> Iterable[Any]:
    """Answer each kind of call successfully; reject a model that is not in the list."""
    model = getattr(request, "model", None)
    if model is not None and model not in {listed.model for listed in MODELS}:
        raise InvokeBadRequestError(f"There is no model {model!r}.", field="model")
    match request:
        case RequestInvokeLLM():
            return llm_chunks("Hello ", "there.", model="talker", usage=USAGE)
        case RequestInvokeLLMWithStructuredOutput():
            value = {"city": "Lisbon", "temperature_c": 24, "sunny": True}
            return structured_chunks(value, '{"city": "Lisbon", "temperature_c": 24, "sunny": true}')
        case RequestInvokeSummary():
            return [SummaryResult(summary="In short: a bridge.")]
        case RequestInvokeTextEmbedding():
            return [embedded([[1.0, 0.0, float(index)] for index, _ in enumerate(request.texts)])]
        case RequestInvokeRerank():
            docs = [RerankDocument(index=i, text=text, score=0.9 - i / 10) for i, text in enumerate(request.docs)]
            return [RerankResult(model="ranker", docs=docs[::-1][: request.top_n])]
        case RequestInvokeTTS():
            return [TTSResult.of(SPOKEN, "audio/mpeg"), TTSResult.of(SPOKEN, "audio/mpeg")]
        case RequestInvokeSpeech2Text():
            return [Speech2TextResult(result="The quick test.")]
        case RequestInvokeModeration():
            return [ModerationResult(result=True)]
    raise TypeError(f"no answer for {type(request).__name__}")


class Desk:
    """Lets a test set the back end's answer and read its requests."""

    def __init__(self) -> None:
        self.answer: Answer = good_answer
        self.requests: list[Any] = []
        self.backend = Scripted(self.serve, models=MODELS)

    def serve(self, request: Request[Any], run: Run) -> Iterable[Any]:
        """Record a request and answer it; also for a back end with other models."""
        self.requests.append(request)
        return self.answer(request, run)
