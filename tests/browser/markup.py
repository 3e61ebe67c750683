"""A back end whose models answer every call with markup that tries to load or run something.

Used by `scripted_app`; the URL that must never be fetched is in `LEAK_URL`.
"""

import os
from collections.abc import Iterable
from typing import Any

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.backends.scripted import Scripted, llm_chunks
from boomerang.invoker.entities.llm.chunk import LLMResultChunk, LLMResultChunkDelta, LLMResultChunkWithStructuredOutput
from boomerang.invoker.entities.message import AssistantPromptMessage, ToolCall
from boomerang.invoker.entities.model import ModelFeature, ModelPropertyKey, ModelType
from boomerang.invoker.entities.moderation import ModerationResult
from boomerang.invoker.entities.rerank import RerankDocument, RerankResult
from boomerang.invoker.entities.speech2text import Speech2TextResult
from boomerang.invoker.entities.summary import SummaryResult
from boomerang.invoker.entities.text_embedding import EmbeddingUsage, TextEmbeddingResult
from boomerang.invoker.entities.tts import TTSResult
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.events import ModerationScores, Notice, ServerField
from boomerang.invoker.request import InvokeType, Request
from boomerang.invoker.run import Run

LEAK = os.environ.get("LEAK_URL", "http://127.0.0.1:9")
MARKUP = (
    f"Hello ![pixel]({LEAK}/markdown.png) <img src='{LEAK}/tag.png' onerror='window.ran = 1'> "
    f"<script>window.ran = 1; fetch('{LEAK}/script')</script> <iframe src='{LEAK}/frame'></iframe> "
    f"<audio src='{LEAK}/sound.mp3' autoplay></audio> <style>body {{ background: url({LEAK}/style.png) }}</style> "
    f"[![reference]][ref] `code` **bold** :material/bolt: :red[red] $x$ "
    "[data](data:text/html,<script>window.ran=1</script>) [script](javascript:window.ran=1) <data:text/html,x>\n\n"
    f"[ref]: {LEAK}/reference.png\n[reference]: {LEAK}/other.png"
)
TRICKS = "\u202eright to left\u202c \u2067isolated \ud83d half a character \x00\x1b[31m\n\n"
FLOOD = (MARKUP + TRICKS) * (5_000_000 // len(MARKUP + TRICKS))
"""Five million characters."""
NAME = f"`![name]({LEAK}/name.png)`"


def answer(request: Request[Any], run: Run) -> Iterable[Any]:
    """Answer any call with markup in every text."""
    run.report(Notice(MARKUP))
    run.report(ServerField(MARKUP, NAME))
    run.report(ModerationScores({NAME: 0.5}))
    match request.invoke_type:
        case InvokeType.LLM if "fail" in str(request.payload()):
            raise InvokeBadRequestError(MARKUP, field=NAME, hint=MARKUP, body=MARKUP)
        case InvokeType.LLM if "call" in str(request.payload()):
            call = ToolCall(id=NAME, type="function", function=ToolCall.ToolCallFunction(name=NAME, arguments=MARKUP))
            message = AssistantPromptMessage(content="", tool_calls=[call])
            yield LLMResultChunk(model=NAME, delta=LLMResultChunkDelta(index=0, message=message, finish_reason=NAME))
        case InvokeType.LLM if "flood" in str(request.payload()):
            yield from llm_chunks(*[FLOOD[at : at + 1000] for at in range(0, len(FLOOD), 1000)])
        case InvokeType.LLM:
            yield from llm_chunks(*[MARKUP[at : at + 20] for at in range(0, len(MARKUP), 20)], finish_reason=NAME)
        case InvokeType.LLM_STRUCTURED_OUTPUT:
            delta = LLMResultChunkDelta(index=0, message=AssistantPromptMessage(content=MARKUP))
            yield LLMResultChunkWithStructuredOutput(model=NAME, delta=delta, structured_output={NAME: MARKUP})
        case InvokeType.SYSTEM_SUMMARY:
            yield SummaryResult(summary=MARKUP)
        case InvokeType.TEXT_EMBEDDING:
            yield TextEmbeddingResult(
                model=NAME, embeddings=[[1.0, 0.0]] * 5, usage=EmbeddingUsage.priced(None, tokens=1, latency=0.1)
            )
        case InvokeType.RERANK:
            yield RerankResult(model=NAME, docs=[RerankDocument(index=0, text=MARKUP, score=0.5)])
        case InvokeType.TTS:
            yield TTSResult(result=MARKUP.encode().hex(), mime_type=MARKUP)
        case InvokeType.SPEECH2TEXT:
            yield Speech2TextResult(result=MARKUP)
        case _:
            yield ModerationResult(result=True)


def listed(model_type: ModelType) -> ListedModel:
    """Return a model with markup in all of its texts."""
    voices = [{"mode": NAME, "name": MARKUP, "language": ["en-US"]}]
    return ListedModel(
        model=NAME,
        model_type=model_type,
        provider=NAME,
        about=MARKUP,
        features=[ModelFeature.TOOL_CALL],
        model_properties={ModelPropertyKey.VOICES: voices} if model_type is ModelType.TTS else {},
    )


def backend() -> Scripted:
    """Return the back end, with one model of each type."""
    return Scripted(answer, models=[listed(model_type) for model_type in ModelType])
