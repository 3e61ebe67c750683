"""What can be told of a file without decoding it: whether it can be used at all."""

from __future__ import annotations

from ..errors import InvokeBadRequestError
from .kinds import Kind, kind_of, misnamed

UPLOAD_LIMIT_BYTES = 25 * 1024 * 1024
"""The largest file that an upload may be, as in Dify."""

READABLE = "MP3, WAV, FLAC, Ogg (Vorbis, Opus) and AIFF"


def require_audio(data: bytes, name: str | None = None) -> tuple[Kind, str | None]:
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
            f"The file has {len(data) / 2**20:.1f} MB; the limit is {UPLOAD_LIMIT_BYTES // 2**20} MB.",
            "Cut it into pieces, or save it as MP3 with a lower bit rate.",
        )
    kind = readable_kind(data)
    return kind, misnamed(name, kind) if name else None


def readable_kind(data: bytes) -> Kind:
    """Tell what kind of audio a file is.

    Raises:
        InvokeBadRequestError: It is empty, no audio, or of a kind that is not read here.
    """
    if not data:
        raise unusable("The file is empty (0 bytes).", "Choose a file with sound in it.")
    kind = kind_of(data)
    if kind is None:
        raise unusable("This is no audio: the bytes fit no known kind of file.", f"Readable are {READABLE}.")
    if not kind.audio:
        raise unusable(f"This is no audio: it looks like {_article(kind.name)}.", f"Readable are {READABLE}.")
    if not kind.readable:
        raise unusable(f"This looks like {kind.name} audio, which is not read here.", f"Convert it; readable are {READABLE}.")
    return kind


def unusable(description: str, hint: str | None = None) -> InvokeBadRequestError:
    """Make the error that says what is wrong with a file."""
    return InvokeBadRequestError(description, field="file", hint=hint)


def _article(name: str) -> str:
    if name.endswith("text"):
        return name
    # "an HTML page", "a ZIP archive": letters in capitals are spelled out.
    vowel = name[0] in "AEFHILMNORSX" if name[:2].isupper() else name[0] in "aeiou"
    return f"{'an' if vowel else 'a'} {name}"
