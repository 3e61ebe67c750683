"""The audio of a run: as a stream for the player, and as one file at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from boomerang.invoker.audio.file_type import MP3, kind_of
from boomerang.invoker.audio.markers import only_tags
from boomerang.invoker.errors import ProtocolError
from boomerang.invoker.records.record import Record
from boomerang.workbench.runs.jobs import Job

STREAMED = MP3
"""The only format that browsers play while it arrives, whatever the chunk sizes."""
ENOUGH_BYTES = 4096
"""After this many bytes in no known format, the audio is not MP3."""
MOST_TAG_BYTES = 1 << 20
"""Most bytes of tags and padding (such as a cover image) to skip before detecting the format."""


def segments(job: Job) -> Iterator[bytes]:
    """Yield a job's audio from the start, waiting for more until it ends."""
    seen = 0
    while True:
        count = job.wait(seen)
        chunks = job.record.chunks[seen:count] if job.record else []
        yield from _decoded(chunks)
        if count == seen:
            return
        seen = count


def whole(record: Record[Any]) -> bytes:
    """Return all audio that arrived, as one file."""
    return b"".join(_decoded(tuple(record.chunks)))


def streams(record: Record[Any]) -> bool | None:
    """Return whether the audio can be played while it arrives; `None` while there is too little to decide."""
    begun = b""
    for piece in _decoded(tuple(record.chunks)):
        begun += piece
        if only_tags(begun) and len(begun) < (MOST_TAG_BYTES if any(begun[:1]) else ENOUGH_BYTES):
            continue
        kind = kind_of(begun)
        if kind is not None:
            return kind == STREAMED
        if len(begun) >= ENOUGH_BYTES:
            return False
    return None


def _decoded(chunks: Iterable[Any]) -> Iterator[bytes]:
    """Yield the audio of chunks, up to one that cannot be decoded: the run has failed with that error."""
    for chunk in chunks:
        try:
            yield chunk.audio
        except ProtocolError:
            return
