"""Test further features of the LLM page: files, thinking, extra parameters, presets, mock tool replies."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.backends.scripted import Scripted, llm_chunks
from boomerang.invoker.entities.message import ImagePromptMessageContent, TextPromptMessageContent
from boomerang.invoker.entities.model import ModelFeature, ModelPropertyKey, ModelType
from boomerang.invoker.errors import InvokeServerUnavailableError
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.playground.forms.conversation.tool_library import ToolLibrary
from boomerang.workbench.samples.inputs import ATTACHMENTS, COMPLETION, CONVERSATIONS, TOOLS
from tests.pages.visitor import Visitor
from tests.scripted import MODELS, USAGE, Desk, call_chunk, listed

Visit = Callable[[str], Visitor]
SEER = listed("seer", ModelType.LLM, features=[ModelFeature.VISION], model_properties={ModelPropertyKey.CONTEXT_SIZE: 17})


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """Add a model that takes images and has a context of 17 tokens."""
    models: tuple[ListedModel, ...] = (*MODELS, SEER)
    desk.backend = Scripted(desk.serve, models=models)
    desk.answer = lambda request, run: llm_chunks("Hello ", "there.", usage=USAGE)
    return desk


@pytest.fixture
def page(visit: Visit) -> Visitor:
    """Return a newly opened page, with parameters and tools unfolded."""
    return visit("llm").unfold("settings", "tools")


def draft(page: Visitor, index: int) -> str:
    """Return the id of a message's editor."""
    return page.page_state.drafts[index].id


def answering(*turns: Any) -> Callable[[Request[Any], Run], Any]:
    """Return the given answers in turn; texts are streamed in one chunk."""
    left = list(turns)

    def answer(request: Request[Any], run: Run) -> Any:
        lock = left.pop(0)
        return llm_chunks(lock, usage=USAGE) if isinstance(lock, str) else lock

    return answer


def messages_of(desk: Desk) -> list[tuple[str, Any]]:
    """Return roles and contents of the last request."""
    return [(message.role.value, message.content) for message in desk.requests[-1].prompt_messages]


# Extra JSON


def test_extra_json_is_merged_over_the_parameters_and_what_is_unknown_is_noticed(page: Visitor, desk: Desk) -> None:
    page.type("extra", '{"temperature": 1.5, "mirostat": 2, "deep": {"a": null}}')
    assert page.config["completion_params"] == {"temperature": 1.5, "max_tokens": 64, "mirostat": 2, "deep": {"a": None}}
    assert "mirostat, deep" in page.seen.replace("\\", "") and "temperature among" not in page.seen
    page.run()
    assert desk.requests[0].completion_params == page.config["completion_params"]


@pytest.mark.parametrize(
    ("text", "phrase"), [('{"a": 1,\n b}', "Line 2, column 2"), ("[1]", "found list"), ('{"a": NaN}', "NaN")]
)
def test_broken_extra_json_keeps_run_waiting_and_says_where(page: Visitor, text: str, phrase: str) -> None:
    page.type("extra", text)
    assert not page.can_run and phrase in page.reason and phrase in page.faults


# Thinking and display modes


@pytest.mark.parametrize(("tail", "label"), [("</think>\n\nIt is 42.", "Thinking, "), ("", "Unfinished thinking")])
def test_thinking_is_separate_and_is_timed(page: Visitor, desk: Desk, tail: str, label: str) -> None:
    desk.answer = lambda request, run: llm_chunks("<thi", "nk>\nLet me ", "add.\n", tail)
    page.run()
    [block] = [expander for expander in page.at.expander if expander.label.startswith(label)]
    assert "Let me add." in "".join(shown.body for shown in block.get("html")) and "ms" in block.label
    assert not any("think&gt;" in shown.body for shown in page.at.html)
    if tail:
        page.click("continue").type(f"{draft(page, 3)}.content", "And?").run()
        assert messages_of(desk)[2] == ("assistant", "It is 42.")


