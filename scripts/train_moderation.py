"""Train the moderation heads and say how good they are.

Reads the seed sentences in `training/moderation/`, adds neutral sentences from the templates below, turns all into vectors
with the embedded embedding model, fits six logistic regressions, and writes them as JSON beside the module that uses them.
Deterministic: the same sentences give the same heads, up to the rounding of the processor's arithmetic.

    PYTHONPATH=src python scripts/train_moderation.py            # train, write, evaluate
    PYTHONPATH=src python scripts/train_moderation.py --check    # evaluate the heads that are there
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from invoker.backends.embedded.moderation import CATEGORIES, HEADS_FILE, LABELS, THRESHOLD, Heads
from invoker.backends.embedded.text_embedding import MODEL, Embedder
from invoker.entities.model import EmbeddingInputType
from invoker.run import Run

FOLDER = Path(__file__).resolve().parents[1] / "training" / "moderation"
SEEDS = ("harmful.tsv", "tricky.tsv", "neutral.tsv")
EVALUATION = "evaluation.tsv"
TEMPLATE_SEED = 20
FROM_TEMPLATES = 700
STRENGTH = 10.0
"""How much the sentences count against keeping the weights small (C of other libraries); chosen by cross-validation."""
DECIMALS = 4

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence and the categories that it falls into; none for a harmless one."""

    labels: frozenset[str]
    text: str


def read(name: str) -> list[Example]:
    """Read a file of `label[,label] <TAB> sentence` lines; lines that begin with # are comments."""
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [_example(line, f"{name}:{number}") for number, line in enumerate(lines, 1) if line and not line.startswith("#")]


def _example(line: str, place: str) -> Example:
    labels, tab, text = line.partition("\t")
    found = frozenset(labels.split(",")) - {"none"}
    if not tab or not text.strip() or not found <= set(CATEGORIES):
        raise ValueError(f"{place}: expected `label <TAB> sentence`, labels none or of {', '.join(CATEGORIES)}")
    return Example(found, text)


TEMPLATES = (
    "{Virtue} is the {kin} of {virtue}.",
    "{Virtue} without {virtue} is like {thing} without {thing}.",
    "A {person} who loves {virtue} seldom lacks {virtue}.",
    "No {person} ever grew rich on {virtue}, and none grew poor on {virtue}.",
    "There are two kinds of {people}: those who {act}, and those who only talk about it.",
    "The {person} said to the {person}: first {act}, then complain.",
    "The trouble with {people} is that they {act} when nobody asks them to.",
    "If you want to know a {person}, watch how he treats a {person}.",
    "When {people} disagree, the {person} makes the money.",
    "Old {people} never retire, they just {act} more slowly.",
    "It takes a {mood} {person} to {act} twice.",
    "Never trust a {person} who does not {act}.",
    "\"I am not {mood},\" said the {person}, \"I only {act} on Sundays.\"",
    "\"What is {virtue}?\" asked the {person}, and nobody answered.",
    "You can always tell a {mood} {person} by the way they {act}.",
    "You are more {mood} than you think; {act} today.",
    "You should {act} {when}, it does you good.",
    "You were {mood} {when}, was it because of the {person}?",
    "Your {relative} asked whether you could {act} {when}.",
    "My {relative} is a {mood} {person} and likes to {act}.",
    "I was {mood} when the {person} called {when}.",
    "I want to {act} with my {relative} {when}.",
    "I don't like {thing}, but my {relative} does.",
    "I have to {act} {when}, so I cannot come.",
    "We met a {mood} {person} near the {place} {when}.",
    "She told me about {thing} and {thing} until the {place} closed.",
    "He forgot {thing} at the {place} again.",
    "The {person} and her {relative} went to the {place} to {act}.",
    "The {place} was full of {mood} {people} {when}.",
    "The {place} opened {when}; {people} had waited for years.",
    "The {number} {people} left the {place} {when}, the paper reports.",
    "Prices for {thing} rose by {number} percent, the office of statistics said {when}.",
    "According to a study, {number} percent of {people} {act} every week.",
    "The council plans a new {place} for {number} million.",
    "Rain is expected {when}, and {number} degrees at the {place}.",
    "Where can I buy {thing} near the {place}?",
    "How long does it take to {act} if you are {mood}?",
    "Can you explain to a {person} how to {act}?",
    "Please bring {thing} and {thing} to the {place} {when}.",
    "Dear {person}, thank you for {thing}; it arrived {when}.",
    "Add {number} grams of {thing} and stir until it is smooth.",
    "Set the timeout to {number} seconds and restart the service {when}.",
    "The test of the {place} page fails on line {number} because the list is empty.",
    "Version {number} adds support for {thing} and fixes the export.",
    "Click on the {place} icon to see {number} more results.",
    "Chapter {number}: how the {person} learned to {act}.",
    "In the year {number} the {people} of the valley built a {place}.",
    "The train to the {place} leaves from platform {number} {when}.",
    "Order {number} of {thing} has been sent.",
    "{People} of the world, {act}!",
    "Ask a {person} for {virtue} and you will get advice.",
    "He who has {thing} wants {virtue}; he who has {virtue} wants lunch.",
)
WORDS = {
    "virtue": "patience courage silence truth love beauty luck wit hope power freedom justice doubt memory wisdom fame money honesty "
    "pleasure anger pride jealousy fear grief death youth war peace".split(),
    "kin": "mother father daughter neighbour enemy servant half-brother beginning end price cousin shadow".split(),
    "thing": "bread|coffee|a borrowed umbrella|blue paint|an old map|fresh paper|green tea|a bag of apples|the spare key|woollen socks|"
    "butter|honey|a good lamp|the second volume|a bicycle pump|red wine|the invoice|cheap tickets|salt|a wooden spoon".split("|"),
    "person": "baker lawyer doctor poet fool king soldier widow teacher programmer bachelor husband judge politician gambler nurse "
    "farmer philosopher child engineer thief priest waiter woman man policeman secretary liar stranger professor".split(),
    "people": "men|women|children|students|lawyers|politicians|tourists|neighbours|young people|old people|artists|economists|"
    "foreigners|managers|sailors|parents|voters|doctors|critics|married couples".split("|"),
    "mood": "happy tired angry lonely clever lazy honest nervous stupid brave rich hungry jealous calm sad proud sober old".split(),
    "act": "sing|write letters|drink less|fight for their rights|sleep late|learn to dance|tell the truth|wash the dishes|plant beans|"
    "read the manual|ask twice|pay the bill|walk to work|break the rules|wait for the bus|play cards|repair the roof|run away|"
    "change their minds|kiss goodbye|cut the hedge|shoot photographs|kill time|hit the road".split("|"),
    "relative": "mother|father|sister|brother|wife|husband|uncle|grandmother|son|daughter|best friend|boss|landlord".split("|"),
    "when": "today|on Sunday|last winter|in the evening|before noon|next week|at night|every spring|yesterday|in June".split("|"),
    "place": "market|station|theatre|church|harbour|hospital|school|library|bridge|prison museum|town hall|bakery|home|court".split("|"),
    "number": "3 7 12 18 25 40 64 90 120 250 1848 1920".split(),
}


