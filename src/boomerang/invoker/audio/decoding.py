"""Decode an audio file block by block, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from boomerang.invoker.messages.message import Message

from .joined_files import Gap, Part, split
from .resampling import mono, resampled
from .upload_check import readable_kind, unusable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .forward_reader import ForwardFile

    Samples: TypeAlias = NDArray[np.float32]

BLOCK_VALUES = 1 << 20
"""Values in one block, over all channels: 4 MB, about 12 s of music."""

STEP_FRAMES = 4096

LONGEST_HOURS = 3
"""Maximum duration of a file. Speech at 18 kbit/s fills the largest upload with three hours; some bytes of FLAC can claim years
of silence, and each hour of stereo takes 2 s to decode.
"""
LONGEST_VALUES = LONGEST_HOURS * 3600 * 48_000 * 2
"""Maximum values in one file, over all channels: those of the longest stereo file at 48 kHz."""

DECODED_LIMIT_BYTES = 1_400_000_000
"""Maximum memory of `decode`: an hour of stereo at 44.1 kHz."""

RATES_HZ = range(4_000, 384_001)
"""Plausible sampling rates; others come from damaged headers."""

CHANNELS = range(1, 65)

CONVERTED_VALUES_PER_SECOND = 400_000
"""Maximum values per second, over all channels, of a part to be converted to another format: 8 channels at 48 kHz."""

NOTICES_LIMIT = 8
"""Notices about a file; further ones are only counted."""

LOUDEST = 16.0
"""Maximum magnitude of a sample; full scale is 1."""

_UNKNOWN_FRAMES = 1 << 60
"""From this number of frames on, libsndfile means that it does not know."""


class Recording:
    """An audio file. May be read any number of times.

    Args:
        data: The bytes of the file. Several files joined into one are read one after the other.

    Raises:
        InvokeBadRequestError: The bytes are not decodable audio, or the header exceeds a limit; the message says what they look
            like.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.kind = readable_kind(data)
        files = split(data)
        self._parts = files.parts
        part, first = self._first()
        self._unread: tuple[Part, ForwardFile] | None = (part, first)
        """The part whose header was read, open for the first reading of its samples."""
        self.sample_rate_hz: int = first.samplerate
        self.channels: int = first.channels
        self.codec: str = first.subtype_info
        self.files = files.headers
        """How many files were joined into this one."""
        self.claimed_seconds = self._claimed_seconds(first.frames)
        """Duration according to the header; `None` if it declares none."""
        self.seconds = self.claimed_seconds
        """The same; exact once `blocks` was read to its end."""
        self.notices: list[Message] = []
        """What the user should know about the file; complete once `blocks` was read to its end."""
        self._more = 0
        self._check_form()
        if self.files > 1:
            self._notice(Message("audio.joined", count=self.files))

    def _first(self) -> tuple[Part, ForwardFile]:
        """Open the first part that can be opened."""
        parts = [part for part in self._parts if isinstance(part, Part)]
        if not parts:
            raise unusable(Message("audio.no_sound", kind=self.kind.name))
        for part in parts:
            try:
                return part, _opened(part)
            except _UndecodableError as error:
                cause = error
        raise unusable(Message("audio.undecodable", kind=self.kind.name)) from cause

    def _claimed_seconds(self, frames: int) -> float | None:
        parts = [part for part in self._parts if isinstance(part, Part)]
        if len(parts) == 1:
            claimed = parts[0].claimed or parts[0].frames or frames
            return claimed / self.sample_rate_hz if claimed < _UNKNOWN_FRAMES else None
        return None

    def _check_form(self) -> None:
        """Check the header's values.

        Raises:
            InvokeBadRequestError: They are implausible or exceed a limit.
        """
        if self.sample_rate_hz not in RATES_HZ or self.channels not in CHANNELS:
            raise unusable(
                Message(
                    "audio.damaged_header", kind=self.kind.name, rate=self.sample_rate_hz, channels=_channels(self.channels)
                )
            )
        if self.seconds is None:
            return
        if self.seconds > LONGEST_HOURS * 3600:
            raise unusable(
                Message("audio.claims_too_long", hours=self.seconds / 3600, limit=LONGEST_HOURS),
                Message("audio.cut_into_parts"),
            )
        _check_values(self.seconds * self.sample_rate_hz * self.channels)

    def blocks(self) -> Iterator[Samples]:
        """Decode.

        Yields:
            Samples, float32, about -1 to 1, shape (frames, channels), at most `BLOCK_VALUES`; up to twice that if a part was
            converted.

        Raises:
            InvokeBadRequestError: Nothing can be decoded, or too much. Later truncation or skipped bytes only cause a notice.
        """
        frames = self._more = 0
        last = self._parts[-1]
        for part in self._parts:
            before = frames / self.sample_rate_hz
            if isinstance(part, Gap):
                self._notice(_left_out(part, before + part.after))
                continue
            try:
                for block in self._decoded(part, before):
                    frames += len(block)
                    self._check_length(frames)
                    yield block
                problem = part.cut
            except _UndecodableError as error:
                problem = error.message
            if problem is None:
                continue
            seconds = frames / self.sample_rate_hz
            if problem.id == "audio.damaged":
                self._notice(Message("audio.damaged", seconds=seconds))
            else:
                reason = part.cut or problem
                self._notice(Message("audio.cut" if part is last else "audio.cut_inside", seconds=seconds, reason=reason))
        if not frames:
            raise unusable(Message("audio.no_sound", kind=self.kind.name))
        self.seconds = frames / self.sample_rate_hz

    def _decoded(self, part: Part, before: float) -> Iterator[Samples]:
        """Decode a plain file, converted to the format of the first one.

        Raises:
            _UndecodableError: It breaks off, or cannot be opened at all; what was yielded before is valid.
        """
        if self._unread is not None and self._unread[0] is part:
            opened, self._unread = self._unread[1], None
        else:
            opened = _opened(part)
        with opened as file:
            rate_hz, channels = file.samplerate, file.channels
            blocks = _read(file, part)
            if (rate_hz, channels) == (self.sample_rate_hz, self.channels):
                yield from blocks
                return
            values = max(rate_hz, self.sample_rate_hz) * max(channels, self.channels)
            if values > CONVERTED_VALUES_PER_SECOND or rate_hz not in RATES_HZ:
                self._notice(Message("audio.not_converted", seconds=before, rate=rate_hz, channels=_channels(channels)))
                return
            self._notice(Message("audio.converted", seconds=before, rate=rate_hz, channels=_channels(channels)))
            failed: list[_UndecodableError] = []
            alike = (_with_channels(block, self.channels) for block in _until_failure(blocks, failed))
            yield from resampled(alike, rate_hz, self.sample_rate_hz)
            if failed:
                raise failed[0]

    def _check_length(self, frames: int) -> None:
        """Check the decoded length, whatever the header declared.

        Raises:
            InvokeBadRequestError: It exceeds a limit.
        """
        if frames > LONGEST_HOURS * 3600 * self.sample_rate_hz:
            raise unusable(Message("audio.too_long", limit=LONGEST_HOURS), Message("audio.cut_into_parts"))
        _check_values(frames * self.channels)

    def _notice(self, message: Message) -> None:
        if message in self.notices:
            return
        if len(self.notices) < NOTICES_LIMIT:
            self.notices.append(message)
        else:
            self._more += 1
            self.notices[NOTICES_LIMIT:] = [Message("audio.more_notices", count=self._more)]


