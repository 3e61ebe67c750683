"""Turn call arguments into Python expressions over the reference SDK's classes, and collect the imports they need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from .literals import Construction, Raw, quoted
from .members import ENTITIES, MEMBERS

Imports = set[tuple[str, str]]
"""Module and name of each import."""
MESSAGES = f"{ENTITIES}.message"
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
SELECTED = "model"
"""Variable and tool parameter of a selected model."""
FILE = "file"
"""Tool parameter of a recording."""


def expression(member: str, name: str, value: Any, imports: Imports, *, selector: bool) -> Any:
    """Return an argument as a value for `literals.source`.

    Args:
        member: Attribute of `session.model`.
        name: Dify's parameter name.
        value: An entity, its dict, or a plain value; `None` while the form is incomplete.
        imports: Receives the imports of the expression.
        selector: Whether the model comes from a model-selector parameter.
    """
    plain = plainly(value)
    if name == "file":
        imports.add(("io", "BytesIO"))
        return Raw(f"BytesIO(tool_parameters[{quoted(FILE)}].blob)")
    if name == "model_config" and (selector or plain is not None):
        return _config(member, plain, imports, selector=selector)
    if plain is None:  # omitted or not valid yet: the page shows the form's current code
        return None
    if name == "prompt_messages":
        return [_message(message, imports) for message in plain]
    if name == "tools" and plain:
        imports.add((MESSAGES, "PromptMessageTool"))
        return [Construction("PromptMessageTool", tool) for tool in plain]
    if name == "input_type":
        imports.add((ENTITIES, "EmbeddingInputType"))
        return Raw(f"EmbeddingInputType.{str(plain).upper()}")
    return plain


def settings(member: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ModelConfig's fields other than the model itself: a selector may leave them out."""
    config = plainly(arguments.get("model_config")) or {}
    return {name: config[name] for name in MEMBERS[member].settings if name in config}


def _config(member: str, config: Mapping[str, Any], imports: Imports, *, selector: bool) -> Any:
    module_and_class = MEMBERS[member].config
    assert module_and_class is not None, f"{member} has no ModelConfig"
    module, class_name = module_and_class
    imports.add((f"{ENTITIES}.{module}", class_name))
    if selector:
        return Raw(f"{class_name}(**{SELECTED})")
    # Only the class's own fields: a dict written by hand may have others, even a key.
    known = ("provider", "model", *MEMBERS[member].settings)
    return Construction(class_name, {name: config[name] for name in known if name in config})


def _message(message: Mapping[str, Any], imports: Imports) -> Any:
    class_name = MESSAGE_CLASSES.get(str(message.get("role")), "UserPromptMessage")
    imports.add((MESSAGES, class_name))
    fields = {k: v for k, v in message.items() if (k != "role" and v not in (None, [], "")) or k == "content"}
    if isinstance(fields.get("content"), list):
        fields["content"] = [_part(part, imports) for part in fields["content"]]
    return Construction(class_name, fields)


def _part(part: Mapping[str, Any], imports: Imports) -> Any:
    """Return a content part; a file's bytes are read by the plugin, not embedded in its code."""
    class_name = PART_CLASSES.get(str(part.get("type")))
    if class_name is None:
        return part
    imports.add((MESSAGES, class_name))
    fields = {key: value for key, value in part.items() if key != "type" and (value not in (None, "") or key == "data")}
    if "base64_data" in fields:
        imports |= {("base64", "b64encode"), ("pathlib", "Path")}
        name = str(part.get("filename") or f"file.{part.get('format')}")
        fields["base64_data"] = Raw(f"b64encode(Path({quoted(name)}).read_bytes()).decode()")
    return Construction(class_name, fields)


def plainly(value: Any) -> Any:
    """Return a value with its entities as dicts."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {key: plainly(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plainly(item) for item in value]
    return value
