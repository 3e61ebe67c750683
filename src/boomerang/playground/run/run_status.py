"""The status of a run, always as text and icon, with a marker that automation can wait for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.messages.message import translated
from boomerang.invoker.records.record import Outcome, Record
from boomerang.invoker.request import InvokeType
from boomerang.playground.ui.escape import plain
from boomerang.playground.ui.number_format import queue_text, seconds
from boomerang.workbench.i18n.translate import N_, _, ngettext
from boomerang.workbench.runs.job_series import Series
from boomerang.workbench.runs.jobs import Job

from . import metrics_line

PHASES = {
    "waiting": N_("queued"),
    "loading": N_("loading the model"),
    "reading": N_("processing the prompt"),
    "inference": N_("inference"),
    "retrying": N_("rejected; waiting to retry"),
    "generating": N_("generating"),
}


def name(job: Job | None) -> str:
    """Return the name of a job's state: `idle`, `running`, `stopping`, `done`, `empty`, `stopped` or `failed`."""
    if job is None:
        return "idle"
    if job.running:
        return "stopping" if job.stopping else "running"
    if job.error is not None:
        return "failed"
    if isinstance(job, Series):
        return "done" if job.done == len(job.steps) and not job.stop_requested else "stopped"
    if job.record is None or job.record.outcome is Outcome.STOPPED:
        return "stopped"
    return "empty" if _is_empty(job.record) else "done"


def marker(job: Job | None, part: str = "") -> str:
    """Return the key of the container that marks the state, which is also its CSS class: `state-done`.

    A container within it is named after type and id of the run: `run-llm-4f0c2a91`.
    """
    return f"state-{name(job)}-{part}" if part else f"state-{name(job)}"


def draw(
    job: Job | None,
    invoke_type: InvokeType,
    *,
    ready: bool,
    part: str = "",
    model: ListedModel | None = None,
    changed: bool = False,
) -> None:
    """Draw the status of a job that is not running: state, numbers, connection and model in one line, and its notices.

    Args:
        job: The job; `None` before the first one.
        invoke_type: Type of its call.
        ready: Whether the form can be run.
        part: Name of the pane, if there are several.
        model: The model as listed now; used only if the record was made with it.
        changed: Whether the form has been changed since.
    """
    state = name(job)
    with st.container(key=marker(job, part)):
        if job is None or state == "idle":
            st.badge(_("Not run yet"), icon=":material/radio_button_unchecked:", color="gray")
            st.caption(_("Press **Run**.") if ready else _("See above what's missing."))
            return
        with st.container(key=f"run-{invoke_type.value}-{_id(job)}"):
            st.markdown(_line(state, job, model))
            if changed:
                st.markdown(f":orange-badge[:material/edit: {_('Input changed since this run')}]")
            if state in ("empty", "stopped"):
                st.caption(_(EMPTY[invoke_type]) if state == "empty" else _("Stopped. Partial output kept."))
        for notice in job.record.notices() if job.record and not isinstance(job, Series) else ():
            with st.container(border=True):
                st.markdown(f":material/info: **{_('Note')}**")
                st.text(translated(notice, _))


def _line(state: str, job: Job, model: ListedModel | None) -> str:
    parts = [badge(state, job)]
    if state != "failed" and job.record is not None and not isinstance(job, Series):
        parts.append(metrics_line.line(job.record, model))
    if named := where(job):
        parts.append(f":gray[{plain(named)}]")
    return " · ".join(filter(None, parts))


def where(job: Job) -> str:
    """Return the connection of a run, and its model if there is exactly one; empty if the connection is unknown."""
    connection = job.origin.connection
    models = {getattr(record.request, "model", None) or job.system_model for record in tuple(job.records)} - {None}
    if not connection or len(models) != 1:
        return connection
    return f"{connection} · {models.pop()}"


BADGES = {
    "done": ("green", ":material/check_circle:", N_("Done in {time}")),
    "empty": ("orange", ":material/indeterminate_check_box:", N_("Empty result after {time}")),
    "stopped": ("orange", ":material/stop_circle:", N_("Stopped after {time}")),
    "failed": ("red", ":material/error:", N_("Failed after {time}")),
}
"""State → colour, icon and text."""


ENDED = {"done": N_("done"), "empty": N_("empty"), "stopped": N_("stopped"), "failed": N_("failed")}


def badge(state: str, job: Job) -> str:
    """Return the badge of an ended job's state as markdown."""
    colour, icon, text = BADGES[state]
    return f":{colour}-badge[{icon} {_(text).format(time=_seconds(job))}]"


