"""Calls with text that is hard to quote, for the tests of generated code."""

from __future__ import annotations

import io
from typing import Any

from boomerang.invoker.entities.model import EmbeddingInputType
from boomerang.invoker.session import Session
from tests.scripted import PROVIDER, Desk

ODD = 'He said "hi"\n\tit\'s {brace} ${HOME} %s \\n \\ """ \'\'\' # no comment \u2028 \x85 字 🎈'


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
