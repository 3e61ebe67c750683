"""Numbers as text: units, unknown values, labels of metrics."""

from __future__ import annotations

from boomerang.invoker.records.metrics import Metric, Origin, Unit
from boomerang.workbench.i18n.translate import N_, _, ngettext

from .escape import plain

UNKNOWN = "—"


LABELS = {
    "time_to_first_token": (
        N_("First token"),
        N_("Run pressed → first text, reasoning or tool call that is not empty, without the time in the queue."),
    ),
    "time_to_first_text": (N_("First text"), N_("Run pressed → first text of the answer, behind the reasoning.")),
    "time_to_first_reasoning": (N_("First reasoning"), N_("Run pressed → first piece of reasoning.")),
    "reasoning_seconds": (N_("Reasoning"), N_("First piece of reasoning → first text of the answer.")),
    "time_to_first_audio": (N_("First audio"), N_("Run pressed → first audio segment, without the time in the queue.")),
    "time_to_first_byte": (
        N_("First byte"),
        N_("Request sent → the server's answer begins; of the first request that it did not refuse."),
    ),
    "total": (N_("Total"), N_("Run pressed → last event.")),
    "latency": (N_("Latency"), N_("Run pressed → answer.")),
    "prompt_tokens": (N_("Tokens in"), N_("Prompt tokens, from the usage. Zero everywhere counts as missing.")),
    "completion_tokens": (N_("Tokens out"), N_("Completion tokens, from the usage. Zero everywhere counts as missing.")),
    "tokens": (N_("Tokens"), N_("Tokens of all texts, from the usage. Zero everywhere counts as missing.")),
    "tokens_per_second": (
        N_("Tokens / s"),
        N_(
            "Tokens out ÷ (last text − first text). Not shown for fewer than 8 tokens. Without a usage each chunk counts as "
            "one token, and the number is marked as estimated."
        ),
    ),
    "finish_reason": (N_("Finish reason"), N_("Why the model ended, in its own word.")),
    "cost": (
        N_("Cost"),
        N_(
            "From the prices in the usage; else computed from tokens and the prices that the model declares. "
            "Without prices: none."
        ),
    ),
    "context_use": (N_("Context"), N_("Tokens in and out ÷ the model's context size.")),
    "vectors": (N_("Vectors"), N_("How many came back.")),
    "dimensions": (N_("Dimensions"), N_("Numbers in the first vector.")),
    "norm": (N_("L2 norm"), N_("Length of the shortest and of the longest vector.")),
    "texts_per_second": (N_("Texts / s"), N_("Vectors ÷ total.")),
    "documents": (N_("Documents"), N_("How many were sent.")),
    "returned": (N_("Returned"), N_("How many came back.")),
    "dropped": (N_("Dropped"), N_("Sent and not come back: cut by top_n or score_threshold, or not ranked by the server.")),
    "scores": (N_("Scores"), N_("Least and best score that came back.")),
    "documents_per_second": (N_("Documents / s"), N_("Documents sent ÷ total.")),
    "audio_bytes": (N_("Audio"), N_("Bytes of all segments.")),
    "audio_seconds": (N_("Audio length"), N_("How long the audio plays, from its own bytes.")),
    "real_time_factor": (
        N_("Real-time factor"),
        N_("Total without queue and loading ÷ audio length. Below 1 is faster than one listens."),
    ),
    "characters_per_second": (N_("Characters / s"), N_("Characters of the text ÷ total.")),
    "file_bytes": (N_("File"), N_("Bytes of the audio file.")),
    "payload_bytes": (N_("Payload"), N_("Bytes on Dify's wire: hex doubles the size.")),
    "characters": (N_("Characters"), N_("Of the text.")),
    "source_characters": (N_("Source"), N_("Characters of the text.")),
    "summary_characters": (N_("Summary"), N_("Characters of the summary.")),
    "length_ratio": (N_("Ratio"), N_("Summary ÷ source, in characters.")),
    "waiting_seconds": (N_("Queue"), N_("Waiting for another run to end.")),
    "loading_seconds": (N_("Loading"), N_("Loading the model into memory, once for all runs.")),
    "call_seconds": (N_("Call"), N_("Total without queue and loading.")),
    "chunks": (N_("Chunks"), N_("How many the back end yielded.")),
    "mean_gap": (N_("Mean gap"), N_("Between two chunks.")),
    "largest_gap": (N_("Largest gap"), N_("Between two chunks.")),
    "pauses": (N_("Pauses"), N_("Gaps longer than 0.25 s and than three times the median gap.")),
}
"""Metric → label, and the rule that gives the number."""


ORIGINS = {
    Origin.MEASURED: N_("measured"),
    Origin.REPORTED: N_("reported"),
    Origin.ESTIMATED: N_("estimated"),
    Origin.COMPUTED: N_("computed"),
    Origin.MISSING: N_("missing"),
}


def drawn(metric: Metric) -> str:
    """Write a metric's value for markdown: what a server said in it stays text."""
    said = isinstance(metric.value, str) or metric.unit is Unit.MONEY
    return plain(shown(metric)) if said else shown(metric)


def shown(metric: Metric) -> str:
    """Write a metric's value with its unit."""
    if metric.value is None:
        return UNKNOWN
    text = metric.value if isinstance(metric.value, str) else _written(metric.value, metric.unit)
    if metric.until is not None and (end := _written(metric.until, metric.unit)) != text:
        text = f"{text} – {end}"
    return f"{text} {metric.detail}" if metric.unit is Unit.MONEY else text


def _written(value: float, unit: Unit) -> str:
    match unit:
        case Unit.SECONDS:
            return seconds(value)
        case Unit.PER_SECOND:
            return f"{value:.2g}" if value < 0.1 else f"{value:,.1f}" if value < 100 else f"{value:,.0f}"
        case Unit.BYTES:
            return f"{value:,} B" if value < 1000 else f"{value / 1000:,.1f} kB" if value < 1e6 else f"{value / 1e6:,.1f} MB"
        case Unit.RATIO:
            return f"{value:.0%}" if value >= 0.01 or value == 0 else f"{value:.1%}"
        case Unit.NUMBER:
            return f"{value:,.3f}" if abs(value) < 1000 else f"{value:,.0f}"
        case Unit.FACTOR:
            return f"{value:.2f} ×" if value >= 0.01 else "< 0.01 ×"
        case Unit.MONEY:
            return f"{value:.6f}".rstrip("0").rstrip(".") if value < 0.01 else f"{value:,.4f}"
        case _:
            return f"{value:,}"


def seconds(value: float) -> str:
    """Write a duration."""
    if value < 0.001:
        return "< 1 ms"
    if value < 100:
        return f"{value * 1000:.0f} ms" if value < 0.9995 else f"{value:.2f} s"
    return _("{minutes} min {seconds} s").format(minutes=f"{int(value) // 60:,}", seconds=int(value) % 60)


def queue_words(before: int) -> str:
    """Return how many runs come before a run."""
    return ngettext("{count} run before yours", "{count} runs before yours", before).format(count=before)
