"""Messages about audio files and sound."""

from __future__ import annotations

from collections.abc import Mapping

TEMPLATES: Mapping[str, str] = {}
