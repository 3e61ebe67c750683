"""The metric row: the same on every page, drawn from the record alone."""

from __future__ import annotations

from typing import Any

import streamlit as st

from invoker import Record
from invoker.metrics import Metric, Origin, Unit, measure

UNKNOWN = "—"
LABELS = {
    "time_to_first_token": ("First token", "Run pressed → first text or tool call that is not empty."),
    "time_to_first_audio": ("First audio", "Run pressed → first audio segment."),
    "total": ("Total", "Run pressed → last event."),
    "latency": ("Latency", "Run pressed → answer."),
    "prompt_tokens": ("Tokens in", "Prompt tokens, as the back end reported them."),
    "completion_tokens": ("Tokens out", "Completion tokens, as the back end reported them."),
    "tokens": ("Tokens", "Tokens of all texts, as the back end reported them."),
    "tokens_per_second": (
        "Tokens / s",
        "Tokens out ÷ (last text − first text). Not shown for fewer than 8 tokens, or without usage.",
    ),
    "finish_reason": ("Finish reason", "Why the model ended, in its own word."),
    "vectors": ("Vectors", "How many came back."),
    "dimensions": ("Dimensions", "Numbers in the first vector."),
    "texts_per_second": ("Texts / s", "Vectors ÷ total."),
    "documents": ("Documents", "How many were sent."),
    "returned": ("Returned", "How many came back."),
    "dropped": ("Dropped", "Sent, but cut by top_n or score_threshold."),
    "documents_per_second": ("Documents / s", "Documents sent ÷ total."),
    "audio_bytes": ("Audio", "Bytes of all segments."),
    "characters_per_second": ("Characters / s", "Characters of the text ÷ total."),
    "file_bytes": ("File", "Bytes of the audio file."),
    "payload_bytes": ("Payload", "Bytes on Dify's wire: hex doubles the size."),
    "characters": ("Characters", "Of the text."),
    "source_characters": ("Source", "Characters of the text."),
    "summary_characters": ("Summary", "Characters of the summary."),
    "length_ratio": ("Ratio", "Summary ÷ source, in characters."),
    "chunks": ("Chunks", "How many the back end yielded."),
    "mean_gap": ("Mean gap", "Between chunks."),
    "largest_gap": ("Largest gap", "Between chunks."),
}
"""Metric → label, and the rule that gives the number."""


def draw(record: Record[Any]) -> None:
    """Draw the row; what is unknown is a dash, never a zero."""
    with st.container(key="metrics"):
        grid = st.grid(6, min_column_width=104, gap="small")
        for metric in measure(record):
            label, rule = LABELS[metric.key]
            with grid.cell():
                st.metric(label, shown(metric), help=_help(rule, metric))


def shown(metric: Metric) -> str:
    """Write a metric's value with its unit."""
    value = metric.value
    if value is None:
        return UNKNOWN
    if isinstance(value, str):
        return value
    match metric.unit:
        case Unit.SECONDS:
            return seconds(value)
        case Unit.PER_SECOND:
            return f"{value:,.1f}" if value < 100 else f"{value:,.0f}"
        case Unit.BYTES:
            return f"{value:,} B" if value < 1000 else f"{value / 1000:,.1f} kB" if value < 1e6 else f"{value / 1e6:,.1f} MB"
        case Unit.RATIO:
            return f"{value:.0%}"
        case _:
            return f"{value:,}"


def seconds(value: float) -> str:
    """Write a duration."""
    if value < 0.001:
        return "< 1 ms"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def _help(rule: str, metric: Metric) -> str:
    origin = "" if metric.origin is Origin.MEASURED else f" ({metric.origin.value})"
    return f"{rule}{origin}"
