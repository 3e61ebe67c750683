"""The tools that a model is offered, and the calls that it wants made."""

from __future__ import annotations

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
