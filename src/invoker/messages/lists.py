"""Messages about model lists, embeddings, rankings, moderation, transcription and summaries."""

from __future__ import annotations

from collections.abc import Mapping

TEMPLATES: Mapping[str, str] = {
    "lists.no_field": "The server's answer has no `{field}`: {words}",
    "lists.no_models": "The server's answer holds no list of models: {words}",
    "lists.odd_models": "Left out of the server's model list, because they name no model ({count}): {examples}",
    "lists.more_models": "The server lists {count:,} models; the first {most:,} are shown.",
}
