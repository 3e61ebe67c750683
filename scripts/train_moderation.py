"""Train the moderation heads and report their quality.

Reads the seed sentences in `training/moderation/`, adds neutral sentences from its templates, embeds all of them with the
embedded embedding model, fits a logistic regression per category, and writes the heads as JSON beside the module that uses
them. Deterministic: the same sentences give the same heads, up to the processor's rounding.

    python scripts/train_moderation.py            # train, write, evaluate
    python scripts/train_moderation.py --check    # evaluate the existing heads
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boomerang.invoker.backends.embedded.onnx.minilm import MODEL, Embedder
from boomerang.invoker.backends.embedded.tasks.moderation import CATEGORIES, HEADS_FILE, THRESHOLD, Heads
from boomerang.invoker.entities.model import EmbeddingInputType
from boomerang.invoker.run import Run

FOLDER = Path(__file__).resolve().parents[1] / "training" / "moderation"
SEEDS = ("harmful.tsv", "tricky.tsv", "neutral.tsv")
EVALUATION = "evaluation.tsv"
TEMPLATES = "templates.json"
TEMPLATE_SEED = 20
FROM_TEMPLATES = 700
STRENGTH = 10.0
"""Inverse regularisation strength (C in other libraries)."""
BALANCE = 0.5
"""How much more rare harmful sentences count: 0 for not at all, 1 for equal weight of both sides.

Both numbers were chosen by cross-validation on the seeds, for the best recall with false alarms under one percent.
"""
DECIMALS = 4

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence and its categories; none for a harmless one."""

    labels: frozenset[str]
    text: str


def read(name: str) -> list[Example]:
    """Read a file of `label[,label] <TAB> sentence` lines; lines that begin with # are comments."""
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [_example(line, f"{name}:{number}") for number, line in enumerate(lines, 1) if line and not line.startswith("#")]


def _example(line: str, place: str) -> Example:
    labels, tab, text = line.partition("\t")
    categories = frozenset(labels.split(",")) - {"none"}
    if not tab or not text.strip() or not categories <= set(CATEGORIES):
        raise ValueError(f"{place}: expected `label <TAB> sentence`, labels none or of {', '.join(CATEGORIES)}")
    return Example(categories, text)


def from_templates(count: int, seed: int) -> list[Example]:
    """Generate `count` different harmless sentences, cycling through the templates."""
    patterns = json.loads((FOLDER / TEMPLATES).read_text(encoding="utf-8"))
    chooser = random.Random(seed)
    made: dict[str, None] = {}
    for template in cycle(patterns["templates"]):
        if len(made) == count:
            break
        made[fill(template, patterns["words"], chooser)] = None
    return [Example(frozenset(), text) for text in made]


def fill(template: str, choices: Mapping[str, Sequence[str]], chooser: random.Random) -> str:
    """Replace each `{kind}` by a word, capitalised for `{Kind}`."""

    def chosen(match: re.Match[str]) -> str:
        kind = match.group(1)
        word = chooser.choice(choices[kind.lower()])
        return word if kind.islower() else word[0].upper() + word[1:]

    return re.sub(r"\{(\w+)\}", chosen, template)


def vectors_of(embedder: Embedder, examples: Sequence[Example]) -> Floats:
    """Embed the sentences: unit vectors, shape (sentences, dimensions)."""
    answer = embedder.embed([example.text for example in examples], EmbeddingInputType.DOCUMENT, Run())
    return answer.vectors.astype(np.float64)


def targets_of(examples: Sequence[Example]) -> Floats:
    """Return 1 for the categories of a sentence, else 0; shape (sentences, categories)."""
    return np.array([[category in example.labels for category in CATEGORIES] for example in examples], np.float64)


def fit(vectors: Floats, target: Floats, steps: int = 50) -> Floats:
    """Fit one logistic regression by Newton's method.

    Args:
        vectors: Shape (sentences, dimensions).
        target: 0 or 1, shape (sentences,).
        steps: Maximum number of steps; it converges in about ten.

    Returns:
        Weights, then the bias; shape (dimensions + 1,).

    Raises:
        ArithmeticError: No convergence.
    """
    inputs = np.hstack([vectors, np.ones((len(vectors), 1))])
    rarity = (1 - target.mean()) / target.mean()
    count = STRENGTH * np.where(target > 0, rarity**BALANCE, 1.0)
    keep = np.ones(inputs.shape[1])
    keep[-1] = 1e-6  # the bias may be large, but not entirely free, so that the solution is unique
    weights = np.zeros(inputs.shape[1])
    for _ in range(steps):
        probability = (1 + np.tanh(inputs @ weights / 2)) / 2
        gradient = inputs.T @ (count * (probability - target)) + keep * weights
        curvature = count * probability * (1 - probability)
        step = np.linalg.solve((inputs * curvature[:, None]).T @ inputs + np.diag(keep), gradient)
        weights -= step
        if float(np.abs(step).max()) < 1e-8:
            return weights
    raise ArithmeticError(f"no convergence in {steps} steps")


