"""Texts and images alike, as the multimodal invocations take them."""

from __future__ import annotations

from enum import StrEnum

from .entity import Entity


class MultiModalContentType(StrEnum):
    """What a content is."""

    TEXT = "text"
    IMAGE = "image"


class MultiModalContent(Entity):
    """A text or an image."""

    content: str
    """The text, or the image file in base64."""
    content_type: MultiModalContentType
