"""The docstrings beneath the fields of a class, read from its source; imported only by whoever needs them."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise

from pydantic import BaseModel


def field_docstrings(model: type[BaseModel]) -> Mapping[str, str]:
    """Give the docstring of each field that has one, inherited fields included, by field name.

    Where a class declares an inherited field anew, only its own docstring counts.
    """
    texts: dict[str, str | None] = {}
    for owner in reversed(model.__mro__):
        if issubclass(owner, BaseModel):
            texts |= _declared(owner)
    return {name: text for name, text in texts.items() if text is not None and name in model.model_fields}


@cache
def _declared(owner: type[BaseModel]) -> Mapping[str, str | None]:
    """Give the annotated names of a class' own body, each with its docstring; nothing where there is no source."""
    try:
        source = inspect.getsource(owner)
    except (OSError, TypeError):  # compiled without its source, or made at run time: such a class has no descriptions
        return {}
    tree = ast.parse(textwrap.dedent(source))
    classes = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == owner.__name__)
    return {name: text for node in classes for name, text in _fields(node)}


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, str | None]]:
    for field, below in pairwise([*node.body, ast.Pass()]):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            yield field.target.id, _text(below)


def _text(node: ast.stmt) -> str | None:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return inspect.cleandoc(node.value.value)
    return None
