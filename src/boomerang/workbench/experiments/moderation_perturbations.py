"""One text in disguise, and one text inside a long one: whether the answer stays the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from boomerang.workbench.i18n.translate import N_
from boomerang.workbench.results.moderation_details import Detail, detail, verdict_of
from boomerang.workbench.runs.job_series import Series, Step

from .form_call import FormCall
from .text_perturbations import PerturbationKind, perturbations

SEED = 20260503
"""The variants of a text are the same each time, so that two models are asked the same."""
AS_IT_IS, OTHER_LANGUAGE = N_("original text"), N_("in another language")
NAMES = {
    PerturbationKind.SPACED: N_("letters spaced out"),
    PerturbationKind.SWAPPED: N_("adjacent letters swapped"),
    PerturbationKind.DIGITS: N_("letters replaced by digits"),
    PerturbationKind.EMOJI: N_("emoji between words"),
    PerturbationKind.UPPER: N_("upper case"),
    PerturbationKind.ZERO_WIDTH: N_("zero-width characters in words"),
}
PLACES_IN_TEXT = {N_("alone"): None, N_("at the start"): 0.0, N_("in the middle"): 0.5, N_("at the end"): 1.0}


@dataclass(frozen=True, slots=True)
class PerturbationSettings:
    """What the experiment's form says."""

    other_language: str = ""
    """The same text in another language; empty if it is not known."""


@dataclass(frozen=True, slots=True)
class PlaceSettings:
    """Where the text is put."""

    paragraphs: tuple[str, ...]
    """Of the long text around it."""


@dataclass(frozen=True, slots=True)
class PerturbationRow:
    """One text and its answer."""

    label: str
    text: str
    flagged: bool | None
    """`None` if there is no answer."""
    changed: bool
    """Whether the answer is another one than that of the text as it is."""
    detail: Detail | None
    error: Exception | None


@dataclass(frozen=True, slots=True)
class PerturbationAnswers:
    """The answers to a text and its variants."""

    rows: Sequence[PerturbationRow]
    """The text as it is, then its variants."""
    running: bool
    ended: bool
    """Whether each variant has its answer, or failed."""

    @property
    def flagged(self) -> bool | None:
        """The answer to the text as it is."""
        return self.rows[0].flagged

    @property
    def answered(self) -> int:
        """How many variants have an answer."""
        return sum(row.flagged is not None for row in self.rows[1:])

    @property
    def changed(self) -> int:
        """How many variants have another answer than the text as it is."""
        return sum(row.changed for row in self.rows)


def perturbation_steps(form_call: FormCall, settings: PerturbationSettings) -> Sequence[Step[str]]:
    """Return a call for the text and for each of its disguises; each step's fact is the text that is sent."""
    text = str(form_call.arguments.get("text", ""))
    made = [
        (AS_IT_IS, text),
        *((NAMES[perturbation.kind], perturbation.text) for perturbation in perturbations(text, seed=SEED)),
    ]
    if settings.other_language.strip():
        made.append((OTHER_LANGUAGE, settings.other_language))
    return [_step(form_call, label, changed) for label, changed in made]


def place_steps(form_call: FormCall, settings: PlaceSettings) -> Sequence[Step[str]]:
    """Return a call for the text alone and at several places of a long one; each step's fact is the text that is sent."""
    text, around = str(form_call.arguments.get("text", "")), settings.paragraphs
    steps = []
    for label, share in PLACES_IN_TEXT.items():
        at = None if share is None else round(share * len(around))
        steps.append(_step(form_call, label, text if at is None else "\n\n".join([*around[:at], text, *around[at:]])))
    return steps


def evaluate(series: Series[str], _settings: object) -> PerturbationAnswers:
    """Compare the answers with that of the text as it is."""
    original, *others = series.steps
    first = verdict_of(original)
    rows = [_row(original, False), *(_row(step, verdict_of(step) not in (None, first)) for step in others)]
    return PerturbationAnswers(rows, series.running, all(step.ended for step in others))


def _step(form_call: FormCall, label: str, text: str) -> Step[str]:
    return form_call.step(label, text, text=text)


def _row(step: Step[str], changed: bool) -> PerturbationRow:
    return PerturbationRow(step.label, step.facts, verdict_of(step), changed, detail(step.record), step.error)
