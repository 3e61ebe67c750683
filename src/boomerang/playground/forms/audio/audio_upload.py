"""Audio sources of the speech2text page: bundled clips, an upload, the microphone, the last speech synthesized.

Each file is checked before anything is sent. Beside it is the reference transcript, if known or typed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import streamlit as st

from boomerang.invoker.audio.audio_facts import AudioFacts
from boomerang.invoker.audio.file_type import EXTENSIONS, kind_of
from boomerang.invoker.audio.mp3_encoding import to_mp3
from boomerang.invoker.audio.upload_check import READABLE, UPLOAD_LIMIT_BYTES
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.request import InvokeType
from boomerang.playground.forms import fields
from boomerang.playground.run.pane import Pane
from boomerang.playground.session import page_state
from boomerang.workbench.diagnosis.error_text import error_text
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results import audio_stream
from boomerang.workbench.samples.inputs import RECORDINGS, SAMPLES_FOLDER
from boomerang.workbench.store.app_folder import app_folder

from . import audio_preview, kept_audio
from .kept_audio import AudioFile

SAMPLE, UPLOAD, MICROPHONE, SPOKEN = N_("Sample"), N_("Upload"), N_("Microphone"), N_("Speech page")
SOURCES = {
    SAMPLE: ":material/library_music:",
    UPLOAD: ":material/upload_file:",
    MICROPHONE: ":material/mic:",
    SPOKEN: ":material/record_voice_over:",
}
LIMIT_MB = UPLOAD_LIMIT_BYTES // 2**20
MICROPHONE_HZ = 16_000
MICROPHONE_MINUTES = UPLOAD_LIMIT_BYTES // (2 * MICROPHONE_HZ) // 60
"""Longest recording, in minutes, within the upload limit; browsers upload 16-bit mono WAV."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The recording in the form."""

    file: bytes | None = None
    """`None` if no usable file is chosen."""
    facts: AudioFacts | None = None
    reference: str = ""
    """Reference transcript, known or typed."""


@dataclass(frozen=True, slots=True)
class _Chosen:
    """A source's file and its known transcript."""

    checked: audio_preview.Checked | None = None
    """`None` if there is no usable file."""
    mark: str = ""
    """Identifies the recording; empty if there is none."""
    text: str = ""
    """Known transcript."""


@dataclass(slots=True)
class _Recordings:
    """State of the page's audio sources."""

    reference_of: str | None = None
    """Source and mark of the recording that the reference belongs to."""


def choose(page: Pane) -> Recording:
    """Draw the sources and the chosen one's file; say why if there is no usable file."""
    kept_audio.restore(page, (UPLOAD, MICROPHONE, SPOKEN))
    fields.samples(page, {clip.label: {"source": SAMPLE, "clip": clip.file} for clip in RECORDINGS})
    key = page.hold("source", SAMPLE)
    if st.session_state[key] not in SOURCES:  # from an edited URL
        st.session_state[key] = SAMPLE
    source = st.segmented_control(
        _("Audio source"),
        list(SOURCES),
        required=True,
        key=key,
        format_func=lambda name: f"{SOURCES[name]} {_(name)}",
        persist_state="session",
    )
    clip = st.session_state[page.hold("clip", RECORDINGS[0].file)]
    match source:
        case "Upload":
            chosen = _upload(page)
        case "Microphone":
            chosen = _microphone(page)
        case "Speech page":
            chosen = _spoken(page)
        case _:
            chosen = _sample(page, clip)
    kept_audio.keep(page, (UPLOAD, MICROPHONE, SPOKEN), str(source))
    if not chosen.mark:
        audio_preview.forget(page)
    reference = _reference(page, str(source), chosen)
    file, facts = (chosen.checked.data, chosen.checked.facts) if chosen.checked is not None else (None, None)
    recording = Recording(file, facts, reference)
    page.context.put(recording)
    return recording


def _sample(page: Pane, name: str) -> _Chosen:
    clip = next((clip for clip in RECORDINGS if clip.file == name), RECORDINGS[0])
    return _Chosen(audio_preview.checked(page, _read(clip.file), clip.file), clip.file, clip.text)