def _channels(count: int) -> Message:
    if count > 2:
        return Message("audio.channels", count=count)
    return Message("audio.mono" if count == 1 else "audio.stereo")


def _left_out(gap: Gap, seconds: float) -> Message:
    if gap.places == 1:
        return Message("audio.left_out", seconds=seconds, size=gap.size)
    return Message("audio.left_out_places", seconds=seconds, size=gap.size, places=gap.places)


def _check_values(values: float) -> None:
    if values > LONGEST_VALUES:
        raise unusable(
            Message("audio.too_many_samples", limit=LONGEST_VALUES, hours=LONGEST_HOURS), Message("audio.cut_into_parts")
        )


class _UndecodableError(Exception):
    """Decoding broke off.

    Args:
        message: Why, in our words; the decoder's error is the cause.
    """

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


def _opened(part: Part) -> ForwardFile:
    import soundfile

    from .forward_reader import ForwardFile

    try:
        return ForwardFile(_joined(part.pieces))
    except soundfile.LibsndfileError as error:
        raise _UndecodableError(Message("audio.damaged", seconds=0.0)) from error


def _joined(pieces: Sequence[bytes | bytearray | memoryview]) -> bytes:
    """Join pieces; a single piece that is a whole `bytes` object is not copied."""
    if len(pieces) == 1 and isinstance(pieces[0], memoryview):
        whole = pieces[0].obj
        if isinstance(whole, bytes) and len(whole) == pieces[0].nbytes:
            return whole
    return b"".join(pieces)


