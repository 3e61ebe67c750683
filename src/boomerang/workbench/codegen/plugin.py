"""Generate the page's call as code for a Dify plugin: runnable inside a tool's `_invoke`, with imports and without secrets.

Signatures follow Dify's plugin SDK 0.10 (`session.model.<name>.invoke`); a plugin never sees a model's credentials.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import BaseModel

INDENT = " " * 4
LONGEST_FLAT = 96
"""Most characters of a value written on one line."""
CONFIG_CLASSES = {
    "llm": ("llm", "LLMModelConfig"),
    "llm_structured_output": ("llm", "LLMModelConfig"),
    "text_embedding": ("text_embedding", "TextEmbeddingModelConfig"),
    "rerank": ("rerank", "RerankModelConfig"),
    "tts": ("tts", "TTSModelConfig"),
    "speech2text": ("speech2text", "Speech2TextModelConfig"),
    "moderation": ("moderation", "ModerationModelConfig"),
}
"""Invocation → module under `dify_plugin.entities.model` and class of its ModelConfig."""

MESSAGE_CLASSES = {
    "system": "SystemPromptMessage",
    "developer": "DeveloperPromptMessage",
    "user": "UserPromptMessage",
    "assistant": "AssistantPromptMessage",
    "tool": "ToolPromptMessage",
}
PART_CLASSES = {
    "text": "TextPromptMessageContent",
    "image": "ImagePromptMessageContent",
    "audio": "AudioPromptMessageContent",
    "video": "VideoPromptMessageContent",
    "document": "DocumentPromptMessageContent",
}


class Raw(str):
    """A piece of source code, as opposed to text to quote."""


def code(name: str, arguments: Mapping[str, Any]) -> str:
    """Return `session.model.<name>.invoke(**arguments)` as plugin code.

    Args:
        name: Attribute of `session.model`.
        arguments: Keyed by Dify's parameter names; entities or their dicts.
    """
    imports: set[tuple[str, str]] = set()
    sources = {key: _argument(name, key, value, imports) for key, value in arguments.items()}
    call = f"self.session.model.{name}.invoke(\n" + "".join(
        f"{INDENT}{key}={_source(value, 1)},\n" for key, value in sources.items()
    )
    ending = AFTER.get(name, _plain)
    body = ending(call + ")", bool(arguments.get("stream", False)))
    return _imports(imports) + body


def _argument(name: str, key: str, value: Any, imports: set[tuple[str, str]]) -> Any:
    plain = _plainly(value)
    if plain is None and key != "file":  # omitted or not valid yet: the page shows the form's current code
        return None
    if key == "model_config":
        module, class_name = CONFIG_CLASSES[name]
        imports.add((f"dify_plugin.entities.model.{module}", class_name))
        fields = {k: v for k, v in plain.items() if k != "model_type"}
        return _Call(class_name, fields)
    if key == "prompt_messages":
        return [_message(message, imports) for message in plain]
    if key == "tools" and plain:
        imports.add(("dify_plugin.entities.model.message", "PromptMessageTool"))
        return [_Call("PromptMessageTool", tool) for tool in plain]
    if key == "input_type":
        imports.add(("dify_plugin.entities.model", "EmbeddingInputType"))
        return Raw(f"EmbeddingInputType.{str(plain).upper()}")
    if key == "file":
        return Raw("audio")
    return plain


def _message(message: Mapping[str, Any], imports: set[tuple[str, str]]) -> Any:
    class_name = MESSAGE_CLASSES.get(str(message.get("role")), "UserPromptMessage")
    imports.add(("dify_plugin.entities.model.message", class_name))
    fields = {k: v for k, v in message.items() if (k != "role" and v not in (None, [], "")) or k == "content"}
    if isinstance(fields["content"], list):
        fields["content"] = [_part(part, imports) for part in fields["content"]]
    return _Call(class_name, fields)


def _part(part: Mapping[str, Any], imports: set[tuple[str, str]]) -> Any:
    """Return a content part; a file's bytes are read by the plugin, not embedded in its code."""
    class_name = PART_CLASSES.get(str(part.get("type")))
    if class_name is None:
        return part
    imports.add(("dify_plugin.entities.model.message", class_name))
    fields = {key: value for key, value in part.items() if key != "type" and value not in (None, "")}
    if "base64_data" in fields:
        imports |= {("base64", "b64encode"), ("pathlib", "Path")}
        name = str(part.get("filename") or f"file.{part.get('format')}")
        fields["base64_data"] = Raw(f"b64encode(Path({name!r}).read_bytes()).decode()")
    return _Call(class_name, fields)


