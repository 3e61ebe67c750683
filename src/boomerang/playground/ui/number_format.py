"""Numbers as text: units, unknown values, labels of metrics."""

from __future__ import annotations

from boomerang.invoker.records.metrics import Metric, Origin, Unit
from boomerang.workbench.i18n.translate import N_, _, ngettext

from .escape import plain

UNKNOWN = "—"
LABELS = {
    "time_to_first_token": (
        N_("First token"),
        N_("From Run to the first non-empty text, reasoning or tool call, excluding time in the queue."),
    ),
    "time_to_first_text": (N_("First text"), N_("From Run to the first text of the answer, after the reasoning.")),
    "time_to_first_reasoning": (N_("First reasoning"), N_("From Run to the first reasoning chunk.")),
    "reasoning_seconds": (N_("Reasoning"), N_("From the first reasoning chunk to the first text of the answer.")),
    "time_to_first_audio": (N_("First audio"), N_("From Run to the first audio segment, excluding time in the queue.")),
    "time_to_first_byte": (
        N_("First byte"),
        N_("From sending the request to the first byte of the response, for the first request that succeeded."),
    ),
    "total": (N_("Total"), N_("From Run to the last event.")),
    "latency": (N_("Latency"), N_("From Run to the answer.")),
    "prompt_tokens": (N_("Tokens in"), N_("Prompt tokens from the reported usage. All zeros count as missing.")),
    "completion_tokens": (N_("Tokens out"), N_("Completion tokens from the reported usage. All zeros count as missing.")),
    "tokens": (N_("Tokens"), N_("Tokens of all texts from the reported usage. All zeros count as missing.")),
    "tokens_per_second": (
        N_("Tokens / s"),
        N_(
            "Tokens out ÷ (last text − first text). Not shown for fewer than 8 tokens. Without reported "
            "usage, each chunk counts as one token and the source is “estimated”."
        ),
    ),
    "finish_reason": (N_("Finish reason"), N_("Why the model stopped, as it reported.")),
    "cost": (
        N_("Cost"),
        N_("From prices in the reported usage, or computed from tokens and the model's declared prices. Empty without prices."),
    ),
    "context_use": (N_("Context"), N_("(Tokens in + tokens out) ÷ the model's context size.")),
    "vectors": (N_("Vectors"), N_("Number returned.")),
    "dimensions": (N_("Dimensions"), N_("Length of the first vector.")),
    "norm": (N_("L2 norm"), N_("L2 norms of the shortest and the longest vector.")),
    "texts_per_second": (N_("Texts / s"), N_("Vectors ÷ (total − queue).")),
    "documents": (N_("Documents"), N_("Number sent.")),
    "returned": (N_("Returned"), N_("Number returned.")),
    "dropped": (N_("Dropped"), N_("Sent but not returned: cut by top_n or score_threshold, or not ranked by the server.")),
    "scores": (N_("Scores"), N_("Lowest and highest score returned.")),
    "documents_per_second": (N_("Documents / s"), N_("Documents sent ÷ (total − queue).")),
    "audio_bytes": (N_("Audio"), N_("Bytes of all segments.")),
    "audio_seconds": (N_("Audio length"), N_("Playing time, read from the audio data.")),
    "real_time_factor": (
        N_("Real-time factor"),
        N_("(Total − queue − loading) ÷ audio length. Below 1 is faster than real time."),
    ),
    "characters_per_second": (N_("Characters / s"), N_("Characters of the text ÷ (total − queue).")),
    "file_bytes": (N_("File"), N_("Bytes of the audio file.")),
    "payload_bytes": (N_("Payload"), N_("Bytes on Dify's wire: hex doubles the size.")),
    "characters": (N_("Characters"), N_("Of the text.")),
    "source_characters": (N_("Source text"), N_("Characters of the text.")),
    "summary_characters": (N_("Summary"), N_("Characters of the summary.")),
    "length_ratio": (N_("Ratio"), N_("Summary ÷ source, in characters.")),
    "waiting_seconds": (N_("Queue"), N_("Waiting for other runs to finish.")),
    "loading_seconds": (N_("Loading"), N_("Loading the model into memory, once for all runs.")),
    "call_seconds": (N_("Call"), N_("Total − queue − loading.")),
    "chunks": (N_("Chunks"), N_("Chunks received.")),
    "mean_gap": (N_("Mean chunk interval"), N_("Time between two chunks.")),
    "largest_gap": (N_("Max chunk interval"), N_("Time between two chunks.")),
    "pauses": (N_("Pauses"), N_("Intervals longer than 0.25 s and three times the median.")),
}
"""Metric → label and definition."""
ORIGINS = {
    Origin.MEASURED: N_("measured"),
    Origin.REPORTED: N_("reported"),
    Origin.ESTIMATED: N_("estimated"),
    Origin.COMPUTED: N_("computed"),
    Origin.MISSING: N_("missing"),
}


def drawn(metric: Metric) -> str:
    """Return a metric's value for markdown, with a server's text escaped."""
    is_text = isinstance(metric.value, str) or metric.unit is Unit.MONEY
    return plain(shown(metric)) if is_text else shown(metric)


def shown(metric: Metric) -> str:
    """Return a metric's value with its unit."""
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
            return byte_size(value)
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


def byte_size(count: float) -> str:
    """Return a number of bytes as text."""
    return f"{count:,} B" if count < 1000 else f"{count / 1000:,.1f} kB" if count < 1e6 else f"{count / 1e6:,.1f} MB"


def seconds(value: float) -> str:
    """Return a duration as text."""
    if value < 0.001:
        return "< 1 ms"
    if value < 100:
        return f"{value * 1000:.0f} ms" if value < 0.9995 else f"{value:.2f} s"
    return _("{minutes} min {seconds} s").format(minutes=f"{int(value) // 60:,}", seconds=int(value) % 60)


def queue_text(before: int) -> str:
    """Return the number of runs ahead in the queue, as text."""
    return ngettext("{count} run before yours", "{count} runs before yours", before).format(count=before)
