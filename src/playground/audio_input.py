"""The speech2text page's three sources: the bundled sample, an upload, the microphone; looked at before anything is sent."""

from __future__ import annotations

import hashlib

import streamlit as st

from invoker import InvokeBadRequestError
from invoker.audio import UPLOAD_LIMIT_BYTES, facts, require_audio, to_mp3
from invoker.audio.measuring import AudioFacts

from .forms import field_fault
from .frame import Page
from .samples import CLIP, CLIP_TEXT

SAMPLE, UPLOAD, MICROPHONE = "Sample", "Upload", "Microphone"
LIMIT_MB = UPLOAD_LIMIT_BYTES // 2**20


def choose(page: Page) -> bytes | None:
    """Draw the source, a player and the facts; give the file, or `None` with the reason said while there is none to send."""
    source = st.segmented_control(
        "Source",
        [SAMPLE, UPLOAD, MICROPHONE],
        default=SAMPLE,
        required=True,
        key=page.key("source"),
        persist_state="session",
    )
    page.context["reference"] = CLIP_TEXT if source == SAMPLE else None
    if source == UPLOAD:
        return _upload(page)
    if source == MICROPHONE:
        return _microphone(page)
    st.caption("A bundled clip. Its known text:")
    st.text(CLIP_TEXT)
    return _checked(page, CLIP.read_bytes(), CLIP.name)


def _upload(page: Page) -> bytes | None:
    # The limit is ours to tell: Streamlit would say it in a tooltip only. Its server refuses what is far beyond it.
    upload = st.file_uploader(
        f"Audio file: mp3, wav, flac or ogg, up to {LIMIT_MB} MB",
        type=["mp3", "wav", "flac", "ogg", "oga", "opus", "m4a", "webm"],
        key=page.key("upload"),
    )
    if upload is None:
        page.require(False, "choose an audio file")
        return None
    return _checked(page, upload.getvalue(), upload.name)


def _microphone(page: Page) -> bytes | None:
    recording = st.audio_input("Record", sample_rate=16000, key=page.key("recording"))
    if recording is None:
        page.require(False, "record something")
        return None
    wav = recording.getvalue()
    digest = hashlib.sha256(wav).hexdigest()
    held = page.state.extra.get("microphone")
    if held is None or held[0] != digest:
        try:
            held = (digest, to_mp3(wav))
        except InvokeBadRequestError as error:
            field_fault(page, f"file: {error}")
            return None
        page.state.extra["microphone"] = held
    mp3: bytes = held[1]
    st.caption(f"Converted to MP3: {len(wav):,} bytes became {len(mp3):,}.")
    return _checked(page, mp3, "recording.mp3")


def _checked(page: Page, data: bytes, name: str) -> bytes | None:
    try:
        require_audio(data, name)
        found = _facts(page, data, name)
    except InvokeBadRequestError as error:
        field_fault(page, f"file: {error}")
        if error.hint:
            st.caption(error.hint)
        return None
    st.audio(data, format=found.media_type, alt=f"The file {name}")
    seconds = "—" if found.seconds is None else f"{found.seconds:.2f} s"
    rate = "—" if found.sample_rate_hz is None else f"{found.sample_rate_hz:,} Hz"
    channels = {1: "mono", 2: "stereo"}.get(found.channels or 0, f"{found.channels} channels")
    st.caption(f"{found.format} · {seconds} · {rate} · {channels} · {found.bytes:,} bytes, {2 * found.bytes:,} on the wire")
    for notice in found.notices:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(":orange[:material/warning:]", width="content")
            st.text(notice)
    return data


def _facts(page: Page, data: bytes, name: str) -> AudioFacts:
    digest = hashlib.sha256(data).hexdigest()
    held: tuple[tuple[str, str], AudioFacts] | None = page.state.extra.get("audio.facts")
    if held is None or held[0] != (digest, name):
        with st.spinner("Looking at the file"):
            held = ((digest, name), facts(data, name))
        page.state.extra["audio.facts"] = held
    return held[1]