def test_json_in_an_answer_is_shown_by_itself(page: Visitor, desk: Desk) -> None:
    desk.answer = answering('Here:\n```json\n{"a": [1, 2]}\n```', "None of it.")
    page.run().set("button_group", "render", "JSON")
    assert {"a": [1, 2]} in [json.loads(code.value) for code in page.at.code if code.value.startswith('{\n  "a"')]
    assert "code block" in page.seen
    assert "No JSON in this answer" in page.run().seen


def test_files_that_a_model_answers_with_are_offered_and_never_loaded(page: Visitor, desk: Desk) -> None:
    chunk = call_chunk()
    chunk.delta.message.content = [
        TextPromptMessageContent(data="Look: "),
        ImagePromptMessageContent(format="png", mime_type="image/png", url="http://192.0.2.1/x.png"),
        ImagePromptMessageContent(format="p/n", mime_type="image/png", base64_data="aGk="),
    ]
    desk.answer = lambda request, run: [chunk]
    page.run()
    assert "File 1 of the answer" in page.seen and "File 2 of the answer" in page.seen
    assert "http://192.0.2.1/x.png" in [code.value for code in page.at.code]


# Context


def test_the_context_in_use_is_reported_and_warned_of(page: Visitor, desk: Desk) -> None:
    page.set("selectbox", "model", "seer").run()
    assert "context 94%, nearly full" in page.seen  # 7 + 9 of 17 tokens
    desk.answer = lambda request, run: llm_chunks("Hi")
    assert "tokens not reported" in page.run().seen and "context" not in page.seen
    page.set("selectbox", "model", "talker")
    assert "context" not in page.run().seen


# Files


def attach(page: Visitor, index: int, *numbers: int) -> None:
    """Attach samples to a message."""
    for number in numbers:
        page.click(f"{draft(page, index)}.{ATTACHMENTS[number].file}")


def test_a_file_goes_to_a_model_that_declares_it_and_waits_for_one_that_does_not(page: Visitor, desk: Desk) -> None:
    attach(page, 1, 0)
    assert not page.can_run and "talker does not declare vision" in page.reason
    page.set("selectbox", "model", "seer")
    assert page.can_run and "211 B" in page.seen and "red-square.png" in page.faults
    page.run()
    text, image = messages_of(desk)[1][1]
    assert (text.data, type(image).__name__, image.detail.value) == (
        ATTACHMENTS[0].question,
        "ImagePromptMessageContent",
        "low",
    )
    assert "red-square.png · image · image/png · 211 B · detail low" in page.tab("Sent")
    assert "base64_data" not in page.seen
    page.at.segmented_control(key=page.key("inspector.sent.view")).set_value("json")
    assert "base64_data" in page.look().seen and 'b64encode(Path("red-square.png")' in page.tab("Code")


def test_each_type_of_file_can_be_forced_to_any_model(page: Visitor, desk: Desk) -> None:
    attach(page, 1, 0, 1, 2, 3)
    assert all(feature in page.reason for feature in ("vision", "document", "audio", "video"))
    page.set("toggle", "attach.force", True).run()
    assert [part.type.value for part in messages_of(desk)[1][1]] == ["text", "image", "document", "audio", "video"]
    for _ in range(4):
        page.click(f"{draft(page, 1)}.file.0.remove")
    page.run()
    assert messages_of(desk)[1] == ("user", ATTACHMENTS[3].question)


def test_an_upload_is_taken_once_and_a_wrong_one_refused(page: Visitor) -> None:
    field = page.at.file_uploader(key=page.key(f"{draft(page, 1)}.upload.0"))
    field.upload("notes.txt", b"Some notes", "text/plain")
    page.look()
    [result] = page.page_state.drafts[1].attachments
    assert (result["type"], result["filename"], result["mime_type"]) == ("document", "notes.txt", "text/plain")
    page.at.file_uploader(key=page.key(f"{draft(page, 1)}.upload.1")).upload("empty.png", b"", "image/png")
    page.look()
    assert len(page.page_state.drafts[1].attachments) == 1 and "empty.png is empty" in page.faults


# Rerun from any message


