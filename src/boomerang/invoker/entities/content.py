"""Contents of a prompt message other than plain text."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field, JsonValue

from .entity import Entity


class PromptMessageContentType(StrEnum):
    """Type of a content item."""

    TEXT = "text"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    DOCUMENT = "document"


class ImageDetail(StrEnum):
    """Level of detail at which a model looks at an image."""

    LOW = "low"
    HIGH = "high"


class PromptMessageContent(Entity):
    """One item of a message's content."""

    opaque_body: JsonValue | None = None
    """Data that only the provider understands and wants back unchanged. Known only to Dify's SDK; Dify drops it."""


class TextPromptMessageContent(PromptMessageContent):
    """A piece of text."""

    type: Literal[PromptMessageContentType.TEXT] = PromptMessageContentType.TEXT
    data: str


class MultiModalPromptMessageContent(PromptMessageContent):
    """A file, by URL or by its bytes."""

    format: str
    """For example `png` or `mp3`."""
    base64_data: str = ""
    url: str = ""
    mime_type: str
    filename: str = ""

    @property
    def data(self) -> str:
        """The URL, or the bytes as a data URL."""
        return self.url or f"data:{self.mime_type};base64,{self.base64_data}"


class ImagePromptMessageContent(MultiModalPromptMessageContent):
    """An image."""

    DETAIL: ClassVar = ImageDetail

    type: Literal[PromptMessageContentType.IMAGE] = PromptMessageContentType.IMAGE
    detail: ImageDetail = ImageDetail.LOW


class AudioPromptMessageContent(MultiModalPromptMessageContent):
    """Audio."""

    type: Literal[PromptMessageContentType.AUDIO] = PromptMessageContentType.AUDIO


class VideoPromptMessageContent(MultiModalPromptMessageContent):
    """A video."""

    type: Literal[PromptMessageContentType.VIDEO] = PromptMessageContentType.VIDEO


class DocumentPromptMessageContent(MultiModalPromptMessageContent):
    """A document, such as a PDF."""

    type: Literal[PromptMessageContentType.DOCUMENT] = PromptMessageContentType.DOCUMENT


PromptMessageContentUnionTypes: TypeAlias = Annotated[
    TextPromptMessageContent
    | ImagePromptMessageContent
    | DocumentPromptMessageContent
    | AudioPromptMessageContent
    | VideoPromptMessageContent,
    Field(discriminator="type"),
]
"""Any content item, discriminated by `type`."""

CONTENT_TYPES: dict[str, type[PromptMessageContent]] = {
    PromptMessageContentType.TEXT: TextPromptMessageContent,
    PromptMessageContentType.IMAGE: ImagePromptMessageContent,
    PromptMessageContentType.AUDIO: AudioPromptMessageContent,
    PromptMessageContentType.VIDEO: VideoPromptMessageContent,
    PromptMessageContentType.DOCUMENT: DocumentPromptMessageContent,
}


class MultiModalContentType(StrEnum):
    """Type of a content."""

    TEXT = "text"
    IMAGE = "image"


class MultiModalContent(Entity):
    """A text or an image."""

    content: str
    """The text, or the image file in base64."""
    content_type: MultiModalContentType
