"""Detect whether an MP3 stream was joined from several files, as speech synthesized in segments often is."""

from __future__ import annotations

from dataclasses import dataclass

from . import markers, mp3_frames


@dataclass(frozen=True, slots=True)
class Joined:
    """Evidence that an MP3 stream was joined from several files."""

    headers: int
    """Header frames (Xing, Info, VBRI). With more than one, some players stop after the first file."""
    tags: int
    """ID3v2 tags. One after the first audio also indicates a second file."""
    seconds: float
    """Duration of all audio frames."""
    promised_seconds: float | None
    """Duration that the first header declares; `None` if it declares none."""

    @property
    def files(self) -> int:
        """Number of joined files according to headers and tags; files without either leave no trace."""
        return max(1, self.headers, self.tags)


def joined(data: bytes) -> Joined | None:
    """Look for seams in an MP3 stream; return `None` if there is no audio frame, so the bytes are not MP3."""
    layout = mp3_frames.walk(data)
    if layout.first is None:
        return None
    starts = [0, *(end for _, end in layout.spans)]
    ends = [*(start for start, _ in layout.spans), len(data)]
    tags = sum(_tags(data, start, end) for start, end in zip(starts, ends, strict=True))
    return Joined(layout.headers, tags, layout.seconds, layout.promised_seconds)


def _tags(data: bytes, at: int, end: int) -> int:
    """Count the ID3v2 tags between two runs of frames."""
    count = 0
    while (at := data.find(b"ID3", at, end)) >= 0:
        size = markers.id3_size(data, at)
        count += size > 0
        at += size or 1
    return count
