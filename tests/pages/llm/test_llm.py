"""Test the LLM page: conversation editor, parameters, stop sequences, tools, and the next turn."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from boomerang.invoker.backends.scripted import llm_chunks
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.playground.forms.conversation.tool_library import ToolLibrary
from boomerang.workbench.samples.inputs import CONVERSATIONS, TOOLS
from tests.pages.visitor import Visitor
from tests.scripted import RULES, Desk, call_chunk

Visit = Callable[[str], Visitor]


@pytest.fixture
def page(visit: Visit) -> Visitor:
    """Return a newly opened page, with parameters and tools unfolded."""
    return visit("llm").unfold("settings", "tools")


def draft(page: Visitor, index: int) -> str:
    """Return the id of a message's editor."""
    return page.page_state.drafts[index].id


def roles(desk: Desk) -> list[tuple[str, Any]]:
    """Return roles and contents of the last request."""
    return [(message.role.value, message.content) for message in desk.requests[-1].prompt_messages]


def answering(*turns: list[Any]) -> Callable[[Request[Any], Run], list[Any]]:
    """Return the given answers in turn."""
    left = list(turns)
    return lambda request, run: left.pop(0)


CALLS = [
    call_chunk({"id": "call-1", "name": "get_weather", "arguments": '{"ci'}),
    call_chunk({"arguments": 'ty": "Oslo"}'}),
    call_chunk({"id": "call-2", "name": "add", "arguments": '{"a": 19, "b": 23}'}, finish_reason="tool_calls"),
]


def test_the_sample_is_what_is_sent(page: Visitor, desk: Desk) -> None:
    page.run()
    assert roles(desk) == CONVERSATIONS["Two sentences"]
    request = desk.requests[0]
    assert request.stream is True and request.tools is None and request.stop is None
    assert request.completion_params == {"temperature": 0.5, "max_tokens": 64}


@pytest.mark.parametrize("text", ["", "  \n "])
def test_without_a_users_text_it_does_not_run_and_says_why(page: Visitor, text: str) -> None:
    page.type(f"{draft(page, 1)}.content", text)
    assert not page.can_run and "user message" in page.reason
    page.type(f"{draft(page, 1)}.content", "Hi")
    assert page.can_run


def test_messages_are_edited(page: Visitor, desk: Desk) -> None:
    page.type(f"{draft(page, 1)}.content", "What is \"this\"?\n'Tell' me ${x}")
    page.set("selectbox", f"{draft(page, 0)}.role", "assistant")
    page.run()
    assert roles(desk) == [("assistant", CONVERSATIONS["Two sentences"][0][1]), ("user", "What is \"this\"?\n'Tell' me ${x}")]


def test_messages_are_added_and_take_turns(page: Visitor, desk: Desk) -> None:
    page.click("message.add").click("message.add")
    assert [state.role for state in page.page_state.drafts] == ["system", "user", "assistant", "user"]
    page.type(f"{draft(page, 2)}.content", "Because.").type(f"{draft(page, 3)}.content", "Why?")
    page.run()
    assert roles(desk)[2:] == [("assistant", "Because."), ("user", "Why?")]


def test_messages_are_moved_and_removed(page: Visitor, desk: Desk) -> None:
    system, user = CONVERSATIONS["Two sentences"]
    assert page.at.button(key=f"llm.{draft(page, 0)}.up").disabled
    assert page.at.button(key=f"llm.{draft(page, 1)}.down").disabled
    page.click(f"{draft(page, 0)}.down").run()
    assert roles(desk) == [user, system]
    page.click(f"{draft(page, 1)}.remove").run()
    assert roles(desk) == [user]
    assert page.at.button(key=f"llm.{draft(page, 0)}.remove").disabled


def test_start_over_gives_the_sample_back(page: Visitor, desk: Desk) -> None:
    page.type(f"{draft(page, 1)}.content", "Something else").click("message.add").click("message.reset").run()
    assert roles(desk) == CONVERSATIONS["Two sentences"]


