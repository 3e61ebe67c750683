"""Convert Python functions to tools for a model. The source is parsed and never executed."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

from boomerang.workbench.i18n.translate import _

_NAMES: dict[str, dict[str, Any]] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "list": {"type": "array"},
    "List": {"type": "array"},
    "Sequence": {"type": "array"},
    "tuple": {"type": "array"},
    "set": {"type": "array", "uniqueItems": True},
    "dict": {"type": "object"},
    "Dict": {"type": "object"},
    "Mapping": {"type": "object"},
    "None": {"type": "null"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
}
_ARGUMENT = re.compile(r"^\s*(?:[-*]\s*|:param\s+)?(\w+)\s*(?:\([^)]*\))?\s*:\s*(.+)$")
_IMPLIED = ("self", "cls")


class SignatureFault(ValueError):
    """The text contains no function."""


def tools(source: str) -> list[dict[str, Any]]:
    """Convert the functions of a source to tools: name, description, and parameters as a JSON schema.

    Parameters without a default are required. A tool's description is the docstring's first paragraph; a parameter's is its
    line in the docstring or the text in `Annotated`. An unknown type allows any value.

    Raises:
        SignatureFault: It is not Python, or has no function.
    """
    tree = _parsed(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    if not functions:
        raise SignatureFault(_("no function found: paste `def name(argument: type): ...`"))
    public = [node for node in functions if not node.name.startswith("_")]
    try:
        return [_tool(node) for node in public or functions]
    except RecursionError as error:
        raise SignatureFault(_("types are nested too deeply")) from error


def _parsed(source: str) -> ast.Module:
    """Parse the source as it is, or with a body added to a bare signature."""
    first: SyntaxError | None = None
    for text in (source, f"{source.rstrip().rstrip(':')}: ...", f"def {source.rstrip().rstrip(':')}: ..."):
        try:
            return ast.parse(text)
        except SyntaxError as error:
            first = first or error
        except (ValueError, RecursionError, MemoryError) as error:
            raise SignatureFault(str(error) or _("nested too deeply")) from error
    reason = first.msg if first else _("not valid Python")
    if first and first.lineno:
        reason = _("line {line}, column {column}: {fault}").format(line=first.lineno, column=first.offset, fault=reason)
    raise SignatureFault(reason)


def _tool(node: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, Any]:
    doc = ast.get_docstring(node) or ""
    descriptions = {match[1]: match[2].strip() for line in doc.splitlines() if (match := _ARGUMENT.match(line))}
    properties, required = {}, []
    for argument, default in _arguments(node.args):
        schema = _schema(argument.annotation)
        if argument.arg in descriptions:
            schema.setdefault("description", descriptions[argument.arg])
        if default is None:
            required.append(argument.arg)
        elif (value := _literal(default)) is not None:
            schema["default"] = value
        properties[argument.arg] = schema
    parameters = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return {"name": node.name, "description": " ".join(doc.split("\n\n")[0].split()), "parameters": parameters}


def _arguments(arguments: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    """Yield each argument with its default, except `*args` and `**kwargs`, which a model cannot name."""
    listed = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(listed) - len(arguments.defaults)) + list(arguments.defaults)
    for argument, default in zip(listed, defaults, strict=True):
        if argument.arg not in _IMPLIED:
            yield argument, default
    yield from zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)


def _schema(annotation: ast.expr | None) -> dict[str, Any]:
    match annotation:
        case ast.Constant(value=None):
            return dict(_NAMES["None"])
        case ast.Constant(value=str() as quoted):
            return _schema(_expression(quoted))
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return dict(_NAMES.get(name, {}))
        case ast.BinOp(op=ast.BitOr()):
            return _either([annotation.left, annotation.right])
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name)):
            inner = annotation.slice
            return _generic(name, list(inner.elts) if isinstance(inner, ast.Tuple) else [inner])
    return {}


def _generic(name: str, inside: list[ast.expr]) -> dict[str, Any]:
    match name:
        case "Literal":
            return {"enum": [value for item in inside if (value := _literal(item)) is not None or _is_none(item)]}
        case "Optional":
            return _either([*inside, ast.Constant(value=None)])
        case "Union":
            return _either(inside)
        case "Annotated":
            text = next((value for item in inside[1:] if isinstance(value := _literal(item), str)), None)
            return _schema(inside[0]) | ({"description": text} if text else {})
        case "dict" | "Dict" | "Mapping":
            value = _schema(inside[1]) if len(inside) > 1 else {}
            return {"type": "object"} | ({"additionalProperties": value} if value else {})
    known = dict(_NAMES.get(name, {}))
    if known.get("type") == "array" and (items := _schema(inside[0])):
        known["items"] = items
    return known


def _either(parts: list[ast.expr]) -> dict[str, Any]:
    schemas = [_schema(part) for part in parts]
    if any(not schema for schema in schemas):
        return {}
    if all(set(schema) == {"type"} for schema in schemas):
        kinds = list(
            dict.fromkeys(kind for s in schemas for kind in (s["type"] if isinstance(s["type"], list) else [s["type"]]))
        )
        return {"type": kinds[0] if len(kinds) == 1 else kinds}
    return {"anyOf": schemas}


def _expression(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        return None


def _literal(node: ast.expr) -> Any:
    """Return the value of a literal that JSON can represent; `None` for anything else."""
    try:
        value = ast.literal_eval(node)
        json.dumps(value, allow_nan=False)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None
    return value


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
