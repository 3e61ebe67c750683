"""Find sound inside JSON or server-sent events, where the bytes of a file were expected.

Source: OpenAI API reference, "Speech streaming events" (`speech.audio.delta`); Google Text-to-Speech (`audioContent`);
ElevenLabs (`audio_base64`); MiniMax, T2A (`data.audio`, as hexadecimal digits) (2026-10).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from boomerang.invoker.audio.file_type import kind_of

SHORTEST = 24
"""Minimum characters of sound encoded as text; shorter strings are names and codes."""
_DATA_URI = re.compile(r"data:[^,]{0,100};base64,", re.IGNORECASE)
_DEEPEST = 5
_URL_SAFE = str.maketrans("-_", "+/")


class SoundField(NamedTuple):
    """Sound, and the field that contained it."""

    sound: bytes
    field: str
    """Such as `data.audio`."""


def find_sound(value: Any) -> SoundField | None:
    """Return the first text in a JSON value that decodes to audio.

    Several texts in one list are joined as pieces of the sound.
    """
    for texts, field in _texts(value, "", _DEEPEST):
        for decode in (from_base64, _from_hex):
            if len(texts[0]) < SHORTEST or (first := decode(texts[0])) is None:
                continue
            kind, pieces = kind_of(first), [first, *map(decode, texts[1:])]
            if kind and kind.audio and None not in pieces:
                return SoundField(b"".join(piece for piece in pieces if piece), field)
    return None


def from_base64(text: str) -> bytes | None:
    """Decode base64, also in a `data:` URI; `None` if the text is not base64."""
    start = _DATA_URI.match(text)
    digits = "".join(text[start.end() if start else 0 :].split()).rstrip("=").translate(_URL_SAFE)
    try:
        return base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True) or None
    except ValueError:
        return None


def _from_hex(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return None


def _texts(value: Any, field: str, depth: int) -> Iterator[tuple[list[str], str]]:
    """Yield the texts in a value with their fields; a list of texts is yielded as one."""
    if isinstance(value, str):
        yield [value], field
    elif isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        yield value, f"{field}[]"
    elif depth and isinstance(value, list):
        for place, item in enumerate(value):
            yield from _texts(item, f"{field}[{place}]", depth - 1)
    elif depth and isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(item, f"{field}.{name}" if field else name, depth - 1)
