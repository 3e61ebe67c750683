"""Text to speech: hibari, an English voice bundled with its package. It speaks sentence by sentence, each a complete MP3."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

from boomerang.invoker.audio import mp3_encoding
from boomerang.invoker.backend import ListedModel
from boomerang.invoker.backends.embedded.llama.llm_models import PROVIDER
from boomerang.invoker.entities.model import FetchFrom, ModelPropertyKey, ModelType
from boomerang.invoker.entities.tts import RequestInvokeTTS, TTSResult
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.events import Notice
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run

if TYPE_CHECKING:  # numpy is loaded with the model, not with the list of models
    import numpy as np
    from numpy.typing import NDArray

    Samples: TypeAlias = NDArray[np.float32]

MODEL = "hibari"
VOICE = "heart"
VOICES = {VOICE: "Heart"}
"""Voices by name, with their labels. hibari would download any other voice, so it never gets another name."""
MEDIA_TYPE = "audio/mpeg"

WORD_LIMIT = 240
"""Characters spoken in one go. Longer sentences are cut at a comma or a space, so that sound starts and stops quickly."""
PHONEME_LIMIT = 250
"""The same for phonemes, since digits can be much longer spoken than written: about 13 s of sound, made in 0.15 s."""
DIGITS_LIMIT = 18
"""Longer numbers are spoken digit by digit; hibari has no words for the longest ones and fails."""

GAIN = 1.7
"""One gain for all segments. The voice speaks every sentence equally loud (0.058 RMS, within 1 dB over 60 sentences), so a
fixed factor keeps it that way; normalising each segment by its peak would make short words shout. Results in -20 dB RMS."""
KNEE, CEILING = 0.8, 0.95
"""Rare peaks above the knee are compressed towards the ceiling, which leaves headroom for the MP3 encoder's overshoot."""
FADE_SECONDS = 0.005
INNER_PAUSE_SECONDS = 0.12
"""Silence kept on each side of a cut inside a sentence, where hibari puts as much as between sentences."""
SILENCE = 0.01
"""Magnitude, before the gain, below which the voice is silent."""

_LONG_NUMBER = re.compile(rf"\d(?:[.,]?\d){{{DIGITS_LIMIT},}}")
_MARK = re.compile(r"[,;:—–)]\s+|\s[—–(]")
_NO_SOUND = re.compile(r"[\s.,;:!?…—\"“”()ˈˌ]*")


def listed() -> ListedModel:
    """Describe the model as `Backend.models()` lists it."""
    return ListedModel.model_validate(
        {
            "provider": PROVIDER,
            "model": MODEL,
            "label": {"en_US": "hibari"},
            "model_type": ModelType.TTS,
            "fetch_from": FetchFrom.PREDEFINED_MODEL,
            "model_properties": {
                ModelPropertyKey.DEFAULT_VOICE: VOICE,
                ModelPropertyKey.VOICES: [{"mode": mode, "name": name, "language": ["en-US"]} for mode, name in VOICES.items()],
                ModelPropertyKey.WORD_LIMIT: WORD_LIMIT,
                ModelPropertyKey.AUDIO_TYPE: "mp3",
                ModelPropertyKey.MAX_WORKERS: 1,
            },
            "about": {
                "en_US": "Reads English, numbers, dates and units included, with one American voice, far faster than it "
                "speaks; other languages are left out.",
                "zh_Hans": "朗读英文，包括数字、日期和单位，一种美式嗓音，合成远快于朗读；其他语言会被跳过。",
            },
        }
    )


class Speaker:
    """hibari, loaded with its voice. Thread-safe. Takes about 130 MB, which are freed with the object."""

    def __init__(self) -> None:
        from hibari import Hibari

        self._hibari = Hibari(voice=VOICE, threads=1)
        self.sample_rate_hz: int = self._hibari.sample_rate
        self._synthesise("wˈɔɹm")  # also loads the reading rules, which hibari does on the first call

    def segments(self, text: str, voice: str, run: Run) -> Iterator[bytes]:
        """Speak a text.

        Args:
            text: The text. What the voice cannot read is left out and named in a notice.
            voice: One of `VOICES`; the default voice if empty.
            run: Checked before each segment.

        Yields:
            Complete MP3 files, one per sentence or part of a long one. Each plays alone; joined byte by byte, they play as one.

        Raises:
            InvokeBadRequestError: The voice is unknown, or it cannot read anything in the text.
            RunStoppedError: The run was stopped.
        """
        _require_voice(voice, run)
        readable, left_out = legible(text)
        spoken = False
        for sentence in self._hibari.split_sentences(readable):
            for piece in self._pieces(sentence, run):
                if not spoken and left_out:
                    _notice_left_out(left_out, run)
                spoken = True
                run.check()
                samples = self._synthesise(piece.phonemes)
                yield mp3_encoding.encode_mp3(shaped(samples, self.sample_rate_hz, piece), self.sample_rate_hz, joinable=True)
        if not spoken:
            raise InvokeBadRequestError(
                Message("inputs.nothing_readable"), field="content_text", hint=Message("inputs.nothing_readable_hint")
            )

    def _pieces(self, sentence: str, run: Run) -> Iterator[Piece]:
        texts = cut(sentence, WORD_LIMIT)
        for text in texts:
            run.check()
            phonemes: str = self._hibari.g2p(text)
            if _NO_SOUND.fullmatch(phonemes):
                continue
            parts = cut(phonemes, PHONEME_LIMIT)
            for part in parts:
                yield Piece(part, text is texts[0] and part is parts[0], text is texts[-1] and part is parts[-1])

    def _synthesise(self, phonemes: str) -> Samples:
        # A fixed seed makes the bytes of a text reproducible.
        samples: Samples = self._hibari.from_phonemes(phonemes, seed=0)
        return samples


