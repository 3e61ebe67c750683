"""Disabled fields for options that a server may know but Dify's call cannot pass, with the reason."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from boomerang.playground.run.pane import Pane
from boomerang.playground.ui import expander
from boomerang.workbench.i18n.translate import N_, _

SPEECH2TEXT = (
    N_("`speech2text.invoke` takes only a ModelConfig and a file, and returns only text. A reverse "
"invocation cannot pass these options to a server."),
    (N_("Language"), N_("Prompt"), N_("Temperature"), N_("Timestamps")),
)  # fmt: skip
TTS = (
    N_("`tts.invoke` takes only a ModelConfig with a voice, and a text. A reverse invocation cannot "
"pass these options to a server."),
    (N_("Speed"), N_("File format"), N_("Language"), N_("Speaking style")),
)  # fmt: skip


def draw(page: Pane, about: tuple[str, Sequence[str]]) -> None:
    """Draw the page's unsupported fields, and say why."""
    reason, labels = about
    expanders, key = page.state.kept(expander.Expanders), page.key("not_carried")
    with expander.draw(expanders, key, _("Not supported by this call")) as shown:
        if not shown.open:
            return
        st.caption(_(reason))
        for left, right in zip(labels[::2], labels[1::2], strict=True):
            for column, label in zip(st.columns(2), (left, right), strict=True):
                key = page.key(f"not_carried.{label}")
                column.text_input(_(label), key=key, disabled=True, placeholder=_("model default"))
