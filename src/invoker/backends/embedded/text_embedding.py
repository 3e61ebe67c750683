"""Text embedding: all-MiniLM-L6-v2 on onnxruntime. The fast reranker and the moderation heads work on its vectors too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, TypeAlias

from ...backend import ListedModel
from ...entities.model import EmbeddingInputType, ModelPropertyKey, ModelType
from ...entities.multimodal import MultiModalContent, MultiModalContentType
from ...entities.text_embedding import (
    EmbeddingUsage,
    MultiModalEmbeddingResult,
    RequestInvokeMultiModalEmbedding,
    RequestInvokeTextEmbedding,
    TextEmbeddingResult,
)
from ...errors import InvokeBadRequestError
from ...run import NoteKind, Run

if TYPE_CHECKING:  # numpy is loaded with the model, not with the list of models
    import numpy as np
    from numpy.typing import NDArray

    Vectors: TypeAlias = NDArray[np.float32]
    Ids: TypeAlias = NDArray[np.int64]

PROVIDER = "embedded"
MODEL = "all-minilm-l6-v2"
MODEL_FILE = f"{MODEL}/model.onnx"
DATA_FILE = f"{MODEL}/model.onnx_data"
TOKENIZER_FILE = f"{MODEL}/tokenizer.json"
FILES = (MODEL_FILE, DATA_FILE, TOKENIZER_FILE)
"""What the weights call the files of this model. The first names the second itself, so both must lie in one folder."""

DIMENSIONS = 384
CONTEXT_TOKENS = 256
"""What the model reads of a text, its start and end tokens included; it was trained on no more."""
MAX_CHUNKS = 128
"""How many texts a caller should send at a time. More are answered too; the answer only comes later."""
BATCH_TOKENS = 1024
"""Tokens in one native call, padding included: about 80 ms on two cores and 40 MB, so that stop acts and memory stays flat."""

_PIECE = re.compile(r"\s*(?:.{1,20000}(?!\S)|\S{20000})", re.DOTALL)
# A long text is tokenised in pieces of some milliseconds each. They end where a word ends, so their tokens are the text's.


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
            "about": f"English sentences and short paragraphs as unit vectors of {DIMENSIONS} dimensions; weak in other "
            f"languages. Reads {CONTEXT_TOKENS} tokens of a text. Queries and documents get the same vectors.",
        }
    )


@dataclass(frozen=True, slots=True)
class Cut:
    """A text of which the model read only the beginning."""

    row: int
    tokens: int
    """Length of the whole text; the model read the first `CONTEXT_TOKENS`."""


@dataclass(frozen=True, slots=True)
class EmbeddingAnswer:
    """Vectors, and what the model read for them."""

    vectors: Vectors
    """Unit vectors, float32, shape (texts, dimensions), in the order of the texts."""
    tokens: int
    """Tokens that the model read, start and end tokens included, padding not."""
    cuts: tuple[Cut, ...]


class Embedder:
    """all-MiniLM-L6-v2, loaded: mean of the last hidden states, scaled to length one.

    Safe to call from several threads. It holds about 100 MB, which go with it.

    Args:
        model: The ONNX file, its data file beside it.
        tokenizer: The `tokenizer.json` file.
    """

    def __init__(self, model: Path, tokenizer: Path) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        # Threads that spin while they wait would take the cores from the other embedded models.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        # The file asks for padding to 128 tokens and for silent cutting; we pad each batch and tell of each cut.
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._start, self._end = self._tokenizer.encode("").ids

    @classmethod
    def load(cls, path: Callable[[str], Path]) -> Embedder:
        """Load the model from its `FILES`; `path` tells where a file lies and raises if it is not there."""
        path(DATA_FILE)
        return cls(path(MODEL_FILE), path(TOKENIZER_FILE))

    def embed(self, texts: Sequence[str], input_type: EmbeddingInputType, run: Run) -> EmbeddingAnswer:
        """Turn texts into unit vectors; an empty text has one too.

        Args:
            texts: Any number, of any length.
            input_type: Makes no difference to this model: queries and documents get the same vectors.
            run: Checked between batches; a stop ends the native call under way as well.

        Raises:
            RunStoppedError: The run was stopped.
        """
        import numpy as np

        rows: list[list[int]] = []
        cuts: list[Cut] = []
        for row, text in enumerate(texts):
            ids, tokens = self._tokens(text, run)
            rows.append(ids)
            if tokens > CONTEXT_TOKENS:
                cuts.append(Cut(row, tokens))
        vectors = np.empty((len(rows), DIMENSIONS), np.float32)
        for batch in batches([len(ids) for ids in rows]):
            run.check()
            vectors[batch] = self._vectors([rows[row] for row in batch], run)
        return EmbeddingAnswer(vectors, sum(map(len, rows)), tuple(cuts))

    def _tokens(self, text: str, run: Run) -> tuple[list[int], int]:
        """Give the tokens that the model reads, and how many the whole text has."""
        room = CONTEXT_TOKENS - 2
        ids: list[int] = []
        count = 2
        for piece in pieces(text):
            run.check()
            encoding = self._tokenizer.encode(piece, add_special_tokens=False)
            count += len(encoding)
            if len(ids) < room:
                ids += encoding.ids[: room - len(ids)]
        return [self._start, *ids, self._end], count

    def _vectors(self, rows: Sequence[Sequence[int]], run: Run) -> Vectors:
        import numpy as np

        shape = (len(rows), max(map(len, rows)))
        ids, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for row, tokens in enumerate(rows):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        hidden = self._forward(ids, mask, run)
        sums = np.einsum("rtd,rt->rd", hidden, mask.astype(np.float32))
        # The mean over the tokens and the sum over them have one direction, so the division by their number is left out.
        unit: Vectors = sums / np.linalg.norm(sums, axis=1, keepdims=True)
        return unit

    def _forward(self, ids: Ids, mask: Ids, run: Run) -> Vectors:
        """Give the last hidden states, float32, shape (texts, tokens, dimensions)."""
        import numpy as np
        from onnxruntime import RunOptions
        from onnxruntime.capi.onnxruntime_pybind11_state import Fail

        options = RunOptions()

        def terminate() -> None:
            options.terminate = True

        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        with run.on_stop(terminate):
            try:
                hidden: Vectors = self._session.run(None, feed, options)[0]
            except Fail:
                run.check()  # the failure that our own stop made
                raise
        return hidden


def pieces(text: str) -> Iterator[str]:
    """Cut a text into pieces of some thousand characters, between words wherever a word ends in time."""
    return (match.group() for match in _PIECE.finditer(text))


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Sort rows into batches of like length, none over `BATCH_TOKENS` when padded; the longest rows come first.

    Args:
        lengths: Tokens of each row.

    Yields:
        Row numbers.
    """
    batch: list[int] = []
    # The longest first: what the runtime's memory grows to, it grows to once.
    for row in sorted(range(len(lengths)), key=lambda row: -lengths[row]):
        if batch and (len(batch) + 1) * lengths[batch[0]] > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def answer(request: RequestInvokeTextEmbedding, embedder: Embedder, run: Run) -> TextEmbeddingResult:
    """Answer `text_embedding.invoke`.

    Raises:
        InvokeBadRequestError: There are no texts.
        RunStoppedError: The run was stopped.
    """
    vectors, usage = _embed(embedder, request.texts, request.input_type, run, "texts")
    return TextEmbeddingResult(model=request.model, embeddings=vectors, usage=usage)


