"""Check whether a moderation verdict changes for disguised variants of a text, or for the text inside a long one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from boomerang.workbench.i18n.translate import N_
from boomerang.workbench.results.moderation_details import Detail, detail, verdict_of
from boomerang.workbench.runs.job_series import Series, Step

from .form_call import FormCall
from .text_perturbations import PerturbationKind, perturbations

SEED = 20260503
"""Makes the variants reproducible, so that two models get the same texts."""
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
    """Settings from the experiment's form."""

    other_language: str = ""
    """The same text in another language; empty if unknown."""


@dataclass(frozen=True, slots=True)
class PlaceSettings:
    """Settings for the text inside a long one."""

    paragraphs: tuple[str, ...]
    """Paragraphs of the long text around it."""


@dataclass(frozen=True, slots=True)
class PerturbationRow:
    """One text and its verdict."""

    label: str
    text: str
    flagged: bool | None
    """`None` without a verdict."""
    changed: bool
    """Whether the verdict differs from that on the original text."""
    detail: Detail | None
    error: Exception | None


@dataclass(frozen=True, slots=True)
class PerturbationAnswers:
    """The verdicts on a text and its variants."""

    rows: Sequence[PerturbationRow]
    """The original text, followed by its variants."""
    running: bool
    ended: bool
    """Whether the calls for all variants have ended."""

    @property
    def flagged(self) -> bool | None:
        """The verdict on the original text."""
        return self.rows[0].flagged

    @property
    def answered(self) -> int:
        """Number of variants with a verdict."""
        return sum(row.flagged is not None for row in self.rows[1:])

    @property
    def changed(self) -> int:
        """Number of variants whose verdict differs from that on the original text."""
        return sum(row.changed for row in self.rows)


def perturbation_steps(form_call: FormCall, settings: PerturbationSettings) -> Sequence[Step[str]]:
    """Return a call for the text and one for each variant; each step's fact is the text sent."""
    text = str(form_call.arguments.get("text", ""))
    made = [
        (AS_IT_IS, text),
        *((NAMES[perturbation.kind], perturbation.text) for perturbation in perturbations(text, seed=SEED)),
    ]
    if settings.other_language.strip():
        made.append((OTHER_LANGUAGE, settings.other_language))
    return [_step(form_call, label, changed) for label, changed in made]


def place_steps(form_call: FormCall, settings: PlaceSettings) -> Sequence[Step[str]]:
    """Return a call for the text alone and one for each place in a long text; each step's fact is the text sent."""
    text, around = str(form_call.arguments.get("text", "")), settings.paragraphs
    steps = []
    for label, share in PLACES_IN_TEXT.items():
        at = None if share is None else round(share * len(around))
        steps.append(_step(form_call, label, text if at is None else "\n\n".join([*around[:at], text, *around[at:]])))
    return steps


def evaluate(series: Series[str], _settings: object) -> PerturbationAnswers:
    """Compare the verdicts with that on the original text."""
    original, *others = series.steps
    first = verdict_of(original)
    rows = [_row(original, False), *(_row(step, verdict_of(step) not in (None, first)) for step in others)]
    return PerturbationAnswers(rows, series.running, all(step.ended for step in others))


def _step(form_call: FormCall, label: str, text: str) -> Step[str]:
    return form_call.step(label, text, text=text)


def _row(step: Step[str], changed: bool) -> PerturbationRow:
    return PerturbationRow(step.label, step.facts, verdict_of(step), changed, detail(step.record), step.error)
