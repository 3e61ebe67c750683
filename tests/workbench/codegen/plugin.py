"""A minimal tool plugin: runs generated code with our own session and entities."""

from __future__ import annotations

import builtins
import importlib
import io
import sys
import textwrap
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from boomerang.invoker.backends.scripted import Scripted
from boomerang.invoker.session import Session

SDK = "dify_plugin.entities.model"
OURS = {SDK: ".model", f"{SDK}.llm": ".llm.request"}
"""Module of the SDK → ours, where its name differs."""


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


def run(code: str, tool: Tool, *, file: bytes = b"") -> tuple[list[Any], dict[str, Any]]:
    """Run the body of an `_invoke`.

    Args:
        code: The body.
        tool: Its `self`.
        file: Content of `audio.mp3`.

    Returns:
        The yielded messages, and the variables at the end.
    """
    body = textwrap.indent(code + "\nyield 'variables', locals()\n", "    ")
    namespace: dict[str, Any] = {"__builtins__": vars(builtins) | {"__import__": _import, "open": _opener(file)}}
    exec(compile(f"def _invoke(self):\n{body}", "<plugin>", "exec"), namespace)
    *messages, (_, variables) = list(namespace["_invoke"](tool))
    return messages, variables


def _import(name: str, _globals: object, _locals: object, names: Sequence[str], level: int) -> ModuleType:
    if name in sys.stdlib_module_names:
        return importlib.import_module(name)
    if name != SDK and not name.startswith(f"{SDK}."):
        raise ImportError(f"the code imports {name}, which a plugin need not have")
    module = importlib.import_module("boomerang.invoker.entities" + OURS.get(name, name.removeprefix(SDK)))
    for wanted in names:
        getattr(module, wanted)
    return module


def _opener(file: bytes) -> Any:
    def opened(name: str, mode: str) -> io.BytesIO:
        assert (name, mode) == ("audio.mp3", "rb")
        return io.BytesIO(file)

    return opened
