"""Check and preview of an audio file before it is sent."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from boomerang.invoker.audio.audio_facts import AudioFacts, facts
from boomerang.invoker.audio.upload_check import require_audio
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.messages.message import translated
from boomerang.playground.forms.fields import field_fault
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui.audio_format import line
from boomerang.playground.ui.escape import plain
from boomerang.workbench.diagnosis.error_text import error_text
from boomerang.workbench.i18n.translate import _


@dataclass(slots=True)
class _LastFile:
    """The last checked file and its facts or error."""

    data: bytes = b""
    name: str = ""
    result: AudioFacts | InvokeBadRequestError | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """A usable file."""

    data: bytes
    facts: AudioFacts


def checked(page: Pane, data: bytes, name: str) -> Checked | None:
    """Check a file and draw a player and its facts; show the reason and return `None` if it is unusable."""
    try:
        require_audio(data, name)
        facts = _facts(page, data, name)
    except InvokeBadRequestError as error:
        field_fault(page, _("file: {fault}").format(fault=error_text(error)))
        if error.hint:
            st.caption(plain(translated(error.hint, _)))
        return None
    st.audio(data, format=facts.media_type, alt=_("File {name}").format(name=name))
    st.caption(line(facts))
    for notice in facts.notices:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(":orange[:material/warning:]", width="content")
            st.text(translated(notice, _))
    return Checked(data, facts)


def forget(page: Pane) -> None:
    """Drop the last checked file."""
    page.state.forget(_LastFile)


def _facts(page: Pane, data: bytes, name: str) -> AudioFacts:
    """Measure a file once; a failure is cached too, because finding out that a long file is unusable is slow.

    Raises:
        InvokeBadRequestError: The file is unusable.
    """
    kept = page.state.kept(_LastFile)
    # The bytes are usually the same object, which is cheap to compare.
    if kept.result is None or kept.data != data or kept.name != name:
        with st.spinner(_("Reading the file")):
            try:
                result: AudioFacts | InvokeBadRequestError = facts(data, name)
            except InvokeBadRequestError as error:
                result = error.with_traceback(None)
        kept.data, kept.name, kept.result = data, name, result
    if isinstance(kept.result, InvokeBadRequestError):
        raise kept.result
    return kept.result
