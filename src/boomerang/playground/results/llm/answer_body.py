"""Drawing of an LLM answer's body: thinking, the text in one of three modes, and files."""

from __future__ import annotations

import base64
import binascii

import streamlit as st

from boomerang.invoker.entities.llm.result import LLMFold
from boomerang.invoker.entities.message import MultiModalPromptMessageContent
from boomerang.invoker.llm_text.json_in_text import Place, find
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui import json_view
from boomerang.playground.ui import streaming_text as text_view
from boomerang.playground.ui.number_format import seconds
from boomerang.workbench.conversations.attachments import ICONS
from boomerang.workbench.i18n.translate import N_, _, ngettext
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.llm_answer import Answer

MARKDOWN, PLAIN, JSON = "Markdown", "Plain text", "JSON"
MODES = {MARKDOWN: N_("Markdown"), PLAIN: N_("Plain text"), JSON: N_("JSON")}
PLACES = {
    Place.WHOLE: N_("The answer is JSON."),
    Place.FENCED: N_("JSON from a code block. The text around it is not shown here."),
    Place.SURROUNDED: N_("JSON extracted from text. The text around it is not shown here."),
}


def draw(pane: Pane, answer: Answer) -> None:
    """Draw the model's thinking, text and files."""
    thinking, choice = st.container(), st.container()  # same places as in the stream, so the browser keeps what it drew
    if answer.thinking:
        with thinking.expander(_thinking_label(answer), key=pane.key("thinking")):
            text_view.draw(answer.thinking)
    text = drawable(answer.text)
    if text:
        with choice:
            chosen = mode(pane)
        match chosen:
            case "JSON":
                _json(text)
            case "Plain text":
                text_view.draw(text, as_markdown=False)
            case _:
                text_view.draw(text)
    for number, item in enumerate(_media(answer.fold), 1):
        _file(pane, item, number)


def mode(pane: Pane) -> str:
    """Draw the choice of how the text is shown."""
    st.session_state.setdefault(pane.key("render"), MARKDOWN)
    chosen = st.segmented_control(
        _("Show as"),
        list(MODES),
        key=pane.key("render"),
        format_func=lambda mode: _(MODES[mode]),
        required=True,
        persist_state="session",
        label_visibility="collapsed",
        help=_("Plain text shows the Markdown source."),
    )
    return str(chosen or MARKDOWN)


def _thinking_label(answer: Answer) -> str:
    time = "" if answer.thinking_seconds is None else seconds(answer.thinking_seconds)
    count = len(answer.thinking)
    template = (
        ngettext("Thinking, {time}, {count:,} character", "Thinking, {time}, {count:,} characters", count)
        if answer.closed
        else ngettext(
            "Unfinished thinking, {time}, {count:,} character",
            "Unfinished thinking, {time}, {count:,} characters",
            count,
        )
    )
    return template.format(time=time, count=count)


def _json(text: str) -> None:
    parsed = find(text)
    if parsed is None:
        st.caption(f":material/info: {_('No JSON in this answer. Showing its text.')}")
        text_view.draw(text, as_markdown=False)
        return
    st.caption(_(PLACES[parsed.place]))
    json_view.text(text if parsed.place is Place.WHOLE else json_view.written(parsed.value))


def _media(fold: LLMFold) -> list[MultiModalPromptMessageContent]:
    content = fold.content
    return [item for item in content if isinstance(item, MultiModalPromptMessageContent)] if isinstance(content, list) else []


def _file(pane: Pane, item: MultiModalPromptMessageContent, number: int) -> None:
    kind = str(getattr(item, "type", "document"))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(_("File {number} of the answer").format(number=number), icon=ICONS.get(kind, ICONS["document"]), color="blue")
        st.text(drawable(f"{item.mime_type} {item.filename}"), width="content")
        if item.url:
            st.code(drawable(item.url), language=None, wrap_lines=True)  # the page never loads it
            return
        try:
            data = base64.b64decode(item.base64_data)
        except (binascii.Error, ValueError):
            st.caption(_("Its base64 cannot be read."))
            return
        st.download_button(
            _("File"), data, file_name=f"file-{number}.{_extension(item.format)}", icon=":material/download:",
            on_click="ignore", key=pane.key(f"file.{number}"),
        )  # fmt: skip


def _extension(name: str) -> str:
    return "".join(letter for letter in name if letter.isascii() and letter.isalnum())[:8] or "bin"
