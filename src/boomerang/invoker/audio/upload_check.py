"""Check an uploaded audio file without decoding it."""

from __future__ import annotations

from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.messages.message import Message

from . import file_type
from .file_type import Kind, kind_of, misnamed

UPLOAD_LIMIT_BYTES = 25 * 1024 * 1024
"""Maximum size of an upload, as in Dify."""

READABLE = ", ".join(kind.name for kind in file_type.READABLE)
"""The file types that we can decode, as a list for people."""


def require_audio(data: bytes, name: str | None = None) -> tuple[Kind, Message | None]:
    """Check an upload.

    Args:
        data: The file.
        name: Its name, if it has one.

    Returns:
        Its type, and a notice if the name does not match.

    Raises:
        InvokeBadRequestError: It is empty, too large, not audio, or of a type that we cannot decode.
    """
    if len(data) > UPLOAD_LIMIT_BYTES:
        raise unusable(
            Message("audio.too_large", size=len(data) / 2**20, limit=UPLOAD_LIMIT_BYTES // 2**20),
            Message("audio.make_smaller"),
        )
    kind = readable_kind(data)
    return kind, misnamed(name, kind) if name else None


def readable_kind(data: bytes) -> Kind:
    """Return the audio type of a file.

    Raises:
        InvokeBadRequestError: It is empty, not audio, or of a type that we cannot decode.
    """
    if not data:
        raise unusable(Message("audio.empty"), Message("audio.choose_sound"))
    kind = kind_of(data)
    if kind is None:
        raise unusable(Message("audio.unknown"), Message("audio.readable", kinds=READABLE))
    if not kind.audio:
        raise unusable(Message("audio.other_kind", kind=_article(kind.name)), Message("audio.readable", kinds=READABLE))
    if not kind.readable:
        raise unusable(Message("audio.not_read", kind=kind.name), Message("audio.convert", kinds=READABLE))
    return kind


def unusable(description: Message, hint: Message | None = None) -> InvokeBadRequestError:
    """Create the error for an unusable file."""
    return InvokeBadRequestError(description, field="file", hint=hint)


def _article(name: str) -> str:
    if name.endswith("text"):
        return name
    # "an HTML page", "a ZIP archive": abbreviations are spelled out.
    vowel = name[0] in "AEFHILMNORSX" if name[:2].isupper() else name[0] in "aeiou"
    return f"{'an' if vowel else 'a'} {name}"
