"""Speech to text: Moonshine tiny-en on onnxruntime, with a greedy decoder of our own.

The model takes up to about 20 s of sound at 16 kHz. Longer recordings are cut where they are quietest; they are decoded,
resampled and transcribed piece by piece, so that an hour of sound needs no more memory than a minute.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ... import audio
from ...backend import ListedModel
from ...entities.model import FetchFrom, ModelPropertyKey, ModelType
from ...entities.speech2text import RequestInvokeSpeech2Text, Speech2TextResult
from ...run import NoteKind, Run

if TYPE_CHECKING:  # numpy is loaded with the model, not with the list of models
    import numpy as np
    from numpy.typing import NDArray

    Samples: TypeAlias = NDArray[np.float32]

PROVIDER = "embedded"
MODEL = "moonshine-tiny-en"
ENCODER_FILE = f"{MODEL}/encoder_model.ort"
DECODER_FILE = f"{MODEL}/decoder_model_merged.ort"
TOKENIZER_FILE = f"{MODEL}/tokenizer.bin"
FILES = (ENCODER_FILE, DECODER_FILE, TOKENIZER_FILE)
"""What the weights call the files of this model."""

RATE_HZ = 16_000
LONGEST_SECONDS = 20
EARLIEST_CUT_SECONDS = 12
"""A recording that is longer than the model takes is cut between these two, in the middle of the quietest stretch."""
STRETCH_SECONDS = 0.1
SHORTEST_SECONDS = 1.0
"""Shorter sound is filled up with silence; of less the model makes words up, and of very little it fails."""
SILENT_RMS = 0.003
SILENT_SECONDS = 0.5
"""A piece whose loudest stretch of this length is not louder is silence. The model would say “You”."""

START_TOKEN, END_TOKEN = 1, 2
TOKENS_PER_SECOND = 6.5
"""Nobody speaks faster; what gets longer is the model repeating itself."""
FEWEST_TOKENS = 8
SAMPLES_PER_STATE = 384
"""What the encoder makes one state of."""


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
                ModelPropertyKey.SUPPORTED_FILE_EXTENSIONS: "mp3,wav,flac,ogg",
                ModelPropertyKey.FILE_UPLOAD_LIMIT: audio.UPLOAD_LIMIT_BYTES // 2**20,
            },
            "about": "Writes down clear English speech, about thirty times faster than it is spoken. "
            "It knows no other language; noise, music and strong accents make it guess.",
        }
    )


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was said in one piece of a recording."""

    start: float
    """Seconds from the start of the recording."""
    end: float
    text: str


class Listener:
    """Moonshine tiny-en, loaded. Safe to call from several threads. It holds about 90 MB, which go with it.

    Args:
        encoder: The model file that turns sound into states.
        decoder: The model file that turns states into tokens.
        tokenizer: The file with the tokens' bytes.
    """

    def __init__(self, encoder: Path, decoder: Path, tokenizer: Path) -> None:
        import numpy as np

        self._encoder = _session(encoder)
        self._decoder = _session(decoder)
        self._vocabulary = vocabulary(tokenizer.read_bytes())
        # The decoder's memory: keys and values of its own steps and of the encoder's states, empty before the first step.
        self._empty = {
            put.name: np.zeros((1, put.shape[1], 0, put.shape[3]), np.float32)
            for put in self._decoder.get_inputs()
            if put.name.startswith("past_key_values.")
        }
        self._kept = [out.name for out in self._decoder.get_outputs() if out.name.startswith("present.")]

    @classmethod
    def load(cls, path: Callable[[str], Path]) -> Listener:
        """Load the model from its `FILES`; `path` tells where a file lies and raises if it is not there."""
        return cls(path(ENCODER_FILE), path(DECODER_FILE), path(TOKENIZER_FILE))

    def transcribe(self, data: bytes, run: Run) -> str:
        """Write down what is said in an audio file.

        Args:
            data: The file: MP3, WAV, FLAC, Ogg or AIFF, at any rate, with any number of channels.
            run: Told of each piece that is done, and of what is wrong with the file; checked at each step.

        Returns:
            The text; empty if there is only silence.

        Raises:
            InvokeBadRequestError: The bytes are no audio that can be decoded.
            RunStoppedError: The run was stopped.
        """
        return " ".join(spoken.text for spoken in self.listen(data, run) if spoken.text)

    def listen(self, data: bytes, run: Run) -> Iterator[Spoken]:
        """Yield what is said, piece by piece; otherwise as `transcribe`."""
        run.phase("reading")
        run.check()
        recording = audio.Recording(data)
        whole = recording.seconds
        at = 0
        for piece in pieces(_at_16_khz(recording, run)):
            end = at + len(piece)
            spoken = Spoken(at / RATE_HZ, end / RATE_HZ, self._text(piece, run))
            # A header may promise less than there is.
            of = f" of {max(whole, spoken.end):.0f}" if whole else ""
            run.note(
                NoteKind.DETAIL,
                f"{spoken.end:.0f}{of} s heard",
                start=spoken.start,
                end=spoken.end,
                text=spoken.text,
                seconds=whole,
            )
            yield spoken
            at = end
        for notice in recording.notices:
            run.note(NoteKind.NOTICE, notice)

    def _text(self, piece: Samples, run: Run) -> str:
        import numpy as np

        if loudest_rms(piece) < SILENT_RMS:
            return ""
        short = round(SHORTEST_SECONDS * RATE_HZ) - len(piece)
        if short > 0:
            piece = np.concatenate([piece, np.zeros(short, np.float32)])
        tokens = b"".join(self._vocabulary[token] for token in self._tokens(piece, run))
        # A character may be spread over several tokens, and cut in two at the end.
        return tokens.decode("utf-8", "ignore").replace("\u2581", " ").strip()

    def _tokens(self, piece: Samples, run: Run) -> Iterator[int]:
        """Yield the likeliest token, step by step, until the model ends the text."""
        import numpy as np

        sound = {"input_values": piece[None], "attention_mask": np.ones((1, len(piece)), np.int64)}
        (states,) = _run(self._encoder, sound, run)
        # The decoder shrinks this mask to one entry a state, so it must never have fewer samples than the states stand for.
        mask = np.ones((1, max(len(piece), states.shape[1] * SAMPLES_PER_STATE)), np.int64)
        memory = dict(self._empty)
        token = START_TOKEN
        for step in range(max(FEWEST_TOKENS, int(len(piece) / RATE_HZ * TOKENS_PER_SECOND))):
            fed = {
                "input_ids": np.array([[token]], np.int64),
                "encoder_hidden_states": states,
                "encoder_attention_mask": mask,
                "use_cache_branch": np.array([step > 0]),
            }
            logits, *kept = _run(self._decoder, fed | memory, run)
            token = int(logits[0, -1].argmax())
            if token == END_TOKEN:
                return
            yield token
            for name, value in zip(self._kept, kept, strict=True):
                # What is known of the encoder's states is computed at the first step and comes back empty from later ones.
                if step == 0 or ".decoder." in name:
                    memory[name.replace("present.", "past_key_values.")] = value


