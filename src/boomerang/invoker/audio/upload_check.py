"""What can be told of a file without decoding it: whether it can be used at all."""

from __future__ import annotations

from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.messages.message import Message

from . import file_type
from .file_type import Kind, kind_of, misnamed

UPLOAD_LIMIT_BYTES = 25 * 1024 * 1024
"""The largest file that an upload may be, as in Dify."""

READABLE = ", ".join(kind.name for kind in file_type.READABLE)
"""The kinds of files that are read here, as a list for a person."""


def require_audio(data: bytes, name: str | None = None) -> tuple[Kind, Message | None]:
    """Check an upload.

    Args:
        data: The file.
        name: Its name, if it has one.

    Returns:
        What it is, and a notice if the name says otherwise.

    Raises:
        InvokeBadRequestError: It is empty, too large, no audio, or of a kind that is not read here.
    """
    if len(data) > UPLOAD_LIMIT_BYTES:
        raise unusable(
            Message("audio.too_large", size=len(data) / 2**20, limit=UPLOAD_LIMIT_BYTES // 2**20),
            Message("audio.make_smaller"),
        )
    kind = readable_kind(data)
    return kind, misnamed(name, kind) if name else None


def readable_kind(data: bytes) -> Kind:
    """Return what kind of audio a file is.

    Raises:
        InvokeBadRequestError: It is empty, no audio, or of a kind that is not read here.
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
    """Make the error that says what is wrong with a file."""
    return InvokeBadRequestError(description, field="file", hint=hint)


def _article(name: str) -> str:
    if name.endswith("text"):
        return name
    # "an HTML page", "a ZIP archive": letters in capitals are spelled out.
    vowel = name[0] in "AEFHILMNORSX" if name[:2].isupper() else name[0] in "aeiou"
    return f"{'an' if vowel else 'a'} {name}"
