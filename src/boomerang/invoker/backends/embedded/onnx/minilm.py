"""all-MiniLM-L6-v2 on onnxruntime: from texts to unit vectors. Embedding, the fast reranker and moderation share it."""

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
"""What the weights call the files of this model. The first names the second itself, so both must lie in one folder."""

DIMENSIONS = 384
CONTEXT_TOKENS = 256
"""What the model reads of a text, its start and end tokens included; it was trained on no more."""
BATCH_TOKENS = 1024
"""Tokens in one native call, padding included: about 80 ms on two cores and 40 MB, so that stop acts and memory stays flat."""

_PIECE = re.compile(r"\s*(?:.{1,20000}(?!\S)|\S{20000})", re.DOTALL)
# A long text is tokenised in pieces of some milliseconds each. They end where a word ends, so their tokens are the text's.


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
        from tokenizers import Tokenizer

        self._session = session.load(model)
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
            vectors[batch] = self._vectors([rows[row] for row in batch], run)
        return EmbeddingAnswer(vectors, sum(map(len, rows)), tuple(cuts))

    def _tokens(self, text: str, run: Run) -> tuple[list[int], int]:
        """Return the tokens that the model reads, and how many the whole text has."""
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
        # The mean over the tokens and the sum over them have one direction, so the division by their number is left out.
        unit: Vectors = sums / np.linalg.norm(sums, axis=1, keepdims=True)
        return unit


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