@pytest.mark.parametrize("sample", CONVERSATIONS)
def test_a_sample_fills_the_conversation(page: Visitor, desk: Desk, sample: str) -> None:
    page.at.session_state["llm.sample"] = None
    page.set("button_group", "sample", sample)
    if "refused" in sample:
        assert not page.can_run
        return
    page.run()
    assert roles(desk) == CONVERSATIONS[sample]
    assert (desk.requests[0].tools is not None) == (sample == "Two tools")


def test_only_ticked_parameters_are_sent(page: Visitor, desk: Desk) -> None:
    page.set("checkbox", "talker.temperature.send", False)
    assert page.config["completion_params"] == {"max_tokens": 64}
    for rule in RULES:
        page.set("checkbox", f"talker.{rule.name}.send", True)
    page.set("slider", "talker.temperature", 1.25)
    page.set("number_input", "talker.max_tokens", 200)
    page.set("number_input", "talker.seed", 7)
    page.set("selectbox", "talker.response_format", "XML")
    page.set("text_area", "talker.grammar", "root ::= [a-z]+\n")
    page.set("text_input", "talker.suffix", "!")
    page.set("toggle", "talker.echo", False)
    expected = {
        "temperature": 1.25,
        "max_tokens": 200,
        "seed": 7,
        "response_format": "XML",
        "grammar": "root ::= [a-z]+\n",
        "suffix": "!",
        "echo": False,
    }
    assert page.config["completion_params"] == expected
    page.run()
    assert desk.requests[0].completion_params == expected
    assert isinstance(desk.requests[0].completion_params["max_tokens"], int)
    for rule in RULES:
        page.set("checkbox", f"talker.{rule.name}.send", False)
    assert page.run().config["completion_params"] == {} == desk.requests[1].completion_params


def test_a_model_without_rules_has_no_parameters(page: Visitor, desk: Desk) -> None:
    page.set("selectbox", "model", "toolless").run()
    assert desk.requests[0].completion_params == {}
    page.set("selectbox", "model", "talker").run()
    assert desk.requests[1].completion_params == {"temperature": 0.5, "max_tokens": 64}


def test_stop_words_go_into_stop(page: Visitor, desk: Desk) -> None:
    page.at.session_state["llm.stop_words"] = ["END", "\n\n"]
    page.look().run()
    assert desk.requests[0].stop == ["END", "\n\n"]
    assert "stop" not in desk.requests[0].completion_params


def test_without_streaming_the_answer_comes_in_one_piece(page: Visitor, desk: Desk) -> None:
    page.set("toggle", "stream", False).run()
    assert desk.requests[0].stream is False
    assert page.state == "done" and "Hello there." in page.seen


def test_the_answer_is_markdown_or_plain_text_and_never_a_loaded_image(page: Visitor, desk: Desk) -> None:
    text = "**bold** ![x](http://192.0.2.1/x.png) costs $5 or $6"
    desk.answer = lambda request, run: llm_chunks(text)
    page.run()
    [drawn] = [html.body for html in page.at.html if "model-text" in html.body and "<style>" not in html.body]
    link = '<a href="http://192.0.2.1/x.png" target="_blank">x</a>'
    assert drawn == f'<div class="model-text"><p><strong>bold</strong> !{link} costs $5 or $6</p></div>'
    page.set("button_group", "render", "Plain text")
    assert text in [code.value for code in page.at.code]


def test_half_of_a_character_from_a_server_breaks_nothing(page: Visitor, desk: Desk) -> None:
    desk.answer = lambda request, run: llm_chunks("a \ud83d", "\ude00 b \ud800 c")
    page.run()
    assert page.state == "done" and "a 😀 b \ufffd c" in page.seen
    for tab in ("Sent", "Received", "Chunks", "Log", "Code"):
        page.tab(tab)
    page.click("continue").type(f"{draft(page, 3)}.content", "Go on.").run()
    assert roles(desk)[2] == ("assistant", "a 😀 b \ufffd c")


def test_continue_takes_the_answer_into_the_conversation(page: Visitor, desk: Desk) -> None:
    page.run().click("continue")
    assert [state.role for state in page.page_state.drafts] == ["system", "user", "assistant", "user"]
    assert not page.page_state.drafts[3].content
    page.type(f"{draft(page, 3)}.content", "And at night?").run()
    assert roles(desk)[2:] == [("assistant", "Hello there."), ("user", "And at night?")]


