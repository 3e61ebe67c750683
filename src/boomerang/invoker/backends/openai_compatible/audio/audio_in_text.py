"""Sound inside JSON or inside server-sent events, where the bytes of a file were expected.

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
"""Characters of sound as text; shorter ones are names and codes."""
_DATA_URI = re.compile(r"data:[^,]{0,100};base64,", re.IGNORECASE)
_DEEPEST = 5
_URL_SAFE = str.maketrans("-_", "+/")


class SoundField(NamedTuple):
    """Sound and where it was."""

    sound: bytes
    field: str
    """Such as `data.audio`."""


def find_sound(value: Any) -> SoundField | None:
    """Find sound in JSON: the first text in it that decodes to a kind of audio.

    Several texts in one list are its pieces.
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
    """Return the bytes of base64, also in a `data:` address; `None` if it is none."""
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
    """Yield the texts of a value, those of a list of texts together, each with its field."""
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
