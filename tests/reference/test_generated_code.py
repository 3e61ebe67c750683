"""Run the generated plugin code with the reference SDK's real classes: it sends the page's request and yields the result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from boomerang.invoker.run import Run
from boomerang.workbench.codegen import manifest, plugin
from boomerang.workbench.codegen.members import MEMBERS
from tests.scripted import SPOKEN, call_chunk, good_answer
from tests.workbench.codegen.calls import CALLS, ODD, requests_of

from .environment import ReferenceSDK

PARTS = [call_chunk({"id": "c1", "name": "add", "arguments": '{"a"'}), call_chunk({"arguments": ": 1}"})]
COLLECTED = {"tool_calls": [{"id": "c1", "name": "add", "arguments": '{"a": 1}'}]}


@dataclass(frozen=True)
class Case:
    """Code of a call, and how it is generated."""

    member: str
    selector: bool
    whole: bool
    stream: bool | None = None
    """`None` for a call that cannot choose."""
    splits_a_call: bool = False
    """Whether the model answers with a tool call in two parts."""

    @property
    def arguments(self) -> dict[str, Any]:
        """The page's arguments."""
        return CALLS[self.member] | ({} if self.stream is None else {"stream": self.stream})

    def __str__(self) -> str:
        streaming = {None: "", True: "-streamed", False: "-whole-answer"}[self.stream]
        model, code = "selector" if self.selector else "fixed", "class" if self.whole else "snippet"
        return f"{self.member}-{model}-{code}{streaming}{'-tool-call' if self.splits_a_call else ''}"


CASES = [
    Case(member, selector, whole, stream)
    for member in CALLS
    for selector in (False, True)
    for whole in (False, True)
    for stream in ((True, False) if "stream" in CALLS[member] else (None,))
] + [Case("llm", selector, whole, True, splits_a_call=True) for selector in (False, True) for whole in (False, True)]


def written(case: Case) -> dict[str, Any]:
    """Return a case as the other process reads it."""
    arguments = case.arguments
    generate = plugin.tool if case.whole else plugin.code
    config = arguments.get("model_config", {})
    selected = {"provider": config.get("provider"), "model": config.get("model"), "type": "model-selector"}
    chunks = PARTS if case.splits_a_call else good_answer(requests_of(case.member, arguments), Run())
    return {
        "code": generate(case.member, arguments, selector=case.selector, media_type="audio/ogg"),
        "whole": case.whole,
        "parameters": {"model": selected} if case.selector else {},
        "file": arguments.get("file", b"").hex(),
        "answers": [chunk.model_dump(mode="json") for chunk in chunks],
        "permission": manifest.permission(case.member),
        "tool": manifest.tool_yaml(case.member, arguments, selector=case.selector),
    }


@pytest.fixture(scope="module")
def observed(sdk: ReferenceSDK) -> dict[str, dict[str, Any]]:
    """The SDK's result for each case, by name."""
    answers = sdk.run("run_generated.py", [written(case) for case in CASES])
    return {str(case): answer for case, answer in zip(CASES, answers, strict=True)}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_sdk_sends_the_request_of_the_page(case: Case, observed: dict[str, dict[str, Any]]) -> None:
    request = requests_of(case.member, case.arguments)
    assert observed[str(case)]["requests"] == [{"type": request.invoke_type.value, "request": request.payload()}]


def text(value: str) -> dict[str, Any]:
    return {"type": "text", "message": {"text": value}, "meta": None}


def data(value: Any) -> dict[str, Any]:
    return {"type": "json", "message": {"json_object": value}, "meta": None}


YIELDED: dict[str, list[dict[str, Any]]] = {
    "llm": [text("Hello "), text("there.")],
    "llm_structured_output": [data({"city": "Lisbon", "temperature_c": 24, "sunny": True})],
    "summary": [text("In short: a bridge.")],
    "text_embedding": [data({"embeddings": [[1.0, 0.0, 0.0], [1.0, 0.0, 1.0]]})],
    "rerank": [data({"docs": [{"index": 2, "text": "c", "score": 0.7}, {"index": 1, "text": ODD, "score": 0.8}]})],
    "tts": [{"type": "blob", "message": (SPOKEN * 2).hex(), "meta": {"mime_type": "audio/ogg"}}],
    "speech2text": [text("The quick test.")],
    "moderation": [data({"is_sensitive": True})],
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_tool_yields_the_result_as_messages(case: Case, observed: dict[str, dict[str, Any]]) -> None:
    expected = YIELDED[case.member]
    if case.splits_a_call:
        expected = [data(COLLECTED)]
    elif case.member == "llm" and not case.stream:
        expected = [text("Hello there.")]
    assert observed[str(case)]["messages"] == expected


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_yaml_grants_the_call_and_declares_what_the_code_reads(case: Case, observed: dict[str, dict[str, Any]]) -> None:
    member = MEMBERS[case.member]
    scope = ("tool-call&" if case.member == "llm" else "") + member.scope
    selector = [["model", "model-selector", scope]] if case.selector and member.scope else []
    file = [["file", "file", None]] if case.member == "speech2text" else []
    assert observed[str(case)]["granted"] == sorted(["enabled", member.permission])
    assert observed[str(case)]["parameters"] == selector + file


def test_every_member_is_run() -> None:
    assert {case.member for case in CASES} == set(MEMBERS)
