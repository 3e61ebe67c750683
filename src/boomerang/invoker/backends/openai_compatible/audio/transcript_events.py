"""Read a transcription that arrives as server-sent events although none were requested.

Source: OpenAI API reference, "Transcription streaming events" (`transcript.text.delta`, `.segment` and `.done`); vLLM's
`transcription.chunk`; speaches sends objects with a `text`, one per segment (2026-10).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from boomerang.invoker.backends.openai_compatible.response.response_errors import shown
from boomerang.invoker.http.body.sse import Event, SSEDecoder
from boomerang.invoker.http.errors import inside
from boomerang.invoker.run import Run

from .transcript_formats import find_text, joined

MEDIA_TYPE = "text/event-stream"
_FIELD = re.compile(r"(?:data|event|id|retry)?:")
_DELTA, _DONE = "transcript.text.delta", "transcript.text.done"


def is_events(text: str) -> bool:
    """Return whether a text is a stream of events: every line is an event field, and some are data."""
    lines = [line for line in text.splitlines() if line.strip()]
    return any(line.startswith("data:") for line in lines) and all(map(_FIELD.match, lines))


class EventReader:
    """Assembles the text of a stream.

    Args:
        run: Receives notices of oddities.
        status: HTTP status of the answer.
    """

    def __init__(self, run: Run, status: int) -> None:
        self._run = run
        self._status = status
        self._deltas: list[str] = []
        self._segments: list[str] = []
        self._texts: list[str] = []
        """Data that is not a JSON object."""
        self._whole: str | None = None
        self._ended = False
        self._odd: list[str] = []

    def read(self, text: str) -> str | None:
        """Read a stream; `None` if it contains no text.

        Args:
            text: The whole stream.

        Raises:
            InvokeError: The stream contains an error of the server.
        """
        for event in _events(text):
            self._take(event)
        if self._whole is None and not self._deltas and not self._segments:
            if not self._texts:
                return None
            self._segments, self._texts = self._texts, []
        if odd := [*self._odd, *self._texts]:
            self._run.notice("lists.odd_events", count=len(odd), found=shown(odd[0]))
        if self._deltas and not self._ended:
            self._run.notice("lists.transcript_cut")
        self._run.notice("lists.transcript_events")
        return self._whole if self._whole is not None else "".join(self._deltas) or joined(self._segments)

    def _take(self, event: Event) -> None:
        data = event.data.strip()
        if data == b"[DONE]":
            self._ended = True
            return
        text = data.decode("utf-8", "replace")
        try:
            value = json.loads(data, strict=False)
        except (ValueError, RecursionError):
            value = text
        if event.name == "error" or (isinstance(value, dict) and (value.get("error") or value.get("type") == "error")):
            error = value.get("error") if isinstance(value, dict) else None
            raise inside(error or value or text, text, self._status)
        if isinstance(value, dict):
            self._object(value)
        elif value:
            self._texts.append(value if isinstance(value, str) else text)
        elif text:
            self._odd.append(text)

    def _object(self, value: Mapping[str, Any]) -> None:
        kind, transcript = value.get("type"), find_text(value)
        if kind == _DELTA or isinstance(value.get("choices"), list):
            self._deltas.append(_delta(value))
        elif transcript is None:
            self._odd.append(json.dumps(value))
        elif kind == _DONE:
            self._whole, self._ended = transcript.text, True
        else:
            self._segments.append(transcript.text)


def _events(text: str) -> Iterator[Event]:
    decoder = SSEDecoder()
    yield from decoder.feed(text.encode("utf-8", "replace"))
    yield from decoder.flush()


def _delta(value: Mapping[str, Any]) -> str:
    """Return the piece of text in an event; empty if it has none, like vLLM's last one."""
    choices = value.get("choices")
    if isinstance(choices, list):
        choice = choices[0] if choices and isinstance(choices[0], dict) else {}
        delta = choice.get("delta")
        piece = delta.get("content") if isinstance(delta, dict) else choice.get("text")
    else:
        piece = value.get("delta")
    return piece if isinstance(piece, str) else ""
