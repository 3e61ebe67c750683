"""Tool calls as cards: arguments checked against the tool's parameters, a result for each, and sending the results."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from boomerang.invoker.entities.llm.request import RequestInvokeLLM
from boomerang.invoker.entities.message import PromptMessage, PromptMessageRole, PromptMessageTool, ToolCall
from boomerang.invoker.llm_text.json_depth import is_deep
from boomerang.invoker.llm_text.json_schema import Checked, Fault, check
from boomerang.invoker.records.record import Outcome, Record
from boomerang.playground.forms.conversation.conversation_editor import CHAT, answer_calls
from boomerang.playground.forms.conversation.tool_library import ToolLibrary
from boomerang.playground.forms.conversation.tools_editor import automatic_rounds, mock_result, with_ids
from boomerang.playground.run import script_run
from boomerang.playground.run.pane import Pane
from boomerang.playground.session import page_state
from boomerang.playground.ui import json_view, schema_verdict
from boomerang.playground.ui.escape import plain
from boomerang.workbench.i18n.translate import _, ngettext
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.llm_answer import Answer


@dataclass(slots=True)
class _Answered:
    """Which calls of a pane have been answered."""

    record_id: str | None = None
    """Id of the last record whose calls were answered."""


def draw(pane: Pane, record: Record[Any], answer: Answer) -> None:
    """Draw the calls of an answer as cards."""
    raw = answer.fold.tool_calls
    calls = with_ids(raw)
    offered = {tool.name: tool for tool in record.request_as(RequestInvokeLLM).tools or ()}
    complete = record.outcome is Outcome.COMPLETED
    for number, (call, came) in enumerate(zip(calls, raw, strict=True), 1):
        _card(pane, number, call, came, offered, complete)


def draw_send(pane: Pane, record: Record[Any], answer: Answer) -> None:
    """Draw the button that sends the calls' results, once the answer is complete."""
    if record.outcome is not Outcome.COMPLETED:
        return
    st.button(
        _("Send results"),
        icon=":material/send:",
        type="primary",
        key=pane.key("tools.answer"),
        on_click=_send,
        args=(pane, record, answer, with_ids(answer.fold.tool_calls)),
        disabled=pane.state.kept(_Answered).record_id == record.id,
        help=_("Sends each result as a tool message with the call's ID and lets the model continue."),
    )


def go_on(pane: Pane, record: Record[Any], answer: Answer) -> None:
    """Answer the calls with their mocks and run again, if the page is set to do so and rounds are left.

    Rounds are counted from the messages that were sent, so a page that reattaches to a run knows as much as one that watched
    it.
    """
    limit = automatic_rounds(pane)
    # A comparison has no automatic rounds: its panes share one conversation, and each would continue with another answer.
    if pane.part or int(st.session_state.get(pane.key("panes")) or 1) > 1 or not limit:
        return
    if pane.state.opened is not None:
        return
    if record.outcome is not Outcome.COMPLETED or pane.state.kept(_Answered).record_id == record.id:
        return
    done = rounds(record.request_as(RequestInvokeLLM).prompt_messages)
    if done >= limit:
        template = ngettext("Stopped at the limit of {count} round.", "Stopped at the limit of {count} rounds.", done)
        st.caption(f":material/sync_disabled: {template.format(count=done)}")
        return
    calls = with_ids(answer.fold.tool_calls)
    pane.state.kept(_Answered).record_id = record.id
    answer_calls(pane, answer.text, [(call, _mock(pane, call)) for call in calls], answer.fold.opaque_body)
    st.rerun()


def rounds(messages: Sequence[PromptMessage]) -> int:
    """Count the rounds of calls since the last user message."""
    count = 0
    for message in reversed(messages):
        if message.role is PromptMessageRole.USER:
            break
        count += bool(getattr(message, "tool_calls", None))
    return count


def parsed(call: ToolCall) -> Any:
    """Return a call's arguments; `None` if they are not JSON, or nested too deeply."""
    try:
        value = json.loads(call.function.whole_arguments(), strict=False)
    except (ValueError, RecursionError):
        return None
    return None if is_deep(value) else value


def checked_arguments(arguments: Any, tool: PromptMessageTool) -> Checked:
    """Check arguments against a tool's parameters. Whatever the schema says, arguments must be an object."""
    if not isinstance(arguments, dict):
        return Checked(Fault("$", _("an object"), json.dumps(arguments, ensure_ascii=False)[:80]))
    return check(arguments, tool.parameters)


def _card(
    pane: Pane, number: int, call: ToolCall, came: ToolCall, offered: dict[str, PromptMessageTool], complete: bool
) -> None:
    with st.container(border=True, key=pane.key(f"call-{number}").replace(".", "-")):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(_("Tool call {number}").format(number=number), icon=":material/build:", color="violet")
            st.code(drawable(call.function.name), language=None, width="content")
            st.caption(_id(call, came))
        arguments = parsed(call)
        if arguments is None:
            st.badge(_("arguments are not valid JSON or are nested too deeply"), icon=":material/warning:", color="red")
            json_view.text(call.function.arguments)
        else:
            json_view.text(call.function.whole_arguments())
            _verdict(arguments, call, offered)
        if complete:
            key = _result_key(pane, number)
            st.session_state.setdefault(key, _mock(pane, call))
            st.text_input(_("Result of call {number}").format(number=number), key=key)


def _id(call: ToolCall, came: ToolCall) -> str:
    if not came.id:
        return _("no ID; using {own}").format(own=plain(call.id))
    if came.id != call.id:
        return _("duplicate ID {id}; using {own}").format(id=plain(came.id), own=plain(call.id))
    return _("id {id}").format(id=plain(call.id))


def _verdict(arguments: Any, call: ToolCall, offered: dict[str, PromptMessageTool]) -> None:
    tool = offered.get(call.function.name)
    if tool is None:
        st.badge(_("no tool with this name was sent"), icon=":material/help:", color="orange")
        return
    schema_verdict.draw(checked_arguments(arguments, tool), schema_verdict.ARGUMENTS)


def _send(pane: Pane, record: Record[Any], answer: Answer, calls: Sequence[ToolCall]) -> None:
    pane.state.kept(_Answered).record_id = record.id
    st.session_state[f"{pane.member}.mode"] = CHAT
    results = [str(st.session_state.get(_result_key(pane, number), "")) for number in range(1, len(calls) + 1)]
    answer_calls(pane, answer.text, list(zip(calls, results, strict=True)), answer.fold.opaque_body)
    script_run.redraw_page()


def _mock(pane: Pane, call: ToolCall) -> str:
    tools = page_state.page(pane.invoke_type).kept(ToolLibrary).tools
    return mock_result(tools, call.function.name, parsed(call))


def _result_key(pane: Pane, number: int) -> str:
    # One key per run: the next run's call starts with its tool's mock result again.
    run = pane.state.record.id[:8] if pane.state.record else ""
    return pane.key(f"result.{run}.{number}")
