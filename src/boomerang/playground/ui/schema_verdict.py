"""Result of a JSON schema check, drawn the same wherever a value has a schema."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from boomerang.invoker.llm_text.json_schema import Checked, Outcome
from boomerang.invoker.messages.message import Message, translated
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results.drawable_text import drawable


@dataclass(frozen=True, slots=True)
class Titles:
    """Texts of the badge, marked for translation."""

    fits: str = N_("Matches the schema")
    fits_in_part: str = N_("Matches the schema, as far as checked")
    departs: str = N_("Does not match the schema")
    not_checked: str = N_("Not checked against the schema")


OBJECT = Titles()
ARGUMENTS = Titles(
    N_("arguments match the tool's parameters"),
    N_("arguments match the tool's parameters, as far as checked"),
    N_("arguments do not match the tool's parameters"),
    N_("arguments were not checked"),
)


def draw(checked: Checked, titles: Titles = OBJECT) -> None:
    """Draw whether a value matches its schema, the first mismatch, and what was not checked."""
    match checked.outcome:
        case Outcome.FITS if checked.patterns:
            st.badge(_(titles.fits_in_part), icon=":material/check_circle:", color="orange")
        case Outcome.FITS:
            st.badge(_(titles.fits), icon=":material/check_circle:", color="green")
        case Outcome.DEPARTS:
            st.badge(_(titles.departs), icon=":material/cancel:", color="red")
        case Outcome.NOT_CHECKED:
            st.badge(_(titles.not_checked), icon=":material/help:", color="gray")
    if fault := checked.fault:
        template = _("First mismatch: {path}: expected {expected}, found {found}")
        st.text(drawable(template.format(path=fault.path, expected=fault.expected, found=fault.actual)))
    if checked.reason is not None:
        st.text(drawable(translated(checked.reason, _)))
    for left_out in checked.patterns:
        message = Message("schemas.pattern_not_checked", pattern=left_out.pattern, path=left_out.path)
        st.text(drawable(translated(message, _)))
