"""Test calls as plugin code: run as in a plugin, it makes the same request as the page and yields the result."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from boomerang.invoker.entities.llm.request import LLMModelConfig
from boomerang.workbench.codegen import manifest, plugin
from boomerang.workbench.codegen.literals import source
from boomerang.workbench.codegen.members import MEMBERS
from boomerang.workbench.conversations.attachments import part
from boomerang.workbench.samples.inputs import ATTACHMENTS
from tests.scripted import SPOKEN, Desk, call_chunk

from .calls import CALLS, ODD, config, requests_of
from .plugin import File, Tool, run

PNG, PDF = ATTACHMENTS[0].path.read_bytes(), ATTACHMENTS[1].path.read_bytes()
HALVES = ODD + "\x00 \ud800"
WITH_CONFIG = [name for name in CALLS if plugin.takes_selector(name)]
YIELDED: dict[str, list[Any]] = {
    "llm": [("text", "Hello "), ("text", "there.")],
    "llm_structured_output": [("json", {"city": "Lisbon", "temperature_c": 24, "sunny": True})],
    "summary": [("text", "In short: a bridge.")],
    "text_embedding": [("json", {"embeddings": [[1.0, 0.0, 0.0], [1.0, 0.0, 1.0]]})],
    "rerank": [
        ("json", {"docs": [{"index": 2, "text": "c", "score": 0.7}, {"index": 1, "text": ODD, "score": 0.8}]}),
    ],
    "tts": [("audio/ogg", SPOKEN * 2)],
    "speech2text": [("text", "The quick test.")],
    "moderation": [("json", {"is_sensitive": True})],
}


def run_code(
    name: str, arguments: dict[str, Any], *, desk: Desk | None = None, selected: dict[str, Any] | None = None
) -> tuple[Any, list[Any]]:
    """Make the call with the page's code, as a plugin does; return its request and messages."""
    desk = desk or Desk()
    code = plugin.code(name, arguments, selector=selected is not None, media_type="audio/ogg")
    parameters = {"file": File(arguments.get("file", b""))} | ({} if selected is None else {"model": selected})
    messages = run(code, Tool(desk.backend), parameters)
    [request] = desk.requests
    return request, messages


def streams(name: str) -> list[dict[str, Any]]:
    """Return a call's arguments, streaming or not if it can be either."""
    choices = [{"stream": True}, {"stream": False}] if "stream" in CALLS[name] else [{}]
    return [CALLS[name] | choice for choice in choices]


@pytest.mark.parametrize("name", CALLS)
def test_the_code_makes_the_request_that_was_on_the_page(name: str) -> None:
    for arguments in streams(name):
        request, _ = run_code(name, arguments)
        assert request == requests_of(name, arguments)
        assert request.payload() == requests_of(name, arguments).payload()


@pytest.mark.parametrize("name", WITH_CONFIG)
def test_a_selected_model_replaces_that_of_the_page(name: str) -> None:
    page = CALLS[name]["model_config"]
    selected = {"provider": page["provider"], "model": page["model"], "type": "model-selector"}
    for arguments in streams(name):
        request, _ = run_code(name, arguments, selected=selected)
        assert request == requests_of(name, arguments), "what the parameter leaves out is as on the page"


def test_a_selected_models_settings_come_first() -> None:
    selected = config("talker", mode="completion", completion_params={}, model_type="llm", entity=None)
    request, _ = run_code("llm", CALLS["llm"], selected=selected)
    assert request.mode == "completion" and request.completion_params == {}
    request, _ = run_code("rerank", CALLS["rerank"], selected=config("ranker", score_threshold=0.0, top_n=1))
    assert (request.score_threshold, request.top_n) == (0.0, 1)
    request, _ = run_code("tts", CALLS["tts"], selected=config("speaker", voice="v2"))
    assert request.voice == "v2"


@pytest.mark.parametrize("name", CALLS)
def test_the_code_yields_the_result(name: str) -> None:
    _, messages = run_code(name, CALLS[name])
    assert messages == YIELDED[name]


