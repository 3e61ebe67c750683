"""Test calls as plugin code: run as in a plugin, it makes the same request as the page."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from boomerang.invoker.entities.llm.request import LLMModelConfig
from boomerang.invoker.entities.model import EmbeddingInputType
from boomerang.invoker.session import Session
from boomerang.workbench.codegen import plugin
from boomerang.workbench.conversations.attachments import part
from boomerang.workbench.samples.inputs import ATTACHMENTS
from tests.scripted import PROVIDER, SPOKEN, Desk

from .plugin import Tool, run

PNG, PDF = ATTACHMENTS[0].path.read_bytes(), ATTACHMENTS[1].path.read_bytes()
ODD = 'He said "hi"\n\tit\'s {brace} ${HOME} %s \\n \\ """ \'\'\' # no comment \u2028 \x00 \ud800 字 🎈'


def config(model: str, **more: Any) -> dict[str, Any]:
    """Return a ModelConfig as a dict."""
    return {"provider": PROVIDER, "model": model} | more


CALL = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
CALLS: dict[str, dict[str, Any]] = {
    "llm": {
        "model_config": config("talker", mode="chat", completion_params={"temperature": 0.5, "odd": [1, {"x": None}]}),
        "prompt_messages": [
            {"role": "system", "content": ODD},
            {"role": "user", "content": "Hi", "name": "Ann"},
            {"role": "assistant", "content": "", "tool_calls": [CALL]},
            {"role": "tool", "content": "42", "tool_call_id": "c1", "name": "add"},
        ],
        "tools": [{"name": "add", "description": "Adds.", "parameters": {"type": "object", "properties": {"a": {}}}}],
        "stop": ["\n\n", ODD],
        "stream": True,
    },
    "llm_structured_output": {
        "model_config": config("talker", mode="chat"),
        "prompt_messages": [{"role": "user", "content": ODD}],
        "structured_output_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        "stream": True,
    },
    "summary": {"text": ODD * 200, "instruction": ODD, "min_summarize_length": 10},
    "text_embedding": {
        "model_config": config("embedder"),
        "texts": ["one", ODD],
        "input_type": EmbeddingInputType.DOCUMENT,
    },
    "rerank": {"model_config": config("ranker", score_threshold=0.25, top_n=2), "docs": ["a", ODD, "c"], "query": ODD},
    "tts": {"model_config": config("speaker", voice="v1"), "content_text": ODD},
    "speech2text": {"model_config": config("listener"), "file": b"ID3 some bytes"},
    "moderation": {"model_config": config("judge"), "text": ODD},
}


def requests_of(name: str, arguments: dict[str, Any]) -> Any:
    """Make the call as the page does, and return the request."""
    desk = Desk()
    arguments = dict(arguments)
    if "file" in arguments:
        arguments["file"] = io.BytesIO(arguments["file"])
    answer = getattr(Session(desk.backend).model, name).invoke(**arguments)
    if hasattr(answer, "send"):
        list(answer)
    [request] = desk.requests
    return request


def requests_of_code(name: str, arguments: dict[str, Any]) -> tuple[Any, list[Any], dict[str, Any]]:
    """Make the call with the page's code, as a plugin does."""
    desk = Desk()
    code = plugin.code(name, arguments)
    messages, variables = run(code, Tool(desk.backend), file=arguments.get("file", b""))
    [request] = desk.requests
    return request, messages, variables


def streams(name: str) -> list[bool]:
    return [True, False] if "stream" in CALLS[name] else [True]


@pytest.mark.parametrize("name", CALLS)
def test_the_code_makes_the_request_that_was_on_the_page(name: str) -> None:
    for stream in streams(name):
        arguments = CALLS[name] | ({"stream": stream} if "stream" in CALLS[name] else {})
        request, _, _ = requests_of_code(name, arguments)
        assert request == requests_of(name, arguments)
        assert request.payload() == requests_of(name, arguments).payload()


def test_the_code_hands_on_what_came_back() -> None:
    made = {name: requests_of_code(name, arguments)[1:] for name, arguments in CALLS.items()}
    assert [text for kind, text in made["llm"][0] if kind == "text"] == ["Hello ", "there."]
    assert made["llm_structured_output"][0] == [("json", {"city": "Lisbon", "temperature_c": 24, "sunny": True})]
    assert made["summary"][1]["summary"] == "In short: a bridge."
    assert len(made["text_embedding"][1]["result"].embeddings) == 2
    assert len(made["rerank"][1]["result"].docs) == 2
    assert made["tts"][1]["audio"] == SPOKEN * 2
    assert made["speech2text"][1]["text"] == "The quick test."
    assert made["moderation"][1]["is_sensitive"] is True


