"""Summaries, made by the connection's system model and so without a config."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import Field

from boomerang.invoker.request import InvokeType, Request

from .entity import Entity


class SummaryResult(Entity):
    """A summary."""

    summary: str


class RequestInvokeSummary(Entity, Request[SummaryResult]):
    """A request to summarize a text."""

    invoke_type: ClassVar[InvokeType] = InvokeType.SYSTEM_SUMMARY

    text: str
    instruction: str
    """What to pay attention to, such as names to keep."""
    min_summarize_length: int = Field(default=0, ge=0)
    """Texts with fewer characters are returned unchanged. The client side decides that, so it is not on the wire: a request
    received over the wire has 0, and a model answers it however short it is.
    """
    system_model: str | None = Field(default=None, exclude=True)
    """The LLM that plays Dify's workspace default in this call; the connection's own by default. Not on the wire."""

    @classmethod
    def of(cls, text: str, instruction: str, min_summarize_length: int = 1024, *, system_model: str | None = None) -> Self:
        """Build the request from the call's arguments.

        Raises:
            pydantic.ValidationError: An argument is invalid; names the field.
        """
        arguments = {"text": text, "instruction": instruction, "min_summarize_length": min_summarize_length}
        return cls.model_validate(arguments | {"system_model": system_model})

    def is_short(self) -> bool:
        """Return whether the text is returned unchanged; counts Python characters, as Dify does."""
        return len(self.text) < self.min_summarize_length

    def payload(self) -> dict[str, Any]:
        """Return the `request` object as on the wire."""
        return self.model_dump(mode="json", exclude={"min_summarize_length"})
