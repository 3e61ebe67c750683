"""What follows a call in a tool's `_invoke`: each ending yields the result as messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from textwrap import indent

from .literals import INDENT, quoted

Ending = Callable[[str, bool, bool, str], str]
"""Takes the call, whether it streams, whether it offers tools, and the media type of audio; returns the code."""

_COLLECT = """\
for part in chunk.delta.message.tool_calls:
    # A part without an id continues the call before it, unless it brings another name.
    if part.id or part.function.name:
        key = part.id or f"call_{len(calls)}"
    call = calls.setdefault(key, {"id": key, "name": "", "arguments": ""})
    call["name"] = part.function.name or call["name"]
    call["arguments"] += part.function.arguments
"""
_CALLS = """\
if calls:
    yield self.create_json_message({"tool_calls": list(calls.values())})
"""
_WHOLE_CALLS = """\
# The SDK keeps the tool calls of the last chunk only: with a model that sends them in parts, use stream=True.
if result.message.tool_calls:
    yield self.create_json_message({"tool_calls": [call.model_dump() for call in result.message.tool_calls]})
"""
_TEXT = """\
if text := chunk.delta.message.get_text_content():
    # Never print(): stdout belongs to the plugin protocol.
    yield self.create_text_message(text)
"""
_WHOLE_TEXT = """\
if text := result.message.get_text_content():
    yield self.create_text_message(text)
"""
_OBJECT = """\
if {result}.structured_output is not None:
    yield self.create_json_message({result}.structured_output)
"""


def _streamed(call: str, of_a_chunk: str, tools: bool) -> str:
    before, collect, after = ('calls, key = {}, ""\n', indent(_COLLECT, INDENT), _CALLS) if tools else ("", "", "")
    return f"stream = {call}\n{before}for chunk in stream:\n{indent(of_a_chunk, INDENT)}{collect}{after}"


def _llm(call: str, stream: bool, tools: bool, media_type: str) -> str:
    if stream:
        return _streamed(call, _TEXT, tools)
    return f"result = {call}\n{_WHOLE_TEXT}{_WHOLE_CALLS if tools else ''}"


def _structured(call: str, stream: bool, tools: bool, media_type: str) -> str:
    if stream:
        return _streamed(call, _OBJECT.format(result="chunk"), tools)
    return f"result = {call}\n{_OBJECT.format(result='result')}{_WHOLE_CALLS if tools else ''}"


def _tts(call: str, stream: bool, tools: bool, media_type: str) -> str:
    inner = call.replace("\n", f"\n{INDENT}")
    return (
        f'audio = b"".join(\n{INDENT}{inner}\n)\n'
        "# The SDK drops the media type that the model reports, so it is fixed here.\n"
        f'yield self.create_blob_message(audio, meta={{"mime_type": {quoted(media_type)}}})\n'
    )


def _yields(name: str, message: str) -> Ending:
    return lambda call, stream, tools, media_type: f"{name} = {call}\nyield self.{message}\n"


AFTER: Mapping[str, Ending] = {
    "llm": _llm,
    "llm_structured_output": _structured,
    "summary": _yields("summary", "create_text_message(summary)"),
    "text_embedding": _yields("result", 'create_json_message({"embeddings": result.embeddings})'),
    "rerank": _yields("result", 'create_json_message({"docs": [doc.model_dump() for doc in result.docs]})'),
    "tts": _tts,
    "speech2text": _yields("text", "create_text_message(text)"),
    "moderation": _yields("is_sensitive", 'create_json_message({"is_sensitive": is_sensitive})'),
}
"""Member → its ending."""
