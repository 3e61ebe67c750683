"""Messages about model lists, embeddings, rankings, moderation, transcription and summaries."""

from __future__ import annotations

from collections.abc import Mapping

TEMPLATES: Mapping[str, str] = {}
