"""The line of numbers behind a run's state: the same on every page, drawn from the record alone. Details are in Metrics."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.records.metrics import Metric, Origin, measure
from boomerang.invoker.records.record import Record
from boomerang.playground.ui.number_format import drawn
from boomerang.workbench.i18n.translate import N_, _, ngettext

NEARLY_FULL = 0.9
"""Share of a context from which the line warns."""
WORTH_SHOWING_SECONDS = 0.05
"""Least time in the queue or for loading that is mentioned."""
PHRASES = {
    "time_to_first_token": N_("first token {value}"),
    "time_to_first_text": N_("first text {value}"),
    "time_to_first_audio": N_("first audio {value}"),
    "tokens_per_second": N_("{value} tok/s"),
    "norm": N_("norm {value}"),
    "texts_per_second": N_("{value} texts/s"),
    "scores": N_("scores {value}"),
    "documents_per_second": N_("{value} documents/s"),
    "audio_seconds": N_("{value} of audio"),
    "real_time_factor": N_("{value} real time"),
    "characters_per_second": N_("{value} characters/s"),
    "waiting_seconds": N_("{value} in the queue"),
    "loading_seconds": N_("{value} loading the model"),
}
"""Metric → its phrase. Other metrics have a phrase together, or their value is enough."""
PLAIN = ("finish_reason", "cost", "audio_bytes", "file_bytes")
"""Metrics whose value is enough."""
NOT_REPORTED = {"tokens": N_("tokens not reported"), "finish_reason": N_("no finish reason")}
"""What to say of a missing number that the server should have reported; other unknown numbers are left out."""
ORDER = (
    "time_to_first_token", "time_to_first_text", "time_to_first_audio", "prompt_tokens", "tokens", "tokens_per_second",
    "finish_reason", "context_use", "cost", "vectors", "norm", "texts_per_second", "documents", "scores",
    "documents_per_second", "audio_seconds", "real_time_factor", "characters_per_second", "audio_bytes", "file_bytes",
    "characters", "source_characters", "loading_seconds", "waiting_seconds",
)  # fmt: skip


def line(record: Record[Any], model: ListedModel | None = None) -> str:
    """Return the numbers of an ended run as markdown; what is estimated or was not reported is marked.

    Args:
        record: The run.
        model: The model as listed now; used only if the record was made with it.
    """
    metrics = {metric.key: metric for metric in measure(record, model)}
    return " · ".join(phrase for key in ORDER if key in metrics for phrase in _phrases(metrics, metrics[key]))


def _phrases(metrics: dict[str, Metric], metric: Metric) -> Iterator[str]:
    match metric.key:
        case "prompt_tokens":
            yield _tokens(metric, metrics["completion_tokens"])
        case "tokens" | "finish_reason" if metric.value is None:
            yield f":orange[{_(NOT_REPORTED[metric.key])}]"
        case "waiting_seconds" | "loading_seconds" if float(metric.value or 0) < WORTH_SHOWING_SECONDS:
            return
        case _ if metric.value is None:
            return
        case "vectors":
            yield _("{vectors} × {dimensions} dimensions").format(
                vectors=drawn(metric), dimensions=drawn(metrics["dimensions"])
            )
        case "documents":
            text = ngettext("{returned} of {all} document", "{returned} of {all} documents", int(metric.value))
            yield text.format(returned=drawn(metrics["returned"]), all=drawn(metric))
        case "source_characters":
            after, ratio = metrics["summary_characters"], drawn(metrics["length_ratio"])
            text = ngettext(
                "{before} → {after} character ({ratio})", "{before} → {after} characters ({ratio})", int(after.value or 0)
            )
            yield text.format(before=drawn(metric), after=drawn(after), ratio=ratio)
        case "characters":
            count = int(metric.value)
            yield ngettext("{count} character", "{count} characters", count).format(count=f"{count:,}")
        case "tokens":
            text = ngettext("{count} token", "{count} tokens", int(metric.value))
            yield _with_origin(metric, text.format(count=drawn(metric)))
        case "context_use":
            yield _context(metric)
        case key if key in PLAIN:
            yield _with_origin(metric, drawn(metric))
        case key:
            yield _with_origin(metric, _(PHRASES[key]).format(value=drawn(metric)))


def _tokens(read: Metric, written: Metric) -> str:
    if read.value is None and written.value is None:
        return f":orange[{_(NOT_REPORTED['tokens'])}]"
    text = ngettext("{before} → {after} token", "{before} → {after} tokens", int(written.value or 0))
    return _with_origin(written, text.format(before=drawn(read), after=drawn(written)))


def _context(metric: Metric) -> str:
    text = _("context {value}").format(value=drawn(metric))
    if isinstance(metric.value, float) and metric.value >= NEARLY_FULL:
        return f":orange[:material/warning: {text}, {_('nearly full')}]"
    return _with_origin(metric, text)


def _with_origin(metric: Metric, text: str) -> str:
    if metric.origin is Origin.ESTIMATED:
        return f":orange[{text} ({_('estimated')})]"
    return text
