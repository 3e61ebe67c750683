"""The LLM page's result: thinking, text, tool calls as cards, and actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from boomerang.invoker.entities.llm.request import RequestInvokeLLM
from boomerang.invoker.entities.llm.result import LLMFold
from boomerang.invoker.llm_text.reasoning_tags import ReasoningReader
from boomerang.invoker.records.metrics import finish_reason
from boomerang.invoker.records.record import Outcome, Record
from boomerang.playground.forms.conversation.conversation_editor import ConversationState, continue_with
from boomerang.playground.run import run_actions, script_run
from boomerang.playground.run.pane import Pane, waiting
from boomerang.playground.ui.streaming_text import TextStream
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.results import llm_answer
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.runs.jobs import Job

from . import answer_body, tool_calls


def draw(pane: Pane, record: Record[Any]) -> None:
    """Draw an LLM's answer."""
    answer = llm_answer.read(record)
    completed = record.outcome is Outcome.COMPLETED
    answer_body.draw(pane, answer)
    if answer.fold.tool_calls:
        tool_calls.draw(pane, record, answer)
    elif record.request_as(RequestInvokeLLM).tools and completed:
        st.caption(f":material/build: {_('No tool was called. That may be correct.')}")
    if finish_reason(record) == "length":
        st.caption(f":material/content_cut: {_('The answer was cut off: max_tokens or the context limit was reached.')}")
    _actions(pane, record, answer)
    if answer.fold.tool_calls:
        tool_calls.go_on(pane, record, answer)


def draw_live(pane: Pane, job: Job) -> Callable[[], None]:
    """Draw an answer while it streams; its thinking in a block of its own, expanded until the page is redrawn."""
    if not job.origin.arguments.get("stream", True):
        return waiting(pane, job)  # without streaming, the answer is drawn once it is complete
    thinking, choice = _Thinking(st.container()), st.container()
    expected = st.empty()
    expected.skeleton(height=68)
    stream = TextStream(st.session_state.get(pane.key("render"), answer_body.MARKDOWN) == answer_body.MARKDOWN)
    calls = st.empty()
    fold, reader = LLMFold(), ReasoningReader()
    seen, begun = 0, False

    def update() -> None:
        nonlocal seen, begun
        chunks = job.record.chunks[seen:] if job.record else []
        if chunks and not seen:
            expected.empty()
        seen += len(chunks)
        parts = []
        for chunk in chunks:
            fold.add(chunk)
            if isinstance(chunk.delta.message.content, str):
                parts += reader.feed(chunk.delta.message.content)
        thinking.write("".join(part.text for part in parts if part.reasoning))
        text = "".join(part.text for part in parts if not part.reasoning)
        if text and not begun:
            begun = True
            with choice:
                answer_body.mode(pane)
        stream.write(text)
        if chunks and fold.tool_calls:
            with calls.container():
                for call in fold.tool_calls:
                    st.code(drawable(f"{call.function.name}({call.function.arguments}"), language=None, wrap_lines=True)

    return update


class _Thinking:
    """The block of streamed thinking; created with its first text."""

    def __init__(self, place: DeltaGenerator) -> None:
        self._place = place
        self._stream: TextStream | None = None

    def write(self, new: str) -> None:
        if self._stream is None:
            if not new.strip():
                return
            block = self._place.expander(_("Thinking"), expanded=True)
            self._stream = TextStream(new_slot=block.empty)
        self._stream.write(new)


def _actions(pane: Pane, record: Record[Any], answer: llm_answer.Answer) -> None:
    text = drawable(answer.text)
    about = _("The whole conversation with this answer.")
    files = [
        run_actions.Download(_("Text"), text, f"answer-{record.id[:8]}.txt"),
        run_actions.Download(_("Markdown"), lambda: _as_markdown(record, text), f"conversation-{record.id[:8]}.md", help=about),
    ]

    def go_on() -> None:
        if answer.fold.tool_calls:
            tool_calls.draw_send(pane, record, answer)
        elif text:
            st.button(
                _("Continue"),
                icon=":material/reply:",
                key=pane.key("continue"),
                type="tertiary",
                on_click=_continue,
                args=(pane, answer.text),
                disabled=pane.state.kept(ConversationState).continued == record.id,
                help=_("Adds the answer, without its thinking, as an assistant message so you can enter the next turn."),
            )

    run_actions.draw(pane, copy=text, downloads=files if text else (), more=go_on)


def _continue(pane: Pane, text: str) -> None:
    continue_with(pane, text)
    script_run.redraw_page()


def _as_markdown(record: Record[Any], text: str) -> str:
    """Return the sent conversation and the answer as Markdown."""
    messages = [
        (message.role.value, message.get_text_content()) for message in record.request_as(RequestInvokeLLM).prompt_messages
    ]
    return "\n\n".join(f"## {role}\n\n{drawable(content)}" for role, content in [*messages, ("assistant", text)]) + "\n"