def test_running_from_a_message_cuts_what_follows_and_it_can_be_put_back(page: Visitor, desk: Desk) -> None:
    desk.answer = answering("One.", "Two.", "Three.")
    page.run().click("continue").type(f"{draft(page, 3)}.content", "More?").run()
    page.click(f"{draft(page, 2)}.again")
    assert messages_of(desk) == CONVERSATIONS["Two sentences"] and "Three." in page.seen
    page.click("message.back")
    assert [state.content for state in page.page_state.drafts[2:]] == ["One.", "More?"]


# Completion and presets


def test_a_completion_is_one_text_and_goes_on_where_it_ended(page: Visitor, desk: Desk) -> None:
    desk.answer = answering(" of scattering.", " Done.")
    page.set("button_group", "mode", "completion")
    assert page.config["mode"] == "completion"
    assert "message.add" not in "".join(str(button.key) for button in page.at.button)
    page.run().click("continue")
    assert messages_of(desk) == [("user", COMPLETION)] and desk.requests[0].mode == "completion"
    page.run()
    assert messages_of(desk) == [("user", f"{COMPLETION} of scattering.")]
    page.set("button_group", "mode", "chat")
    page.at.session_state[page.key("earlier")] = True
    [restore] = [button for button in page.look().at.button if str(button.key).startswith("llm.earlier.restore.")]
    restore.click()
    page.look()
    assert page.config["mode"] == "completion" and page.at.text_area(key="llm.completion").value == COMPLETION
    page.type("completion", " ")
    assert not page.can_run and "text to continue" in page.reason


def load(page: Visitor, preset: str) -> None:
    """Load a preset's file."""
    [field] = [result for result in page.at.file_uploader if (result.key or "").startswith("llm.preset.")]
    field.upload("preset.json", preset.encode(), "application/json")
    page.look()


def test_a_preset_fills_the_form_and_loses_nothing(page: Visitor, desk: Desk) -> None:
    parameters = {"temperature": 1.0, "seed": 7, "echo": False, "response_format": "YAML", "top_z": 3}
    preset = {"boomerang_preset": 1, "mode": "chat", "completion_params": parameters, "stop": ["END"], "system": "Be brief."}
    load(page, json.dumps(preset))
    assert "Preset loaded." in page.seen
    assert page.config["completion_params"] == parameters
    page.run()
    assert messages_of(desk)[0] == ("system", "Be brief.") and desk.requests[0].stop == ["END"]


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1}', '{"boomerang_preset": 1, "stop": 5}'])
def test_what_is_no_preset_is_refused_and_changes_nothing(page: Visitor, text: str) -> None:
    before = page.config
    load(page, text)
    assert page.config == before and page.faults and "Preset loaded." not in page.seen


# Tools


def calls(*made: tuple[str, str, str]) -> list[Any]:
    """Return a chunk with tool calls, from id, name and arguments of each."""
    return [
        call_chunk(*({"id": i, "name": name, "arguments": settings} for i, name, settings in made), finish_reason="tool_calls")
    ]


def test_arguments_are_compared_with_the_tools_parameters(page: Visitor, desk: Desk) -> None:
    desk.answer = lambda request, run: calls(
        ("1", "get_weather", '{"unit": "K"}'), ("2", "add", '{"a": 1, "b": 2}'), ("3", "fly", "{}"), ("4", "add", "[1]")
    )
    page.set("button_group", "sample", "Two tools").run()
    assert "arguments do not match the tool's parameters" in page.seen and "First mismatch: $" in page.faults
    assert "arguments match the tool's parameters" in page.seen and "no tool with this name was sent" in page.seen
    assert "First mismatch: $: expected an object" in page.faults


def test_calls_without_ids_or_with_the_same_one_get_ids_of_their_own(page: Visitor, desk: Desk) -> None:
    desk.answer = answering(calls(("", "add", '{"a": 1, "b": 2}'), ("", "add", '{"a": 3, "b": 4}')), "Fine.")
    page.set("button_group", "sample", "Two tools").run()
    assert "using " in page.seen
    page.click("tools.answer")
    [assistant, first, second] = desk.requests[1].prompt_messages[1:]
    ids = [call.id for call in assistant.tool_calls]
    assert len(set(ids)) == 2 and [first.tool_call_id, second.tool_call_id] == ids


