"""Test the Sent and Received tabs: readable first, the exact JSON one click away."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from boomerang.invoker.backends.scripted import llm_chunks
from boomerang.invoker.records.record import Record
from boomerang.invoker.request import InvokeType
from boomerang.playground.inspector import payloads
from boomerang.playground.inspector.sent_messages import LONGEST_TEXT, MOST_MESSAGES
from tests.invoker.answers import answers_to, request_of
from tests.playground.parsed_markup import Element, Markup

from .test_inspector import streamed

CALL = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
IMAGE = {"type": "image", "format": "png", "mime_type": "image/png", "base64_data": b64encode(bytes(1500)).decode()}
LINK = {"type": "audio", "format": "mp3", "mime_type": "audio/mpeg", "url": "http://files.example/a.mp3"}
MESSAGES: list[dict[str, Any]] = [
    {"role": "system", "content": "<b>Be brief.</b>\n\n  Always."},
    {"role": "user", "content": [{"type": "text", "data": "What is it?"}, IMAGE | {"filename": "a<b.png"}, LINK]},
    {"role": "assistant", "content": "", "tool_calls": [CALL]},
    {"role": "tool", "content": "42", "tool_call_id": "c1", "name": "add"},
]


def page() -> None:
    import streamlit

    from boomerang.playground.inspector import payloads

    payloads.draw_sent(streamlit.session_state["record"], "x")
    payloads.draw_received(streamlit.session_state["record"], "x")


def drawn(record: Record[Any]) -> AppTest:
    at = AppTest.from_function(page, default_timeout=30)
    at.session_state["record"] = record
    return look(at)


def look(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception, at.exception
    return at


def sent(messages: list[dict[str, Any]], **more: Any) -> Record[Any]:
    return Record(request_of(InvokeType.LLM, prompt_messages=messages, **more), "scripted")


def messages_of(at: AppTest) -> list[Element]:
    [body] = [html.body for html in at.html if "<details open><summary><strong>" in html.body]
    return Markup(body).named("details")


def test_each_message_is_readable_on_its_own() -> None:
    at = drawn(sent(MESSAGES))
    system, user, assistant, tool = (element.text for element in messages_of(at))
    assert system == "system · 27 characters<b>Be brief.</b>\n\n  Always."
    assert user.startswith("user · 11 charactersWhat is it?📎 a<b.png · image · image/png · 1.5 kB · detail low")
    assert user.endswith("📎 audio · audio/mpeg · http://files.example/a.mp3")
    assert assistant == 'assistant · 0 charactersTool call add · c1{"a": 1}'
    assert tool == "tool · add · result of call c1 · 2 characters42"
    assert not any(IMAGE["base64_data"][:100] in html.body for html in at.html), "a file is only described"


def test_the_other_arguments_are_facts_above_the_messages() -> None:
    tools = [{"name": "add", "description": "Adds.", "parameters": {"type": "object"}}]
    at = drawn(sent(MESSAGES, tools=tools, stop=["\n"], completion_params={"temperature": 0.50}))
    facts = next(html.body for html in at.html if "plain-table" in html.body)
    rows = [element.text for element in Markup(facts).named("tr")]
    assert "toolsadd" in rows and 'stop["\\n"]' in rows and 'completion_params{"temperature": 0.5}' in rows


def test_the_exact_json_is_one_click_away() -> None:
    at = drawn(sent(MESSAGES))
    assert not any("json-tree" in html.body for html in at.html)
    at.segmented_control(key="x.sent.view").set_value(payloads.JSON)
    [tree] = [html.body for html in look(at).html if "json-tree" in html.body]
    assert "prompt_messages" in tree and "tool_call_id" in tree


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "user", "content": "x" * 5_000_000}],
        [{"role": "user", "content": f"message {number} " * 300} for number in range(1_000)],
        [{"role": "user", "content": "\ud83d"}, {"role": "assistant", "content": None}, {"role": "system", "content": []}],
    ],
    ids=["a long one", "many", "odd ones"],
)
def test_messages_of_any_size_are_drawn_within_bounds(messages: list[dict[str, Any]]) -> None:
    at = drawn(sent(messages))
    elements = messages_of(at)
    assert 0 < len(elements) <= MOST_MESSAGES
    assert sum(len(element.text) for element in elements) < 11 * LONGEST_TEXT
    if len(elements) < len(messages):
        assert f"First {len(elements)} of {len(messages)} messages; the JSON has all of them." in captions(at)


def captions(at: AppTest) -> list[str]:
    return [caption.value for caption in at.caption]


def test_a_call_without_messages_is_shown_as_json() -> None:
    at = drawn(Record(request_of(InvokeType.MODERATION), "scripted"))
    assert not at.segmented_control and any("Hello." in html.body for html in at.html)


def test_received_opens_on_the_merged_answer_with_the_chunks_behind_a_switch() -> None:
    at = drawn(streamed(["Hello ", "there."]))
    assert "Merged from 2 chunks." in captions(at)
    assert any("Hello there." in html.body for html in at.html)
    at.segmented_control(key="x.received.view").set_value(payloads.CHUNKS)
    bodies = [html.body for html in look(at).html]
    assert any('"Hello "' in body and '"there."' in body for body in bodies)
    assert not any("Hello there." in body for body in bodies)


def test_a_single_response_needs_no_switch() -> None:
    record: Record[Any] = Record(request_of(InvokeType.MODERATION), "scripted")
    record.chunks.extend(answers_to(InvokeType.MODERATION))
    record.times.append(0.5)
    at = drawn(record)
    assert "Single response." in captions(at) and not at.segmented_control


def test_of_many_chunks_the_first_are_listed() -> None:
    at = drawn(streamed(["ab "] * 2_000))
    at.segmented_control(key="x.received.view").set_value(payloads.CHUNKS)
    assert "First 100 of 2,000 chunks. See Chunks for all of them." in captions(look(at))


def test_a_running_answer_is_merged_so_far() -> None:
    record = sent(MESSAGES)
    record.chunks.extend(llm_chunks("Hel"))
    record.times.append(0.1)
    assert "Merged from the first 1 chunk." in captions(drawn(record))