@lru_cache(maxsize=len(RECORDINGS))
def _read(name: str) -> bytes:
    return (SAMPLES_FOLDER / name).read_bytes()


def _upload(page: Pane) -> _Chosen:
    key = kept_audio.key(page, "upload")
    upload = st.file_uploader(
        _("Audio file, up to {limit} MB: {kinds}").format(limit=LIMIT_MB, kinds=READABLE),
        type=EXTENSIONS,
        max_upload_size=LIMIT_MB,
        key=key,
        on_change=_take_upload,
        args=(page, key),
    )
    file = kept_audio.current(page, UPLOAD, widget_is_empty=upload is None)
    if file is None:
        page.require(False, _("choose an audio file"))
        return _Chosen()
    return _Chosen(audio_preview.checked(page, file.data, file.name), file.id)


def _take_upload(page: Pane, key: str) -> None:
    upload = st.session_state.get(key)
    kept_audio.put(page, UPLOAD, AudioFile(upload.name, upload.getvalue(), id=upload.file_id) if upload else None)


def _microphone(page: Pane) -> _Chosen:
    key = kept_audio.key(page, "recording")
    recording = st.audio_input(
        _("Record, up to {minutes} min").format(minutes=MICROPHONE_MINUTES),
        sample_rate=MICROPHONE_HZ,
        key=key,
        on_change=_take_recording,
        args=(page, key),
    )
    file = kept_audio.current(page, MICROPHONE, widget_is_empty=recording is None)
    if recording is not None and (file is None or file.id != recording.file_id):
        wav = recording.getvalue()
        try:
            file = AudioFile("recording.mp3", to_mp3(wav), id=recording.file_id)
        except InvokeBadRequestError as error:
            fields.field_fault(page, _("file: {fault}").format(fault=error_text(error)))
            return _Chosen()
        kept_audio.put(page, MICROPHONE, file)
    if file is None:
        page.require(False, _("record something"))
        return _Chosen()
    if recording is not None:
        size = recording.size
        st.caption(_("Converted to MP3: {before:,} bytes became {after:,}.").format(before=size, after=len(file.data)))
    return _Chosen(audio_preview.checked(page, file.data, file.name), file.id)


def _take_recording(page: Pane, key: str) -> None:
    if not st.session_state.get(key):
        kept_audio.put(page, MICROPHONE, None)


def _spoken(page: Pane) -> _Chosen:
    """Return the visitor's last synthesized speech and its input text."""
    record = page_state.page(InvokeType.TTS).record
    if record is None or record.seconds is None or not record.chunks:
        if (file := kept_audio.current(page, SPOKEN, widget_is_empty=True)) is not None:
            return _Chosen(audio_preview.checked(page, file.data, file.name), file.id, file.text)
        page.require(False, _("synthesize something on the Text to speech page"))
        st.page_link(app_folder() / "pages" / "tts.py", label=_("Text to speech"), icon=":material/record_voice_over:")
        return _Chosen()
    file = kept_audio.current(page, SPOKEN)
    if file is None or file.id != record.id:
        data = audio_stream.whole(record)
        kind = kind_of(data)
        name = f"speech-{record.id[:8]}.{kind.extensions[0] if kind else 'bin'}"
        file = AudioFile(name, data, str(getattr(record.request, "content_text", "")), record.id)
        kept_audio.put(page, SPOKEN, file)
    return _Chosen(audio_preview.checked(page, file.data, file.name), file.id, file.text)


def _reference(page: Pane, source: str, chosen: _Chosen) -> str:
    """Draw the reference transcript field. Another recording replaces the text; text typed before any recording stays."""
    mark, before = f"{source}:{chosen.mark}", page.state.kept(_Recordings).reference_of
    if before not in (None, mark) and (chosen.text or before != f"{source}:"):
        st.session_state[page.key("reference")] = chosen.text
    page.state.kept(_Recordings).reference_of = mark
    reference = st.text_area(
        _("Reference transcript"),
        key=page.hold("reference", chosen.text),
        height=90,
        persist_state="session",
        placeholder=_("Paste it before or after the run"),
        help=_("The result is compared with this text. It is not sent."),
    )
    return str(reference or "")
