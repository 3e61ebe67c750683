"""A minimal tool plugin: runs generated code with our own session and entities."""

from __future__ import annotations

import builtins
import importlib
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from boomerang.invoker.backends.scripted import Scripted
from boomerang.invoker.session import Session

SDK = "dify_plugin.entities.model"
OURS = {SDK: ".model", f"{SDK}.llm": ".llm.request"}
"""Module of the SDK → ours, where its name differs."""


@dataclass(frozen=True)
class File:
    """A file among the tool's parameters."""

    blob: bytes


class Tool:
    """Stands in for `self` in a tool's `_invoke`."""

    def __init__(self, backend: Scripted) -> None:
        self.session = Session(backend)

    def create_text_message(self, text: str) -> tuple[str, Any]:
        """Return a text message."""
        return "text", text

    def create_json_message(self, value: Any) -> tuple[str, Any]:
        """Return a JSON message."""
        return "json", value

    def create_blob_message(self, blob: bytes, meta: Mapping[str, str]) -> tuple[str, Any]:
        """Return a file."""
        return meta["mime_type"], blob


def run(code: str, tool: Tool, parameters: Mapping[str, Any]) -> list[Any]:
    """Run the body of an `_invoke`.

    Args:
        code: The body.
        tool: Its `self`.
        parameters: The tool's parameters.

    Returns:
        The yielded messages.
    """
    namespace: dict[str, Any] = {"__builtins__": vars(builtins) | {"__import__": _import}}
    source = f"def _invoke(self, tool_parameters):\n{textwrap.indent(code, '    ')}"
    exec(compile(source, "<plugin>", "exec"), namespace)
    return list(namespace["_invoke"](tool, parameters))


def _import(name: str, _globals: object, _locals: object, names: Sequence[str], level: int) -> ModuleType:
    if name in sys.stdlib_module_names:
        return importlib.import_module(name)
    if name != SDK and not name.startswith(f"{SDK}."):
        raise ImportError(f"the code imports {name}, which a plugin need not have")
    module = importlib.import_module("boomerang.invoker.entities" + OURS.get(name, name.removeprefix(SDK)))
    for wanted in names:
        getattr(module, wanted)
    return module
