"""Messages about the exchange with a server: HTTP, compression, limits, event streams."""

from __future__ import annotations

from collections.abc import Mapping

TEMPLATES: Mapping[str, str] = {}
