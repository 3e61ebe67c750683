"""The speech2text page's result: the text, its word errors if a reference exists, subtitles if timestamps were reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import streamlit as st

from boomerang.invoker.records.record import Record
from boomerang.playground.run import pane_names, run_actions
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui import html_tables, text_diff
from boomerang.playground.ui.audio_format import duration
from boomerang.playground.ui.data_table import data_table
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.transcripts import Segment, percent, recognised_text, segments, srt, vtt
from boomerang.workbench.runs.values_by_type import ValuesByType

from . import word_errors


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference transcript from the form."""

    text: str = ""
    compared: bool = False
    """Whether other panes transcribe the same recording; the error rates are then drawn side by side under them."""


def draw(pane: Pane, record: Record[Any]) -> None:
    """Draw the recognised text."""
    text = recognised_text(record)
    if not text:
        if record.chunks:
            st.caption(_("No speech recognized."))
        return
    with st.container(border=True, key=pane.key("transcript").replace(".", "-")):
        st.text(text)
    timed = segments(record)
    _actions(pane, record, text, timed)
    reference = reference_of(pane)
    if reference.strip() and not _reference(pane.origin.context).compared:
        word_errors.draw(pane, reference, text)
    if timed:
        _segments(pane, timed)


def reference_of(pane: Pane) -> str:
    """Return the reference transcript: the current one while the form has the same file, else the one at the run's start."""
    same = pane.shown is not None and pane.origin.arguments.get("file") == pane.arguments.get("file")
    return _reference(pane.context if same else pane.origin.context).text


def _reference(context: ValuesByType) -> Reference:
    return context.get(Reference) or Reference()


def compare(panes: Sequence[Pane]) -> None:
    """Draw the differences between the transcripts of one recording, each to the previous one, and all error rates."""
    transcripts = [(pane, recognised_text(pane.state.record)) for pane in panes if pane.state.record is not None]
    _rates([(pane, text) for pane, text in transcripts if reference_of(pane).strip()])
    for (left, before), (right, after) in pairwise(transcripts):
        letters = pane_names.letter(left), pane_names.letter(right)
        st.markdown(f"**{letters[0]} → {letters[1]}**")
        only = _("only in {pane}")
        text_diff.draw(before, after, (only.format(pane=letters[0]), only.format(pane=letters[1])), right.key("difference"))


def _rates(transcripts: Sequence[tuple[Pane, str]]) -> None:
    if not transcripts:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        rules = word_errors.rules(transcripts[0][0])
    rated = [word_errors.cached_score(pane, reference_of(pane), text, rules, "judged.compared") for pane, text in transcripts]
    html_tables.table(
        (_("Pane"), "WER", "CER", _("Errors")),
        (
            (pane_names.name(pane), percent(one.word_errors.rate), percent(one.characters.rate), word_errors.counts(one))
            for (pane, _text), one in zip(transcripts, rated, strict=True)
        ),
    )


def _actions(pane: Pane, record: Record[Any], text: str, timed: Sequence[Segment]) -> None:
    name = f"transcript-{record.id[:8]}"
    reason = None if timed else _("A reverse invocation returns only text, and this back end reported no timestamps.")
    files = [run_actions.Download(_("Text"), text, f"{name}.txt")]
    for ending, content in (("srt", srt(timed)), ("vtt", vtt(timed))):
        files.append(run_actions.Download(ending.upper(), content, f"{name}.{ending}", help=reason, disabled=not timed))
    run_actions.draw(pane, copy=text, downloads=files)


def _segments(pane: Pane, timed: Sequence[Segment]) -> None:
    with st.expander(_("Segments")):
        st.caption(_("Reported by the back end in addition to the answer. A reverse invocation does not return it."))
        data_table(
            [
                {_("From"): duration(piece.start), _("To"): duration(piece.end), _("Text"): drawable(piece.text)}
                for piece in timed
            ],
            key=pane.key("segments"),
        )