@dataclass(frozen=True, slots=True)
class Piece:
    """A part that is spoken in one go."""

    phonemes: str
    begins: bool
    """Whether a sentence begins here."""
    ends: bool
    """Whether a sentence ends here."""


def legible(text: str) -> tuple[str, list[str]]:
    """Remove what an English voice cannot read, and write numbers in plain digits, long ones digit by digit.

    Returns:
        The remaining text, and what was removed, in order.
    """
    kept: list[str] = []
    left_out: list[str] = []
    for readable, chars in groupby(map(_plain_digit, text), _readable):
        run_of = "".join(chars)
        kept.append(run_of if readable else " ")
        if not readable:
            left_out.append(run_of)
    return _LONG_NUMBER.sub(lambda number: " ".join(filter(str.isdigit, number.group())), "".join(kept)), left_out


def _plain_digit(char: str) -> str:
    # hibari reads ² and ³ as powers; it fails on other superscript and circled digits.
    return char if char.isascii() or not char.isdigit() or char in "²³" else str(unicodedata.digit(char))


def _readable(char: str) -> bool:
    """Return whether the voice can read or skip a character: not a letter of another script, nor a pictograph."""
    if ord(char) < 0x250:  # Latin, its accents, common signs
        return True
    if char.isalnum():
        return "LATIN" in unicodedata.name(char, "") and not unicodedata.name(char).startswith("MATHEMATICAL")
    return unicodedata.category(char) not in ("So", "Mn", "Mc", "Me", "Cs", "Co", "Cn") or ord(char) < 0x2600


def cut(text: str, limit: int) -> list[str]:
    """Split a text into pieces of at most `limit` characters: preferably after a comma or the like, else at a space."""
    pieces = []
    text = text.strip()
    while len(text) > limit:
        # A mark in the second half is worth a shorter piece.
        marks = [match.end() for match in _MARK.finditer(text, limit // 2, limit)]
        at = marks[-1] if marks else text.rfind(" ", 1, limit)
        if at <= 0:
            at = limit
        pieces.append(text[:at].strip())
        text = text[at:].strip()
    if text:
        pieces.append(text)
    return pieces


def shaped(samples: Samples, rate_hz: int, piece: Piece) -> Samples:
    """Set a segment's level, fade its ends to avoid clicks, and trim the long pause where a sentence was cut."""
    import numpy as np

    loud = np.flatnonzero(np.abs(samples) > SILENCE)
    pause = round(INNER_PAUSE_SECONDS * rate_hz)
    if len(loud):
        start = 0 if piece.begins else max(0, loud[0] - pause)
        end = len(samples) if piece.ends else loud[-1] + pause
        samples = samples[start:end]
    samples = limited(samples * np.float32(GAIN))
    fade = min(round(FADE_SECONDS * rate_hz), len(samples))
    ramp = np.linspace(0.0, 1.0, fade, dtype=np.float32)
    samples[:fade] *= ramp
    samples[len(samples) - fade :] *= ramp[::-1]
    return samples


def limited(samples: Samples) -> Samples:
    """Compress what is above `KNEE` so that nothing exceeds `CEILING`."""
    import numpy as np

    size = np.abs(samples)
    if size.max(initial=0.0) <= KNEE:
        return samples
    room = np.float32(CEILING - KNEE)
    bent = np.float32(KNEE) + room * np.tanh((size - np.float32(KNEE)) / room)
    result: Samples = np.where(size > KNEE, np.copysign(bent, samples), samples)
    return result


def answer(request: RequestInvokeTTS, speaker: Speaker, run: Run) -> Iterator[TTSResult]:
    """Answer `tts.invoke`; for errors see `Speaker.segments`."""
    for segment in speaker.segments(request.content_text, request.voice, run):
        yield TTSResult.of(segment, MEDIA_TYPE)


def _require_voice(voice: str, run: Run) -> None:
    if not voice.strip():
        run.notice("inputs.default_voice", voice=VOICE)
    elif voice not in VOICES:
        known = ", ".join(VOICES)
        raise InvokeBadRequestError(
            Message("inputs.unknown_voice", voice=repr(voice), known=known),
            field="voice",
            hint=Message("inputs.unknown_voice_hint", voice=VOICE),
        )


def _notice_left_out(left_out: list[str], run: Run) -> None:
    shown = ", ".join(f"“{part[:20].strip()}{'…' if len(part) > 20 else ''}”" for part in left_out[:5])
    if len(left_out) > 5:
        message = Message("inputs.english_voice_more", parts=shown, more=len(left_out) - 5)
    else:
        message = Message("inputs.english_voice", parts=shown)
    run.report(Notice(message, items=tuple(left_out)))
