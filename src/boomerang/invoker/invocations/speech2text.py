"""`session.model.speech2text`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from boomerang.invoker.entities.speech2text import RequestInvokeSpeech2Text, Speech2TextModelConfig

from .arguments import Open, arguments, only


class Speech2TextInvocation:
    """Transcribes speech."""

    def __init__(self, open_request: Open) -> None:
        self._open = open_request

    def invoke(self, model_config: Speech2TextModelConfig | Mapping[str, Any], file: IO[bytes]) -> str:
        """Transcribe an audio file.

        Args:
            model_config: Which model.
            file: An open binary file, read from its current position. On the wire it becomes hex, twice its size.
        """
        with arguments():
            request = RequestInvokeSpeech2Text.of(model_config, file.read())
        return only(self._open(request)).result