def from_templates(count: int, seed: int) -> list[Example]:
    """Make so many different harmless sentences, taking turns among the templates."""
    chooser = random.Random(seed)
    made: dict[str, None] = {}
    for template in cycle(TEMPLATES):
        if len(made) == count:
            break
        made[_fill(template, chooser)] = None
    return [Example(frozenset(), text) for text in made]


def _fill(template: str, chooser: random.Random) -> str:
    def words() -> Iterator[str]:
        for part in template.replace("}", "{").split("{"):
            key = part.lower()
            if key in WORDS:
                word = chooser.choice(WORDS[key])
                yield word if part == key else word[0].upper() + word[1:]
            else:
                yield part

    return "".join(words())


def vectors_of(embedder: Embedder, examples: Sequence[Example]) -> Floats:
    """Embed the sentences: unit vectors, shape (sentences, dimensions)."""
    answer = embedder.embed([example.text for example in examples], EmbeddingInputType.DOCUMENT, Run())
    return answer.vectors.astype(np.float64)


def targets_of(examples: Sequence[Example]) -> Floats:
    """Give 1 where a label holds, else 0; shape (sentences, labels), the label `any` last."""
    return np.array([[*(label in example.labels for label in CATEGORIES), bool(example.labels)] for example in examples], np.float64)


def fit(vectors: Floats, target: Floats, strength: float, steps: int = 50) -> Floats:
    """Fit one logistic regression by Newton's method; both classes weigh the same, the bias is not kept small.

    Args:
        vectors: Shape (sentences, dimensions).
        target: 0 or 1, shape (sentences,).
        strength: How much the sentences count against the squared length of the weights.
        steps: At most so many; it converges in about ten.

    Returns:
        Weights and then the bias, shape (dimensions + 1,).

    Raises:
        ArithmeticError: It did not converge.
    """
    inputs = np.hstack([vectors, np.ones((len(vectors), 1))])
    positive = target.mean()
    weight = strength * np.where(target > 0, 0.5 / positive, 0.5 / (1 - positive))
    keep = np.ones(inputs.shape[1])
    keep[-1] = 1e-6  # the bias is free; not exactly, so that the system always has one solution
    weights = np.zeros(inputs.shape[1])
    for _ in range(steps):
        probability = (1 + np.tanh(inputs @ weights / 2)) / 2
        gradient = inputs.T @ (weight * (probability - target)) + keep * weights
        curvature = weight * probability * (1 - probability)
        step = np.linalg.solve((inputs * curvature[:, None]).T @ inputs + np.diag(keep), gradient)
        # A full step may overshoot while the weights are far off; a shortened one does not.
        weights -= step * min(1.0, 10.0 / max(float(np.linalg.norm(step)), 1e-12))
        if float(np.abs(step).max()) < 1e-8:
            return weights
    raise ArithmeticError(f"no convergence in {steps} steps")


