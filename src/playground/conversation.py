"""The editors of the LLM pages: a conversation message by message, and the tools that are offered."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import streamlit as st

from invoker.entities.llm import LLMFold
from invoker.entities.message import ToolCall

from .escape import drawable
from .forms import field_fault
from .frame import Page
from .jsontext import JsonFault, parse, pretty
from .samples import CONVERSATIONS, TOOLS
from .state import Draft

ROLES = ["system", "user", "assistant", "tool"]


def editor(page: Page, first: str) -> list[dict[str, Any]]:
    """Draw the conversation and give its messages as Dify's dicts.

    Args:
        page: The page, whose state holds the drafts.
        first: The sample of `CONVERSATIONS` that is there at first.
    """
    if not page.state.drafts:
        page.state.drafts = drafts_of(CONVERSATIONS[first])
    for index, draft in enumerate(page.state.drafts):
        _message(page, draft, index)
    with st.container(horizontal=True):
        st.button("Add message", icon=":material/add:", key=page.key("message.add"), on_click=_add, args=(page,))
        st.button(
            "Start over",
            icon=":material/restart_alt:",
            key=page.key("message.reset"),
            on_click=load,
            args=(page, CONVERSATIONS[first]),
            type="tertiary",
        )
    messages = [as_message(draft) for draft in page.state.drafts]
    _check(page, page.state.drafts)
    return messages


def load(page: Page, messages: Sequence[tuple[str, str]]) -> None:
    """Replace the conversation."""
    page.state.drafts = drafts_of(messages)


def drafts_of(messages: Sequence[tuple[str, str]]) -> list[Draft]:
    """Make drafts from pairs of role and text."""
    return [Draft(role=role, content=content) for role, content in messages]


def as_message(draft: Draft) -> dict[str, Any]:
    """Give a draft as Dify's dict of a message."""
    message: dict[str, Any] = {"role": draft.role, "content": draft.content}
    if draft.name:
        message["name"] = draft.name
    if draft.role == "assistant" and draft.tool_calls:
        message["tool_calls"] = [call.model_dump(mode="json") for call in draft.tool_calls]
    if draft.role == "tool":
        message["tool_call_id"] = draft.tool_call_id
    return message


def continue_with(page: Page, fold: LLMFold) -> None:
    """Take the answer into the conversation, once, and open the next turn."""
    page.state.extra["continued"] = page.state.record.id if page.state.record else None
    page.state.drafts.append(Draft(role="assistant", content=drawable(fold.text), tool_calls=fold.tool_calls))
    page.state.drafts.append(Draft(role="user"))


def answer_calls(page: Page, fold: LLMFold, results: Sequence[tuple[ToolCall, str]]) -> None:
    """Take the calls and their results into the conversation, and let the model go on."""
    page.state.drafts.append(Draft(role="assistant", content=drawable(fold.text), tool_calls=fold.tool_calls))
    for call, result in results:
        page.state.drafts.append(Draft(role="tool", content=result, name=call.function.name, tool_call_id=call.id))
    page.state.run_again = True


def tools(page: Page) -> list[dict[str, Any]] | None:
    """Draw the tool editor; give the tools that are offered, or `None` if none is."""
    held: list[dict[str, Any]] = page.state.extra.setdefault("tools", [new_tool(**tool) for tool in TOOLS])
    with st.expander("Tools", icon=":material/build:"):
        offered = st.toggle(
            "Offer tools to the model",
            key=page.key("tools.on"),
            persist_state="session",
            help="Sent as `tools`. They take effect only for a model with the feature tool-call.",
        )
        found = [_tool(page, held, tool, bool(offered)) for tool in tuple(held)]
        st.button(
            "Add tool",
            icon=":material/add:",
            key=page.key("tools.add"),
            on_click=lambda: held.append(new_tool()),
        )
    if not offered:
        return None
    for tool in found:
        page.require(tool is not None, "correct the tools")
        page.require(tool is None or tool["name"].strip(), "give every tool a name")
    return [{key: tool[key] for key in ("name", "description", "parameters")} for tool in found if tool]


def new_tool(name: str = "", description: str = "", parameters: dict[str, Any] | None = None, mock: str = "") -> dict[str, Any]:
    """Make a tool for the editor, with an id of its own that names its widgets."""
    schema = parameters or {"type": "object", "properties": {}}
    return {"id": uuid.uuid4().hex[:8], "name": name, "description": description, "parameters": schema, "mock": mock}


def mock_of(page: Page, name: str) -> str:
    """Give the mock result of a tool, as typed in its editor."""
    held: list[dict[str, Any]] = page.state.extra.get("tools", [])
    return next((str(tool.get("mock", "")) for tool in held if tool.get("name") == name), "")


