"""Read speech that arrives as server-sent events although none were requested.

Source: OpenAI API reference, "Speech streaming events": `audio` of `speech.audio.delta` (2026-10).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from boomerang.invoker.backends.openai_compatible.response.response_errors import shown
from boomerang.invoker.http.body.sse import Event, SSEDecoder
from boomerang.invoker.http.errors import inside
from boomerang.invoker.run import Run

from .audio_in_text import from_base64

STARTS = (b"data:", b"event:", b"id:", b":")
"""Beginnings of such a stream."""
_PIECES = ("audio", "delta", "data")
"""Fields of an event that contain a piece of the sound."""


def sound_of_events(pieces: Iterable[bytes], run: Run, status: int) -> Iterator[bytes]:
    """Yield the sound of a stream of events as it arrives; nothing if they contain none.

    Args:
        pieces: The stream.
        run: Receives notices of oddities.
        status: HTTP status of the answer.

    Raises:
        InvokeError: An event is an error of the server.
    """
    decoder, odd = SSEDecoder(), list[str]()

    def events() -> Iterator[Event]:
        for piece in pieces:
            yield from decoder.feed(piece)
        yield from decoder.flush()

    for event in events():
        value, text = _parsed(event.data), event.data.decode("utf-8", "replace").strip()
        error = value.get("error") if isinstance(value, dict) else None
        if error or event.name == "error" or (isinstance(value, dict) and value.get("type") == "error"):
            raise inside(error or value or text, text, status)
        written = next((value[name] for name in _PIECES if value.get(name)), None) if isinstance(value, dict) else text
        if sound := from_base64(written) if isinstance(written, str) and isinstance(value, dict) else None:
            yield sound
        elif written and text != "[DONE]":
            odd.append(text)
    if odd:
        run.notice("lists.odd_events", count=len(odd), found=shown(odd[0]))


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data, strict=False)
    except (ValueError, RecursionError):
        return None