def test_a_tool_call_is_a_card_and_its_result_goes_back_under_its_id(page: Visitor, desk: Desk) -> None:
    desk.answer = answering(CALLS, list(llm_chunks("It rains in Oslo, and the sum is 42.")))
    page.set("button_group", "sample", "Two tools").run()
    assert [tool.name for tool in desk.requests[0].tools] == [tool["name"] for tool in TOOLS]
    assert page.state == "done"
    assert "Tool call 1" in page.seen and "get_weather" in page.seen and "call-2" in page.seen
    assert '"city": "Oslo"' in page.seen and '"a": 19,\n  "b": 23' in page.seen
    results = [field for field in page.at.text_input if field.label.startswith("Result of call")]
    assert [field.value for field in results] == [TOOLS[0]["mock"], TOOLS[1]["mock"]]
    results[1].set_value("forty-two")
    page.click("tools.answer")
    assert page.state == "done" and "It rains in Oslo" in page.seen
    *_, weather, total = desk.requests[1].prompt_messages
    assert [state.role.value for state in desk.requests[1].prompt_messages] == ["user", "assistant", "tool", "tool"]
    assert (weather.tool_call_id, weather.content, weather.name) == ("call-1", TOOLS[0]["mock"], "get_weather")
    assert (total.tool_call_id, total.content, total.name) == ("call-2", "forty-two", "add")
    calls = desk.requests[1].prompt_messages[1].tool_calls
    assert [(call.id, call.function.arguments) for call in calls] == [
        ("call-1", '{"city": "Oslo"}'),
        ("call-2", '{"a": 19, "b": 23}'),
    ]
    assert len(desk.requests) == 2


@pytest.mark.parametrize("levels", [101, 300, 900, 20_000])
def test_arguments_that_are_nested_too_deeply_are_shown_as_text(page: Visitor, desk: Desk, levels: int) -> None:
    arguments = '{"a":' * levels + "1" + "}" * levels
    desk.answer = lambda request, run: [call_chunk({"id": "c", "name": "add", "arguments": arguments})]
    page.set("toggle", "tools.on", True).run()
    assert page.state == "done" and "nested too deeply" in page.seen
    assert any(code.value.startswith(('{\n  "a": {\n    "a": {', '{"a":{"a":')) for code in page.at.code)
    for tab in ("Sent", "Received", "Chunks", "Log", "Code"):
        page.tab(tab)


def test_a_large_object_of_a_model_is_shown_in_part(page: Visitor, desk: Desk) -> None:
    arguments = json.dumps({f"k{n}": "x" * 100 for n in range(5_000)})
    desk.answer = lambda request, run: [call_chunk({"id": "c", "name": "add", "arguments": arguments})]
    page.set("toggle", "tools.on", True).run()
    assert "First 60,000 characters" in page.seen
    assert max(len(code.value) for code in page.at.code) <= 60_000


def test_arguments_that_are_no_json_are_shown_as_they_came_with_a_mark(page: Visitor, desk: Desk) -> None:
    desk.answer = lambda request, run: [call_chunk({"id": "c", "name": "add", "arguments": '{"a": 19, "b"'})]
    page.set("toggle", "tools.on", True).run()
    assert "arguments are not valid JSON" in page.seen
    assert '{"a": 19, "b"' in [code.value for code in page.at.code]


@pytest.mark.parametrize("arguments", ["", "[]", "5", "null", '"x"'])
def test_odd_arguments_are_drawn(page: Visitor, desk: Desk, arguments: str) -> None:
    desk.answer = lambda request, run: [call_chunk({"id": "c", "name": "add", "arguments": arguments})]
    page.set("toggle", "tools.on", True).run()
    assert page.state == "done" and "Tool call 1" in page.seen


def test_what_a_provider_wants_back_goes_back_with_the_results(page: Visitor, desk: Desk) -> None:
    signature = {"extra_content": {"google": {"thought_signature": "s"}}}
    opaque = {"reasoning_content": "I need the sum.", "tool_calls": {"c": signature}}
    called = call_chunk({"id": "c", "name": "add", "arguments": '{"a": 19, "b": 23}'}, finish_reason="tool_calls")
    called.delta.message.opaque_body = opaque
    desk.answer = answering([called], list(llm_chunks("42.")))
    page.set("toggle", "tools.on", True).run().click("tools.answer")
    assert desk.requests[1].prompt_messages[-2].opaque_body == opaque
    assert "opaque_body" in page.tab("Code")


