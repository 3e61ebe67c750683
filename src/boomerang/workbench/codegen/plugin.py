"""Generate a call as code for a Dify plugin: the body of a tool's `_invoke`, or the whole tool, without secrets.

Signatures follow Dify's plugin SDK 0.10 (`session.model.<name>.invoke`); a plugin never sees a model's credentials.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from textwrap import indent
from typing import Any

from .arguments import SELECTED, Imports, expression, settings
from .endings import AFTER
from .literals import INDENT, source
from .members import MEMBERS

LONGEST_LINE = 100
MEDIA_TYPE = "audio/mpeg"
"""Media type of speech, unless a run has shown another."""


def code(name: str, arguments: Mapping[str, Any], *, selector: bool = False, media_type: str = MEDIA_TYPE) -> str:
    """Return `session.model.<name>.invoke(**arguments)` as the body of a tool's `_invoke(self, tool_parameters)`.

    Args:
        name: Attribute of `session.model`.
        arguments: Keyed by Dify's parameter names; entities or their dicts.
        selector: Whether the model comes from a model-selector parameter. What that leaves out is as in `arguments`.
        media_type: Media type of speech; Dify's SDK drops it.
    """
    imports, body = _body(name, arguments, selector=selector, media_type=media_type)
    written = _imports(imports)
    return f"{written}\n{body}" if written else body


def tool(name: str, arguments: Mapping[str, Any], *, selector: bool = False, media_type: str = MEDIA_TYPE) -> str:
    """Return the call as a module with one tool; see `manifest` for the YAML beside it."""
    imports, body = _body(name, arguments, selector=selector, media_type=media_type)
    imports |= {
        ("collections.abc", "Generator"),
        ("typing", "Any"),
        ("dify_plugin", "Tool"),
        ("dify_plugin.entities.tool", "ToolInvokeMessage"),
    }
    member = MEMBERS[name]
    return (
        f"{_imports(imports)}\n\n"
        f"class {member.tool}(Tool):\n"
        f'{INDENT}"""{member.about}"""\n\n'
        f"{INDENT}def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage]:\n"
        f"{indent(body, INDENT * 2)}"  # texts are literals without line ends, so only code is indented
    )


def takes_selector(name: str) -> bool:
    """Return whether a call has a ModelConfig that a parameter could supply; a summary has none."""
    return MEMBERS[name].config is not None


def _body(name: str, arguments: Mapping[str, Any], *, selector: bool, media_type: str) -> tuple[Imports, str]:
    imports: Imports = set()
    selector = selector and takes_selector(name)
    values = {key: expression(name, key, value, imports, selector=selector) for key, value in arguments.items()}
    fields = "".join(f"{INDENT}{key}={source(value, 1)},\n" for key, value in values.items())
    call = f"self.session.model.{name}.invoke(\n{fields})"
    ending = AFTER[name](call, bool(arguments.get("stream", False)), bool(arguments.get("tools")), media_type)
    return imports, _selected(settings(name, arguments)) + ending if selector else ending


def _selected(defaults: Mapping[str, Any]) -> str:
    """Return the lines that read the selected model."""
    parameter = f'tool_parameters.get("{SELECTED}", {{}})'
    if not defaults:
        return f"{SELECTED} = {parameter}\n"
    return (
        "# These settings apply where the selected model has none.\n"
        f"defaults = {source(defaults)}\n{SELECTED} = defaults | {parameter}\n"
    )


def _imports(imports: Iterable[tuple[str, str]]) -> str:
    """Return import statements, those of the standard library first."""
    by_module: dict[str, list[str]] = {}
    for module, imported in sorted(imports):
        by_module.setdefault(module, []).append(imported)
    lines = [_import(module, names) for module, names in by_module.items()]
    own = [line for line in lines if line.startswith("from dify_plugin")]
    standard = [line for line in lines if line not in own]
    return "\n".join("".join(group) for group in (standard, own) if group)


def _import(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}\n"
    if len(line) <= LONGEST_LINE:
        return line
    return f"from {module} import (\n" + "".join(f"{INDENT}{name},\n" for name in names) + ")\n"
