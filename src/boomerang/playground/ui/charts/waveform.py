"""Chart of a waveform with its loudness, silence at the ends, and clipping."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from boomerang.workbench.i18n.translate import _

from .chart_style import BLUE, GREY, RED, Table, duration, frame, text_colour

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

MOST_BINS = 1_000
MOST_CLIPS = 200
LEAST_SILENCE = 0.02
"""Seconds of silence from which it is shaded."""


def waveform(
    starts: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    rms: ArrayLike,
    *,
    seconds: float,
    leading: float = 0.0,
    trailing: float = 0.0,
    clips: Sequence[float] = (),
) -> tuple[Any, Table]:
    """Draw a waveform.

    Args:
        starts: Start of each bin in seconds, shape (bins,); at most `MOST_BINS`.
        low: Smallest sample of each bin, relative to full scale.
        high: Largest sample.
        rms: Root mean square.
        seconds: Duration of the audio.
        leading: Seconds of silence before the first sound.
        trailing: Seconds of silence after the last.
        clips: Times of clipping in seconds; the first `MOST_CLIPS` are marked.

    Raises:
        ValueError: There are more bins.
    """
    import altair as alt
    import numpy as np

    at, down, up, power = (np.asarray(values, np.float64) for values in (starts, low, high, rms))
    if len(at) > MOST_BINS:
        raise ValueError(f"{len(at)} bins: at most {MOST_BINS} are drawn")
    rows = [
        {"at": float(a), "low": float(d), "high": float(u), "rms": float(p), "minus": -float(p)}
        for a, d, u, p in zip(at, down, up, power, strict=True)
    ]
    table = [
        {
            _("at, s"): round(row["at"], 3),
            _("min"): round(row["low"], 4),
            _("max"): round(row["high"], 4),
            "RMS": round(row["rms"], 4),
        }
        for row in rows
    ]
    x = alt.X("at:Q", title=_("seconds"), scale=alt.Scale(domain=[0, seconds or 1.0], nice=False))
    y = alt.Y(
        "low:Q", title=None, scale=alt.Scale(domain=[-1.05, 1.05], nice=False), axis=alt.Axis(values=[-1, -0.5, 0, 0.5, 1])
    )
    base = alt.Chart(frame(rows)).encode(
        x=x,
        tooltip=[
            alt.Tooltip("at:Q", title=_("at, s"), format=".2f"),
            alt.Tooltip("high:Q", title=_("max"), format=".3f"),
            alt.Tooltip("rms:Q", title="RMS", format=".3f"),
        ],
    )
    peaks = base.mark_area(color=BLUE, opacity=0.38, interpolate="step-after").encode(y=y, y2="high:Q")
    loudness = base.mark_area(color=BLUE, opacity=0.95, interpolate="step-after").encode(y=alt.Y("minus:Q"), y2="rms:Q")
    silent = _silence(seconds, leading, trailing)
    return alt.layer(*silent, peaks, loudness, *_clips(clips[:MOST_CLIPS])).properties(height=220), table


def _silence(seconds: float, leading: float, trailing: float) -> list[Any]:
    import altair as alt

    if leading >= seconds:  # completely silent: shade it once
        trailing = 0.0
    ends: list[tuple[Literal["left", "right"], float, float]] = [
        ("left", 0.0, min(leading, seconds)),
        ("right", max(0.0, seconds - trailing), seconds),
    ]
    drawn: list[Any] = []
    for side, start, end in ends:
        if end - start < LEAST_SILENCE:
            continue
        length = duration(end - start)
        named = end - start > 0.06 * seconds
        row = {"start": start, "end": end, "words": _("silence {time}").format(time=length) if named else "", "length": length}
        base = alt.Chart(frame([row])).encode(tooltip=[alt.Tooltip("length:N", title=_("silence"))])
        drawn.append(base.mark_rect(color=GREY, opacity=0.2).encode(x="start:Q", x2="end:Q"))
        # At the outer edge and aligned towards the sound, so that a long label stays inside the chart.
        name = base.mark_text(color=text_colour(), fontSize=11, baseline="top", align=side, dx=4 if side == "left" else -4)
        drawn.append(name.encode(x="start:Q" if side == "left" else "end:Q", y=alt.value(6), text="words:N"))
    return drawn


def _clips(clips: Sequence[float]) -> list[Any]:
    import altair as alt

    if not len(clips):
        return []
    base = alt.Chart(frame([{"clip": float(at)} for at in clips])).encode(
        x="clip:Q", tooltip=[alt.Tooltip("clip:Q", title=_("clipping at, s"), format=".3f")]
    )
    rule = base.mark_rule(color=RED, strokeWidth=1.5, opacity=0.8)
    mark = base.mark_point(shape="triangle-down", filled=True, color=RED, size=60, opacity=1).encode(y=alt.value(4))
    return [rule, mark]
