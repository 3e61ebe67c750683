"""How a long-running invocation stands, for LLMs that are asked again until they are done."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import JsonValue, PositiveInt, model_validator

from .entity import Entity
from .llm_result import LLMResult, LLMResultWithStructuredOutput


class LLMPollingStatus(StrEnum):
    """Where a long-running invocation stands."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class LLMPollingResult(Entity):
    """How a long-running invocation stands, and when to ask again."""

    status: LLMPollingStatus
    plugin_state: dict[str, JsonValue] | None = None
    """What the plugin wants back when it is asked again; must not be empty while running."""
    result: LLMResult | LLMResultWithStructuredOutput | None = None
    error: str | None = None
    next_check_after_seconds: PositiveInt | None = None
    expires_after_seconds: PositiveInt | None = None
    max_attempts: PositiveInt | None = None

    @model_validator(mode="after")
    def _has_what_its_status_needs(self) -> Self:
        if self.status is LLMPollingStatus.RUNNING and not self.plugin_state:
            raise ValueError("a running invocation needs its plugin_state")
        if self.status is LLMPollingStatus.SUCCEEDED and self.result is None:
            raise ValueError("a succeeded invocation needs its result")
        if self.status is LLMPollingStatus.FAILED and not self.error:
            raise ValueError("a failed invocation needs its error")
        return self
