"""The table of a comparison: a row for each metric, a column for each pane, the best value of a row marked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from boomerang.invoker.records.metrics import Metric, Origin, measure
from boomerang.playground.run import pane_names, run_status
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui import html_tables
from boomerang.playground.ui.html_tables import Best
from boomerang.playground.ui.number_format import LABELS, ORIGINS, UNKNOWN, shown
from boomerang.workbench.i18n.translate import N_, _

Choice = Callable[[Iterable[float]], float]
"""Returns the best of some values."""

BEST: Mapping[str, tuple[str, Choice]] = {
    "total": (N_("fastest"), min),
    "latency": (N_("fastest"), min),
    "time_to_first_token": (N_("first"), min),
    "time_to_first_text": (N_("first"), min),
    "time_to_first_audio": (N_("first"), min),
    "tokens_per_second": (N_("fastest"), max),
    "texts_per_second": (N_("fastest"), max),
    "documents_per_second": (N_("fastest"), max),
    "characters_per_second": (N_("fastest"), max),
    "real_time_factor": (N_("fastest"), min),
    "cost": (N_("cheapest"), min),
    "completion_tokens": (N_("shortest"), min),
    "summary_characters": (N_("shortest"), min),
}
"""Metric → how its best value is marked, and which value that is."""
EXPLAINING = frozenset({"waiting_seconds", "loading_seconds"})
"""Details that explain a difference between two totals."""
WITHOUT_QUEUE = {"total": N_("Total without queue"), "latency": N_("Latency without queue")}
"""Metrics that include the time in the queue, from which the table subtracts it → their labels then."""
STATES = {
    "idle": N_("Not run"),
    "running": N_("Running"),
    "stopping": N_("Stopping"),
    "done": N_("Done"),
    "empty": N_("Empty result"),
    "stopped": N_("Stopped"),
    "failed": N_("Failed"),
}


def draw(panes: Sequence[Pane]) -> None:
    """Draw the table of all panes; one that did not complete has its state and no values."""
    states = [run_status.name(pane.job) for pane in panes]
    columns = [_metrics(pane, state) for pane, state in zip(panes, states, strict=True)]
    competing = [state == "done" for state in states]
    rows: list[Sequence[str | Best]] = []
    if not all(competing):
        rows.append([_("Status"), *(_(STATES[state]) for state in states)])
    queued = any("waiting_seconds" in column for column in columns)
    for key in dict.fromkeys(key for column in columns for key in column):
        label = WITHOUT_QUEUE[key] if queued and key in WITHOUT_QUEUE else LABELS[key][0]
        rows.append([_(label), *_row(key, [column.get(key) for column in columns], competing)])
    header = [_("Metric"), *(pane_names.name(pane) for pane in panes)]
    html_tables.table(header, rows, wide=_("Metrics by pane"))


def _metrics(pane: Pane, state: str) -> dict[str, Metric]:
    """Return the known metrics of a completed run, without the time that it waited for other runs."""
    record = pane.state.record
    if record is None or state not in ("done", "empty"):
        return {}
    known = {metric.key: metric for metric in measure(record, pane.model) if metric.value is not None}
    queue = known.get("waiting_seconds")
    for key in WITHOUT_QUEUE:
        if queue is not None and key in known:
            known[key] = replace(known[key], value=max(0.0, _number(known[key]) - _number(queue)))
    return {key: metric for key, metric in known.items() if metric.headline or key in EXPLAINING}


def _row(key: str, metrics: Sequence[Metric | None], competing: Sequence[bool]) -> list[str | Best]:
    """Return a row's cells. Values that look the same are a tie, which marks none."""
    cells: list[str | Best] = [UNKNOWN if metric is None else _cell(metric) for metric in metrics]
    values = {index: _number(metric) for index, metric in enumerate(metrics) if metric is not None and competing[index]}
    if key not in BEST or len(values) < 2:
        return cells
    mark, choose = BEST[key]
    best = choose(values.values())
    first = next(index for index, value in values.items() if value == best)
    text = str(cells[first])
    if [cells[index] for index in values].count(text) == 1:
        cells[first] = Best(text, _(mark))
    return cells


def _cell(metric: Metric) -> str:
    sure = metric.origin is not Origin.ESTIMATED
    return shown(metric) if sure else f"{shown(metric)} ({_(ORIGINS[metric.origin])})"


def _number(metric: Metric) -> float:
    return float(metric.value) if isinstance(metric.value, int | float) else 0.0