def _read(file: ForwardFile, part: Part) -> Iterator[Samples]:
    """Yield the blocks of an opened plain file, without samples that are not part of it.

    Raises:
        _UndecodableError: It breaks off; what was yielded before is valid.
    """
    skip, left, decoded = part.skip, part.frames, 0
    failed: Exception | None = None
    while failed is None and left != 0:
        block, failed = _block(file)
        if not len(block):
            break
        skipped = min(skip, len(block))
        block = block[skipped:] if left is None else block[skipped : skipped + left]
        skip -= skipped
        left = None if left is None else left - len(block)
        decoded += len(block)
        if len(block):
            yield _tamed(block)
    claimed = part.frames or part.claimed or file.frames
    missing = claimed - decoded if claimed < _UNKNOWN_FRAMES else 0
    if missing > file.samplerate // 10 or (failed and missing > 0):
        if failed and not file.consumed:
            raise _UndecodableError(Message("audio.damaged", seconds=0.0)) from failed
        raise _UndecodableError(Message("audio.cut_by_header", seconds=claimed / file.samplerate)) from failed
    if failed and claimed >= _UNKNOWN_FRAMES:
        raise _UndecodableError(Message("audio.damaged", seconds=0.0)) from failed


def _until_failure(blocks: Iterator[Samples], failed: list[_UndecodableError]) -> Iterator[Samples]:
    """Yield blocks until decoding breaks off: the resampler's buffered samples must come out before the error is raised."""
    try:
        yield from blocks
    except _UndecodableError as error:
        failed.append(error)


def _block(file: ForwardFile) -> tuple[Samples, Exception | None]:
    """Read a block, in small steps so that little is lost if the decoder fails; also return its error, if any."""
    import numpy as np
    import soundfile

    block = np.empty((BLOCK_VALUES // file.channels, file.channels), np.float32)
    frames = 0
    try:
        while frames < len(block):
            step = block[frames : frames + STEP_FRAMES]
            step.fill(np.nan)  # soundfile does not report how much it read before an error
            if not (read := len(file.read(out=step))):
                break
            frames += read
    except soundfile.LibsndfileError as error:
        unread = np.isnan(step).any(axis=1)
        return block[: frames + (int(unread.argmax()) if unread.any() else len(step))], error
    return block[:frames], None


def _with_channels(block: Samples, channels: int) -> Samples:
    """Return samples with another number of channels: mixed to mono, then repeated."""
    import numpy as np

    return block if block.shape[1] == channels else np.repeat(mono(block)[:, None], channels, axis=1)


def decode(data: bytes) -> tuple[Samples, int]:
    """Decode a whole file. For long files, `Recording.blocks` needs less memory.

    Returns:
        Samples, float32, about -1 to 1, shape (frames, channels), and the sampling rate in hertz.

    Raises:
        InvokeBadRequestError: The bytes are not decodable audio, or exceed the memory limit.
    """
    import numpy as np

    recording = Recording(data)
    room = round((recording.seconds or 0) * recording.sample_rate_hz) + 1
    samples = np.empty((min(room, DECODED_LIMIT_BYTES // 4 // recording.channels), recording.channels), np.float32)
    frames = 0
    for block in recording.blocks():
        if (frames + len(block)) * recording.channels * 4 > DECODED_LIMIT_BYTES:
            raise unusable(Message("audio.too_long_at_once", minutes=frames / recording.sample_rate_hz / 60))
        if frames + len(block) > len(samples):
            samples.resize((len(samples) * 3 // 2 + len(block), recording.channels), refcheck=False)
        samples[frames : frames + len(block)] = block
        frames += len(block)
    samples.resize((frames, recording.channels), refcheck=False)
    return samples, recording.sample_rate_hz


def _tamed(block: Samples) -> Samples:
    """Limit samples to sane values: files of floating-point samples may contain anything, even NaN."""
    import numpy as np

    if np.abs(block).max() <= LOUDEST:  # false if there is a NaN
        return block
    return np.nan_to_num(block, copy=False, nan=0.0, posinf=0.0, neginf=0.0).clip(-LOUDEST, LOUDEST)
