"""An audio file, decoded block by block, so that an hour of it needs no more memory than a minute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from .checks import readable_kind, unusable
from .files import split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples: TypeAlias = NDArray[np.float32]

BLOCK_VALUES = 1 << 20
"""Values in one block, over all channels: 4 MB, about 12 s of music."""

STEP_FRAMES = 4096

MOST_VALUES = 1 << 32
"""Values in one file: 13 hours of stereo music. Some bytes of FLAC can claim to be years of silence."""

DECODED_LIMIT_BYTES = 1_400_000_000
"""What `decode` puts into memory at once: an hour of stereo at 44.1 kHz."""

RATES_HZ = range(4_000, 384_001)
"""Sampling rates that occur; others come from damaged headers."""

CHANNELS = range(1, 65)

LOUDEST = 16.0
"""Magnitude of a sample; full scale is 1."""


class Recording:
    """An audio file. It may be read any number of times.

    Args:
        data: The bytes of the file. Several files joined into one are read one after the other.

    Raises:
        InvokeBadRequestError: The bytes are no audio, or none that can be decoded; the message says what they look like.
    """

    def __init__(self, data: bytes) -> None:
        self.kind = readable_kind(data)
        self._files = split(data, self.kind)
        if not self._files.parts:
            raise unusable(f"This looks like {self.kind.name}, but there is no sound in it.")
        try:
            with _opened(self._files.parts[0]) as first:
                self.sample_rate_hz: int = first.samplerate
                self.channels: int = first.channels
                self.codec: str = first.subtype_info
                promised: int = first.frames
        except _DamagedError as error:
            raise unusable(f"This looks like {self.kind.name}, but it cannot be read: {error}") from error
        self.files = self._files.headers
        """How many files were joined into this one."""
        self.seconds: float | None = promised / self.sample_rate_hz if len(self._files.parts) == 1 else None
        """How long it plays, as its header tells; the end of `blocks` knows better."""
        if self.sample_rate_hz not in RATES_HZ or self.channels not in CHANNELS:
            raise unusable(
                f"This looks like {self.kind.name} with a damaged header: {self.sample_rate_hz} Hz, {self.channels} channels."
            )
        self.notices: list[str] = []
        """What the person who chose the file should know; complete when `blocks` was read to its end."""
        if self.files > 1:
            self.notices.append(f"{self.files} files were joined into this one; some players stop after the first.")

    def blocks(self) -> Iterator[Samples]:
        """Decode.

        Yields:
            Samples, float32, about -1 to 1, shape (frames, channels), at most `BLOCK_VALUES`.

        Raises:
            InvokeBadRequestError: Nothing can be decoded, or far too much. What is cut off later ends with a notice.
        """
        frames = 0
        damage: str | None = None
        try:
            for part in self._files.parts:
                for block in self._decoded(part):
                    frames += len(block)
                    if frames * self.channels > MOST_VALUES:
                        raise unusable(f"The file plays for more than {frames / self.sample_rate_hz / 3600:.0f} hours.")
                    yield block
        except _DamagedError as error:
            damage = str(error)
        if not frames:
            raise unusable(f"This looks like {self.kind.name}, but there is no sound in it{f': {damage}' if damage else '.'}")
        self._conclude(frames, damage)

    def _decoded(self, part: bytes) -> Iterator[Samples]:
        """Decode a plain file.

        Raises:
            _DamagedError: It breaks off; what was yielded before is good.
        """
        with _opened(part) as file:
            if (file.samplerate, file.channels) != (self.sample_rate_hz, self.channels):
                raise _DamagedError(f"a joined file has another form ({file.samplerate} Hz, {file.channels} channels)")
            decoded, promised = 0, file.frames
            damage = None
            while damage is None:
                block, damage = _block(file)
                if not len(block):
                    break
                decoded += len(block)
                yield _tamed(block)
            if decoded < promised - self.sample_rate_hz // 10:  # tells more than a decoder's words do
                damage = f"its header tells of {promised / self.sample_rate_hz:.1f} s"
            if damage is not None:
                raise _DamagedError(damage)

    def _conclude(self, frames: int, damage: str | None) -> None:
        self.seconds = frames / self.sample_rate_hz
        reason = self._files.cut or damage
        notice = f"The file is cut off after {self.seconds:.1f} s: {reason}" if reason else None
        if notice and notice not in self.notices:
            self.notices.append(notice)


class _DamagedError(Exception):
    """Decoding broke off, and why."""


@contextmanager
def _opened(part: bytes) -> Iterator[Any]:
    import soundfile

    from .forward import ForwardFile

    try:
        file = ForwardFile(part)
    except soundfile.LibsndfileError as error:
        raise _DamagedError(error.error_string) from error
    with file:
        yield file


def _block(file: Any) -> tuple[Samples, str | None]:
    """Read a block, in small steps, so that little is lost where the decoder gives up; and say why it did, if it did."""
    import numpy as np
    import soundfile

    block = np.empty((BLOCK_VALUES // file.channels, file.channels), np.float32)
    frames = 0
    try:
        while read := len(file.read(out=block[frames : frames + STEP_FRAMES])):
            frames += read
    except soundfile.LibsndfileError as error:
        return block[:frames], error.error_string
    return block[:frames], None


def decode(data: bytes) -> tuple[Samples, int]:
    """Decode a whole file. For long ones `Recording.blocks` needs less memory.

    Returns:
        Samples, float32, about -1 to 1, shape (frames, channels), and the sampling rate in hertz.

    Raises:
        InvokeBadRequestError: The bytes are no audio that can be decoded, or more than fits into memory.
    """
    import numpy as np

    recording = Recording(data)
    room = round((recording.seconds or 0) * recording.sample_rate_hz) + 1
    samples = np.empty((min(room, DECODED_LIMIT_BYTES // 4 // recording.channels), recording.channels), np.float32)
    frames = 0
    for block in recording.blocks():
        if (frames + len(block)) * recording.channels * 4 > DECODED_LIMIT_BYTES:
            raise unusable(f"The file plays for more than {frames / recording.sample_rate_hz / 60:.0f} minutes.")
        if frames + len(block) > len(samples):
            samples.resize((len(samples) * 3 // 2 + len(block), recording.channels), refcheck=False)
        samples[frames : frames + len(block)] = block
        frames += len(block)
    samples.resize((frames, recording.channels), refcheck=False)
    return samples, recording.sample_rate_hz


def _tamed(block: Samples) -> Samples:
    """Keep samples within reason: files of floating-point samples may hold anything, even what is no number."""
    import numpy as np

    if np.abs(block).max() <= LOUDEST:  # false if there is a NaN
        return block
    return np.nan_to_num(block, copy=False, nan=0.0, posinf=0.0, neginf=0.0).clip(-LOUDEST, LOUDEST)
