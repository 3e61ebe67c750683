"""Parse tool calls from streamed text: a model writes JSON, which becomes fragments of calls as it arrives."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from typing import Any, TypeAlias
from uuid import uuid4

from boomerang.invoker.entities.message import ToolCall, ToolCallFunction

Part: TypeAlias = str | ToolCall
"""A piece of plain text, or a fragment of a call."""

_OPENING = re.compile(r"(?:\s|[\[\],;]|```\w*|</?tool_calls?>|</?tools?>)*")
"""Separators before, between and after calls."""
_TAGS = ("```", "<tool_calls>", "</tool_calls>", "<tools>", "</tools>", "<tool_call>", "</tool_call>", "<tool>", "</tool>")
_BEFORE_NAME = r'\{\s*(?:"(?:type|id)"\s*:\s*"[^"]*"\s*,\s*)*(?P<wrap>"function"\s*:\s*\{\s*)?'
_NAME = re.compile(_BEFORE_NAME + r'"name"\s*:\s*(?P<name>"(?:[^"\\]|\\.)*")')
_BEGUN = re.compile(_NAME.pattern + r'\s*,\s*"(?:arguments|parameters)"\s*:\s*\{')
_FIRST_KEY = re.compile(r'\{\s*"([^"]*)"')
_KEYS = {"name", "arguments", "parameters", "type", "id", "function"}


class CallReader:
    """Splits the streamed text of an answer into plain text and fragments of calls.

    A call is a JSON object `{"name": …, "arguments": …}` at the start of the answer, bare or in a code fence, a list or a tag;
    more may follow. It begins as soon as its name is known to be that of a tool. Everything else is text, which is buffered
    only while it may still become a call.

    Args:
        names: Names of the tools.
        new_id: Return the ID of a new call.
    """

    def __init__(self, names: Collection[str], new_id: Callable[[], str] = lambda: f"call_{uuid4().hex[:24]}") -> None:
        self.calls = 0
        """Number of calls that have begun."""
        self._names = names
        self._new_id = new_id
        self._step: Callable[[str], None] = self._opening
        self._pending = ""
        self._lead = ""  # text before the object that is being read
        self._parts: list[Part] = []
        self._nesting = _Nesting()
        self._arguments: list[str] = []
        self._inner = 0

    def feed(self, text: str) -> list[Part]:
        """Read the next piece of text; return the parts that are certain."""
        for position, character in enumerate(text):
            if self._step == self._text:
                self._say(text[position:])
                break
            self._step(character)
        self._flush_arguments()
        parts, self._parts = self._parts, []
        return parts

    def finish(self) -> list[Part]:
        """Return the buffered text at the end of the answer."""
        pending = self._lead + self._pending if self._step == self._object else self._pending
        only_separators = _OPENING.fullmatch(pending) is not None
        self._pending = self._lead = ""
        return [] if not pending or (self.calls and only_separators) else [pending]

    def _opening(self, character: str) -> None:
        self._pending += character
        match = _OPENING.match(self._pending)
        rest = self._pending[match.end() if match else 0 :]
        if rest == "{":
            self._pending, self._lead = "{", self._pending[:-1]
            self._nesting = _Nesting("{")
            self._step = self._object
        elif rest and not any(tag.startswith(rest) for tag in _TAGS):
            self._give_up()

    def _object(self, character: str) -> None:
        self._pending += character
        ended = self._nesting.add(character)
        if ended:
            self._whole()
        elif character == "{" and (begun := _BEGUN.fullmatch(self._pending)):
            self._begin(json.loads(begun["name"]))
            self._inner = 2 if begun["wrap"] else 1
            self._pending = ""
            self._arguments.append("{")
            self._step = self._inside
        elif character == '"' and self._is_other_json():
            self._give_up()

    def _is_other_json(self) -> bool:
        first = _FIRST_KEY.match(self._pending)
        if first is None:
            return False
        name = _NAME.fullmatch(self._pending)
        return first[1] not in _KEYS or (name is not None and _loads(name["name"]) not in self._names)

    def _whole(self) -> None:
        """Handle an object that ended before a call was recognised: other key order, arguments as a string, or no call."""
        value = _loads(self._pending)
        if isinstance(value, dict) and isinstance(value.get("function"), dict):
            value = value["function"]
        name = value.get("name") if isinstance(value, dict) else None
        if not isinstance(value, dict) or not isinstance(name, str) or name not in self._names or value.keys() - _KEYS:
            self._give_up()
            return
        arguments = value.get("arguments", value.get("parameters", {}))
        self._begin(name)
        self._arguments.append(arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False))
        self._end()

    def _inside(self, character: str) -> None:
        self._nesting.add(character)
        self._arguments.append(character)
        if self._nesting.depth == self._inner and not self._nesting.quoted:
            self._step = self._behind

    def _behind(self, character: str) -> None:
        if self._nesting.add(character):
            self._end()

    def _begin(self, name: str) -> None:
        self._flush_arguments()
        self.calls += 1
        self._parts.append(_fragment(self._new_id(), name, ""))

    def _end(self) -> None:
        self._flush_arguments()
        self._pending = self._lead = ""
        self._step = self._opening

    def _flush_arguments(self) -> None:
        if self._arguments:
            self._parts.append(_fragment("", "", "".join(self._arguments)))
            self._arguments.clear()

    def _give_up(self) -> None:
        pending, self._pending = (self._lead if self._step == self._object else "") + self._pending, ""
        self._step = self._text
        self._say(pending)

    def _text(self, character: str) -> None:
        self._say(character)

    def _say(self, text: str) -> None:
        if text and self._parts and isinstance(self._parts[-1], str):
            self._parts[-1] += text
        elif text:
            self._parts.append(text)


class _Nesting:
    """Bracket depth in a JSON text."""

    __slots__ = ("_escaped", "depth", "quoted")

    def __init__(self, text: str = "") -> None:
        self.depth = 0
        self.quoted = self._escaped = False
        for character in text:
            self.add(character)

    def add(self, character: str) -> bool:
        """Read the next character; return whether it closes the outermost bracket."""
        if self._escaped:
            self._escaped = False
        elif self.quoted:
            self._escaped = character == "\\"
            self.quoted = character != '"'
        elif character == '"':
            self.quoted = True
        elif character in "{[":
            self.depth += 1
        elif character in "}]":
            self.depth -= 1
            return self.depth <= 0
        return False


def _fragment(call_id: str, name: str, arguments: str) -> ToolCall:
    function = ToolCallFunction(name=name, arguments=arguments)
    return ToolCall(id=call_id, type="function" if call_id else "", function=function)


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
