"""Facts about audio as text."""

from __future__ import annotations

from boomerang.invoker.audio.audio_facts import AudioFacts
from boomerang.workbench.i18n.translate import _


def line(found: AudioFacts) -> str:
    """Tell in a line what is in a file."""
    rate = "—" if found.sample_rate_hz is None else f"{found.sample_rate_hz:,} Hz"
    size = _("{bytes:,} bytes, {wire:,} on the wire (hex doubles the size)").format(bytes=found.bytes, wire=2 * found.bytes)
    return " · ".join((found.format, duration(found.seconds), rate, channels(found.channels), size))


def channels(count: int | None) -> str:
    """Name a number of channels."""
    if count is None:
        return "—"
    return {1: _("mono"), 2: _("stereo")}.get(count) or _("{count} channels").format(count=count)


def duration(seconds: float | None) -> str:
    """Write how long something plays: `4.20 s`, `1:02.5`, `1:00:05`."""
    if seconds is None:
        return "—"
    if seconds < 60:
        return f"{seconds:.2f} s"
    if seconds < 3600:
        tenths = round(seconds * 10)
        return f"{tenths // 600}:{tenths % 600 / 10:04.1f}"
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
