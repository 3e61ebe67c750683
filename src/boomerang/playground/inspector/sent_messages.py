"""The messages of a request, one by one: role, text, media as facts, tool calls. The exact JSON is elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import streamlit as st

from boomerang.invoker.entities.content import (
    ImagePromptMessageContent,
    MultiModalPromptMessageContent,
    TextPromptMessageContent,
)
from boomerang.invoker.entities.message import AssistantPromptMessage, PromptMessage, ToolPromptMessage
from boomerang.invoker.records.metrics import Metric, Unit
from boomerang.invoker.request import Request
from boomerang.playground.ui import html_tables, json_view
from boomerang.playground.ui.html_tables import escaped
from boomerang.playground.ui.number_format import shown
from boomerang.workbench.i18n.translate import _, ngettext
from boomerang.workbench.results.shortened_values import shortened

MOST_MESSAGES = 200
LONGEST_TEXT = 20_000
"""Most characters shown of one text."""
LONGEST_IN_TOTAL = 200_000
LONGEST_FACT = 600


def messages_of(request: Request[Any]) -> Sequence[PromptMessage]:
    """Return the request's messages; none for a call without any."""
    messages: Sequence[PromptMessage] = getattr(request, "prompt_messages", ())
    return messages


def draw(request: Request[Any]) -> None:
    """Draw the request's other arguments as facts, then its messages."""
    html_tables.facts(dict(_facts(request)))
    messages = messages_of(request)
    room, blocks = LONGEST_IN_TOTAL, []
    for message in messages[:MOST_MESSAGES]:
        block = _message(message)
        room -= len(block)
        if room < 0:
            break
        blocks.append(block)
    st.html(f'<div class="model-text">{"".join(blocks)}</div>')
    if len(blocks) < len(messages):
        template = _("First {most} of {count} messages; the JSON has all of them.")
        st.caption(template.format(most=len(blocks), count=len(messages)))


def _facts(request: Request[Any]) -> Iterator[tuple[str, str]]:
    """Yield the request's arguments, except the messages and omitted ones, under their names in Dify's wire format."""
    for name, value in request.model_dump(mode="json", exclude={"prompt_messages"}, exclude_none=True).items():
        if name == "tools" and value:
            yield name, ", ".join(tool["name"] for tool in value)[:LONGEST_FACT]
        else:
            yield name, value if isinstance(value, str) else json_view.written(shortened(value))[:LONGEST_FACT]


def _message(message: PromptMessage) -> str:
    """Return a message as HTML."""
    head = " · ".join(escaped(text) for text in _head(message))
    body = "".join(_body(message)) or f"<p>{escaped(_('No content.'))}</p>"
    return f"<details open><summary><strong>{escaped(message.role.value)}</strong>{head}</summary>{body}</details>"


def _head(message: PromptMessage) -> Iterator[str]:
    yield ""  # a separator after the role
    if message.name:
        yield message.name
    if isinstance(message, ToolPromptMessage):
        yield _("result of call {id}").format(id=message.tool_call_id)
    count = len(message.get_text_content())
    yield ngettext("{count} character", "{count} characters", count).format(count=f"{count:,}")
    if getattr(message, "opaque_body", None) is not None:
        yield _("opaque_body: see JSON")


def _body(message: PromptMessage) -> Iterator[str]:
    if isinstance(message.content, str):
        yield _text(message.content)
    for item in message.content if isinstance(message.content, list) else ():
        if isinstance(item, TextPromptMessageContent):
            yield _text(item.data)
        elif isinstance(item, MultiModalPromptMessageContent):
            yield f"<p>📎 {escaped(' · '.join(_media(item)))}</p>"
    for call in message.tool_calls if isinstance(message, AssistantPromptMessage) else ():
        title = _("Tool call {name}").format(name=call.function.name)
        identity = f" · {call.id}" if call.id else ""
        yield f"<p>{escaped(title + identity)}</p><pre>{_cut(call.function.arguments)}</pre>"


def _media(item: MultiModalPromptMessageContent) -> Iterator[str]:
    """Yield the facts of a file: it is not embedded in the page again."""
    if item.filename:
        yield item.filename
    yield str(getattr(item, "type", ""))
    yield item.mime_type
    if item.url:
        yield item.url[:LONGEST_FACT]
    else:
        yield shown(Metric("size", len(item.base64_data.rstrip("=")) * 3 // 4, Unit.BYTES))
    if isinstance(item, ImagePromptMessageContent):
        yield _("detail {level}").format(level=item.detail.value)


def _text(text: str) -> str:
    return f"<pre>{_cut(text)}</pre>" if text else ""


def _cut(text: str) -> str:
    """Return a text escaped, with its line ends: browsers would drop lines of whitespace only."""
    rest = len(text) - LONGEST_TEXT
    remark = ""
    if rest > 0:
        remark = "… " + ngettext("({count} more character)", "({count} more characters)", rest).format(count=f"{rest:,}")
    return escaped(text[:LONGEST_TEXT] + remark).replace("\n", "&#10;").replace("\r", "&#13;")
