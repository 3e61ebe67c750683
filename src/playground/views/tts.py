"""The TTS page's result: it plays while it is made; afterwards the whole as one file, with what is in it."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import streamlit as st

from invoker import InvokeBadRequestError, Outcome, ProtocolError, Record
from invoker.audio import AudioFacts, facts, kind_of

from ..frame import Page
from ..jobs import Job
from ..player import stream_player
from ..web import CLIPS

EXPECTED = "audio/mpeg"
LABEL = "The spoken text"
PLAYER = "player"
"""Key of the player's container; it stands first under the state, during the run and after it, so it is the same player."""


def tts(page: Page, record: Record[Any]) -> None:
    """Draw player, facts and download of all that arrived."""
    audio = whole(record)
    if not audio:
        return
    kind = kind_of(audio)
    media_type = kind.media_type if kind else "application/octet-stream"
    suffix = kind.extensions[0] if kind else "bin"
    if kind is not None and kind.audio:  # a browser cannot play the rest, and would complain
        _player(page, audio, media_type)
    if record.outcome is not Outcome.COMPLETED:
        st.caption(":material/content_cut: This is what had arrived; the rest was never made.")
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
    box = st.container(key=PLAYER)
    if page.state.extra.get("clip.of") is not job:
        page.state.extra |= {"clip": _offer(job), "clip.of": job}
    clip = page.state.extra["clip"]
    shown = False

    def update() -> None:
        nonlocal shown
        if not shown and job.record and job.record.chunks:
            shown = True
            with box:
                _stream(page, clip)

    return update


def segments(job: Job) -> Iterator[bytes]:
    """Give a job's audio from its beginning, waiting for what is still to come."""
    seen = 0
    while True:
        count = job.wait(seen)
        chunks = job.record.chunks[seen:count] if job.record else []
        yield from _decoded(chunks)
        if count == seen:
            return
        seen = count


def whole(record: Record[Any]) -> bytes:
    """Give all audio that arrived as one file."""
    return b"".join(_decoded(tuple(record.chunks)))


def _decoded(chunks: Iterable[Any]) -> Iterator[bytes]:
    """Give the audio of chunks, up to one that holds none: the run has failed with the reason."""
    for chunk in chunks:
        try:
            yield chunk.audio
        except ProtocolError:
            return


def _player(page: Page, audio: bytes, media_type: str) -> None:
    """Draw the player; the one that began while the audio was made stays as it is, and so plays on to the end."""
    with st.container(key=PLAYER):
        if page.state.extra.get("clip.of") is page.state.job:
            _stream(page, page.state.extra["clip"])
        else:
            st.audio(audio, format=media_type, alt=LABEL)


def _stream(page: Page, clip: str) -> None:
    autoplay = bool(st.session_state.get(page.key("autoplay"), True))
    stream_player(CLIPS.url(clip), LABEL, page.key("player"), autoplay=autoplay)


def _offer(job: Job) -> str:
    """Offer a job's audio under an address for as long as somebody holds the job."""
    held = weakref.ref(job)

    def listen() -> Iterator[bytes]:
        found = held()
        return iter(()) if found is None else segments(found)

    clip = CLIPS.offer(listen)
    weakref.finalize(job, CLIPS.withdraw, clip).atexit = False
    return clip


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
