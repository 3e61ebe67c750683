"""Fields that a server may know and Dify's call has no room for: greyed, with the reason, so that nobody looks for them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from boomerang.playground.run.pane import Pane
from boomerang.workbench.i18n.translate import N_, _

SPEECH2TEXT = (
    N_("`speech2text.invoke` takes a ModelConfig and a file, nothing else, and gives back text alone. What a server could do "
       "with these never reaches it through a reverse call."),
    (N_("Language"), N_("Prompt"), N_("Temperature"), N_("Time stamps")),
)  # fmt: skip
TTS = (
    N_("`tts.invoke` takes a ModelConfig with a voice, and a text, nothing else. What a server could do with these never "
       "reaches it through a reverse call."),
    (N_("Speed"), N_("File type"), N_("Language"), N_("Manner of speaking")),
)  # fmt: skip


def draw(page: Pane, about: tuple[str, Sequence[str]]) -> None:
    """Draw the fields of a page that cannot be filled in, and say why."""
    reason, labels = about
    with st.expander(_("What this call cannot carry"), icon=":material/block:"):
        st.caption(_(reason))
        for left, right in zip(labels[::2], labels[1::2], strict=True):
            for column, label in zip(st.columns(2), (left, right), strict=True):
                key = page.key(f"not_carried.{label}")
                column.text_input(_(label), key=key, disabled=True, placeholder=_("left to the model"))
