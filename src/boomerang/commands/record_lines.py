"""Print a record as JSON lines while it grows."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from boomerang.invoker.entities.llm.result import LLMResult
from boomerang.invoker.entities.tts import TTSResult
from boomerang.invoker.errors import ProtocolError
from boomerang.invoker.records.error_values import dump_error
from boomerang.invoker.records.record import Record

from .terminal import print_json


class RecordLines:
    """Prints one record line by line: chunks, notices, and finally the outcome.

    Args:
        write_audio: Receives the audio of each chunk; if `None`, the lines contain it as base64.
    """

    def __init__(self, write_audio: Callable[[bytes], object] | None = None) -> None:
        self.record: Record[Any] | None = None
        """The record being printed; `None` until the run begins."""
        self._write_audio = write_audio
        self._chunks = 0
        self._notices = 0
        self._when_begun: Callable[[Record[Any]], None] | None = None

    def begin(self, record: Record[Any]) -> None:
        """Set the record to print."""
        self.record = record
        if self._when_begun is not None:
            self._when_begun(record)

    def when_begun(self, action: Callable[[Record[Any]], None]) -> None:
        """Register a callback that receives the record when it begins."""
        self._when_begun = action

    def print_new(self) -> None:
        """Print what was added since the last call."""
        record = self.record
        assert record is not None
        notices = record.notices()
        for notice in notices[self._notices :]:
            print_json({"type": "notice", "text": str(notice)})
        self._notices = len(notices)
        while self._chunks < len(record.times):
            place, self._chunks = self._chunks, self._chunks + 1
            print_json({"type": "chunk", "seconds": round(record.times[place], 6)} | self._chunk(record.chunks[place]))

    def print_outcome(self, result: LLMResult | None = None) -> None:
        """Print the remaining lines and the outcome.

        Args:
            result: The complete result of a non-streaming LLM call.
        """
        self.print_new()
        record = self.record
        assert record is not None
        line: dict[str, Any] = {
            "type": "outcome",
            "outcome": record.outcome.value,
            "seconds": round(record.elapsed, 6),
            "chunks": len(record.chunks),
            "backend": record.backend,
        }
        if result is not None:
            line["result"] = result.model_dump(mode="json")
        if record.error is not None:
            line["error"] = dump_error(record.error)
        print_json(line)

    def _chunk(self, chunk: Any) -> dict[str, Any]:
        if isinstance(chunk, TTSResult):
            try:
                audio = chunk.audio
            except ProtocolError:  # the run failed at this chunk: print it as received
                return {"chunk": chunk.model_dump(mode="json")}
            if self._write_audio is not None:
                self._write_audio(audio)
                return {"bytes": len(audio), "mime_type": chunk.mime_type}
            return {"bytes": len(audio), "mime_type": chunk.mime_type, "audio": base64.b64encode(audio).decode()}
        return {"chunk": chunk.model_dump(mode="json")}
