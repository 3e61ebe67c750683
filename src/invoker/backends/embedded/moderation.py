"""Moderation: small logistic heads on the sentence vectors of the embedding model, trained by `scripts/train_moderation.py`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...backend import ListedModel
from ...entities.model import EmbeddingInputType, ModelPropertyKey, ModelType
from ...entities.moderation import ModerationResult, RequestInvokeModeration
from ...errors import InvokeBadRequestError
from ...run import NoteKind, Run
from .text_embedding import DIMENSIONS, PROVIDER, Embedder

if TYPE_CHECKING:  # numpy is loaded with the model, not with the list of models
    import numpy as np
    from numpy.typing import NDArray

    from .text_embedding import Vectors

MODEL = "minilm-moderation-heads"
HEADS_FILE = Path(__file__).with_name("moderation_heads.json")
CATEGORIES = ("harassment", "hate", "violence", "sexual", "self-harm")
ANY = "any"
"""The head that decides: it learned all categories as one."""
LABELS = (*CATEGORIES, ANY)
THRESHOLD = 0.5
WINDOW = 300
"""Characters of a sentence that are judged at once; longer ones are judged in windows that overlap by half."""
SHORTEST = 20
"""Characters. What is shorter is no sentence of its own, such as "Dr." or "No!", and is read with its neighbour."""
SENTENCES_AT_ONCE = 64

_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|\s*\n\s*")


def listed() -> ListedModel:
    """Describe the model as `Backend.models()` lists it."""
    return ListedModel.model_validate(
        {
            "provider": PROVIDER,
            "model": MODEL,
            "label": {"en_US": "MiniLM moderation heads"},
            "model_type": ModelType.MODERATION,
            "model_properties": {ModelPropertyKey.MAX_CHUNKS: 1},
            "about": "A small demonstration classifier for English (harassment, hate, violence, sexual, self-harm), trained on a few "
            "hundred sentences of this project. It misses things and raises false alarms: good to see how moderation is wired, not "
            "to protect anyone.",
        }
    )


class Heads:
    """Six logistic heads on sentence vectors.

    Args:
        weights: One row a label, in the order of `LABELS`; float64, shape (6, dimensions + 1), the bias last.
    """

    def __init__(self, weights: NDArray[np.float64]) -> None:
        if weights.shape != (len(LABELS), DIMENSIONS + 1):
            raise ValueError(f"the heads have the shape {weights.shape}, expected {(len(LABELS), DIMENSIONS + 1)}")
        self.weights = weights

    @classmethod
    def load(cls, path: Path = HEADS_FILE) -> Heads:
        """Read heads from the JSON file that the training script writes."""
        import numpy as np

        heads = json.loads(path.read_text(encoding="utf-8"))["heads"]
        return cls(np.array([[*heads[label]["weights"], heads[label]["bias"]] for label in LABELS]))

    def scores(self, vectors: Vectors) -> NDArray[np.float64]:
        """Score sentences.

        Args:
            vectors: Unit vectors, shape (sentences, dimensions).

        Returns:
            Probabilities, shape (sentences, 6), columns as in `LABELS`.
        """
        import numpy as np

        logits = vectors @ self.weights[:, :-1].T + self.weights[:, -1]
        # Through tanh, since exp would overflow on a head that is very sure.
        probabilities: NDArray[np.float64] = (1 + np.tanh(logits / 2)) / 2
        return probabilities


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the heads think of a text."""

    categories: Mapping[str, float]
    """Each category's probability in the sentence where it is highest."""
    any: float
    """Probability of any category, in the sentence where it is highest; this decides."""
    sentence: str
    """That sentence."""
    sentences: int
    """How many were read."""

    @property
    def flagged(self) -> bool:
        """Whether the text is sensitive."""
        return self.any >= THRESHOLD


class Moderator:
    """Judges a text sentence by sentence; the worst sentence counts.

    Args:
        embedder: The model whose vectors the heads read.
        heads: What was learned.
    """

    def __init__(self, embedder: Embedder, heads: Heads | None = None) -> None:
        self._embedder = embedder
        self._heads = heads or Heads.load()

    def judge(self, text: str, run: Run) -> Judgement:
        """Judge a text of any length that is not blank.

        Raises:
            RunStoppedError: The run was stopped.
        """
        parts = list(sentences(text))
        best: dict[str, tuple[float, str]] = {}
        for start in range(0, len(parts), SENTENCES_AT_ONCE):
            group = parts[start : start + SENTENCES_AT_ONCE]
            scores = self._heads.scores(self._embedder.embed(group, EmbeddingInputType.DOCUMENT, run).vectors)
            for column, label in enumerate(LABELS):
                row = int(scores[:, column].argmax())
                best[label] = max(best.get(label, (-1.0, "")), (float(scores[row, column]), group[row]), key=lambda pair: pair[0])
        decisive, sentence = best.pop(ANY)
        return Judgement({label: score for label, (score, _) in best.items()}, decisive, sentence, len(parts))


def sentences(text: str) -> Iterator[str]:
    """Cut a text into sentences and lines; very long ones into windows that overlap by half."""
    held = ""
    for part in filter(None, map(str.strip, _END.split(text))):
        held = f"{held} {part}" if held else part
        if len(held) >= SHORTEST:
            yield from _windows(held)
            held = ""
    if held:
        yield held


def _windows(sentence: str) -> Iterator[str]:
    if len(sentence) <= WINDOW:
        yield sentence
        return
    start = 0
    while True:
        yield sentence[start : start + WINDOW].strip()
        if start + WINDOW >= len(sentence):
            return
        half = start + WINDOW // 2
        space = sentence.find(" ", half, start + WINDOW)
        start = half if space < 0 else space + 1


def answer(request: RequestInvokeModeration, moderator: Moderator, run: Run) -> ModerationResult:
    """Answer `moderation.invoke`; what Dify's boolean leaves out becomes a note.

    Raises:
        InvokeBadRequestError: There is no text.
        RunStoppedError: The run was stopped.
    """
    if not request.text.strip():
        raise InvokeBadRequestError("There is no text to judge.", field="text", hint="Enter a text.")
    if not _mostly_latin(request.text):
        run.note(NoteKind.NOTICE, "This classifier knows English only; what it says about this text means little.")
    judgement = moderator.judge(request.text, run)
    run.note(
        NoteKind.DETAIL,
        "categories",
        categories=dict(judgement.categories),
        any=judgement.any,
        threshold=THRESHOLD,
        sentence=judgement.sentence,
        sentences=judgement.sentences,
    )
    return ModerationResult(result=judgement.flagged)


def _mostly_latin(text: str) -> bool:
    """Tell whether at least half of the letters are Latin; the best guess at English that needs no model."""
    letters = [character for character in text if character.isalpha()]
    return 2 * sum(character < "\u0250" for character in letters) >= len(letters)
