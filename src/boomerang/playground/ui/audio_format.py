"""Facts about audio as text."""

from __future__ import annotations

from boomerang.invoker.audio.audio_facts import AudioFacts
from boomerang.workbench.i18n.translate import _


def line(facts: AudioFacts) -> str:
    """Return a one-line description of a file."""
    rate = "—" if facts.sample_rate_hz is None else f"{facts.sample_rate_hz:,} Hz"
    size = _("{bytes:,} bytes, {wire:,} on the wire (hex doubles the size)").format(bytes=facts.bytes, wire=2 * facts.bytes)
    return " · ".join((facts.format, duration(facts.seconds), rate, channels(facts.channels), size))


def channels(count: int | None) -> str:
    """Return a channel count as text."""
    if count is None:
        return "—"
    return {1: _("mono"), 2: _("stereo")}.get(count) or _("{count} channels").format(count=count)


def duration(seconds: float | None) -> str:
    """Return a playing time as text: `4.20 s`, `1:02.5`, `1:00:05`."""
    if seconds is None:
        return "—"
    if seconds < 60:
        return f"{seconds:.2f} s"
    if seconds < 3600:
        tenths = round(seconds * 10)
        return f"{tenths // 600}:{tenths % 600 / 10:04.1f}"
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