def test_the_code_yields_a_whole_answer_too() -> None:
    assert run_code("llm", CALLS["llm"] | {"stream": False})[1] == [("text", "Hello there.")]
    [message] = run_code("llm_structured_output", CALLS["llm_structured_output"] | {"stream": False})[1]
    assert message == ("json", {"city": "Lisbon", "temperature_c": 24, "sunny": True})


@pytest.mark.parametrize(
    ("parts", "calls"),
    [
        ([[("c1", "add", '{"a"')], [("", "", ": 1}")]], [("c1", "add", '{"a": 1}')]),
        (
            [[("c1", "add", "{"), ("c2", "get", "{")], [("c1", "", "}"), ("c2", "", "}")]],
            [("c1", "add", "{}"), ("c2", "get", "{}")],
        ),
        ([[("", "add", "{}")], [("", "get", "{}")]], [("call_0", "add", "{}"), ("call_1", "get", "{}")]),
    ],
    ids=["split", "interleaved", "without ids"],
)
def test_tool_calls_are_collected(parts: list[list[tuple[str, str, str]]], calls: list[tuple[str, str, str]]) -> None:
    desk = Desk()
    keys = ("id", "name", "arguments")
    desk.answer = lambda request, run: [call_chunk(*(dict(zip(keys, p, strict=True)) for p in chunk)) for chunk in parts]
    _, messages = run_code("llm", CALLS["llm"], desk=desk)
    assert messages == [("json", {"tool_calls": [dict(zip(keys, call, strict=True)) for call in calls]})]


def test_a_whole_answers_tool_calls_are_yielded() -> None:
    desk = Desk()
    desk.answer = lambda request, run: [call_chunk({"id": "c1", "name": "add", "arguments": "{}"})]
    _, [(kind, value)] = run_code("llm", CALLS["llm"] | {"stream": False}, desk=desk)
    assert kind == "json" and value["tool_calls"][0]["function"] == {"name": "add", "arguments": "{}"}


@pytest.mark.parametrize("selector", [False, True])
@pytest.mark.parametrize("name", CALLS)
def test_the_code_has_no_more_imports_than_it_uses_and_no_text_runs_over_lines(name: str, selector: bool) -> None:
    for code in (plugin.code(name, CALLS[name], selector=selector), plugin.tool(name, CALLS[name], selector=selector)):
        tree = ast.parse(code if "class " in code else f"def _invoke(self):\n {code.replace(chr(10), chr(10) + ' ')}")
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert {alias.name for node in imports for alias in node.names} <= used
        assert all(node.module and node.module.partition(".")[0] in STANDARD for node in imports)
        assert "\t" not in code and ("字" in code or name == "speech2text")


STANDARD = {"dify_plugin", "collections", "typing", "io", "base64", "pathlib"}


@pytest.mark.parametrize("name", CALLS)
def test_a_whole_tool_contains_the_same_code(name: str) -> None:
    module = ast.parse(plugin.tool(name, CALLS[name]))
    [tool] = [node for node in module.body if isinstance(node, ast.ClassDef)]
    [method] = [node for node in tool.body if isinstance(node, ast.FunctionDef)]
    assert [argument.arg for argument in method.args.args] == ["self", "tool_parameters"]
    body = ast.parse(f"def _invoke(self):\n {plugin.code(name, CALLS[name]).replace(chr(10), chr(10) + ' ')}").body[0]
    assert isinstance(body, ast.FunctionDef)
    inside = [node for node in body.body if not isinstance(node, ast.ImportFrom)]
    assert [ast.dump(node) for node in method.body] == [ast.dump(node) for node in inside]


@pytest.mark.parametrize("name", CALLS)
def test_the_yaml_names_what_the_code_reads(name: str) -> None:
    assert f"      {MEMBERS[name].permission}: true\n" in manifest.permission(name)
    for selector in (False, True):
        code, written = (
            plugin.code(name, CALLS[name], selector=selector),
            manifest.tool_yaml(name, CALLS[name], selector=selector),
        )
        assert (
            ("type: model-selector" in written) == ('tool_parameters.get("model"' in code) == (selector and name != "summary")
        )
        assert ("type: file" in written) == ('tool_parameters["file"]' in code) == (name == "speech2text")
        assert f"scope: {MEMBERS[name].scope}\n" in written.replace("tool-call&", "") or "model-selector" not in written
    assert ("tool-call&llm" in manifest.tool_yaml(name, CALLS[name], selector=True)) == (name == "llm"), "only it offers tools"


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
    assert run_code("llm", arguments)[0] == requests_of("llm", arguments)
    code = plugin.code("llm", arguments)
    assert "ImagePromptMessageContent(" in code and parts[0]["base64_data"] not in code


