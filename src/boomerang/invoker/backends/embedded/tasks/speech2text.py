"""Speech to text: transcribes a recording of any format and length.

The model takes up to about 20 s of sound at 16 kHz. Longer recordings are cut where they are quietest. They are decoded,
resampled and transcribed piece by piece, so that an hour of sound needs no more memory than a minute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from boomerang.invoker.audio import decoding, file_type, resampling, upload_check
from boomerang.invoker.backend import ListedModel
from boomerang.invoker.backends.embedded.llama.llm_models import PROVIDER
from boomerang.invoker.backends.embedded.onnx.moonshine import MODEL, Moonshine
from boomerang.invoker.backends.embedded.onnx.speech_segments import RATE_HZ, is_silence, pieces
from boomerang.invoker.entities.model import FetchFrom, ModelPropertyKey, ModelType
from boomerang.invoker.entities.speech2text import RequestInvokeSpeech2Text, Speech2TextResult
from boomerang.invoker.events import TranscriptSegment
from boomerang.invoker.run import Run

if TYPE_CHECKING:
    from boomerang.invoker.backends.embedded.onnx.speech_segments import Samples


def listed() -> ListedModel:
    """Describe the model as `Backend.models()` lists it."""
    return ListedModel.model_validate(
        {
            "provider": PROVIDER,
            "model": MODEL,
            "label": {"en_US": "Moonshine tiny-en"},
            "model_type": ModelType.SPEECH2TEXT,
            "fetch_from": FetchFrom.PREDEFINED_MODEL,
            "model_properties": {
                ModelPropertyKey.SUPPORTED_FILE_EXTENSIONS: ",".join(file_type.EXTENSIONS),
                ModelPropertyKey.FILE_UPLOAD_LIMIT: upload_check.UPLOAD_LIMIT_BYTES // 2**20,
            },
            "about": {
                "en_US": "Transcribes clear English speech, about thirty times faster than it is spoken. "
                "No other language; noise, music and strong accents cause errors.",
                "zh_Hans": "把清晰的英语语音写成文字，比说话快约三十倍。不懂其他语言；遇到噪声、音乐和浓重口音会乱猜。",
            },
        }
    )


@dataclass(frozen=True, slots=True)
class Spoken:
    """Transcript of one piece of a recording."""

    start: float
    """Seconds from the start of the recording."""
    end: float
    text: str


class Listener:
    """Transcribes recordings. Thread-safe.

    Args:
        model: The speech model.
    """

    def __init__(self, model: Moonshine) -> None:
        self._model = model

    @classmethod
    def load(cls, path: Callable[[str], Path]) -> Listener:
        """Load the speech model; `path` returns the path of a file, and raises if the file is missing."""
        return cls(Moonshine.load(path))

    def transcribe(self, data: bytes, run: Run) -> str:
        """Transcribe an audio file.

        Args:
            data: The file, of a type in `file_type.READABLE`, with any sample rate and number of channels.
            run: Receives an event for each piece and notices about the file; checked at each step.

        Returns:
            The text; empty if there is only silence.

        Raises:
            InvokeBadRequestError: The bytes cannot be decoded as audio.
            RunStoppedError: The run was stopped.
        """
        return " ".join(spoken.text for spoken in self.transcribe_pieces(data, run) if spoken.text)

    def transcribe_pieces(self, data: bytes, run: Run) -> Iterator[Spoken]:
        """Yield the transcript piece by piece; see `transcribe`."""
        run.check()
        recording = decoding.Recording(data)
        whole = recording.seconds
        at = 0
        for piece in pieces(_at_16_khz(recording, run)):
            end = at + len(piece)
            text = "" if is_silence(piece) else self._model.text(piece, run)
            spoken = Spoken(at / RATE_HZ, end / RATE_HZ, text)
            run.report(TranscriptSegment(spoken.start, spoken.end, spoken.text, whole))
            yield spoken
            at = end
        for notice in recording.notices:
            run.relay(notice)


def _at_16_khz(recording: decoding.Recording, run: Run) -> Iterator[Samples]:
    def checked() -> Iterator[Samples]:
        for block in recording.blocks():
            run.check()
            yield resampling.mono(block)

    return resampling.resampled(checked(), recording.sample_rate_hz, RATE_HZ)


def answer(request: RequestInvokeSpeech2Text, listener: Listener, run: Run) -> Speech2TextResult:
    """Answer `speech2text.invoke`.

    Raises:
        InvokeBadRequestError: The file is too large, or cannot be decoded as audio.
        RunStoppedError: The run was stopped.
    """
    upload_check.require_audio(request.file)
    return Speech2TextResult(result=listener.transcribe(request.file, run))