@pytest.mark.parametrize("arguments", ["", " ", "null"])
def test_a_call_without_arguments_has_an_empty_object(page: Visitor, desk: Desk, arguments: str) -> None:
    desk.answer = lambda request, run: [call_chunk({"id": "c", "name": "now", "arguments": arguments})]
    page.set("toggle", "tools.on", True).run()
    assert "not valid JSON" not in page.seen
    assert "now" in page.seen and "{}" in page.seen


def test_markup_in_a_tool_call_is_text(page: Visitor, desk: Desk) -> None:
    markup = "`![x](http://192.0.2.1/x.png)`"
    desk.answer = lambda request, run: [call_chunk({"id": markup, "name": markup, "arguments": markup})]
    page.set("toggle", "tools.on", True).run()
    drawn = [element.value for element in (*page.at.markdown, *page.at.caption)]
    assert not any("![x](" in text for text in drawn)


def test_tools_do_not_take_effect_where_the_model_cannot_call_them(page: Visitor, desk: Desk) -> None:
    page.set("selectbox", "model", "toolless").set("toggle", "tools.on", True).run()
    assert desk.requests[0].tools is None
    assert "Tools left out (get_weather, add)" in page.faults and "tool-call" in page.faults
    page.tab("Sent")
    page.at.segmented_control(key=page.key("inspector.sent.view")).set_value("json")
    assert '"tools": null' in page.look().seen and page.record.request.payload()["tools"] is not None


def test_a_stream_that_called_no_tool_says_so(page: Visitor, desk: Desk) -> None:
    page.set("toggle", "tools.on", True).run()
    assert "No tool was called" in page.seen


def tool_key(page: Visitor, index: int, name: str) -> str:
    """Return the key of a field in a tool's editor."""
    return f"tool.{page.page_state.kept(ToolLibrary).tools[index]['id']}.{name}"


def test_broken_json_in_a_tool_is_said_with_line_and_column(page: Visitor, desk: Desk) -> None:
    page.set("toggle", "tools.on", True)
    page.type(tool_key(page, 0, "parameters"), '{\n  "type" "object"\n}')
    assert not page.can_run
    assert "Line 2, column 10" in page.reason and "get_weather" in page.reason
    page.set("toggle", "tools.on", False)
    assert page.can_run  # tools that are not sent do not block the run
    page.set("toggle", "tools.on", True).type(tool_key(page, 0, "parameters"), '{"type": "object"}').run()
    assert desk.requests[0].tools[0].parameters == {"type": "object"}


def test_a_tool_needs_a_name(page: Visitor, desk: Desk) -> None:
    page.set("toggle", "tools.on", True).click("tools.add")
    assert not page.can_run and "name" in page.reason
    page.set("text_input", tool_key(page, 2, "name"), "look_up").run()
    assert [tool.name for tool in desk.requests[0].tools] == ["get_weather", "add", "look_up"]


def test_a_tool_is_removed(page: Visitor, desk: Desk) -> None:
    page.set("toggle", "tools.on", True).click(tool_key(page, 0, "remove")).run()
    assert [tool.name for tool in desk.requests[0].tools] == ["add"]


def test_a_tools_message_needs_the_id_of_its_call(page: Visitor) -> None:
    page.set("selectbox", f"{draft(page, 0)}.role", "tool")
    assert not page.can_run and "tool_call_id" in page.reason
    page.set("text_input", f"{draft(page, 0)}.call", "call-1")
    assert page.can_run


def test_an_empty_answer_is_called_empty(page: Visitor, desk: Desk) -> None:
    desk.answer = lambda request, run: llm_chunks("", "")
    assert page.run().state == "empty"


def test_an_unknown_usage_is_a_dash(page: Visitor, desk: Desk) -> None:
    desk.answer = lambda request, run: llm_chunks("Hi")
    metrics = page.run().metrics()
    assert metrics["Tokens in"] == metrics["Tokens out"] == metrics["Tokens / s"] == "—"
