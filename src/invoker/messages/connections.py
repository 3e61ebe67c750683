"""Messages about the settings of a connection and what is saved of it."""

from __future__ import annotations

from collections.abc import Mapping

TEMPLATES: Mapping[str, str] = {}
