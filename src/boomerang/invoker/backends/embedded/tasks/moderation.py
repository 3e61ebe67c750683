"""Moderation: small logistic heads on the embedding model's sentence vectors, trained by `scripts/train_moderation.py`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.backends.embedded.llama.llm_models import PROVIDER
from boomerang.invoker.backends.embedded.onnx.minilm import DIMENSIONS, Embedder
from boomerang.invoker.entities.model import EmbeddingInputType, ModelPropertyKey, ModelType
from boomerang.invoker.entities.moderation import ModerationResult, RequestInvokeModeration
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.events import ModerationScores
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run

if TYPE_CHECKING:  # numpy is loaded with the model, not with the list of models
    import numpy as np
    from numpy.typing import NDArray

    from boomerang.invoker.backends.embedded.onnx.minilm import Vectors

MODEL = "minilm-moderation-heads"
HEADS_FILE = Path(__file__).with_name("moderation_heads.json")
CATEGORIES = ("harassment", "hate", "violence", "sexual", "self-harm")
THRESHOLD = 0.5
"""Probability from which a category is flagged."""
WINDOW = 300
"""Characters of a sentence that are judged at once; longer ones are judged in windows that overlap by half."""
SHORTEST = 20
"""Characters. Shorter parts, such as "Dr." or "No!", are joined with the next one."""
SENTENCES_AT_ONCE = 64

_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|(?<!\s)\s*\n\s*")


def listed() -> ListedModel:
    """Describe the model as `Backend.models()` lists it."""
    return ListedModel.model_validate(
        {
            "provider": PROVIDER,
            "model": MODEL,
            "label": {"en_US": "MiniLM moderation heads"},
            "model_type": ModelType.MODERATION,
            "model_properties": {ModelPropertyKey.MAX_CHUNKS: 1},
            "about": {
                "en_US": "A small demonstration classifier for English (harassment, hate, violence, sexual, self-harm), "
                "trained on some hundred sentences of this project. It misses much and raises false alarms: good to see how "
                "moderation is wired, not to protect anyone.",
                "zh_Hans": "用于演示的小型英文分类器（骚扰、仇恨、暴力、色情、自残），用本项目的几百个句子训练。"
                "漏报多，也有误报：适合了解审核如何接入，不能用来保护任何人。",
            },
        }
    )


class Heads:
    """A logistic head for each category, on sentence vectors.

    There is none for "any category": the highest of the five separates harmful from harmless better than a separate head did
    (cross-validated: a recall of 0.85 at 2.2 % false alarms against 0.81 at 3.5 %).

    Args:
        weights: Float64, shape (categories, dimensions + 1); rows as in `CATEGORIES`, the bias last.
    """

    def __init__(self, weights: NDArray[np.float64]) -> None:
        expected = (len(CATEGORIES), DIMENSIONS + 1)
        if weights.shape != expected:
            raise ValueError(f"the heads have the shape {weights.shape}, expected {expected}")
        self.weights = weights

    @classmethod
    def load(cls, path: Path = HEADS_FILE) -> Heads:
        """Read heads from the JSON file that the training script writes."""
        import numpy as np

        heads = json.loads(path.read_text(encoding="utf-8"))["heads"]
        return cls(np.array([[*heads[label]["weights"], heads[label]["bias"]] for label in CATEGORIES]))

    def scores(self, vectors: Vectors) -> NDArray[np.float64]:
        """Score sentences.

        Args:
            vectors: Unit vectors, shape (sentences, dimensions).

        Returns:
            Probabilities, shape (sentences, categories), columns as in `CATEGORIES`.
        """
        import numpy as np

        logits = vectors @ self.weights[:, :-1].T + self.weights[:, -1]
        # tanh, because exp would overflow on very large logits.
        probabilities: NDArray[np.float64] = (1 + np.tanh(logits / 2)) / 2
        return probabilities


@cache
def own_heads() -> Heads:
    """Return the project's own heads; loaded once."""
    return Heads.load()


@dataclass(frozen=True, slots=True)
class Finding:
    """The sentence of a text that scores highest in a category."""

    score: float
    """Probability."""
    sentence: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """Scores of a text."""

    findings: Mapping[str, Finding]
    """One per category."""
    sentences: int
    """Number of sentences."""

    @property
    def category(self) -> str:
        """The most likely category, which decides."""
        return max(self.findings, key=lambda category: self.findings[category].score)

    @property
    def flagged(self) -> bool:
        """Whether the text is sensitive."""
        return self.findings[self.category].score >= THRESHOLD


class Moderator:
    """Judges a text sentence by sentence; the worst sentence counts.

    Args:
        embedder: The model whose vectors the heads read.
        heads: Defaults to the project's own.
    """

    def __init__(self, embedder: Embedder, heads: Heads | None = None) -> None:
        self._embedder = embedder
        self._heads = heads or own_heads()

    def classify(self, text: str, run: Run) -> Judgement:
        """Judge a text of any length that is not blank.

        Raises:
            RunStoppedError: The run was stopped.
        """
        parts = list(sentences(text))
        findings = dict.fromkeys(CATEGORIES, Finding(-1.0, ""))
        for start in range(0, len(parts), SENTENCES_AT_ONCE):
            group = parts[start : start + SENTENCES_AT_ONCE]
            scores = self._heads.scores(self._embedder.embed(group, EmbeddingInputType.DOCUMENT, run).vectors)
            for column, category in enumerate(CATEGORIES):
                row = int(scores[:, column].argmax())
                candidate = Finding(float(scores[row, column]), group[row])
                findings[category] = max(findings[category], candidate, key=lambda finding: finding.score)
        return Judgement(findings, len(parts))


def sentences(text: str) -> Iterator[str]:
    """Split a text into sentences and lines, and very long ones into windows that overlap by half."""
    pending = ""
    for part in filter(None, map(str.strip, _END.split(text))):
        pending = f"{pending} {part}" if pending else part
        if len(pending) >= SHORTEST:
            yield from _windows(pending)
            pending = ""
    if pending:
        yield pending


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
    """Answer `moderation.invoke`; report the scores, which Dify's boolean leaves out, as an event.

    Raises:
        InvokeBadRequestError: The text is blank.
        RunStoppedError: The run was stopped.
    """
    if not request.text.strip():
        raise InvokeBadRequestError(
            Message("inputs.nothing_to_judge"), field="text", hint=Message("inputs.nothing_to_judge_hint")
        )
    if not _mostly_latin(request.text):
        run.notice("inputs.english_classifier")
    judgement = moderator.classify(request.text, run)
    run.report(
        ModerationScores(
            {category: finding.score for category, finding in judgement.findings.items()},
            threshold=THRESHOLD,
            category=judgement.category,
            sentence=judgement.findings[judgement.category].sentence,
            sentences=judgement.sentences,
        )
    )
    return ModerationResult(result=judgement.flagged)


def _mostly_latin(text: str) -> bool:
    """Return whether at least half of the letters are Latin: a guess at English that needs no model."""
    letters = [character for character in text if character.isalpha()]
    return 2 * sum(character < "\u0250" for character in letters) >= len(letters)
