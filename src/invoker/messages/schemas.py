"""Messages about JSON schemas and what is checked against them."""

from __future__ import annotations

from collections.abc import Mapping

TEMPLATES: Mapping[str, str] = {}
