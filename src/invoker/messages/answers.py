"""Messages about an LLM's answer: its text, reasoning, tool calls, usage and structured output."""

from __future__ import annotations

from collections.abc import Mapping

TEMPLATES: Mapping[str, str] = {}
