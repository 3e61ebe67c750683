"""Tools that are offered to a model, and its calls of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, TypeAlias

from pydantic import BeforeValidator, field_validator

from .entity import Entity


class PromptMessageTool(Entity):
    """A tool offered to the model."""

    name: str
    description: str
    parameters: dict[str, Any]
    """The arguments as a JSON schema."""


class PromptMessageFunction(Entity):
    """A tool in the wrapping that OpenAI's interface has; not used on Dify's wire."""

    type: str = "function"
    function: PromptMessageTool


Tools: TypeAlias = Annotated[list[PromptMessageTool] | None, BeforeValidator(lambda tools: tools or None)]
"""Tools of a request; Dify sends an empty list as null."""


def _none_is_empty(value: Any) -> Any:
    return "" if value is None else value


_Text: TypeAlias = Annotated[str, BeforeValidator(_none_is_empty)]
"""A string that must be there; null counts as the empty one."""


class ToolCallFunction(Entity):
    """The function that a model wants called, or a fragment of it."""

    name: _Text
    arguments: _Text
    """A JSON object as text; in a stream a fragment of it."""

    def whole_arguments(self) -> str:
        """Return the arguments of a whole call: a call without any, for which servers write nothing or null, has `{}`."""
        return "{}" if self.arguments.strip() in ("", "null") else self.arguments


_Function: TypeAlias = ToolCallFunction


class ToolCall(Entity):
    """A call that a model wants made, or a fragment of one."""

    ToolCallFunction: ClassVar = _Function
    """The same under the nested name that code written for Dify's SDK says."""

    id: str
    """Empty where a fragment continues the call before it."""
    type: _Text
    function: _Function

    @field_validator("id", mode="before")
    @classmethod
    def _id_as_text(cls, value: Any) -> str:
        return "" if value is None else str(value)


class _Call:
    """A call while its fragments come in; the arguments are joined only when asked for, so that a stream costs linear work."""

    __slots__ = ("arguments", "id", "name", "number", "type")

    def __init__(self, number: int) -> None:
        self.number = number
        self.id = self.type = self.name = ""
        self.arguments: list[str] = []

    def add(self, fragment: ToolCall) -> None:
        self.id = self.id or fragment.id
        self.type = self.type or fragment.type
        self.name = fragment.function.name or self.name
        self.arguments.append(fragment.function.arguments)

    def whole(self) -> ToolCall:
        self.arguments = ["".join(self.arguments)]
        function = ToolCallFunction(name=self.name, arguments=self.arguments[0])
        return ToolCall(id=self.id, type=self.type, function=function)


class ToolCallFold:
    """Joins fragments to calls, in the order in which the calls began.

    Dify's `ToolCall` has no index, so a fragment's place follows from what it says:

    - an id that was seen before continues that call, an id that was not begins one;
    - without an id, a name begins a call if the call before it has its name already (servers that give no ids list whole
      calls), and anything else continues the call before it;
    - a chunk that lists as many nameless fragments as the last chunk listed calls side by side continues those, by position.

    Dify's SDK 0.10.2 keeps the last chunk's fragments only, and so loses id, name and the first part of the arguments.
    """

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._by_id: dict[str, _Call] = {}
        self._current: _Call | None = None
        self._abreast: list[_Call] = []

    def add(self, fragments: Sequence[ToolCall]) -> list[int]:
        """Take in the fragments of one chunk; gives for each of them the position of its call in `calls()`."""
        nameless = all(not fragment.id and not fragment.function.name for fragment in fragments)
        if nameless and 1 < len(fragments) == len(self._abreast):
            for call, fragment in zip(self._abreast, fragments, strict=True):
                call.add(fragment)
            return [call.number for call in self._abreast]
        touched = [self._take(fragment) for fragment in fragments]
        distinct = list(dict.fromkeys(touched))
        if len(distinct) > 1:
            self._abreast = distinct
        return [call.number for call in touched]

    def calls(self) -> list[ToolCall]:
        """Return the calls as they stand."""
        return [call.whole() for call in self._calls]

    def _take(self, fragment: ToolCall) -> _Call:
        call = self._continued(fragment)
        if call is None:
            call = _Call(len(self._calls))
            self._calls.append(call)
        call.add(fragment)
        if call.id:
            self._by_id.setdefault(call.id, call)
        self._current = call
        return call

    def _continued(self, fragment: ToolCall) -> _Call | None:
        """Find the call that a fragment continues; none if it begins one."""
        current = self._current
        if fragment.id:
            known = self._by_id.get(fragment.id)
            if known is not None or current is None or current.id:
                return known
        # From here on nothing but the name can tell a new call from more of the current one.
        if current is None or (fragment.function.name and current.name):
            return None
        return current