def test_the_code_hands_on_a_whole_answer_too() -> None:
    _, messages, _ = requests_of_code("llm", CALLS["llm"] | {"stream": False})
    assert messages == [("text", "Hello there.")]
    _, messages, _ = requests_of_code("llm_structured_output", CALLS["llm_structured_output"] | {"stream": False})
    assert messages == [("json", {"city": "Lisbon", "temperature_c": 24, "sunny": True})]


@pytest.mark.parametrize("name", CALLS)
def test_the_code_has_no_more_imports_than_it_uses_and_no_text_runs_over_lines(name: str) -> None:
    lines = plugin.code(name, CALLS[name]).splitlines()
    imports = [line for line in lines if line.startswith("from ")]
    body = "\n".join(line for line in lines if not line.startswith("from "))
    for line in imports:
        assert line.startswith("from dify_plugin.entities.model")
        for imported in line.partition(" import ")[2].split(", "):
            assert f"{imported}(" in body or f"{imported}." in body
    assert body.isascii() or name != "moderation" or "字" in body
    assert "\t" not in body and "\x00" not in body


def test_the_files_bytes_are_not_in_the_code() -> None:
    code = plugin.code("speech2text", CALLS["speech2text"])
    assert "some bytes" not in code and CALLS["speech2text"]["file"].hex() not in code


def test_a_file_at_a_message_is_read_by_the_code_and_not_written_into_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = [part("red square.png", PNG), part("it's.pdf", PDF)]
    for result, data in zip(parts, (PNG, PDF), strict=True):
        (tmp_path / str(result["filename"])).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    messages = [{"role": "user", "content": [{"type": "text", "data": "What is it?"}, *parts]}]
    arguments = CALLS["llm"] | {"prompt_messages": messages}
    assert requests_of_code("llm", arguments)[0] == requests_of("llm", arguments)
    code = plugin.code("llm", arguments)
    assert "ImagePromptMessageContent(" in code and parts[0]["base64_data"] not in code


def test_what_a_back_end_holds_cannot_reach_the_code() -> None:
    """Paste a key into a ModelConfig: it is not a field, so neither the request nor the code contains it."""
    made = LLMModelConfig.model_validate(config("talker", mode="chat") | {"api_key": "sk-secret", "credentials": {"k": "s"}})
    assert "secret" not in plugin.code("llm", CALLS["llm"] | {"model_config": made})


@pytest.mark.parametrize("name", CALLS)
def test_a_form_that_is_not_complete_yet_still_has_its_code(name: str) -> None:
    """Generate code while a field's JSON is invalid and its value `None`, as the page always shows the code."""
    for missing in CALLS[name]:
        code = plugin.code(name, CALLS[name] | {missing: None})
        compile("def _invoke(self):\n" + "".join(f"    {line}\n" for line in code.splitlines()), "<plugin>", "exec")


def test_a_deep_schema_costs_no_more_than_its_size() -> None:
    schema: dict[str, Any] = {"type": "string", "description": "x" * 90}
    for _ in range(30):
        schema = {"type": "object", "properties": {"inner": schema}, "required": ["inner"]}
    arguments = CALLS["llm_structured_output"] | {"structured_output_schema": schema}
    request, _, _ = requests_of_code("llm_structured_output", arguments)
    assert request.structured_output_schema == schema


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
ANY_TEXT = st.text(st.characters(), max_size=120)  # includes surrogates


@given(st.lists(st.tuples(st.sampled_from(["system", "user", "assistant"]), ANY_TEXT), min_size=1, max_size=4))
@example([("user", ODD)])
@example([("user", "'''\"\"\"\\")])
def test_any_text_of_messages_comes_through(pairs: list[tuple[str, str]]) -> None:
    messages = [{"role": role, "content": content} for role, content in pairs]
    request, _, _ = requests_of_code("llm", CALLS["llm"] | {"prompt_messages": messages})
    assert [(message.role.value, message.content) for message in request.prompt_messages] == pairs


@given(st.dictionaries(st.text(max_size=12), JSON, max_size=4), st.lists(ANY_TEXT, min_size=1, max_size=3))
def test_any_parameters_and_stop_words_come_through(parameters: dict[str, Any], stop: list[str]) -> None:
    made = config("talker", mode="chat", completion_params=parameters)
    request, _, _ = requests_of_code("llm", CALLS["llm"] | {"model_config": made, "stop": stop})
    assert request.completion_params == parameters and request.stop == stop
