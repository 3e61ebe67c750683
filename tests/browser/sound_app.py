"""The app with one more connection: its voice answers in WAV, in pieces that mean nothing alone, and declares MP3.

Started by `test_speech_more` in a process of its own.
"""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import soundfile
import streamlit as st

from boomerang.invoker.audio.decoding import decode
from boomerang.invoker.backend import ListedModel
from boomerang.invoker.backends.scripted import Scripted
from boomerang.invoker.entities.model import ModelPropertyKey, ModelType
from boomerang.invoker.entities.tts import TTSResult
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.playground.server.audio_route import ROUTES
from boomerang.playground.server.security_headers import middleware
from boomerang.playground.session.app_state import connections
from boomerang.workbench.samples.inputs import CLIP
from tests import app

PIECE_BYTES = 10_000


def wav() -> bytes:
    """Give the bundled clip as a WAV file."""
    file = io.BytesIO()
    soundfile.write(file, *decode(CLIP.read_bytes()), format="WAV", subtype="PCM_16")
    return file.getvalue()


def answer(request: Request[Any], run: Run) -> Iterable[Any]:
    """Speak, whatever is asked."""
    whole = wav()
    for at in range(0, len(whole), PIECE_BYTES):
        yield TTSResult.of(whole[at : at + PIECE_BYTES], "audio/mpeg")


VOICE = ListedModel(
    model="wav",
    model_type=ModelType.TTS,
    provider="test",
    model_properties={ModelPropertyKey.VOICES: [{"mode": "v", "name": "V", "language": ["en-US"]}]},
)
app.start()
connections().add("sound", lambda: Scripted(answer, models=[VOICE]))

SHELL = Path(__file__).resolve().parents[2] / "src" / "boomerang" / "playground" / "shell" / "shell.py"
app = st.App(SHELL, routes=ROUTES, middleware=middleware(connections().owns))
