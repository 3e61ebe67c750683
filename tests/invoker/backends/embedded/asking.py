"""Requests to an embedded LLM for tests, and runs that keep their events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from boomerang.invoker.backends.embedded.tasks.llm import Llama
from boomerang.invoker.entities.llm.request import RequestInvokeLLM, RequestInvokeLLMWithStructuredOutput
from boomerang.invoker.entities.llm.result import LLMResult
from boomerang.invoker.events import Event
from boomerang.invoker.run import Run

TOOLS: list[dict[str, Any]] = [
    {
        "name": "get_weather",
        "description": "Tell the weather of a city now.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["C", "F"]}},
            "required": ["city"],
        },
    },
    {
        "name": "add",
        "description": "Add two numbers.",
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "number"}, "b": {"type": "number"}},
            "required": ["a", "b"],
        },
    },
]
OSLO = "What is the weather in Oslo, and what is 19 + 23?"


def config(llama: Llama, mode: str = "chat", **params: Any) -> dict[str, Any]:
    return {"provider": "embedded", "model": llama.spec.model, "mode": mode, "completion_params": params}


def messages(prompt: str | Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": prompt}] if isinstance(prompt, str) else list(prompt)


def request(
    llama: Llama,
    prompt: str | Sequence[dict[str, Any]],
    tools: Sequence[dict[str, Any]] | None = None,
    stop: Sequence[str] | None = None,
    **params: Any,
) -> RequestInvokeLLM:
    return RequestInvokeLLM.of(config(llama, **params), messages(prompt), tools, stop)


def structured_request(
    llama: Llama, prompt: str, schema: dict[str, Any], stop: Sequence[str] | None = None, **params: Any
) -> RequestInvokeLLMWithStructuredOutput:
    return RequestInvokeLLMWithStructuredOutput.of(config(llama, **params), messages(prompt), schema, None, stop)


def ask(llama: Llama, request: RequestInvokeLLM, run: Run | None = None) -> LLMResult:
    return LLMResult.of(llama.stream(request, run or Run()))


def recording_run() -> tuple[Run, list[Event]]:
    """Return a run, and the list that collects its events."""
    notes: list[Event] = []
    return Run(notes.append), notes
