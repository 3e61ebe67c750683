"""A back end whose voice sends WAV in pieces that are invalid on their own, and declares MP3. For `scripted_app`."""

import io
from collections.abc import Iterable
from typing import Any

import soundfile

from boomerang.invoker.audio.decoding import decode
from boomerang.invoker.backend import ListedModel
from boomerang.invoker.backends.scripted import Scripted
from boomerang.invoker.entities.model import ModelPropertyKey, ModelType
from boomerang.invoker.entities.tts import TTSResult
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.workbench.samples.inputs import CLIP

PIECE_BYTES = 10_000


def wav() -> bytes:
    """Return the bundled clip as a WAV file."""
    file = io.BytesIO()
    soundfile.write(file, *decode(CLIP.read_bytes()), format="WAV", subtype="PCM_16")
    return file.getvalue()


def answer(request: Request[Any], run: Run) -> Iterable[Any]:
    """Return the clip in pieces, whatever the request."""
    whole = wav()
    for at in range(0, len(whole), PIECE_BYTES):
        yield TTSResult.of(whole[at : at + PIECE_BYTES], "audio/mpeg")


VOICE = ListedModel(
    model="wav",
    model_type=ModelType.TTS,
    provider="test",
    model_properties={ModelPropertyKey.VOICES: [{"mode": "v", "name": "V", "language": ["en-US"]}]},
)


def backend() -> Scripted:
    """Return the back end, with its one voice."""
    return Scripted(answer, models=[VOICE])
