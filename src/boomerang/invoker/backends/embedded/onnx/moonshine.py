"""Moonshine tiny-en on onnxruntime, with our own greedy decoder: transcribes some seconds of sound."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from boomerang.invoker.run import Run

from . import session
from .speech_segments import RATE_HZ

if TYPE_CHECKING:
    from .speech_segments import Samples

MODEL = "moonshine-tiny-en"
ENCODER_FILE = f"{MODEL}/encoder_model.ort"
DECODER_FILE = f"{MODEL}/decoder_model_merged.ort"
TOKENIZER_FILE = f"{MODEL}/tokenizer.bin"
FILES = (ENCODER_FILE, DECODER_FILE, TOKENIZER_FILE)
"""The model's files, by their names in the manifest."""

SHORTEST_SECONDS = 1.0
"""Shorter sound is padded with silence: given less, the model makes words up, and given very little, it fails."""
START_TOKEN, END_TOKEN = 1, 2
TOKENS_PER_SECOND = 6.5
"""Faster than any speaker; beyond this, the model is repeating itself."""
FEWEST_TOKENS = 8
SAMPLES_PER_STATE = 384
"""Samples that the encoder turns into one state."""


class Moonshine:
    """Moonshine tiny-en, loaded. Thread-safe. Takes about 90 MB, which are freed with the object.

    Args:
        encoder: The model file that turns sound into states.
        decoder: The model file that turns states into tokens.
        tokenizer: The file with the tokens' bytes.
    """

    def __init__(self, encoder: Path, decoder: Path, tokenizer: Path) -> None:
        import numpy as np

        self._encoder = session.load(encoder)
        self._decoder = session.load(decoder)
        self._vocabulary = vocabulary(tokenizer.read_bytes())
        # The decoder's cache: keys and values of its own steps and of the encoder's states, empty before the first step.
        self._empty = {
            put.name: np.zeros((1, put.shape[1], 0, put.shape[3]), np.float32)
            for put in self._decoder.get_inputs()
            if put.name.startswith("past_key_values.")
        }
        self._kept = [out.name for out in self._decoder.get_outputs() if out.name.startswith("present.")]

    @classmethod
    def load(cls, path: Callable[[str], Path]) -> Moonshine:
        """Load the model from its `FILES`; `path` returns the path of a file, and raises if the file is missing."""
        return cls(path(ENCODER_FILE), path(DECODER_FILE), path(TOKENIZER_FILE))

    def text(self, piece: Samples, run: Run) -> str:
        """Transcribe a piece of a recording.

        Args:
            piece: Mono sound at `RATE_HZ`, from `speech_segments.pieces`; not silence, for which the model makes words up.
            run: Checked at each step; a stop also ends the current native call.

        Raises:
            RunStoppedError: The run was stopped.
        """
        import numpy as np

        short = round(SHORTEST_SECONDS * RATE_HZ) - len(piece)
        if short > 0:
            piece = np.concatenate([piece, np.zeros(short, np.float32)])
        tokens = b"".join(self._vocabulary[token] for token in self._tokens(piece, run))
        # A character may span several tokens, and may be cut at the end.
        return tokens.decode("utf-8", "ignore").replace("\u2581", " ").strip()

    def _tokens(self, piece: Samples, run: Run) -> Iterator[int]:
        """Yield the likeliest token of each step until the model ends the text."""
        import numpy as np

        sound = {"input_values": piece[None], "attention_mask": np.ones((1, len(piece)), np.int64)}
        (states,) = session.call(self._encoder, sound, run)
        # The decoder shrinks this mask to one entry per state, so it must not have fewer samples than the states represent.
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
            logits, *kept = session.call(self._decoder, fed | memory, run)
            token = int(logits[0, -1].argmax())
            if token == END_TOKEN:
                return
            yield token
            for name, value in zip(self._kept, kept, strict=True):
                # Keys and values of the encoder's states are computed in the first step and come back empty from later ones.
                if step == 0 or ".decoder." in name:
                    memory[name.replace("present.", "past_key_values.")] = value


def vocabulary(data: bytes) -> list[bytes]:
    """Parse the tokens' bytes; each token is preceded by its length, in one byte, or in two from 128 on."""
    tokens: list[bytes] = []
    at = 0
    while at < len(data):
        length, at = data[at], at + 1
        if length >= 128:
            length, at = data[at] * 128 + length - 128, at + 1
        tokens.append(data[at : at + length])
        at += length
    return tokens
