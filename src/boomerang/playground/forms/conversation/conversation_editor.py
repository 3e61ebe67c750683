"""Conversation editor, message by message; also turns answers and tool results into new messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from boomerang.invoker.entities.message import ToolCall
from boomerang.playground.forms.fields import chips
from boomerang.playground.run.pane import Pane
from boomerang.playground.session import page_state
from boomerang.playground.ui import html_tables
from boomerang.workbench.conversations.draft_messages import ROLES, Draft, as_message, drafts_of, restored
from boomerang.workbench.i18n.translate import N_, _, ngettext
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.samples.inputs import COMPLETION, CONVERSATIONS

from . import attachments, message_files

CHAT, COMPLETE = "chat", "completion"
MODES = {CHAT: N_("Chat"), COMPLETE: N_("Completion")}


@dataclass(slots=True)
class ConversationState(page_state.FormState):
    """Editor state beyond the drafts."""

    cut: list[Draft] = field(default_factory=list)
    """Messages removed by "Run to here"; they can be restored."""
    continued: str | None = None
    """Id of the last record whose answer was added to the conversation."""

    def reset(self) -> None:
        """Forget the removed messages."""
        self.cut = []


def sample_chips(page: Pane) -> None:
    """Draw the sample chips; each replaces the conversation."""

    def fill() -> None:
        chosen = st.session_state.get(page.key("sample"))
        st.session_state[page.key("sample")] = None  # a chip acts as a button: clicking the same one fills the form again
        if chosen in CONVERSATIONS:
            load(page, CONVERSATIONS[chosen])
            st.session_state[page.key("tools.on")] = chosen == "Two tools"
            st.session_state[page.key("mode")] = CHAT

    chips(page, list(CONVERSATIONS), fill)


def mode(page: Pane) -> str:
    """Draw the choice between chat and completion; return the `mode` for the ModelConfig."""
    chosen = st.segmented_control(
        _("Mode"),
        list(MODES),
        key=page.hold("mode", CHAT),
        format_func=lambda mode: _(MODES[mode]),
        required=True,
        persist_state="session",
        help=_("Sent as `mode`. A completion continues a single text without roles."),
    )
    return str(chosen or CHAT)


def editor(page: Pane, first: str, chosen: str = CHAT) -> list[dict[str, Any]]:
    """Draw the conversation, or the single text of a completion; return the messages as Dify's dicts.

    Args:
        page: The page, whose state stores the drafts.
        first: Initial sample, a key of `CONVERSATIONS`.
        chosen: The mode.
    """
    linked = page.take("messages", [])
    if linked is not None:
        page.state.drafts = [draft for item in linked if (draft := restored(item))]
    if not page.state.drafts:
        page.state.drafts = drafts_of(CONVERSATIONS[first])
    message_files.restore(page)
    completion_key = page.hold("completion", COMPLETION)
    if chosen == CHAT:
        for index, draft in enumerate(page.state.drafts):
            _message(page, draft, index)
        _below(page, first)
        attachments.force(page)
    # Leave files out of the URL: it is rewritten in each script run, and no URL is long enough for them.
    messages = [as_message(draft, files=False) for draft in page.state.drafts]
    page.put("messages", messages, [as_message(draft) for draft in drafts_of(CONVERSATIONS[first])], _are_messages)
    message_files.keep(page)
    if chosen == COMPLETE:
        return _completion(page, completion_key)
    _check(page, page.state.drafts)
    return [as_message(draft) for draft in page.state.drafts]


def load(page: Pane, messages: Sequence[tuple[str, str]]) -> None:
    """Replace the conversation."""
    page.state.drafts = drafts_of(messages)
    page.state.kept(ConversationState).cut = []


def continue_with(pane: Pane, text: str) -> None:
    """Add an answer to the conversation, once, and start the next user message; a completion is extended by it."""
    pane.state.kept(ConversationState).continued = pane.state.record.id if pane.state.record else None
    key = f"{pane.member}.completion"
    if st.session_state.get(f"{pane.member}.mode") == COMPLETE:
        st.session_state[key] = f"{st.session_state.get(key, '')}{drawable(text)}"
        return
    drafts = page_state.page(pane.invoke_type).drafts
    drafts += [Draft(role="assistant", content=drawable(text)), Draft(role="user")]


def answer_calls(pane: Pane, text: str, results: Sequence[tuple[ToolCall, str]], opaque_body: Any = None) -> None:
    """Add tool calls and their results to the conversation together, and let the model continue.

    Args:
        pane: The pane with the calls.
        text: Text of the model beside its calls.
        results: Each call with its result.
        opaque_body: Provider data to send back unchanged with the calls.
    """
    page = page_state.page(pane.invoke_type)
    made = [call for call, _ in results]
    page.drafts.append(Draft(role="assistant", content=drawable(text), tool_calls=made, opaque_body=opaque_body))
    for call, result in results:
        page.drafts.append(Draft(role="tool", content=result, name=call.function.name, tool_call_id=call.id))
    page.run_requested = True


def _are_messages(items: list[Any]) -> bool:
    return all(restored(item) for item in items)


def _completion(page: Pane, key: str) -> list[dict[str, Any]]:
    text = st.text_area(
        _("Text to continue"), key=key, height=180, persist_state="session",
        help=_("Sent as a single user message."),
    )  # fmt: skip
    page.require(str(text or "").strip(), _("enter a text to continue"), sendable=True)
    return [{"role": "user", "content": str(text or "")}]


def _message(page: Pane, draft: Draft, index: int) -> None:
    keys = {name: page.key(f"{draft.id}.{name}") for name in ("role", "content", "call")}
    with st.container(border=True, key=page.key(f"message-{index}").replace(".", "-")):
        with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall"):
            st.session_state.setdefault(keys["role"], draft.role)
            role = st.selectbox(
                _("Role of message {number}").format(number=index + 1), ROLES, key=keys["role"],
                persist_state="session", label_visibility="collapsed", width=120,
            )  # fmt: skip
            draft.role = str(role)
            st.space("stretch")
            with html_tables.icons(page.key(f"{draft.id}.buttons")):
                if draft.role == "user":
                    attachments.picker(page, draft)
                _buttons(page, draft, index)
        st.session_state.setdefault(keys["content"], draft.content)
        content = st.text_area(
            _("Text of message {number}").format(number=index + 1), key=keys["content"], persist_state="session",
            label_visibility="collapsed", height="content", placeholder=_("Enter text"),
        )  # fmt: skip
        draft.content = str(content or "")
        if draft.role == "tool":
            st.session_state.setdefault(keys["call"], draft.tool_call_id)
            draft.tool_call_id = st.text_input("tool_call_id", key=keys["call"], persist_state="session") or ""
        for call in draft.tool_calls if draft.role == "assistant" else ():
            shown = drawable(f"{call.function.name}({call.function.arguments})  # {call.id}")
            st.code(shown, language="python", wrap_lines=True)
        attachments.chips(page, draft)


def _buttons(page: Pane, draft: Draft, index: int) -> None:
    last = len(page.state.drafts) - 1
    again = _("Regenerate the answer to this message") if draft.role == "assistant" else _("Run to here")
    buttons = (
        ("again", ":material/play_arrow:", again, index == 0 and draft.role == "assistant", _run_from, (page, index)),
        ("up", ":material/arrow_upward:", _("Move up"), index == 0, _move, (page, index, -1)),
        ("down", ":material/arrow_downward:", _("Move down"), index == last, _move, (page, index, 1)),
        ("remove", ":material/delete:", _("Remove message"), last == 0, _remove, (page, index)),
    )
    for name, icon, label, disabled, act, args in buttons:
        st.button(
            label, icon=icon, key=page.key(f"{draft.id}.{name}"), help=label, type="tertiary", disabled=disabled,
            on_click=act, args=args,
        )  # fmt: skip


def _below(page: Pane, first: str) -> None:
    cut = page.state.kept(ConversationState).cut
    with st.container(horizontal=True):
        st.button(_("Add message"), icon=":material/add:", key=page.key("message.add"), on_click=_add, args=(page,))
        st.button(
            _("Clear messages"), icon=":material/restart_alt:", key=page.key("message.reset"), type="tertiary",
            on_click=load, args=(page, CONVERSATIONS[first]),
        )  # fmt: skip
        if cut:
            label = ngettext("Restore {count} message", "Restore {count} messages", len(cut)).format(count=len(cut))
            st.button(
                label, icon=":material/undo:", key=page.key("message.back"), type="tertiary", on_click=_put_back, args=(page,),
                help=_("Restores the messages after the one you ran to."),
            )  # fmt: skip


def _check(page: Pane, drafts: Sequence[Draft]) -> None:
    has_text = any(draft.content.strip() or draft.attachments for draft in drafts if draft.role == "user")
    page.require(has_text, _("enter a user message"), sendable=True)
    for number, draft in enumerate(drafts, 1):
        missing = _("message {number} is a tool message: enter its tool_call_id").format(number=number)
        page.require(draft.role != "tool" or draft.tool_call_id.strip(), missing, sendable=True)


def _run_from(page: Pane, index: int) -> None:
    """Run the conversation up to a message, or up to before it if it is an answer; the removed messages can be restored."""
    drafts = page.state.drafts
    end = index if drafts[index].role == "assistant" else index + 1
    page.state.kept(ConversationState).cut = drafts[end:]
    del drafts[end:]
    page.state.run_requested = True


def _put_back(page: Pane) -> None:
    kept = page.state.kept(ConversationState)
    page.state.drafts += kept.cut
    kept.cut = []


def _add(page: Pane) -> None:
    last = page.state.drafts[-1].role if page.state.drafts else "assistant"
    page.state.drafts.append(Draft(role="assistant" if last == "user" else "user"))


def _move(page: Pane, index: int, by: int) -> None:
    drafts = page.state.drafts
    other = index + by
    if 0 <= other < len(drafts) and index < len(drafts):
        drafts[index], drafts[other] = drafts[other], drafts[index]


def _remove(page: Pane, index: int) -> None:
    if index < len(page.state.drafts):
        del page.state.drafts[index]
