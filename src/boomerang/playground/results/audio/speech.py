"""The TTS page's result: playback while the audio is generated, then the whole as one file with its facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from boomerang.invoker.audio.file_type import Kind, kind_of
from boomerang.invoker.records.record import Outcome, Record
from boomerang.playground.run import pane_names, run_actions
from boomerang.playground.run.pane import Pane
from boomerang.playground.server import audio_route
from boomerang.playground.server.audio_route import CLIPS
from boomerang.playground.session import visitor
from boomerang.playground.ui.audio_player import stream_player
from boomerang.playground.ui.escape import code
from boomerang.playground.ui.number_format import UNKNOWN
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.results import audio_stream
from boomerang.workbench.runs.jobs import Job

from . import waveform

MEDIA_TYPES = {"mp3": "audio/mpeg", "wav": "audio/wav", "flac": "audio/flac", "ogg": "audio/ogg", "opus": "audio/ogg"}
"""`audio_type` of a model → media type; others are treated as MP3, as Dify's own pages do."""
PLAYER = "player"
"""Key of the player's container. It comes first under the state during and after the run, so the player stays the same."""


@dataclass(slots=True)
class _SpokenAudio:
    """A pane's state for its last run."""

    record_id: str | None = None
    audio: bytes = b""
    """All audio of the record, as one file."""
    job: Job | None = None
    clip: str = ""
    """Name of the clip with the job's audio for the player."""


@dataclass(frozen=True, slots=True)
class Playback:
    """Playback settings of the form."""

    autoplay: bool = False
    compared: bool = False
    """Whether other panes speak the same text; the waveforms are then drawn side by side under them."""
    audio_type: str | None = None
    """Audio type that the model declares."""


def _playback(pane: Pane) -> Playback:
    return pane.origin.context.get(Playback) or Playback()


def draw(pane: Pane, record: Record[Any]) -> None:
    """Draw player, download, waveform and facts of the received audio."""
    audio = spoken(pane, record)
    if not audio:
        return
    kind = kind_of(audio)
    if kind is not None and kind.audio:  # a browser cannot play anything else and would show an error
        _player(pane, audio, kind.media_type)
    if record.outcome is not Outcome.COMPLETED:
        st.caption(f":material/content_cut: {_('Partial audio. The rest was never generated.')}")
    media_type = kind.media_type if kind else "application/octet-stream"
    if media_type != (wanted := _expected(pane, record)):
        message = _("Expected {expected}, but the data is {found}.")
        st.warning(message.format(expected=code(wanted), found=code(media_type)), icon=":material/warning:")
    _actions(pane, record, audio, kind)
    sound = waveform.look(pane, audio, record.id)
    if _playback(pane).compared:  # the waveforms are drawn side by side under the panes
        waveform.joined(sound)
    else:
        waveform.draw(sound, pane.key("waveform"))


def draw_live(pane: Pane, job: Job) -> Callable[[], None]:
    """Play the first segment while the next is generated."""
    box = st.container(key=_place(pane))
    _offer(pane, job)
    shown = False

    def update() -> None:
        nonlocal shown
        if not shown and job.record and audio_stream.streams(job.record):
            shown = True
            with box:
                _stream(pane)

    return update


def compare(panes: Sequence[Pane]) -> None:
    """Draw the waveforms of the same text side by side; their players are in the panes."""
    grid = st.grid(2, min_column_width=300, gap="medium")
    for pane in panes:
        record = pane.state.record
        audio = spoken(pane, record) if record is not None else b""
        with grid.cell():
            kind = kind_of(audio) if audio else None
            st.text(f"{pane_names.name(pane)} · {kind.name if kind else UNKNOWN}")
            if record is None or kind is None or not kind.audio:
                st.caption(_("No audio"))
                continue
            sound = waveform.look(pane, audio, record.id)
            if sound.profile is not None:
                waveform.waveform(sound.profile, pane.key("waveform.compared"))


def spoken(pane: Pane, record: Record[Any]) -> bytes:
    """Return all audio of a run as one file; cached once the run has ended."""
    kept = pane.state.kept(_SpokenAudio)
    if kept.record_id == record.id:
        return kept.audio
    audio = audio_stream.whole(record)
    if record.seconds is not None:
        kept.record_id, kept.audio = record.id, audio
    return audio


def _expected(pane: Pane, record: Record[Any]) -> str:
    """Return the media type reported with the audio, else the model's declared type, else MP3."""
    stated = next((chunk.mime_type for chunk in tuple(record.chunks) if chunk.mime_type), None)
    return stated or MEDIA_TYPES.get((_playback(pane).audio_type or "mp3").lower(), MEDIA_TYPES["mp3"])


def _player(pane: Pane, audio: bytes, media_type: str) -> None:
    """Draw the player. One that started while the audio was generated is kept and plays on to the end.

    An earlier run, or one of an earlier visit, restored after a reload, gets a player that waits to be started.
    """
    with st.container(key=_place(pane)):
        if pane.job is not None and pane.state.opened is None and pane.origin.visit == visitor.visitor():
            _offer(pane, pane.job)  # in case it ended before a script run saw it running
            _stream(pane, media_type)
        else:
            st.audio(audio, format=media_type, alt=_("Generated speech"))


def _offer(pane: Pane, job: Job) -> None:
    """Offer a run's audio to the page's player, once."""
    kept = pane.state.kept(_SpokenAudio)
    if kept.job is not job:
        kept.clip, kept.job = audio_route.offer(job), job


def _stream(pane: Pane, media_type: str = audio_stream.STREAMED.media_type) -> None:
    url = CLIPS.url(pane.state.kept(_SpokenAudio).clip)
    stream_player(url, _("Generated speech"), pane.key("player"), autoplay=_autoplays(pane), media_type=media_type)


def _autoplays(pane: Pane) -> bool:
    return _playback(pane).autoplay


def _place(pane: Pane) -> str:
    return f"{PLAYER}-{pane.part}" if pane.part else PLAYER


def _actions(pane: Pane, record: Record[Any], audio: bytes, kind: Kind | None) -> None:
    suffix = kind.extensions[0] if kind else "bin"
    mime = kind.media_type if kind else "application/octet-stream"
    label = _("Download .{suffix}").format(suffix=suffix)
    run_actions.draw(pane, downloads=[run_actions.Download(label, audio, f"speech-{record.id[:8]}.{suffix}", mime)])
