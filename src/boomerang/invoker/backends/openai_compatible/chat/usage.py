"""Read the usage of an answer in servers' different formats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from boomerang.invoker.backends.openai_compatible.response.numbers import as_int
from boomerang.invoker.entities.llm.chunk import LLMUsage

_NAMES: Mapping[str, tuple[str, ...]] = {
    "prompt": ("prompt_tokens", "input_tokens"),
    "completion": ("completion_tokens", "output_tokens"),
    "total": ("total_tokens",),
}


class UsageReader:
    """Collects the counts of an answer's events: the last count that is not zero wins, since servers end with empty ones."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def read(self, usage: Any) -> None:
        """Read a usage of any shape; anything but a count is ignored."""
        if not isinstance(usage, Mapping):
            return
        for count, names in _NAMES.items():
            counts = [number for number in (as_int(usage.get(name)) for name in names) if number is not None and number >= 0]
            if counts:
                self._counts[count] = max(counts) or self._counts.get(count, 0)

    def usage(self, latency: float) -> LLMUsage | None:
        """Return the usage, with the server's own total, which may count more than prompt and completion.

        Args:
            latency: Seconds from the request to the end of the answer.

        Returns:
            `None` if the server reported no count.
        """
        if not self._counts:
            return None
        usage = LLMUsage.priced(
            None,
            prompt_tokens=self._counts.get("prompt", 0),
            completion_tokens=self._counts.get("completion", 0),
            latency=latency,
        )
        usage.total_tokens = self._counts.get("total") or usage.total_tokens
        return usage
