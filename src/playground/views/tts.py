"""The TTS page's result: it plays while it is made; afterwards the whole as one file, with what is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import streamlit as st

from invoker import InvokeBadRequestError, Outcome, Record
from invoker.audio import AudioFacts, facts, kind_of

from ..frame import Page
from ..jobs import Job
from ..player import stream_player
from ..web import CLIPS

EXPECTED = "audio/mpeg"


def tts(page: Page, record: Record[Any]) -> None:
    """Draw player, facts and download of all that arrived."""
    audio = whole(record)
    if not audio:
        return
    kind = kind_of(audio)
    media_type = kind.media_type if kind else "application/octet-stream"
    suffix = kind.extensions[0] if kind else "bin"
    if record.outcome is not Outcome.COMPLETED:
        st.caption(":material/content_cut: This is what had arrived; the rest was never made.")
    st.audio(audio, format=media_type, alt="The spoken text")
    declared = next((chunk.mime_type for chunk in record.chunks if chunk.mime_type), None) or EXPECTED
    if media_type != declared:
        st.warning(f"Expected `{declared}`, but the bytes are `{media_type}`.", icon=":material/warning:")
    _facts(page, record, audio)
    st.download_button(
        f"Download .{suffix}",
        audio,
        file_name=f"speech-{record.id[:8]}.{suffix}",
        mime=media_type,
        icon=":material/download:",
        on_click="ignore",
        key=page.key("download"),
    )


def tts_live(page: Page, job: Job) -> Callable[[], None]:
    """Play the first segment while the next is made."""
    slot = st.empty()
    clip = page.state.extra.get("clip")
    if clip is None or page.state.extra.get("clip.of") is not job:
        if clip is not None:
            CLIPS.withdraw(clip)
        clip = CLIPS.offer(lambda: segments(job))
        page.state.extra |= {"clip": clip, "clip.of": job}
    url = CLIPS.url(clip)
    autoplay = bool(st.session_state.get(page.key("autoplay"), True))
    shown = False

    def update() -> None:
        nonlocal shown
        if not shown and job.record and job.record.chunks:
            shown = True
            with slot.container():
                stream_player(url, "The spoken text, while it is made", page.key("player"), autoplay=autoplay)

    return update


def segments(job: Job) -> Iterator[bytes]:
    """Give a job's audio from its beginning, waiting for what is still to come."""
    seen = 0
    while True:
        count = job.wait(seen)
        chunks = job.record.chunks[seen:count] if job.record else []
        yield from (chunk.audio for chunk in chunks)
        if count == seen:
            return
        seen = count


def whole(record: Record[Any]) -> bytes:
    """Give all audio that arrived as one file."""
    return b"".join(chunk.audio for chunk in tuple(record.chunks))


def _facts(page: Page, record: Record[Any], audio: bytes) -> None:
    cached: tuple[str, AudioFacts | str] | None = page.state.extra.get("facts")
    if cached is None or cached[0] != record.id:
        try:
            cached = (record.id, facts(audio))
        except InvokeBadRequestError as error:
            cached = (record.id, str(error))
        page.state.extra["facts"] = cached
    found = cached[1]
    if isinstance(found, str):
        st.warning("These bytes cannot be decoded:", icon=":material/warning:")
        st.text(found)
        return
    st.table(
        {
            "Sniffed type": f"{found.media_type} ({found.format})",
            "Duration": "—" if found.seconds is None else f"{found.seconds:.2f} s",
            "Sample rate": "—" if found.sample_rate_hz is None else f"{found.sample_rate_hz:,} Hz",
            "Channels": "—" if found.channels is None else str(found.channels),
            "Bytes": f"{found.bytes:,}",
            "Chunks": str(len(record.chunks)),
        },
        border="horizontal",
    )