LINE_SECONDS = 0.2
"""Time between two updates of a running job's status line, which costs as much as a redraw of the text."""


class Ticker:
    """Draws a status line at most every `LINE_SECONDS`, and an update each time.

    Args:
        line: Draws the status line.
        update: Draws the rest.
    """

    def __init__(self, line: Callable[[], None], update: Callable[[], None] = lambda: None) -> None:
        self._line = line
        self._update = update
        self._next = 0.0

    def __call__(self) -> None:
        """Draw one tick."""
        if (now := monotonic()) >= self._next:
            self._next = now + LINE_SECONDS
            self._line()
        self._update()


def line(slot: DeltaGenerator, job: Job) -> None:
    """Draw a running job's status into a slot: elapsed time and phase."""
    phase = phase_of(job.record)
    text = _("Stopping") if job.stopping else _("Running")
    if isinstance(job, Series):
        calls = ngettext("{done} of {all} call", "{done} of {all} calls", len(job.steps))
        arrived = " · " + calls.format(done=job.done, all=len(job.steps))
    else:
        chunks = len(job.record.chunks) if job.record else 0
        arrived = " · " + ngettext("{count} chunk", "{count} chunks", chunks).format(count=chunks) if chunks else ""
    slot.markdown(f":blue-badge[:material/progress_activity: {text} {job.seconds:.1f} s] :gray[{phase}{arrived}]")


def together(slot: DeltaGenerator, jobs: Sequence[Job | None]) -> None:
    """Draw the status of a page's jobs into a slot: of the only one, or how many are running and done."""
    known = [job for job in jobs if job is not None]
    if not known:
        slot.empty()
    elif len(jobs) == 1:
        if known[0].running:
            line(slot, known[0])
        else:
            slot.markdown(badge(name(known[0]), known[0]))
    elif any(job.running for job in known):
        count = sum(job.running for job in known)
        text = ngettext("{count} run in progress", "{count} runs in progress", count).format(count=count)
        slot.markdown(f":blue-badge[:material/progress_activity: {text}]")
    else:
        states = [name(job) for job in known]
        counts = [f"{states.count(state)} {_(text)}" for state, text in ENDED.items() if state in states]
        slot.markdown(f":gray-badge[{', '.join(counts)}]")


def phase_of(record: Record[Any] | None) -> str:
    """Return a running job's phase in the visitor's language, and the number of runs ahead in the queue."""
    phase = _(PHASES.get((record.phase() if record else None) or "", N_("preparing the request")))
    before = record.runs_before() if record else 0
    return f"{phase}: {queue_text(before)}" if before else phase


EMPTY = {
    InvokeType.LLM: N_("The model returned no text. See the finish reason below."),
    InvokeType.LLM_STRUCTURED_OUTPUT: N_("No object returned. See the raw text below, if any."),
    InvokeType.SYSTEM_SUMMARY: N_("The summary is empty."),
    InvokeType.TEXT_EMBEDDING: N_("The back end returned no vector."),
    InvokeType.RERANK: N_("No documents returned."),
    InvokeType.TTS: N_("No audio returned (0 bytes)."),
    InvokeType.SPEECH2TEXT: N_("No speech recognized."),
    InvokeType.MODERATION: N_("No answer returned."),
}


def _is_empty(record: Record) -> bool:  # type: ignore[type-arg]
    chunks = record.chunks
    match record.request.invoke_type:
        case InvokeType.LLM:
            return not any(c.delta.message.content or c.delta.message.tool_calls for c in chunks)
        case InvokeType.LLM_STRUCTURED_OUTPUT:
            return all(c.structured_output is None for c in chunks)
        case InvokeType.SYSTEM_SUMMARY:
            return not any(c.summary.strip() for c in chunks)
        case InvokeType.TEXT_EMBEDDING:
            return not any(c.embeddings for c in chunks)
        case InvokeType.RERANK:
            return not any(c.docs for c in chunks)
        case InvokeType.TTS | InvokeType.SPEECH2TEXT:
            return not any(c.result.strip() for c in chunks)
    return not chunks


def _id(job: Job) -> str:
    return job.record.id[:8] if job.record else "none"


def spent(series: Series[Any]) -> float:
    """Return the total seconds of a series' calls."""
    return sum(step.record.elapsed for step in series.steps if step.record is not None)


def _seconds(job: Job) -> str:
    if isinstance(job, Series):
        return seconds(spent(job))
    return seconds(job.record.elapsed if job.record else job.seconds)
