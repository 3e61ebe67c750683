"""Parse JSON that a person typed, or report the line, the column and the line's text."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from boomerang.invoker.llm_text.json_depth import MOST_LEVELS, is_deep
from boomerang.workbench.i18n.translate import N_, _

_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class JsonFault:
    """A fault in a JSON text."""

    message: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        if self.line is None:
            return self.message
        return _("Line {line}, column {column}: {fault}").format(line=self.line, column=self.column, fault=self.message)


def parse(text: str, expected: type = dict) -> Any | JsonFault:
    """Parse a JSON text whose top-level value is an object or a list.

    Args:
        text: The typed text.
        expected: `dict` or `list`.

    Returns:
        The value, or a `JsonFault` with place and reason.
    """
    if not text.strip():
        return JsonFault(_("empty: enter a JSON {expected}").format(expected=_name(expected)), 1, 1)
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_whole)
    except json.JSONDecodeError as error:
        return JsonFault(error.msg[0].lower() + error.msg[1:], error.lineno, error.colno)
    except ValueError as error:
        return JsonFault(str(error))
    except RecursionError:
        return _too_deep()
    if is_deep(value):
        return _too_deep()
    if not isinstance(value, expected):
        template = _("expected a JSON {expected}, found {found}")
        return JsonFault(template.format(expected=_name(expected), found=_name(type(value))), 1, 1)
    return value


def locate(text: str, path: Sequence[str | int]) -> tuple[int, int]:
    """Find the place of a value in a JSON text.

    Args:
        text: Valid JSON.
        path: Keys and positions from the top to the value; if the path breaks off, the last value on it is used.

    Returns:
        Line and column, from 1.
    """
    at = _skip(text, 0)
    for part in path:
        child = _child(text, at, part)
        if child is None:
            break
        at = child
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def written(value: Any, indent: int | None = None) -> str:
    """Return a value as JSON for a file: unescaped, unless it contains an unpaired surrogate."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent)
    return text


def pretty(value: Any) -> str:
    """Return a value as JSON for people: indented and unescaped."""
    return json.dumps(value, indent=2, ensure_ascii=False)


class Literal(str):
    """A number in its original spelling."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Members:
    """An object with all its members, including those with duplicate names."""

    pairs: list[tuple[str, Any]]

    def __len__(self) -> int:
        """Return the number of members."""
        return len(self.pairs)


def exact(text: str) -> Any:
    """Parse JSON losslessly: numbers become `Literal`, objects `Members`, lists lists, and the rest as in `json.loads`.

    Raises:
        ValueError: The text is not JSON.
        RecursionError: It is nested too deeply.
    """
    return _EXACT.decode(text)


_EXACT = json.JSONDecoder(
    object_pairs_hook=Members, parse_int=Literal, parse_float=Literal, parse_constant=Literal, strict=False
)


def indented(value: Any, indent: int | None = 2) -> str:
    """Return JSON for people, with each number in its original spelling.

    Args:
        value: A text to parse with `exact`, or the result of `exact`.
        indent: Spaces per level; `None` for a single line.

    Raises:
        ValueError: The text is not JSON.
        RecursionError: It is nested too deeply.
    """
    if isinstance(value, str) and not isinstance(value, Literal):
        value = exact(value)
    return "".join(spelled(value, indent))


def spelled(value: Any, indent: int | None, line: str = "\n") -> Iterator[str]:
    """Yield the result of `exact` as JSON piece by piece, so that the caller can stop.

    Args:
        value: An object, a list, or one of their items.
        indent: Spaces per level; `None` for a single line.
        line: Line break and indent before the value.
    """
    if isinstance(value, Literal):
        yield value
    elif isinstance(value, Members | list) and value:
        inner = "" if indent is None else line + " " * indent
        begin, end = "{}" if isinstance(value, Members) else "[]"
        yield begin
        between = ""
        for key, item in value.pairs if isinstance(value, Members) else ((None, item) for item in value):
            yield between + inner + ("" if key is None else json.dumps(key, ensure_ascii=False) + ": ")
            yield from spelled(item, indent, inner)
            between = ", " if indent is None else ","
        yield ("" if indent is None else line) + end
    else:
        yield "{}" if isinstance(value, Members) else json.dumps(value, ensure_ascii=False)


def _refuse_constant(name: str) -> None:
    raise ValueError(_("{name} is not JSON").format(name=name))


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):  # it would be written as Infinity
        raise ValueError(_("the number {digits} is too large").format(digits=digits[:20]))
    return number


def _too_deep() -> JsonFault:
    return JsonFault(_("nested more than {most} levels deep").format(most=MOST_LEVELS))


def _whole(digits: str) -> int:
    try:
        return int(digits)
    except ValueError as error:  # thousands of digits
        raise ValueError(_("the number {digits} is too large").format(digits=digits[:20])) from error


def _name(kind: type) -> str:
    names = {dict: N_("object"), list: N_("list"), str: N_("text"), bool: N_("true or false"), int: N_("number")}
    return _((names | {float: names[int]}).get(kind, "null"))


def _child(text: str, at: int, part: str | int) -> int | None:
    """Find the start of a member of the object or list at `at`."""
    closing = {"{": "}", "[": "]"}.get(text[at])
    if closing is None:
        return None
    count, at = 0, _skip(text, at + 1)
    while text[at] != closing:
        name: str | int = count
        if closing == "}":
            name, at = _DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        if name == part:
            return at
        _, at = _DECODER.raw_decode(text, at)
        count, at = count + 1, _skip(text, at)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return None


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\n\r":
        at += 1
    return at