def _session(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    options.log_severity_level = 3  # a stopped run is no error worth a line on the console
    # Threads that spin while they wait would take the cores from the other embedded models.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _run(session: Any, fed: dict[str, Any], run: Run) -> list[Any]:
    """Run a native call that ends when the run is stopped."""
    from onnxruntime import RunOptions
    from onnxruntime.capi.onnxruntime_pybind11_state import Fail

    run.check()
    options = RunOptions()
    options.log_severity_level = 4

    def terminate() -> None:
        options.terminate = True

    with run.on_stop(terminate):
        try:
            results: list[Any] = session.run(None, fed, options)
        except Fail:
            run.check()  # the failure that our own stop made
            raise
    return results


def vocabulary(data: bytes) -> list[bytes]:
    """Read the tokens' bytes: each is preceded by its length, in one byte, or in two from 128 on."""
    tokens: list[bytes] = []
    at = 0
    while at < len(data):
        length, at = data[at], at + 1
        if length >= 128:
            length, at = data[at] * 128 + length - 128, at + 1
        tokens.append(data[at : at + length])
        at += length
    return tokens


def _at_16_khz(recording: audio.Recording, run: Run) -> Iterator[Samples]:
    def checked() -> Iterator[Samples]:
        for block in recording.blocks():
            run.check()
            yield audio.mono(block)

    return audio.resampled(checked(), recording.sample_rate_hz, RATE_HZ)


def pieces(blocks: Iterable[Samples]) -> Iterator[Samples]:
    """Cut sound at 16 kHz into pieces that the model takes; together they are all of it."""
    import numpy as np

    longest = LONGEST_SECONDS * RATE_HZ
    held = np.zeros(0, np.float32)
    for block in blocks:
        held = np.concatenate([held, block])
        while len(held) > longest:
            at = quietest(held[:longest])
            yield held[:at]
            held = held[at:]
    if len(held):
        yield held


def quietest(samples: Samples) -> int:
    """Find the middle of the quietest stretch behind the earliest place to cut."""
    import numpy as np

    start, stretch = EARLIEST_CUT_SECONDS * RATE_HZ, round(STRETCH_SECONDS * RATE_HZ)
    energy = np.cumsum(np.square(samples[start:], dtype=np.float64))
    return start + stretch // 2 + int(np.argmin(energy[stretch:] - energy[:-stretch]))


def loudest_rms(samples: Samples) -> float:
    """Give the RMS of the loudest stretch; loud words in a long silence are no silence."""
    import numpy as np

    stretch = min(round(SILENT_SECONDS * RATE_HZ), len(samples))
    energy = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    power = float((energy[stretch:] - energy[:-stretch]).max()) / stretch
    return math.sqrt(max(0.0, power))


def answer(request: RequestInvokeSpeech2Text, listener: Listener, run: Run) -> Speech2TextResult:
    """Answer `speech2text.invoke`.

    Raises:
        InvokeBadRequestError: The file is too large, or no audio that can be decoded.
        RunStoppedError: The run was stopped.
    """
    audio.require_audio(request.file)
    return Speech2TextResult(result=listener.transcribe(request.file, run))
