"""The LLM page's result: text, tool calls as cards, and the way to the next turn."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from invoker import Outcome, Record
from invoker.entities.llm import LLMFold, RequestInvokeLLM
from invoker.entities.message import ToolCall

from ..conversation import answer_calls, continue_with, mock_of
from ..escape import drawable, plain
from ..frame import Page, waiting
from ..jobs import Job
from .text import TextStream, draw

MARKDOWN, PLAIN = "Markdown", "Plain text"


def llm(page: Page, record: Record[Any]) -> None:
    """Draw the answer of an LLM."""
    fold = LLMFold().extend(tuple(record.chunks))
    text = drawable(fold.text)
    if text:
        draw(text, _render_mode(page))
    if fold.tool_calls:
        _calls(page, fold, record.outcome is Outcome.COMPLETED)
    elif record.request_as(RequestInvokeLLM).tools and record.outcome is Outcome.COMPLETED:
        st.caption(":material/build: No tool was called, which may be right.")
    if text:
        with st.container(horizontal=True):
            if not fold.tool_calls:
                st.button(
                    "Continue the conversation",
                    icon=":material/reply:",
                    key=page.key("continue"),
                    on_click=continue_with,
                    args=(page, fold),
                    disabled=page.state.extra.get("continued") == record.id,
                    help="The answer becomes an assistant message, and the next turn can be typed.",
                )
            st.download_button(
                "Text",
                text,
                file_name=f"answer-{record.id[:8]}.txt",
                icon=":material/download:",
                on_click="ignore",
                key=page.key("download"),
            )


def llm_live(page: Page, job: Job) -> Callable[[], None]:
    """Draw an answer while it comes."""
    if not page.state.arguments.get("stream", True):
        return waiting(page, job)  # who does not ask for a stream sees the answer when it is whole
    as_markdown = st.session_state.get(page.key("render"), MARKDOWN) == MARKDOWN
    stream = TextStream(as_markdown)
    calls = st.empty()
    fold = LLMFold()
    seen = 0

    def update() -> None:
        nonlocal seen
        chunks = job.record.chunks[seen:] if job.record else []
        seen += len(chunks)
        new = []
        for chunk in chunks:
            fold.add(chunk)
            if isinstance(chunk.delta.message.content, str):
                new.append(chunk.delta.message.content)
        stream.write("".join(new))
        if chunks and fold.tool_calls:
            with calls.container():
                for call in fold.tool_calls:
                    st.code(drawable(f"{call.function.name}({call.function.arguments}"), language=None, wrap_lines=True)

    return update


def parsed(call: ToolCall) -> Any:
    """Give a call's arguments; `None` if they are no JSON."""
    try:
        return json.loads(call.function.arguments)
    except ValueError:
        return None


def _render_mode(page: Page) -> bool:
    st.session_state.setdefault(page.key("render"), MARKDOWN)
    mode = st.segmented_control(
        "Show as",
        [MARKDOWN, PLAIN],
        key=page.key("render"),
        required=True,
        persist_state="session",
        label_visibility="collapsed",
    )
    return mode != PLAIN


def _calls(page: Page, fold: LLMFold, complete: bool) -> None:
    results: list[tuple[ToolCall, str]] = []
    for number, call in enumerate(fold.tool_calls, 1):
        results.append((call, _card(page, number, call, complete)))
    if complete:
        st.button(
            "Send results",
            icon=":material/send:",
            type="primary",
            key=page.key("tools.answer"),
            on_click=_answer,
            args=(page, fold, [call for call, _ in results]),
            help="Each result becomes a tool message with the call's id, and the model goes on.",
        )


def _answer(page: Page, fold: LLMFold, calls: Sequence[ToolCall]) -> None:
    answers = [str(st.session_state.get(_result_key(page, number), "")) for number in range(1, len(calls) + 1)]
    answer_calls(page, fold, list(zip(calls, answers, strict=True)))


def _card(page: Page, number: int, call: ToolCall, complete: bool) -> str:
    with st.container(border=True, key=page.key(f"call-{number}").replace(".", "-")):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(f"Tool call {number}", icon=":material/build:", color="violet")
            st.code(drawable(call.function.name), language=None, width="content")
            st.caption(f"id {plain(call.id)}" if call.id else "no id")
        arguments = parsed(call)
        if arguments is None:
            st.badge("arguments are not valid JSON", icon=":material/warning:", color="red")
            st.code(drawable(call.function.arguments), language=None, wrap_lines=True)
        else:
            st.json(arguments)
        if not complete:
            return ""
        key = _result_key(page, number)
        st.session_state.setdefault(key, mock_of(page, call.function.name))
        return st.text_input(f"Result of call {number}", key=key) or ""


def _result_key(page: Page, number: int) -> str:
    # One key for each run: the next run's call starts from its tool's mock result again.
    run = page.state.record.id[:8] if page.state.record else ""
    return page.key(f"result.{run}.{number}")
