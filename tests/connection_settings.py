"""Settings of connections in tests, validated with the app's table of kinds."""

from __future__ import annotations

from typing import Any

from boomerang.invoker import connection_kind
from boomerang.invoker.backends.openai_compatible.settings import OpenAICompatibleSettings
from boomerang.kinds import KINDS


def settings_of(value: Any, where: str = "") -> OpenAICompatibleSettings:
    """Validate the settings of an OpenAI-compatible connection."""
    settings = connection_kind.settings_of(value, KINDS, where)
    assert isinstance(settings, OpenAICompatibleSettings)
    return settings