def answer_multimodal(request: RequestInvokeMultiModalEmbedding, embedder: Embedder, run: Run) -> MultiModalEmbeddingResult:
    """Answer `text_embedding.invoke_multimodal`, as far as the contents are texts.

    Raises:
        InvokeBadRequestError: There are no documents, or one is an image.
        RunStoppedError: The run was stopped.
    """
    texts = [text_of(document, f"documents[{row}]") for row, document in enumerate(request.documents)]
    vectors, usage = _embed(embedder, texts, request.input_type, run, "documents")
    return MultiModalEmbeddingResult(model=request.model, embeddings=vectors, usage=usage)


def text_of(content: MultiModalContent, name: str) -> str:
    """Give the text of a content that may be an image.

    Raises:
        InvokeBadRequestError: It is an image.
    """
    if content.content_type is not MultiModalContentType.TEXT:
        raise InvokeBadRequestError(
            f"{name} is an {content.content_type.value}; this model reads text only.",
            field=name,
            hint="Send contents of the type text, or choose a multimodal model.",
        )
    return content.content


def tell_cuts(run: Run, cuts: Sequence[Cut], name: Callable[[int], str]) -> None:
    """Note which texts were cut; none is cut silently.

    Args:
        run: Whose listener is told.
        cuts: What was cut.
        name: Gives what the caller calls a row, such as `texts[3]`.
    """
    if not cuts:
        return
    shown = [f"{name(cut.row)} ({cut.tokens} tokens)" for cut in cuts[:5]]
    more = f" and {len(cuts) - 5} more" if len(cuts) > 5 else ""
    run.note(
        NoteKind.NOTICE,
        f"The model reads {CONTEXT_TOKENS} tokens of a text; only the beginning was read of {', '.join(shown)}{more}.",
        cut={name(cut.row): cut.tokens for cut in cuts},
        limit=CONTEXT_TOKENS,
    )


def _embed(
    embedder: Embedder, texts: Sequence[str], input_type: EmbeddingInputType, run: Run, field: str
) -> tuple[list[list[float]], EmbeddingUsage]:
    if not texts:
        raise InvokeBadRequestError(
            f"There is nothing to embed: `{field}` is empty.", field=field, hint="Give at least one text."
        )
    blank = [f"{field}[{row}]" for row, text in enumerate(texts) if not text.strip()]
    if blank:
        run.note(NoteKind.NOTICE, f"No text in {', '.join(blank)}; the vector there stands for nothing.", blank=blank)
    started = perf_counter()
    answer = embedder.embed(texts, input_type, run)
    tell_cuts(run, answer.cuts, lambda row: f"{field}[{row}]")
    usage = EmbeddingUsage.priced(None, tokens=answer.tokens, latency=perf_counter() - started)
    return answer.vectors.tolist(), usage
