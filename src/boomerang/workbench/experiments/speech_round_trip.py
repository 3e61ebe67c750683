"""Speech that is transcribed again."""

from __future__ import annotations

import io
from typing import Any

from boomerang.invoker.entities.speech2text import Speech2TextModelConfig
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.session import Session
from boomerang.workbench.results import audio_stream
from boomerang.workbench.runs.job_series import Step
from boomerang.workbench.runs.jobs import Call


def transcription_call(speak: Step, config: Speech2TextModelConfig) -> Call:
    """Return the call that transcribes what a step synthesized."""

    def invoke(session: Session) -> Any:
        audio = audio_stream.whole(speak.record) if speak.record is not None else b""
        if not audio:
            raise InvokeBadRequestError("Nothing was spoken, so there is nothing to write down.", field="file")
        return session.model.speech2text.invoke(config, io.BytesIO(audio))

    return invoke
