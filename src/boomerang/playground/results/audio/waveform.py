"""Waveform of a recording with its levels, silence at its ends and clipping, and the facts of the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from boomerang.invoker.audio.audio_facts import AudioFacts, MeasuredRecording
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui import html_tables
from boomerang.playground.ui.audio_format import channels, duration
from boomerang.playground.ui.charts import chart_style
from boomerang.playground.ui.charts import waveform as waveform_module
from boomerang.workbench.diagnosis.error_text import error_text
from boomerang.workbench.i18n.translate import _, ngettext

if TYPE_CHECKING:  # numpy is loaded with the first recording, not with the page
    from boomerang.invoker.audio.mp3_seams import Joined
    from boomerang.workbench.analysis.waveform import Profile

BINS = 600
"""Bins of a waveform: about one per pixel of its width on a page."""
JOINED_SECONDS = 0.1
"""Seconds by which the first header's duration may be off without a warning."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A measured recording."""

    audio: bytes
    facts: AudioFacts | None = None
    profile: Profile | None = None
    joined: Joined | None = None
    fault: str = ""
    """Why it cannot be decoded."""


@dataclass(slots=True)
class _LastSound:
    """The last recording that a pane measured."""

    name: str = ""
    sound: Sound | None = None


def look(pane: Pane, audio: bytes, name: str) -> Sound:
    """Measure a recording; a pane's last one is cached by `name`, so that a rerun costs nothing."""
    kept = pane.state.kept(_LastSound)
    if kept.sound is None or kept.name != name:
        kept.name, kept.sound = name, looked_at(audio)
    return kept.sound


def looked_at(audio: bytes) -> Sound:
    """Decode and measure a recording."""
    from boomerang.invoker.audio import mp3_seams
    from boomerang.workbench.analysis import waveform as sound

    try:
        measured = MeasuredRecording(audio)
        profile = sound.profile(measured.blocks(), measured.sample_rate_hz)  # decodes, and measures on the way
        return Sound(audio, measured.facts(), profile, mp3_seams.joined(audio))
    except InvokeBadRequestError as error:
        return Sound(audio, fault=error_text(error))


def draw(sound: Sound, key: str) -> None:
    """Draw the waveform, the facts and warnings."""
    if sound.facts is None or sound.profile is None:
        st.warning(_("This audio cannot be decoded:"), icon=":material/warning:")
        st.text(sound.fault)
        return
    waveform(sound.profile, key)
    joined(sound)
    table(sound.facts)


def waveform(profile: Profile, key: str) -> None:
    """Draw the waveform with its levels below."""
    from boomerang.workbench.analysis.waveform import envelope, silence

    shape, ends = envelope(profile, BINS), silence(profile)
    chart, numbers = waveform_module.waveform(
        shape.starts,
        shape.low,
        shape.high,
        shape.rms,
        seconds=profile.seconds,
        leading=ends.leading,
        trailing=ends.trailing,
        clips=[float(start) for start, _length in profile.clips],
    )
    chart_style.draw(chart, numbers, key, _("Waveform"), note=levels(profile))


def table(facts: AudioFacts) -> None:
    """Draw the facts of a file that are not in the line of numbers."""
    html_tables.facts(
        {
            _("Detected type"): f"{facts.media_type} ({facts.format})",
            _("Sample rate"): "—" if facts.sample_rate_hz is None else f"{facts.sample_rate_hz:,} Hz",
            _("Channels"): channels(facts.channels),
        },
    )


def levels(profile: Profile) -> str:
    """Return the levels of a recording, the silence at its ends, and whether it is clipped."""
    from boomerang.workbench.analysis import waveform as sound

    ends = sound.silence(profile)
    clipped = len(profile.clips)
    parts: Sequence[str] = (
        _("Peak {level}").format(level=_decibels(sound.peak_dbfs(profile))),
        _("RMS {level}").format(level=_decibels(sound.rms_dbfs(profile))),
        _("silence {before} s before, {after} s after").format(before=f"{ends.leading:.2f}", after=f"{ends.trailing:.2f}"),
        ngettext("clipped at {count} place", "clipped at {count} places", clipped).format(count=clipped)
        if clipped
        else _("not clipped"),
    )
    return " · ".join(parts)


def joined(sound: Sound) -> None:
    """Warn if a player may stop early because files were joined and the first header only describes the first file."""
    stream, files = sound.joined, sound.facts.files if sound.facts else 1
    if stream is not None and stream.promised_seconds is not None and stream.promised_seconds < stream.seconds - JOINED_SECONDS:
        message = _("{count} files were joined. The first header declares {first} of {all}, and some players stop there.")
        counted = message.format(count=stream.files, first=duration(stream.promised_seconds), all=duration(stream.seconds))
        st.warning(counted, icon=":material/warning:")
    elif (stream.files if stream is not None else files or 1) > 1:
        message = _("{count} files were joined; some players stop after the first.")
        st.warning(message.format(count=stream.files if stream is not None else files), icon=":material/warning:")
    else:
        st.caption(f":green[:material/check:] {_('Valid single MP3 stream.')}")


def _decibels(level: float) -> str:
    return "−∞ dBFS" if level == float("-inf") else f"{level:.1f} dBFS".replace("-", "−")