class _Call:
    """A constructor call with keyword arguments."""

    def __init__(self, class_name: str, fields: Mapping[str, Any]) -> None:
        self.class_name = class_name
        self.fields = fields


def _source(value: Any, depth: int) -> str:
    flat = _flat(value)
    if isinstance(value, str) or len(flat) < LONGEST_FLAT:
        return flat
    inner, outer = INDENT * (depth + 1), INDENT * depth
    if isinstance(value, _Call):
        lines = "".join(f"{inner}{k}={_source(v, depth + 1)},\n" for k, v in value.fields.items())
        return f"{value.class_name}(\n{lines}{outer})"
    if isinstance(value, list):
        return "[\n" + "".join(f"{inner}{_source(item, depth + 1)},\n" for item in value) + f"{outer}]"
    if isinstance(value, Mapping):
        return "{\n" + "".join(f"{inner}{k!r}: {_source(v, depth + 1)},\n" for k, v in value.items()) + f"{outer}}}"
    return flat


def _flat(value: Any) -> str:
    """Return a value on one line."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, _Call):
        return f"{value.class_name}({', '.join(f'{k}={_flat(v)}' for k, v in value.fields.items())})"
    if isinstance(value, list):
        return f"[{', '.join(_flat(item) for item in value)}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k!r}: {_flat(v)}" for k, v in value.items()) + "}"
    return repr(value)


def _plainly(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {key: _plainly(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plainly(item) for item in value]
    return value


def _imports(imports: Iterable[tuple[str, str]]) -> str:
    by_module: dict[str, list[str]] = {}
    for module, class_name in sorted(imports):
        by_module.setdefault(module, []).append(class_name)
    lines = [f"from {module} import {', '.join(names)}\n" for module, names in by_module.items()]
    return "".join(lines) + ("\n" if lines else "")


def _plain(call: str, stream: bool) -> str:
    return f"result = {call}\n"


def _llm(call: str, stream: bool) -> str:
    if not stream:
        return f"result = {call}\nyield self.create_text_message(result.message.content)\n"
    return (
        f"stream = {call}\n"
        "for chunk in stream:\n"
        f"{INDENT}if isinstance(chunk.delta.message.content, str):\n"
        f"{INDENT * 2}# inside a tool's _invoke; never print(): stdout belongs to the plugin protocol\n"
        f"{INDENT * 2}yield self.create_text_message(chunk.delta.message.content)\n"
    )


def _structured(call: str, stream: bool) -> str:
    if not stream:
        return f"result = {call}\nyield self.create_json_message(result.structured_output)\n"
    return (
        f"stream = {call}\n"
        "for chunk in stream:\n"
        f"{INDENT}if chunk.structured_output is not None:\n"
        f"{INDENT * 2}yield self.create_json_message(chunk.structured_output)\n"
    )


def _tts(call: str, stream: bool) -> str:
    return f'audio = b"".join(\n{INDENT}' + call.replace("\n", f"\n{INDENT}") + "\n)\n"


def _speech2text(call: str, stream: bool) -> str:
    return 'with open("audio.mp3", "rb") as audio:\n' + INDENT + "text = " + call.replace("\n", f"\n{INDENT}") + "\n"


def _named(name: str) -> Callable[[str, bool], str]:
    return lambda call, stream: f"{name} = {call}\n"


AFTER: Mapping[str, Callable[[str, bool], str]] = {
    "llm": _llm,
    "llm_structured_output": _structured,
    "summary": _named("summary"),
    "text_embedding": _named("result"),
    "rerank": _named("result"),
    "tts": _tts,
    "speech2text": _speech2text,
    "moderation": _named("is_sensitive"),
}
