"""A conversation's files and provider data over a reload: what its messages have beyond their texts."""

from __future__ import annotations

import base64
from typing import Any

from boomerang.playground.run.pane import Pane
from boomerang.workbench.conversations.attachments import ICONS, refusal

FIELD = "attachments"
FILES, OPAQUE = "files", "opaque_body"
PART = {"type", "format", "mime_type", "filename", "base64_data"}
"""Keys of a content part with a file."""


def restore(page: Pane) -> None:
    """Give the messages the files that a reload or a form file brings back."""
    kept = page.take_files(FIELD)
    for draft, extra in zip(page.state.drafts, kept or (), strict=False):
        draft.attachments, draft.opaque_body = list(extra[FILES]), extra[OPAQUE]


def keep(page: Pane) -> None:
    """Keep the messages' files for a reload."""
    extras = [{FILES: draft.attachments, OPAQUE: draft.opaque_body} for draft in page.state.drafts]
    page.put_files(FIELD, extras if any(any(extra.values()) for extra in extras) else None, are_files)


def are_files(value: Any) -> bool:
    """Return whether a value from a form file is what `keep` writes."""
    if not isinstance(value, list):
        return False
    there: list[dict[str, Any]] = []
    for extra in value:
        if not isinstance(extra, dict) or set(extra) != {FILES, OPAQUE} or not isinstance(extra[FILES], list):
            return False
        for attachment in extra[FILES]:
            if not _is_part(attachment, there):
                return False
            there.append(attachment)
    return True


def _is_part(attachment: Any, there: list[dict[str, Any]]) -> bool:
    """Return whether an attachment is a content part with a file that may be attached to the existing ones."""
    if not isinstance(attachment, dict) or not all(isinstance(text, str) for text in attachment.values()):
        return False
    kind = attachment.get("type")
    if kind not in ICONS or attachment.keys() != PART | ({"detail"} if kind == "image" else set()):
        return False
    try:
        data = base64.b64decode(attachment["base64_data"], validate=True)
    except ValueError:
        return False
    return refusal(attachment["filename"], data, there) is None and attachment.get("detail", "low") in ("low", "high")