def train(vectors: Floats, targets: Floats, strength: float = STRENGTH) -> Heads:
    """Fit a head for each label."""
    return Heads(np.array([fit(vectors, targets[:, column], strength) for column in range(len(LABELS))]))


@dataclass(frozen=True, slots=True)
class Quality:
    """How well harmful and harmless sentences are told apart."""

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
        """Give the numbers on one line."""
        return (
            f"precision {self.precision:.2f}, recall {self.recall:.2f} ({self.caught} of {self.harmful}), "
            f"false alarms {self.false_alarm_rate:.1%} ({self.false_alarms} of {self.harmless})"
        )


def quality(scores: Floats, targets: Floats) -> Quality:
    """Compare scores with the truth; both of shape (sentences, labels)."""
    flagged, harmful = scores[:, -1] >= THRESHOLD, targets[:, -1] > 0
    return Quality(int((flagged & harmful).sum()), int(harmful.sum()), int((flagged & ~harmful).sum()), int((~harmful).sum()))


def cross_validate(vectors: Floats, targets: Floats, strength: float, folds: int = 5) -> Quality:
    """Train on four fifths of the sentences and judge the fifth, in turn."""
    scores = np.empty_like(targets)
    fold = np.arange(len(vectors)) % folds
    for number in range(folds):
        held = fold == number
        scores[held, -1] = Heads(
            np.tile(fit(vectors[~held], targets[~held, -1], strength), (len(LABELS), 1))
        ).scores(vectors[held].astype(np.float32))[:, -1]
    return quality(scores, targets)


def training_examples() -> list[Example]:
    """Give all sentences to learn from."""
    return [example for name in SEEDS for example in read(name)] + from_templates(FROM_TEMPLATES, TEMPLATE_SEED)


def digest(examples: Sequence[Example]) -> str:
    """Give a hash of the sentences, by which one sees what heads were trained on."""
    lines = "\n".join(f"{','.join(sorted(example.labels))}\t{example.text}" for example in examples)
    return hashlib.sha256(lines.encode()).hexdigest()


def write(heads: Heads, examples: Sequence[Example], path: Path) -> None:
    """Write heads as JSON, one line a head, so that a change can be read."""
    rows = [[round(float(weight), DECIMALS) for weight in row] for row in heads.weights]
    lines = [
        f"    {json.dumps(label)}: {json.dumps({'bias': row[-1], 'weights': row[:-1]})}"
        for label, row in zip(LABELS, rows, strict=True)
    ]
    about = "Logistic heads on the sentence vectors of the model; written by scripts/train_moderation.py, not by hand."
    head = f'{{\n  "about": {json.dumps(about)},\n  "model": {json.dumps(MODEL)},\n  "sentences": {len(examples)},\n'
    head += f'  "sentences_sha256": "{digest(examples)}",\n  "heads": {{\n'
    path.write_text(head + ",\n".join(lines) + "\n  }\n}\n", encoding="utf-8")


def report(heads: Heads, vectors: Floats, examples: Sequence[Example]) -> Quality:
    """Print how the heads do on sentences that they have not seen, and where they are wrong."""
    targets = targets_of(examples)
    scores = heads.scores(vectors.astype(np.float32))
    found = quality(scores, targets)
    print(f"evaluation, {len(examples)} sentences: {found}")
    for column, label in enumerate(CATEGORIES):
        own = targets[:, column] > 0
        print(f"  {label:10} flagged {int((scores[own, -1] >= THRESHOLD).sum())} of {int(own.sum())}, named rightly "
              f"{int((scores[own, :-1].argmax(axis=1) == column).sum())}")
    for example, row in zip(examples, scores, strict=True):
        if (row[-1] >= THRESHOLD) != bool(example.labels):
            print(f"  {'missed' if example.labels else 'false alarm'} {row[-1]:.2f}  {example.text}")
    return found


def main() -> None:
    """Train, write and evaluate, or only evaluate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="evaluate the heads that are there, write nothing")
    check = parser.parse_args().check
    from invoker.weights import Weights

    embedder = Embedder.load(Weights().path)
    if not check:
        examples = training_examples()
        vectors, targets = vectors_of(embedder, examples), targets_of(examples)
        print(f"training, {len(examples)} sentences, cross-validated: {cross_validate(vectors, targets, STRENGTH)}")
        write(train(vectors, targets), examples, HEADS_FILE)
    examples = read(EVALUATION)
    report(Heads.load(), vectors_of(embedder, examples), examples)


if __name__ == "__main__":
    main()
