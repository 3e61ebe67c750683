"""Create the audio samples of the speech-to-text page with the embedded voice.

python scripts/make_samples.py
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import soundfile

from boomerang.invoker.audio import audio_facts, decoding, mp3_encoding, resampling
from boomerang.invoker.backends.embedded.tasks.tts import VOICE, Speaker
from boomerang.invoker.run import Run

FOLDER = Path(__file__).resolve().parents[1] / "src" / "boomerang" / "workbench" / "samples" / "assets" / "samples"
SPOKEN = "The quick test begins at seven, and ends before noon."
MISNAMED = "My name is wrong."
SILENT_SECONDS = 2


def main() -> None:
    """Write the samples, and `samples.json` with their transcripts."""
    speaker = Speaker()
    samples = [
        ("quick-test.mp3", "A short sentence", SPOKEN, spoken(speaker, SPOKEN)),
        ("silence.mp3", "Two seconds of silence", "", silence(speaker.sample_rate_hz)),
        ("wrong-extension.mp3", "A WAV file named .mp3", MISNAMED, as_wav(spoken(speaker, MISNAMED), rate_hz=8000)),
    ]
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, _, _, data in samples:
        (FOLDER / name).write_bytes(data)
        facts = audio_facts.facts(data, name)
        print(f"{name:22} {facts.format:4} {facts.seconds:5.2f} s {len(data) / 1000:6.1f} kB")
    index = [{"file": name, "label": label, "text": text} for name, label, text, _ in samples]
    (FOLDER / "samples.json").write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")


def spoken(speaker: Speaker, text: str) -> bytes:
    """Return a spoken text as an MP3 file with a header."""
    samples, rate_hz = decoding.decode(b"".join(speaker.segments(text, VOICE, Run())))
    return mp3_encoding.encode_mp3(samples, rate_hz)


def silence(rate_hz: int) -> bytes:
    """Return an MP3 file of silence."""
    return mp3_encoding.encode_mp3(np.zeros(SILENT_SECONDS * rate_hz, np.float32), rate_hz)


def as_wav(data: bytes, *, rate_hz: int) -> bytes:
    """Convert an audio file to WAV."""
    samples, from_hz = decoding.decode(data)
    buffer = io.BytesIO()
    soundfile.write(
        buffer, resampling.resample(resampling.mono(samples), from_hz, rate_hz), rate_hz, format="WAV", subtype="PCM_16"
    )
    return buffer.getvalue()


if __name__ == "__main__":
    main()