def test_what_a_back_end_holds_cannot_reach_the_code() -> None:
    """Paste a key into a ModelConfig: it is not a field, so neither the request nor the code contains it."""
    settings = config("talker", mode="chat") | {"api_key": "sk-secret", "credentials": {"k": "s"}}
    for made in (settings, LLMModelConfig.model_validate(settings)):
        for selector in (False, True):
            assert "secret" not in plugin.tool("llm", CALLS["llm"] | {"model_config": made}, selector=selector)


@pytest.mark.parametrize("selector", [False, True])
@pytest.mark.parametrize("name", CALLS)
def test_a_form_that_is_not_complete_yet_still_has_its_code(name: str, selector: bool) -> None:
    """Generate code while a field's JSON is invalid and its value `None`, as the page always shows the code."""
    for missing in CALLS[name]:
        compile(plugin.tool(name, CALLS[name] | {missing: None}, selector=selector), "<plugin>", "exec")


def test_a_deep_schema_costs_no_more_than_its_size() -> None:
    schema: dict[str, Any] = {"type": "string", "description": "x" * 90}
    for _ in range(30):
        schema = {"type": "object", "properties": {"inner": schema}, "required": ["inner"]}
    arguments = CALLS["llm_structured_output"] | {"structured_output_schema": schema}
    request, _ = run_code("llm_structured_output", arguments)
    assert request.structured_output_schema == schema


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
ANY_TEXT = st.text(st.characters(), max_size=120)  # includes surrogates


@given(JSON | ANY_TEXT, st.integers(0, 3))
@example(HALVES, 0)
@example({"'": ['"', "'\"", "\\", "\\'"]}, 1)
@example([float("inf"), -1.5e300], 2)
def test_any_value_as_source_comes_to_the_same(value: Any, depth: int) -> None:
    written = source(value, depth)
    compile(written, "<literal>", "eval")
    assert eval(written) == value


@given(ANY_TEXT, JSON, st.booleans())
@example(HALVES, None, True)
def test_code_of_any_text_and_parameters_compiles_and_has_them_as_literals(text: str, extra: Any, selector: bool) -> None:
    made = config("talker", mode="chat", completion_params={text: extra})
    messages = [{"role": "user", "content": text}]
    code = plugin.tool("llm", CALLS["llm"] | {"model_config": made, "prompt_messages": messages}, selector=selector)
    tree = ast.parse(code)
    [message] = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _name(node) == "UserPromptMessage"]
    assert [ast.literal_eval(keyword.value) for keyword in message.keywords] == [text]
    assert text in {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


@given(st.lists(st.tuples(st.sampled_from(["system", "user", "assistant"]), ANY_TEXT), min_size=1, max_size=4))
@example([("user", HALVES)])
@example([("user", "'''\"\"\"\\")])
def test_any_text_of_messages_comes_through(pairs: list[tuple[str, str]]) -> None:
    messages = [{"role": role, "content": content} for role, content in pairs]
    request, _ = run_code("llm", CALLS["llm"] | {"prompt_messages": messages})
    assert [(message.role.value, message.content) for message in request.prompt_messages] == pairs


@given(st.dictionaries(st.text(max_size=12), JSON, max_size=4), st.lists(ANY_TEXT, min_size=1, max_size=3))
def test_any_parameters_and_stop_words_come_through(parameters: dict[str, Any], stop: list[str]) -> None:
    made = config("talker", mode="chat", completion_params=parameters)
    request, _ = run_code("llm", CALLS["llm"] | {"model_config": made, "stop": stop})
    assert request.completion_params == parameters and request.stop == stop