def train(vectors: Floats, targets: Floats) -> Heads:
    """Fit a head for each category."""
    return Heads(np.array([fit(vectors, targets[:, column]) for column in range(len(CATEGORIES))]))


@dataclass(frozen=True, slots=True)
class Quality:
    """How well harmful and harmless sentences are separated."""

    caught: int
    harmful: int
    false_alarms: int
    harmless: int

    @property
    def precision(self) -> float:
        """Share of the flagged sentences that are harmful."""
        return self.caught / max(1, self.caught + self.false_alarms)

    @property
    def recall(self) -> float:
        """Share of the harmful sentences that are flagged."""
        return self.caught / self.harmful

    @property
    def false_alarm_rate(self) -> float:
        """Share of the harmless sentences that are flagged."""
        return self.false_alarms / self.harmless

    def __str__(self) -> str:
        """Return the numbers on one line."""
        return (
            f"precision {self.precision:.2f}, recall {self.recall:.2f} ({self.caught} of {self.harmful}), "
            f"false alarms {self.false_alarm_rate:.1%} ({self.false_alarms} of {self.harmless})"
        )


def quality(scores: Floats, targets: Floats) -> Quality:
    """Compare scores with the targets, both of shape (sentences, categories)."""
    flagged, harmful = scores.max(axis=1) >= THRESHOLD, targets.max(axis=1) > 0
    return Quality(int((flagged & harmful).sum()), int(harmful.sum()), int((flagged & ~harmful).sum()), int((~harmful).sum()))


def cross_validate(vectors: Floats, targets: Floats, folds: int = 5) -> Quality:
    """Train on four fifths of the sentences and evaluate the other fifth, in turn."""
    scores = np.empty_like(targets)
    fold = np.arange(len(vectors)) % folds
    for number in range(folds):
        in_fold = fold == number
        scores[in_fold] = train(vectors[~in_fold], targets[~in_fold]).scores(vectors[in_fold].astype(np.float32))
    return quality(scores, targets)


def training_examples() -> list[Example]:
    """Return all training sentences."""
    return [example for name in SEEDS for example in read(name)] + from_templates(FROM_TEMPLATES, TEMPLATE_SEED)


def digest(examples: Sequence[Example]) -> str:
    """Return a hash of the sentences, which identifies the training data of the heads."""
    lines = "\n".join(f"{','.join(sorted(example.labels))}\t{example.text}" for example in examples)
    return hashlib.sha256(lines.encode()).hexdigest()


def write(heads: Heads, examples: Sequence[Example], path: Path) -> None:
    """Write heads as JSON, one line per head, so that changes are readable."""
    rows = [[round(float(weight), DECIMALS) for weight in row] for row in heads.weights]
    lines = [
        f"    {json.dumps(label)}: {json.dumps({'bias': row[-1], 'weights': row[:-1]})}"
        for label, row in zip(CATEGORIES, rows, strict=True)
    ]
    about = "Logistic heads on the sentence vectors of the model; written by scripts/train_moderation.py, not by hand."
    head = f'{{\n  "about": {json.dumps(about)},\n  "model": {json.dumps(MODEL)},\n  "sentences": {len(examples)},\n'
    head += f'  "sentences_sha256": "{digest(examples)}",\n  "heads": {{\n'
    path.write_text(head + ",\n".join(lines) + "\n  }\n}\n", encoding="utf-8")


def report(heads: Heads, vectors: Floats, examples: Sequence[Example]) -> Quality:
    """Print the quality of the heads on unseen sentences, and their mistakes."""
    targets = targets_of(examples)
    scores = heads.scores(vectors.astype(np.float32))
    result = quality(scores, targets)
    print(f"evaluation, {len(examples)} sentences: {result}")
    for column, category in enumerate(CATEGORIES):
        own = scores[targets[:, column] > 0]
        flagged, named = int((own.max(axis=1) >= THRESHOLD).sum()), int((own.argmax(axis=1) == column).sum())
        print(f"  {category:10} {flagged} of {len(own)} flagged, {named} named rightly")
    for example, score in zip(examples, scores.max(axis=1), strict=True):
        if (score >= THRESHOLD) != bool(example.labels):
            print(f"  {'missed' if example.labels else 'false alarm'} {score:.2f}  {example.text}")
    return result


def main() -> None:
    """Train, write and evaluate, or only evaluate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="evaluate the heads that are there, write nothing")
    check = parser.parse_args().check
    from boomerang.invoker.weights.models_folder import Weights

    embedder = Embedder.load(Weights().path)
    if not check:
        examples = training_examples()
        vectors, targets = vectors_of(embedder, examples), targets_of(examples)
        print(f"training, {len(examples)} sentences, cross-validated: {cross_validate(vectors, targets)}")
        write(train(vectors, targets), examples, HEADS_FILE)
    examples = read(EVALUATION)
    report(Heads.load(), vectors_of(embedder, examples), examples)


if __name__ == "__main__":
    main()
