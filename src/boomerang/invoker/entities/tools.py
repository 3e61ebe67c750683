"""Tools offered to a model, and its calls of them."""

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
    """A tool in the wrapper of OpenAI's interface; not used on Dify's wire."""

    type: str = "function"
    function: PromptMessageTool


Tools: TypeAlias = Annotated[list[PromptMessageTool] | None, BeforeValidator(lambda tools: tools or None)]
"""Tools of a request; Dify sends an empty list as null."""


def _none_is_empty(value: Any) -> Any:
    return "" if value is None else value


_Text: TypeAlias = Annotated[str, BeforeValidator(_none_is_empty)]
"""A required string; null is read as empty."""


class ToolCallFunction(Entity):
    """The function in a tool call, or a fragment of it."""

    name: _Text
    arguments: _Text
    """A JSON object as text; in a stream a fragment of it."""

    def whole_arguments(self) -> str:
        """Return the arguments of a complete call: `{}` if there are none, for which servers send nothing or null."""
        return "{}" if self.arguments.strip() in ("", "null") else self.arguments


_Function: TypeAlias = ToolCallFunction


class ToolCall(Entity):
    """A tool call requested by a model, or a fragment of one."""

    ToolCallFunction: ClassVar = _Function
    """Alias under the nested name that code for Dify's SDK uses."""

    id: str
    """Empty if a fragment continues the previous call."""
    type: _Text
    function: _Function

    @field_validator("id", mode="before")
    @classmethod
    def _id_as_text(cls, value: Any) -> str:
        return "" if value is None else str(value)


class _Call:
    """A call whose fragments are arriving; arguments are joined only on demand, so that a stream takes linear time."""

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
    """Joins fragments into calls, in the order in which the calls began.

    Dify's `ToolCall` has no index, so the call that a fragment belongs to is inferred:

    - a known id continues that call, a new id begins one;
    - without an id, a name begins a call if the previous call already has a name (servers that send no ids list complete
      calls), and anything else continues the previous call;
    - a chunk with as many nameless fragments as the last chunk that listed parallel calls continues those, by position.

    Dify's SDK 0.10.2 keeps only the last chunk's fragments, and so loses id, name and the first part of the arguments.
    """

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._by_id: dict[str, _Call] = {}
        self._current: _Call | None = None
        self._abreast: list[_Call] = []

    def add(self, fragments: Sequence[ToolCall]) -> list[int]:
        """Add the fragments of one chunk; return the index in `calls()` of each fragment's call."""
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
        """Return the calls so far."""
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
        """Return the call that a fragment continues; `None` if it begins one."""
        current = self._current
        if fragment.id:
            known = self._by_id.get(fragment.id)
            if known is not None or current is None or current.id:
                return known
        # Without an id, only the name can distinguish a new call from more of the current one.
        if current is None or (fragment.function.name and current.name):
            return None
        return current
