"""An audio file before it is sent: whether it can be used, what is in it, how it sounds."""

from __future__ import annotations

import streamlit as st

from boomerang.invoker.audio.audio_facts import AudioFacts, facts
from boomerang.invoker.audio.upload_check import require_audio
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.playground.forms.fields import field_fault
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui.audio_format import line
from boomerang.playground.ui.escape import plain
from boomerang.workbench.i18n.library_words import error_text, told
from boomerang.workbench.i18n.translate import _

HELD = "audio.facts"


def checked(page: Pane, data: bytes, name: str) -> bytes | None:
    """Look at a file, draw a player and its facts; give it back, or `None` with the reason said while it cannot be used."""
    try:
        require_audio(data, name)
        found = _facts(page, data, name)
    except InvokeBadRequestError as error:
        field_fault(page, _("file: {fault}").format(fault=error_text(error)))
        if error.hint:
            st.caption(plain(told(error.hint)))
        return None
    st.audio(data, format=found.media_type, alt=_("The file {name}").format(name=name))
    st.caption(line(found))
    for notice in found.notices:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(":orange[:material/warning:]", width="content")
            st.text(told(notice))
    page.context["seconds"] = found.seconds
    return data


def forget(page: Pane) -> None:
    """Let go of the file that was looked at last."""
    page.state.extra.pop(HELD, None)


def _facts(page: Pane, data: bytes, name: str) -> AudioFacts:
    """Measure a file, once: what it costs to find out that a long one cannot be used is not paid again either.

    Raises:
        InvokeBadRequestError: It cannot be used.
    """
    held: tuple[bytes, str, AudioFacts | InvokeBadRequestError] | None = page.state.extra.get(HELD)
    if held is None or held[0] != data or held[1] != name:  # most often the very same object, which costs nothing to compare
        with st.spinner(_("Looking at the file")):
            held = (data, name, _measured(data, name))
        page.state.extra[HELD] = held
    if isinstance(held[2], InvokeBadRequestError):
        raise held[2]
    return held[2]


def _measured(data: bytes, name: str) -> AudioFacts | InvokeBadRequestError:
    try:
        return facts(data, name)
    except InvokeBadRequestError as error:
        return error.with_traceback(None)
