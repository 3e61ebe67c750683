"""Find the text of a transcription in the formats that servers send.

=========================================  ===============================================================
shape                                      documented in (2026-10)
=========================================  ===============================================================
``text``, beside ``segments`` or alone     OpenAI, "Create transcription" (`json`, `verbose_json`)
``result.text``                            Cloudflare Workers AI
``transcription[].text``                   whisper.cpp, its full JSON
``result[].text``                          FunASR, SenseVoice
``results.channels[].alternatives[]``      Deepgram, `transcript`
``results[].alternatives[]``               Google Speech-to-Text, `transcript`
``combinedPhrases[].text``                 Azure, fast transcription
=========================================  ===============================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

_TEXTS = ("text", "transcript", "transcription", "DisplayText", "display_text")
"""Fields that contain a text, or its parts."""
_AROUND = (
    "result",
    "results",
    "output",
    "data",
    "combinedPhrases",
    "segments",
    "utterances",
    "chunks",
    "sentences",
    "channels",
)
"""Fields that contain objects with such a field."""
_READINGS = "alternatives"
"""Several readings of the same sound; the first is the best."""
_REFUSALS = ("message", "detail", "msg", "error", "errors", "error_msg", "status_msg")
"""Fields that explain why there is no text; beside one of them, a bare word under `result` is not a transcript either."""
_DEEPEST = 6


class TextField(NamedTuple):
    """A text, and the field that contained it."""

    text: str
    field: str
    """Such as `result.text`; empty for a bare text."""


def find_text(value: Any) -> TextField | None:
    """Find the text of a transcription; empty if its field is `null`, `None` if there is none."""
    return _find(value, "", _DEEPEST)


def joined(texts: Sequence[str]) -> str:
    """Join the texts of segments: unchanged if they include their own spaces, as Whisper's do, else with spaces between."""
    kept = [text for text in texts if text]
    has_blanks = any(text[:1].isspace() or text[-1:].isspace() for text in kept)
    return ("" if has_blanks else " ").join(kept).strip()


def _find(value: Any, field: str, depth: int) -> TextField | None:
    if isinstance(value, str):
        return TextField(value, field)
    if not depth:
        return None
    if isinstance(value, list):
        return _in_list(value, field, depth)
    return _in_object(value, field, depth) if isinstance(value, dict) else None


def _in_list(items: Sequence[Any], field: str, depth: int) -> TextField | None:
    results = [_find(item, f"{field}[]", depth - 1) for item in items]
    texts = [part for part in results if part is not None]
    return TextField(joined([part.text for part in texts]), texts[0].field) if texts and len(texts) == len(results) else None


def _in_object(value: dict[str, Any], field: str, depth: int) -> TextField | None:
    def path(name: str) -> str:
        return f"{field}.{name}" if field else name

    for name in _TEXTS:
        inner = value.get(name)
        if isinstance(inner, int | float) and not isinstance(inner, bool):
            return TextField(str(inner), path(name))  # a spoken number
        if (result := _find(inner, path(name), depth - 1)) is not None:
            return result
    if isinstance(readings := value.get(_READINGS), list) and readings:
        return _find(readings[0], path(f"{_READINGS}[0]"), depth - 1)
    refused = any(value.get(name) for name in _REFUSALS)
    for name in _AROUND:
        inner = value.get(name)
        if not (refused and isinstance(inner, str)) and (result := _find(inner, path(name), depth - 1)) is not None:
            return result
    empty = next((name for name in _TEXTS if name in value and value[name] in (None, [])), None)
    return TextField("", path(empty)) if empty else None
