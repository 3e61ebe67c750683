"""JSON that a person types: parsed, or refused with line, column and the line itself."""

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
    """Why a text is not the JSON that was wanted."""

    message: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        if self.line is None:
            return self.message
        return _("Line {line}, column {column}: {fault}").format(line=self.line, column=self.column, fault=self.message)


def parse(text: str, expected: type = dict) -> Any | JsonFault:
    """Parse a JSON text whose top is an object or a list.

    Args:
        text: What was typed.
        expected: `dict` or `list`.

    Returns:
        The value, or a `JsonFault` that says where and why.
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
    """Find where a value stands in a JSON text.

    Args:
        text: Valid JSON.
        path: Keys and positions from the top to the value; where it leads nowhere, the last value on it is found.

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
    """Write a value as JSON for a file: in its own letters, or escaped where half a character stands alone in it."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent)
    return text


def pretty(value: Any) -> str:
    """Write a value as JSON for people: indented, in its own letters."""
    return json.dumps(value, indent=2, ensure_ascii=False)


class Literal(str):
    """A number as it is spelled."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Members:
    """An object with all of its members, those too that have one name."""

    pairs: list[tuple[str, Any]]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.pairs)


def exact(text: str) -> Any:
    """Parse JSON without a change: numbers are `Literal`, objects `Members`, lists lists, and the rest as `json.loads` has it.

    Raises:
        ValueError: It is no JSON.
        RecursionError: It is nested too deep.
    """
    return _EXACT.decode(text)


_EXACT = json.JSONDecoder(
    object_pairs_hook=Members, parse_int=Literal, parse_float=Literal, parse_constant=Literal, strict=False
)


def indented(value: Any, indent: int | None = 2) -> str:
    """Write JSON for people with each number as it is spelled.

    Args:
        value: A text that is parsed by `exact`, or what came of that.
        indent: Blanks for each level; `None` for all in one line.

    Raises:
        ValueError: It is no JSON.
        RecursionError: It is nested too deep.
    """
    if isinstance(value, str) and not isinstance(value, Literal):
        value = exact(value)
    return "".join(spelled(value, indent))


def spelled(value: Any, indent: int | None, line: str = "\n") -> Iterator[str]:
    """Write what `exact` gave piece by piece, so that a writer may stop.

    Args:
        value: An object, a list, or what is inside of them.
        indent: Blanks for each level; `None` for all in one line.
        line: The line end with the blanks before the value.
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
    if math.isinf(number):  # it would go out as no number at all
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
    """Find where one member of the object or list at `at` begins."""
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
