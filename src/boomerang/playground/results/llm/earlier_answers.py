"""Earlier answers: kept without their chunks, to read, compare with the current one, and restore."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import streamlit as st

from boomerang.invoker.entities.llm.request import RequestInvokeLLM
from boomerang.invoker.entities.message import (
    AssistantPromptMessage,
    MultiModalPromptMessageContent,
    PromptMessage,
    ToolCall,
    ToolPromptMessage,
)
from boomerang.invoker.records.record import Outcome, Record
from boomerang.playground.forms.conversation.conversation_editor import CHAT, COMPLETE, ConversationState
from boomerang.playground.run import script_run
from boomerang.playground.run.pane import Pane
from boomerang.playground.session import page_state
from boomerang.playground.ui import streaming_text as text_view
from boomerang.playground.ui import text_diff
from boomerang.workbench.conversations.draft_messages import Draft
from boomerang.workbench.i18n.translate import _, ngettext
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.llm_answer import Answer

MOST = 12
MOST_CHARACTERS = 1_000_000
"""Limit for all kept answers; the oldest are dropped first, the last one is kept whatever its size."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier answer."""

    id: str
    """Id of its record."""
    number: int
    """Index among the page's answers, from 1."""
    model: str
    mode: str
    at: datetime
    messages: Sequence[PromptMessage]
    """Messages that were sent."""
    text: str
    calls: Sequence[ToolCall]

    @property
    def label(self) -> str:
        """Name in a list; contains no text of the model."""
        count = len(self.calls or self.text)
        if self.calls:
            what = ngettext("{count} tool call", "{count} tool calls", count)
        else:
            what = ngettext("{count:,} character", "{count:,} characters", count)
        return f"{self.number} · {self.at:%H:%M:%S} · {self.model} · {what.format(count=count)}"


@dataclass(slots=True)
class _EarlierAnswers:
    """A pane's answers, oldest first."""

    answers: list[Earlier] = field(default_factory=list)


def draw(pane: Pane, record: Record[Any], answer: Answer) -> None:
    """Store this answer and draw the earlier ones."""
    kept = pane.state.kept(_EarlierAnswers).answers
    _keep(kept, record, answer)
    before = {earlier.number: earlier for earlier in reversed(kept) if earlier.id != record.id}
    if not before:
        return
    with st.expander(_("Earlier answers · {count}").format(count=len(before)), icon=":material/history:"):
        key = pane.key("earlier")
        if st.session_state.get(key) not in before:
            st.session_state[key] = next(iter(before))
        number = st.selectbox(
            _("Answer"), list(before), key=key, format_func=lambda number: before[number].label, label_visibility="collapsed"
        )
        _one(pane, before[int(number or 0)], answer)


def _one(pane: Pane, earlier: Earlier, answer: Answer) -> None:
    compared = st.toggle(_("Highlight differences from the answer above"), key=pane.key("earlier.compared"))
    if compared:
        text_diff.draw(earlier.text, answer.text, (_("only earlier"), _("only above")), pane.key("earlier.difference"))
    elif earlier.text:
        text_view.draw(earlier.text, as_markdown=False)
    for call in earlier.calls:
        st.code(drawable(f"{call.function.name}({call.function.arguments})"), language="python", wrap_lines=True)
    st.button(
        _("Restore this conversation"),
        icon=":material/settings_backup_restore:",
        key=pane.key("earlier.take"),
        on_click=_restore,
        args=(pane, earlier),
        help=_("Replaces the editor's messages with the ones sent then and their answer."),
    )


def _keep(kept: list[Earlier], record: Record[Any], answer: Answer) -> None:
    ended = record.outcome in (Outcome.COMPLETED, Outcome.STOPPED, Outcome.FAILED)
    if not ended or any(earlier.id == record.id for earlier in kept) or not (answer.text or answer.fold.tool_calls):
        return
    request = record.request_as(RequestInvokeLLM)
    number = kept[-1].number + 1 if kept else 1
    calls = tuple(answer.fold.tool_calls)
    sent = request.prompt_messages
    kept.append(Earlier(record.id, number, request.model, request.mode, record.started_at, sent, answer.text, calls))
    del kept[:-MOST]
    while len(kept) > 1 and sum(len(earlier.text) for earlier in kept) > MOST_CHARACTERS:
        del kept[0]


def _restore(pane: Pane, earlier: Earlier) -> None:
    _take_up(pane, earlier)
    script_run.redraw_page()


def _take_up(pane: Pane, earlier: Earlier) -> None:
    page = page_state.page(pane.invoke_type)
    st.session_state[f"{pane.member}.mode"] = earlier.mode if earlier.mode == COMPLETE else CHAT
    if earlier.mode == COMPLETE:
        text = "".join(message.get_text_content() for message in earlier.messages)
        st.session_state[f"{pane.member}.completion"] = drawable(text)
        return
    page.drafts = [_draft(message) for message in earlier.messages]
    page.drafts.append(Draft(role="assistant", content=drawable(earlier.text), tool_calls=list(earlier.calls)))
    page.kept(ConversationState).cut = []


def _draft(message: PromptMessage) -> Draft:
    contents = message.content if isinstance(message.content, list) else []
    return Draft(
        role=message.role.value,
        content=drawable(message.get_text_content()),
        name=message.name or "",
        tool_call_id=message.tool_call_id if isinstance(message, ToolPromptMessage) else "",
        tool_calls=list(message.tool_calls) if isinstance(message, AssistantPromptMessage) else [],
        attachments=[
            item.model_dump(mode="json", exclude_none=True)
            for item in contents
            if isinstance(item, MultiModalPromptMessageContent)
        ],
    )
