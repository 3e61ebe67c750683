"""The state of a run, always as text and icon, with a marker that a machine can wait for."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from invoker import InvokeType, Outcome, Record

from .jobs import Job
from .metrics_row import seconds

PHASES = {
    "waiting": "waiting for another run",
    "loading": "loading the model",
    "reading": "reading the input",
    "answering": "answering",
}


def name(job: Job | None) -> str:
    """Name the state of a run: `idle`, `running`, `stopping`, `done`, `empty`, `stopped` or `failed`."""
    if job is None:
        return "idle"
    if job.running:
        return "stopping" if job.stopping else "running"
    if job.error is not None:
        return "failed"
    if job.record is None or job.record.outcome is Outcome.STOPPED:
        return "stopped"
    return "empty" if _is_empty(job.record) else "done"


def draw(job: Job | None, invoke_type: InvokeType, *, ready: bool) -> None:
    """Draw the state of a run that is not under way."""
    state = name(job)
    with st.container(key=f"state-{state}"):
        if job is None or state == "idle":
            st.badge("Not run yet", icon=":material/radio_button_unchecked:", color="gray")
            st.caption("Press **Run**, or Ctrl/⌘ + Enter." if ready else "Above stands what Run is waiting for.")
            return
        took = _seconds(job)
        match state:
            case "done":
                st.badge(f"Done in {took}", icon=":material/check_circle:", color="green")
            case "empty":
                st.badge(f"Empty result after {took}", icon=":material/indeterminate_check_box:", color="orange")
                st.caption(EMPTY[invoke_type])
            case "stopped":
                st.badge(f"Stopped after {took}", icon=":material/stop_circle:", color="orange")
                st.caption("You stopped this run. What had arrived is kept.")
            case "failed":
                st.badge(f"Failed after {took}", icon=":material/error:", color="red")
        for notice in job.record.notices() if job.record else ():
            with st.container(border=True):
                st.markdown(":material/info: **Note**")
                st.text(notice)


def line(slot: DeltaGenerator, job: Job) -> None:
    """Draw the state of a run that is under way into a slot: elapsed time and phase."""
    phase = PHASES.get((job.record.phase() if job.record else None) or "", "asking the back end")
    text = "Stopping" if job.stopping else "Running"
    chunks = len(job.record.chunks) if job.record else 0
    arrived = f" · {chunks} chunks" if chunks else ""
    slot.markdown(f":blue-badge[:material/progress_activity: {text} {job.seconds:.1f} s] :gray[{phase}{arrived}]")


EMPTY = {
    InvokeType.LLM: "The model ended without text. The finish reason is below.",
    InvokeType.LLM_STRUCTURED_OUTPUT: "No object came back. The raw text, if any, is below.",
    InvokeType.SYSTEM_SUMMARY: "The summary is empty.",
    InvokeType.TEXT_EMBEDDING: "The back end returned no vector.",
    InvokeType.RERANK: "No document reached the threshold.",
    InvokeType.TTS: "Zero bytes of audio came back.",
    InvokeType.SPEECH2TEXT: "No speech was recognised.",
    InvokeType.MODERATION: "No answer came back.",
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


def _seconds(job: Job) -> str:
    return seconds(job.record.elapsed if job.record else job.seconds)