def _tool(page: Page, held: list[dict[str, Any]], tool: dict[str, Any], offered: bool) -> dict[str, Any] | None:
    with st.container(border=True):
        fields = ("name", "description", "mock", "parameters", "remove")
        keys = {name: page.key(f"tool.{tool['id']}.{name}") for name in fields}
        for name in ("name", "description", "mock"):
            st.session_state.setdefault(keys[name], tool[name])
        st.session_state.setdefault(keys["parameters"], pretty(tool["parameters"]))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            tool["name"] = st.text_input("Name", key=keys["name"], persist_state="session") or ""
            st.button(
                "", icon=":material/delete:", key=keys["remove"], help="Remove tool", type="tertiary",
                on_click=held.remove, args=(tool,),
            )  # fmt: skip
        tool["description"] = st.text_input("Description", key=keys["description"], persist_state="session") or ""
        text = st.text_area("Parameters, a JSON schema", key=keys["parameters"], height=150, persist_state="session")
        value = parse(str(text or ""), dict)
        tool["mock"] = (
            st.text_input(
                "Mock result",
                key=keys["mock"],
                persist_state="session",
                help="Filled in when the model calls this tool; never sent before.",
            )
            or ""
        )
        if isinstance(value, JsonFault):
            field_fault(page if offered else None, f"Parameters of {tool['name'] or 'the tool'}: {value}")
            return None
        tool["parameters"] = value
        return tool


def _message(page: Page, draft: Draft, index: int) -> None:
    last = len(page.state.drafts) - 1
    keys = {name: page.key(f"{draft.id}.{name}") for name in ("role", "content", "call", "up", "down", "remove")}
    with st.container(border=True, key=page.key(f"message-{index}").replace(".", "-")):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.session_state.setdefault(keys["role"], draft.role)
            draft.role = str(
                st.selectbox(
                    f"Role of message {index + 1}",
                    ROLES,
                    key=keys["role"],
                    persist_state="session",
                    label_visibility="collapsed",
                    width=125,
                )
            )
            st.space("stretch")
            st.button(
                "", icon=":material/arrow_upward:", key=keys["up"], help="Move up", type="tertiary", disabled=index == 0,
                on_click=_move, args=(page, index, -1),
            )  # fmt: skip
            st.button(
                "", icon=":material/arrow_downward:", key=keys["down"], help="Move down", type="tertiary",
                disabled=index == last, on_click=_move, args=(page, index, 1),
            )  # fmt: skip
            st.button(
                "", icon=":material/delete:", key=keys["remove"], help="Remove message", type="tertiary",
                disabled=last == 0, on_click=_remove, args=(page, index),
            )  # fmt: skip
        st.session_state.setdefault(keys["content"], draft.content)
        draft.content = str(
            st.text_area(
                f"Text of message {index + 1}",
                key=keys["content"],
                persist_state="session",
                label_visibility="collapsed",
                height="content",
                placeholder="Type the text",
            )
            or ""
        )
        if draft.role == "tool":
            st.session_state.setdefault(keys["call"], draft.tool_call_id)
            draft.tool_call_id = st.text_input("tool_call_id", key=keys["call"], persist_state="session") or ""
        for call in draft.tool_calls if draft.role == "assistant" else ():
            shown = drawable(f"{call.function.name}({call.function.arguments})  # {call.id}")
            st.code(shown, language="python", wrap_lines=True)


def _check(page: Page, drafts: Sequence[Draft]) -> None:
    page.require(any(draft.content.strip() for draft in drafts if draft.role == "user"), "type the text of a user message")
    for number, draft in enumerate(drafts, 1):
        page.require(draft.role != "tool" or draft.tool_call_id.strip(), f"message {number} is a tool's: give its tool_call_id")


def _add(page: Page) -> None:
    last = page.state.drafts[-1].role if page.state.drafts else "assistant"
    page.state.drafts.append(Draft(role="assistant" if last == "user" else "user"))


def _move(page: Page, index: int, by: int) -> None:
    drafts = page.state.drafts
    other = index + by
    if 0 <= other < len(drafts) and index < len(drafts):
        drafts[index], drafts[other] = drafts[other], drafts[index]


def _remove(page: Page, index: int) -> None:
    if index < len(page.state.drafts):
        del page.state.drafts[index]


def sample_chips(page: Page) -> None:
    """Draw chips that replace the conversation."""

    def fill() -> None:
        chosen = st.session_state.get(page.key("sample"))
        st.session_state[page.key("sample")] = None  # a chip is a button: the same one fills the form again
        if chosen in CONVERSATIONS:
            load(page, CONVERSATIONS[chosen])
            st.session_state[page.key("tools.on")] = chosen == "Two tools"

    st.pills("Samples", list(CONVERSATIONS), key=page.key("sample"), on_change=fill, wrap=True)
