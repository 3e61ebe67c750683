"""The model behind the captures of tests/golden/dify: it streams whatever it is asked, chosen by the text of the prompt."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.backends.scripted import Scripted
from boomerang.invoker.entities.llm.chunk import LLMResultChunk, LLMResultChunkWithStructuredOutput, LLMUsage
from boomerang.invoker.entities.message import AssistantPromptMessage
from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.entities.moderation import ModerationResult
from boomerang.invoker.entities.rerank import RerankDocument, RerankResult
from boomerang.invoker.entities.text_embedding import EmbeddingUsage, TextEmbeddingResult
from boomerang.invoker.entities.tts import TTSResult
from boomerang.invoker.errors import InvokeBadRequestError, InvokeRateLimitError, InvokeServerUnavailableError
from boomerang.invoker.request import InvokeType, Request
from boomerang.invoker.run import Run

PROVIDER = "acme/probe/probe"
PRICES = {"prompt_price": "0.000007", "completion_price": "0.000004", "total_price": "0.000011"}
USAGE = LLMUsage.model_validate(
    {
        "prompt_tokens": 7,
        "prompt_unit_price": "1",
        "prompt_price_unit": "0.000001",
        "completion_tokens": 2,
        "completion_unit_price": "2",
        "completion_price_unit": "0.000001",
        "total_tokens": 9,
        "currency": "USD",
        "latency": 0.5,
        **PRICES,
    }
)
EMBEDDING_USAGE = EmbeddingUsage(
    tokens=2,
    total_tokens=2,
    unit_price=Decimal("0.1"),
    price_unit=Decimal("0.001"),
    total_price=Decimal("0.0002"),
    currency="USD",
    latency=0.1,
)
NAMES = {
    "tiny-chat": ModelType.LLM,
    "tiny-embed": ModelType.TEXT_EMBEDDING,
    "tiny-rerank": ModelType.RERANK,
    "tiny-tts": ModelType.TTS,
    "tiny-asr": ModelType.SPEECH2TEXT,
    "tiny-mod": ModelType.MODERATION,
}
CALL = {"id": "call_1", "type": "function", "function": {"name": "lookup", "arguments": '{"q":'}}
REST = {"id": "", "type": "function", "function": {"name": "", "arguments": '"x"}'}}


def scripted_model() -> Scripted:
    """Return the model as a back end."""
    models = [
        ListedModel(provider=PROVIDER, model=name, model_type=model_type, model_properties={})
        for name, model_type in NAMES.items()
    ]
    return Scripted(_answer, models=models)


def _answer(request: Request[Any], run: Run) -> Iterator[Any]:
    match request.invoke_type:
        case InvokeType.LLM | InvokeType.LLM_STRUCTURED_OUTPUT:
            yield from _llm(request)
        case InvokeType.TEXT_EMBEDDING:
            if request.texts == ["fail"]:  # type: ignore[attr-defined]
                raise InvokeBadRequestError("[models] Bad Request Error, no")
            vectors = [[0.25, -1.0] for _ in request.texts]  # type: ignore[attr-defined]
            yield TextEmbeddingResult(model="tiny-embed", embeddings=vectors, usage=EMBEDDING_USAGE)
        case InvokeType.RERANK:
            last = request.docs[-1]  # type: ignore[attr-defined]
            yield RerankResult(model="tiny-rerank", docs=[RerankDocument(index=1, text=last, score=0.9)])
        case InvokeType.TTS:
            yield from map(TTSResult.of, (b"ab", b"cd"))
        case InvokeType.MODERATION:
            yield ModerationResult(result=True)


def _llm(request: Any) -> Iterator[LLMResultChunk]:
    content = request.prompt_messages[-1].get_text_content()
    pieces: list[tuple[str, list[Any], str | None]] = [("Hé", [], None), ("llo", [], "stop")]
    error: Exception | None = None
    match content:
        case "json-please":
            pieces = [('{"a":', [], None), (" 1}", [], "stop")]
        case "tool-split":
            pieces = [("", [CALL], None), ("", [REST], None), ("", [], "tool_calls")]
        case "fail-first":
            pieces, error = [], InvokeRateLimitError("[models] Rate Limit Error, slow down")
        case "fail-unmapped":
            pieces, error = [], KeyError("x")
        case "fail-mid":
            pieces, error = [("Hé", [], None)], InvokeServerUnavailableError("[models] Server Unavailable Error, gone")
    structured = request.invoke_type is InvokeType.LLM_STRUCTURED_OUTPUT
    kind = LLMResultChunkWithStructuredOutput if structured else LLMResultChunk
    for index, (text, calls, reason) in enumerate(pieces):
        message = AssistantPromptMessage(content=text, name="", tool_calls=calls)
        delta = {"index": index, "message": message, "usage": USAGE if reason else None, "finish_reason": reason}
        yield kind(model="tiny-chat", system_fingerprint="fp", delta=delta)  # type: ignore[arg-type]
    if error is not None:
        raise error