def test_calls_answer_themselves_with_their_mocks_until_the_model_speaks(page: Visitor, desk: Desk) -> None:
    parallel = calls(("1", "get_weather", '{"city": "Oslo"}'), ("2", "add", '{"a": 19, "b": 23}'))
    desk.answer = answering(parallel, calls(("3", "add", '{"a": 1, "b": 1}')), "It rains, and 42.")
    page.set("button_group", "sample", "Two tools").set("toggle", "tools.auto", True).run()
    assert page.state == "done" and "It rains, and 42." in page.seen and len(desk.requests) == 3
    assert [role for role, _ in messages_of(desk)] == ["user", "assistant", "tool", "tool", "assistant", "tool"]
    assert [content for role, content in messages_of(desk) if role == "tool"] == [TOOLS[0]["mock"], "42", "42"]
    page.look()
    assert len(desk.requests) == 3


def test_the_rounds_that_answer_themselves_are_limited(page: Visitor, desk: Desk) -> None:
    desk.answer = lambda request, run: calls((f"{len(desk.requests)}", "add", '{"a": 1, "b": 1}'))
    page.set("button_group", "sample", "Two tools").set("toggle", "tools.auto", True).set(
        "number_input", "tools.rounds", 2
    ).run()
    assert len(desk.requests) == 3 and "Stopped at the limit of 2 rounds." in page.seen


def test_tools_are_imported_from_a_signature_and_offered(page: Visitor, desk: Desk) -> None:
    page.type("tools.paste", 'def look_up(word: str, language: Literal["en", "de"] = "en") -> str').click("tools.import").run()
    offered = desk.requests[0].tools
    assert [tool.name for tool in offered] == ["get_weather", "add", "look_up"]
    assert offered[2].parameters["required"] == ["word"]
    page.type("tools.paste", "nothing of the kind").click("tools.import")
    assert "invalid syntax" in page.faults and len(page.page_state.kept(ToolLibrary).tools) == 3


# Experiments and comparison


def test_repeats_count_distinct_answers_and_one_failure_ends_nothing(page: Visitor, desk: Desk) -> None:
    turns: list[Any] = ["Yes.", "No.", InvokeServerUnavailableError("It is down."), "Yes.", "Yes."]

    def answer(request: Request[Any], run: Run) -> Any:
        lock = turns.pop(0)
        if isinstance(lock, Exception):
            raise lock
        return llm_chunks(lock, usage=USAGE)

    desk.answer = answer
    page.set("button_group", "experiment", "repeat").click("try-repeat.run")
    numbers = page.metrics()
    assert (numbers["Runs"], numbers["Succeeded"], numbers["Distinct answers"]) == ("5", "4", "2")
    assert {"First run", "Min", "Mean", "Max"} <= set(numbers) and numbers["Mean"] != "—"
    assert "It is down." in page.seen and "A 3×, B 1×" in page.seen


def test_streamed_and_not_streamed_are_compared_with_each_other(page: Visitor, desk: Desk) -> None:
    page.set("button_group", "experiment", "stream").click("try-stream.run")
    assert [request.stream for request in desk.requests] == [True, False]
    assert "Identical both ways." in page.seen
    desk.answer = lambda request, run: llm_chunks("Hello " if request.stream else "Goodbye ", "there.", usage=USAGE)
    page.click("try-stream.run")
    assert "Differs in: text" in page.seen and "of the text is the same" in page.seen


def test_a_comparison_marks_what_differs_between_two_answers(page: Visitor, desk: Desk) -> None:
    desk.answer = lambda request, run: llm_chunks('{"a": 1}' if request.model == "talker" else '{"a": 2}', usage=USAGE)
    page.set("button_group", "panes", 3).run()
    assert "Compare panes" in page.seen and "As JSON" in page.seen
    assert "1 difference." in page.seen and "$.a" in page.seen
    page.set("button_group", "difference.pair", "AC")
    assert "The same text" in page.seen or "1 difference." in page.seen
