"""all-MiniLM-L6-v2 on onnxruntime: maps texts to unit vectors. Shared by embedding, the fast reranker and moderation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from boomerang.invoker.entities.model import EmbeddingInputType
from boomerang.invoker.run import Run

from . import session

if TYPE_CHECKING:  # numpy is loaded with the model, not with the list of models
    import numpy as np
    from numpy.typing import NDArray

    Vectors: TypeAlias = NDArray[np.float32]

MODEL = "all-minilm-l6-v2"
MODEL_FILE = f"{MODEL}/model.onnx"
DATA_FILE = f"{MODEL}/model.onnx_data"
TOKENIZER_FILE = f"{MODEL}/tokenizer.json"
FILES = (MODEL_FILE, DATA_FILE, TOKENIZER_FILE)
"""The model's files, by their names in the manifest. The first refers to the second, so both must be in one folder."""

DIMENSIONS = 384
CONTEXT_TOKENS = 256
"""Tokens of a text that the model reads, including start and end; it was trained on no more."""
BATCH_TOKENS = 1024
"""Tokens per native call, including padding: about 80 ms on two cores and 40 MB, so stops are quick and memory stays flat."""

_PIECE = re.compile(r"\s*(?:.{1,20000}(?!\S)|\S{20000})", re.DOTALL)
# Long texts are tokenised in pieces of some milliseconds each. Pieces end between words, so their tokens are the text's.


@dataclass(frozen=True, slots=True)
class Cut:
    """A text that was too long for the model."""

    row: int
    tokens: int
    """Length of the whole text; the model read the first `CONTEXT_TOKENS`."""


@dataclass(frozen=True, slots=True)
class EmbeddingAnswer:
    """Vectors, and how much the model read."""

    vectors: Vectors
    """Unit vectors, float32, shape (texts, dimensions), in the order of the texts."""
    tokens: int
    """Tokens that the model read, including start and end, without padding."""
    cuts: tuple[Cut, ...]


class Embedder:
    """all-MiniLM-L6-v2, loaded: mean of the last hidden states, scaled to length one.

    Thread-safe. Takes about 100 MB, which are freed with the object.

    Args:
        model: The ONNX file, with its data file beside it.
        tokenizer: The `tokenizer.json` file.
    """

    def __init__(self, model: Path, tokenizer: Path) -> None:
        from tokenizers import Tokenizer

        self._session = session.load(model)
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        # The file asks for padding to 128 tokens and silent truncation; we pad each batch and report each cut.
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._start, self._end = self._tokenizer.encode("").ids

    @classmethod
    def load(cls, path: Callable[[str], Path]) -> Embedder:
        """Load the model from its `FILES`; `path` returns the path of a file, and raises if the file is missing."""
        path(DATA_FILE)
        return cls(path(MODEL_FILE), path(TOKENIZER_FILE))

    def embed(self, texts: Sequence[str], input_type: EmbeddingInputType, run: Run) -> EmbeddingAnswer:
        """Convert texts to unit vectors; an empty text has one too.

        Args:
            texts: Any number, of any length.
            input_type: Ignored: the model embeds queries and documents alike.
            run: Checked between batches; a stop also ends the current native call.

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
            vectors[batch] = self._vectors([rows[row] for row in batch], run)
        return EmbeddingAnswer(vectors, sum(map(len, rows)), tuple(cuts))

    def _tokens(self, text: str, run: Run) -> tuple[list[int], int]:
        """Return the tokens that the model reads, and the number of tokens in the whole text."""
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
        fed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        # The last hidden states, float32, shape (texts, tokens, dimensions).
        hidden: Vectors = session.call(self._session, fed, run)[0]
        sums = np.einsum("rtd,rt->rd", hidden, mask.astype(np.float32))
        # Mean and sum over the tokens have the same direction, so the division is left out.
        unit: Vectors = sums / np.linalg.norm(sums, axis=1, keepdims=True)
        return unit


def pieces(text: str) -> Iterator[str]:
    """Split a text into pieces of some thousand characters, between words if possible."""
    return (match.group() for match in _PIECE.finditer(text))


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Group rows of similar length into batches of at most `BATCH_TOKENS` when padded; the longest rows come first.

    Args:
        lengths: Tokens per row.

    Yields:
        Row numbers.
    """
    batch: list[int] = []
    # The longest first, so that the runtime's memory grows only once.
    for row in sorted(range(len(lengths)), key=lambda row: -lengths[row]):
        if batch and (len(batch) + 1) * lengths[batch[0]] > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch
