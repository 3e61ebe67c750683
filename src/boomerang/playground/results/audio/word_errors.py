"""Comparison of a transcript with its reference: error rates and highlighted word errors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import streamlit as st

from boomerang.playground.run.pane import Pane
from boomerang.playground.ui import diff_markup
from boomerang.workbench.analysis.word_error_rate import Rules
from boomerang.workbench.i18n.translate import _, ngettext
from boomerang.workbench.results.transcripts import TranscriptScore, percent, score

GOOD, POOR = 0.05, 0.25
"""A transcript is green up to the first word error rate and red above the second."""


@dataclass(slots=True)
class _Scores:
    """The last comparison of each transcript."""

    by_name: dict[str, tuple[tuple[str, str, Rules], TranscriptScore]] = field(default_factory=dict)
    """Name → inputs (reference, transcript, rules) and their result."""


def rules(pane: Pane) -> Rules:
    """Draw the switches for what counts as a difference; once per script run, which is why experiments draw their own."""
    with st.popover(_("WER options"), icon=":material/rule:"):
        case = st.toggle(_("Letter case"), key=pane.hold("count.case", False), persist_state="session")
        marks = st.toggle(_("Punctuation"), key=pane.hold("count.punctuation", False), persist_state="session")
        digits = st.toggle(
            _("Digits"),
            key=pane.hold("count.digits", True),
            persist_state="session",
            help=_("Off: digits are removed from both texts."),
        )
        spelled = st.toggle(
            _("Spelled-out numbers (English)"),
            key=pane.hold("count.spelled", False),
            persist_state="session",
            help=_("Off: “seven” and “7” count as the same word."),
        )
    return Rules(ignore_case=not case, ignore_punctuation=not marks, ignore_digits=not digits, numbers_in_digits=not spelled)


def draw(pane: Pane, reference: str, result: str) -> TranscriptScore:
    """Draw switches, rates and highlighted words; return the comparison."""
    place = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with place:
        chosen = rules(pane)
    scored = cached_score(pane, reference, result, chosen)
    with place:
        numbers(scored)
    draw_words(scored, pane.key("marked"))
    legend()
    return scored


def legend() -> None:
    """Draw the legend for the highlighted words."""
    st.caption(_("Struck through: only in the reference. Underlined: only in the transcript."))


def cached_score(pane: Pane, reference: str, result: str, chosen: Rules, name: str = "judged") -> TranscriptScore:
    """Return the comparison of a transcript; the last one per name is cached, so that a rerun costs nothing."""
    inputs = (reference, result, chosen)
    by_name = pane.state.kept(_Scores).by_name
    kept = by_name.get(name)
    if kept is None or kept[0] != inputs:
        by_name[name] = kept = (inputs, score(reference, result, chosen))
    return kept[1]


def numbers(scored: TranscriptScore) -> None:
    """Draw the error rates and the counts behind them."""
    st.badge(f"WER {percent(scored.word_errors.rate)}", icon=":material/match_word:", color=_colour(scored.word_errors.rate))
    st.badge(f"CER {percent(scored.characters.rate)}", icon=":material/abc:", color=_colour(scored.characters.rate))
    st.caption(counts(scored), width="content")


def counts(scored: TranscriptScore) -> str:
    """Return the errors by kind as text."""
    if not scored.word_errors.errors:
        return ngettext("{count} word, no error", "{count} words, no error", scored.word_errors.equal).format(
            count=scored.word_errors.equal
        )
    return ngettext(
        "{replaced} replaced · {missing} missing · {extra} extra · of {all} word",
        "{replaced} replaced · {missing} missing · {extra} extra · of {all} words",
        scored.word_errors.reference_length,
    ).format(
        replaced=scored.word_errors.replaced,
        missing=scored.word_errors.deleted,
        extra=scored.word_errors.inserted,
        all=scored.word_errors.reference_length,
    )


def draw_words(scored: TranscriptScore, key: str) -> None:
    """Draw the words, with errors highlighted."""
    diff_markup.draw(
        diff_markup.of_transcript(scored.steps),
        label=_("Transcript vs. reference"),
        first=_("only in the reference"),
        second=_("only in the transcript"),
        key=key,
    )


def _colour(rate: float | None) -> Literal["gray", "green", "orange", "red"]:
    if rate is None:
        return "gray"
    return "green" if rate <= GOOD else "orange" if rate <= POOR else "red"
