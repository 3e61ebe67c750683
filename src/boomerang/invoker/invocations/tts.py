"""`session.model.tts`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from boomerang.invoker.entities.tts import RequestInvokeTTS, TTSModelConfig, TTSResult
from boomerang.invoker.errors import ProtocolError
from boomerang.invoker.request import Chunks

from .arguments import Open, arguments


class TTSInvocation:
    """Synthesizes speech."""

    def __init__(self, open_request: Open) -> None:
        self._open = open_request

    def invoke(self, model_config: TTSModelConfig | Mapping[str, Any], content_text: str) -> Chunks[bytes]:
        """Synthesize `content_text`.

        Args:
            model_config: Which model and voice.
            content_text: The text to speak.

        Returns:
            A lazy stream of audio bytes; concatenated, they are the whole file. Dify's SDK drops the media type; it is in the
            record. Iterating raises `ProtocolError` at an invalid chunk, and the record then has that error too.
        """
        with arguments():
            request = RequestInvokeTTS.of(model_config, content_text)
        return _audio(self._open(request))


def _audio(chunks: Chunks[TTSResult]) -> Chunks[bytes]:
    with closing(chunks):
        for chunk in chunks:
            try:
                audio = chunk.audio
            except ProtocolError as error:
                chunks.throw(error)  # into the stream, so that it counts as failed rather than stopped
                raise
            yield audio
