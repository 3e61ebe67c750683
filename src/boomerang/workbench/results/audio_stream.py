"""The audio of a run: as it comes, for the player, and as one file afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from boomerang.invoker.audio.file_type import MP3, kind_of
from boomerang.invoker.audio.markers import only_tags
from boomerang.invoker.errors import ProtocolError
from boomerang.invoker.records.record import Record
from boomerang.workbench.runs.jobs import Job

STREAMED = MP3
"""The only kind that a browser plays while it arrives, whatever the sizes of its pieces."""
ENOUGH_BYTES = 4096
"""After so many bytes of no known kind nothing is going to become MP3."""
MOST_TAG_BYTES = 1 << 20
"""Tags and padding that are waited for, as for a picture of the speaker, before the rest says what it is."""


def segments(job: Job) -> Iterator[bytes]:
    """Return a job's audio from its beginning, waiting for what is still to come."""
    seen = 0
    while True:
        count = job.wait(seen)
        chunks = job.record.chunks[seen:count] if job.record else []
        yield from _decoded(chunks)
        if count == seen:
            return
        seen = count


def whole(record: Record[Any]) -> bytes:
    """Return all audio that arrived as one file."""
    return b"".join(_decoded(tuple(record.chunks)))


def streams(record: Record[Any]) -> bool | None:
    """Return whether what arrives can be played as it comes; `None` while too little is there to tell."""
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
    """Return the audio of chunks, up to one that holds none: the run has failed with the reason."""
    for chunk in chunks:
        try:
            yield chunk.audio
        except ProtocolError:
            return
