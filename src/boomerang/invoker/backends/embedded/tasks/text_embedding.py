"""Text embedding with the embedder's vectors, and notices for texts that are too long for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.backends.embedded.llama.llm_models import PROVIDER
from boomerang.invoker.backends.embedded.onnx.minilm import CONTEXT_TOKENS, DIMENSIONS, MODEL, Cut, Embedder
from boomerang.invoker.entities.content import MultiModalContent, MultiModalContentType
from boomerang.invoker.entities.model import EmbeddingInputType, ModelPropertyKey, ModelType
from boomerang.invoker.entities.text_embedding import (
    EmbeddingUsage,
    MultiModalEmbeddingResult,
    RequestInvokeMultiModalEmbedding,
    RequestInvokeTextEmbedding,
    TextEmbeddingResult,
)
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.events import Notice
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run

MAX_CHUNKS = 128
"""Texts that a caller should send at a time. More are allowed; the answer only takes longer."""


def listed() -> ListedModel:
    """Describe the model as `Backend.models()` lists it."""
    return ListedModel.model_validate(
        {
            "provider": PROVIDER,
            "model": MODEL,
            "label": {"en_US": "all-MiniLM-L6-v2"},
            "model_type": ModelType.TEXT_EMBEDDING,
            "model_properties": {
                ModelPropertyKey.CONTEXT_SIZE: CONTEXT_TOKENS,
                ModelPropertyKey.MAX_CHUNKS: MAX_CHUNKS,
            },
            "about": {
                "en_US": f"English sentences and short paragraphs as unit vectors of {DIMENSIONS} dimensions; weak in other "
                f"languages. Reads {CONTEXT_TOKENS} tokens of a text. Queries and documents get the same vectors.",
                "zh_Hans": f"把英文句子和短段落变成 {DIMENSIONS} 维的单位向量；其他语言效果差。"
                f"每段文本读 {CONTEXT_TOKENS} 个 token。查询和文档得到相同的向量。",
            },
        }
    )


def answer(request: RequestInvokeTextEmbedding, embedder: Embedder, run: Run) -> TextEmbeddingResult:
    """Answer `text_embedding.invoke`.

    Raises:
        InvokeBadRequestError: There are no texts.
        RunStoppedError: The run was stopped.
    """
    vectors, usage = _embed(embedder, request.texts, request.input_type, run, "texts")
    return TextEmbeddingResult(model=request.model, embeddings=vectors, usage=usage)


def answer_multimodal(request: RequestInvokeMultiModalEmbedding, embedder: Embedder, run: Run) -> MultiModalEmbeddingResult:
    """Answer `text_embedding.invoke_multimodal` if all contents are texts.

    Raises:
        InvokeBadRequestError: There are no documents, or one is an image.
        RunStoppedError: The run was stopped.
    """
    texts = [text_of(document, f"documents[{row}]") for row, document in enumerate(request.documents)]
    vectors, usage = _embed(embedder, texts, request.input_type, run, "documents")
    return MultiModalEmbeddingResult(model=request.model, embeddings=vectors, usage=usage)


def text_of(content: MultiModalContent, name: str) -> str:
    """Return the text of a content, which may be an image.

    Raises:
        InvokeBadRequestError: The content is an image.
    """
    if content.content_type is not MultiModalContentType.TEXT:
        raise InvokeBadRequestError(
            Message("inputs.not_text", field=name, type=content.content_type.value),
            field=name,
            hint=Message("inputs.not_text_hint"),
        )
    return content.content


def notice_cuts(run: Run, cuts: Sequence[Cut], name: Callable[[int], str]) -> None:
    """Report which texts were cut; none is cut silently.

    Args:
        run: Receives the notice.
        cuts: The texts that were cut.
        name: Return the caller's name for a row, such as `texts[3]`.
    """
    if not cuts:
        return
    parts = tuple(f"{name(cut.row)} ({cut.tokens} tokens)" for cut in cuts)
    rows = ", ".join(parts[:5])
    if len(cuts) > 5:
        message = Message("inputs.rows_cut_more", size=CONTEXT_TOKENS, rows=rows, more=len(cuts) - 5)
    else:
        message = Message("inputs.rows_cut", size=CONTEXT_TOKENS, rows=rows)
    run.report(Notice(message, items=parts))


def _embed(
    embedder: Embedder, texts: Sequence[str], input_type: EmbeddingInputType, run: Run, field: str
) -> tuple[list[list[float]], EmbeddingUsage]:
    if not texts:
        raise InvokeBadRequestError(
            Message("inputs.nothing_to_embed", field=field), field=field, hint=Message("inputs.one_text")
        )
    blank = [f"{field}[{row}]" for row, text in enumerate(texts) if not text.strip()]
    if blank:
        run.notice("inputs.blank_rows", rows=", ".join(blank))
    started = perf_counter()
    answer = embedder.embed(texts, input_type, run)
    notice_cuts(run, answer.cuts, lambda row: f"{field}[{row}]")
    usage = EmbeddingUsage.priced(None, tokens=answer.tokens, latency=perf_counter() - started)
    return answer.vectors.tolist(), usage
