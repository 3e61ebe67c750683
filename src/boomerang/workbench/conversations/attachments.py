"""Convert files to content parts of a message, by their bytes first and their name second."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from boomerang.invoker.audio.file_type import Kind, kind_of
from boomerang.invoker.entities.model import ModelFeature
from boomerang.workbench.i18n.translate import _

Part = dict[str, Any]
"""A content part as Dify's dict."""

MOST_FILE_BYTES = 10 * 2**20
MOST_BYTES = 20 * 2**20
"""Most bytes of all files of a conversation: they travel as base64 in one request."""
MOST_FILES = 16

FEATURES = {
    "image": ModelFeature.VISION,
    "audio": ModelFeature.AUDIO,
    "video": ModelFeature.VIDEO,
    "document": ModelFeature.DOCUMENT,
}
"""Type of a part → the feature a model declares to accept it."""
ICONS = {
    "image": ":material/image:",
    "audio": ":material/graphic_eq:",
    "video": ":material/movie:",
    "document": ":material/description:",
}

# Video and audio share containers, and every office document is a ZIP archive: here the name is more specific.
_VAGUE = ("application/zip", "application/xml", "application/json", "text/plain", "audio/mp4", "audio/webm", "audio/ogg")
_VAGUE_TOO = ("audio/x-matroska", "audio/x-ms-wma")


def part(name: str, data: bytes, declared: str = "") -> Part:
    """Return the content part of a file.

    Args:
        name: Name of the file.
        data: Its bytes.
        declared: The media type from the browser.

    Returns:
        Dify's dict of an image, audio, video or document part, with the bytes as base64.
    """
    kind = kind_of(data)
    mime_type = _mime_type(name, kind, declared)
    major = mime_type.partition("/")[0]
    content = {
        "type": major if major in ("image", "audio", "video") else "document",
        "format": _format(name, kind, mime_type),
        "mime_type": mime_type,
        "filename": name,
        "base64_data": base64.b64encode(data).decode("ascii"),
    }
    return content | ({"detail": "low"} if content["type"] == "image" else {})


def size(attachment: Mapping[str, Any]) -> int:
    """Return the size of a part's file in bytes."""
    text = str(attachment.get("base64_data", ""))
    return len(text) * 3 // 4 - text.count("=", -2)


def refusal(name: str, data: bytes, there: Sequence[Part]) -> str | None:
    """Return why a file cannot be attached in addition to the existing ones; `None` if it can."""
    if not data:
        return _("{name} is empty").format(name=name)
    if len(data) > MOST_FILE_BYTES:
        template = _("{name} has {size:.1f} MB; the limit is {most} MB")
        return template.format(name=name, size=len(data) / 2**20, most=MOST_FILE_BYTES // 2**20)
    if len(there) >= MOST_FILES:
        return _("{name}: the limit is {most} files").format(name=name, most=MOST_FILES)
    if sum(map(size, there)) + len(data) > MOST_BYTES:
        return _("{name}: the limit for all files together is {most} MB").format(name=name, most=MOST_BYTES // 2**20)
    return None


def undeclared(parts: Iterable[Part], features: Iterable[ModelFeature] | None) -> list[tuple[str, ModelFeature]]:
    """Return the part types that a model does not declare, each with the missing feature."""
    kinds = dict.fromkeys(str(attachment["type"]) for attachment in parts)
    have = set(features or ())
    return [(kind, FEATURES[kind]) for kind in kinds if FEATURES[kind] not in have]


def _mime_type(name: str, kind: Kind | None, declared: str) -> str:
    named = mimetypes.guess_type(name)[0] or (declared if "/" in declared else "")
    if kind is None or kind.media_type in (*_VAGUE, *_VAGUE_TOO):
        return named or (kind.media_type if kind else "application/octet-stream")
    return kind.media_type


def _format(name: str, kind: Kind | None, mime_type: str) -> str:
    extension = PurePath(name).suffix.lower().lstrip(".")
    if kind is not None and kind.media_type == mime_type and extension not in kind.extensions:
        return kind.extensions[0] if kind.extensions else mime_type.rpartition("/")[2]
    return extension or mime_type.rpartition("/")[2]
