"""The attempts of a repeated call."""

from __future__ import annotations

import json
from typing import Any

from boomerang.invoker.llm_text.json_schema import check
from boomerang.invoker.records.record import Outcome, Record
from boomerang.workbench.analysis.repeats import Attempt
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.results import llm_answer
from boomerang.workbench.runs.job_series import Step


def answer_attempt(step: Step) -> Attempt:
    """Judge one run of an LLM: its text and calls as its answer, or why there is none."""
    record = step.record
    spent = record.elapsed if record is not None else 0.0
    if step.error is not None:
        return Attempt(spent, fault=str(step.error))
    stopped = record is None or record.outcome is not Outcome.COMPLETED
    return Attempt(spent, answer_text(record), fault="stopped" if stopped else None)


def answer_text(record: Record[Any] | None) -> str:
    """Write an answer so that equal answers are equal: its text, and its calls without their ids."""
    if record is None:
        return ""
    answer = llm_answer.read(record)
    calls = [f"{call.function.name}({call.function.arguments})" for call in answer.fold.tool_calls]
    return "\n".join(part for part in (answer.text, *calls) if part)


def object_attempt(step: Step) -> Attempt:
    """Judge one run: its object as its answer, or the path of its first fault."""
    record = step.record
    spent = record.elapsed if record is not None else 0.0
    if step.error is not None or record is None:
        return Attempt(spent, fault=str(step.error))
    if record.outcome is not Outcome.COMPLETED:
        return Attempt(spent, fault=_("stopped"))
    found = llm_answer.read(record).fold.structured_output
    if found is None:
        return Attempt(spent, fault=_("no object"))
    value = dict(found)
    checked = check(value, step.facts["schema"])
    written = json.dumps(value, ensure_ascii=False, sort_keys=True)
    if checked.reason is not None:
        return Attempt(spent, written, fault=_("not checked"))
    fault = checked.fault
    return Attempt(spent, written, fault=f"{fault.path} · {fault.expected.partition(':')[0]}" if fault else None)
