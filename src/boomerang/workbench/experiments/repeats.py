"""Repeat a call: compare an LLM's answers, or validate objects against their schema."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from boomerang.invoker.llm_text.json_schema import check
from boomerang.invoker.records.metrics import finish_reason, usage
from boomerang.invoker.records.record import Outcome, Record
from boomerang.workbench.analysis.repeats import Attempt, Repeats, repeats
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.results import llm_answer
from boomerang.workbench.runs.job_series import Series, Step

from .form_call import FormCall

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RepeatSettings:
    """Settings from the experiment's form."""

    times: int


@dataclass(frozen=True, slots=True)
class Latencies:
    """Durations of the successful calls in seconds, without the first call, which may have loaded the model."""

    least: float
    mean: float
    largest: float


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One call of an LLM."""

    label: str
    seconds: float | None
    letter: str
    """Label of its answer: equal answers have the same letter; empty without an answer."""
    characters: int
    tokens_out: int | None
    finish_reason: str | None
    text: str
    """The answer or the error."""


@dataclass(frozen=True, slots=True)
class AnswerRepeats:
    """Statistics of an LLM's repeated calls."""

    summary: Repeats
    latencies: Latencies | None
    rows: Sequence[AnswerRow]


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """One structured-output call."""

    label: str
    seconds: float | None
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class ObjectRepeats:
    """Statistics of repeated structured-output calls."""

    summary: Repeats
    latencies: Latencies | None
    rows: Sequence[ObjectRow]


def answer_steps(form_call: FormCall, settings: RepeatSettings) -> Sequence[Step[None]]:
    """Return the form's call, several times."""
    return [form_call.step(str(number), None) for number in range(1, settings.times + 1)]


def object_steps(form_call: FormCall, settings: RepeatSettings) -> Sequence[Step[Schema]]:
    """Return the form's structured-output call, several times."""
    schema: Schema = form_call.arguments.get("structured_output_schema") or {}
    return [form_call.step(str(number), schema) for number in range(1, settings.times + 1)]


def answers(series: Series[None], _settings: RepeatSettings) -> AnswerRepeats:
    """Summarize the calls that have ended."""
    ended = [step for step in series.steps if step.ended]
    summary = repeats([answer_attempt(step) for step in ended])
    letters = {answer: _letter(index) for index, (answer, _count) in enumerate(summary.answers)}
    return AnswerRepeats(summary, latencies(ended), [_answer_row(step, letters) for step in ended])


def objects(series: Series[Schema], _settings: RepeatSettings) -> ObjectRepeats:
    """Validate the objects of the calls that have ended."""
    ended = [step for step in series.steps if step.ended]
    attempts = [object_attempt(step) for step in ended]
    rows = [ObjectRow(step.label, _seconds(step), attempt) for step, attempt in zip(ended, attempts, strict=True)]
    return ObjectRepeats(repeats(attempts), latencies(ended), rows)


def latencies(steps: Sequence[Step[Any]]) -> Latencies | None:
    """Return the minimum, mean and maximum duration; `None` if no call after the first succeeded."""
    spent = [record.elapsed for step in steps[1:] if (record := step.completed) is not None]
    return Latencies(min(spent), sum(spent) / len(spent), max(spent)) if spent else None


def _answer_row(step: Step[None], letters: Mapping[Hashable, str]) -> AnswerRow:
    record = step.record
    answer = answer_text(record)
    return AnswerRow(
        label=step.label,
        seconds=_seconds(step),
        letter=letters.get(answer, "") if step.error is None else "",
        characters=len(answer),
        tokens_out=getattr(usage(record) if record is not None else None, "completion_tokens", None),
        finish_reason=finish_reason(record) if record is not None else None,
        text=str(step.error or answer),
    )


def _seconds(step: Step[Any]) -> float | None:
    return None if step.record is None else step.record.elapsed


def _letter(index: int) -> str:
    return chr(ord("A") + index) if index < 26 else f"#{index + 1}"


def answer_attempt(step: Step[Any]) -> Attempt:
    """Return the attempt of an LLM run: its text and tool calls as the answer, or the fault."""
    record = step.record
    spent = record.elapsed if record is not None else 0.0
    if step.error is not None:
        return Attempt(spent, fault=str(step.error))
    stopped = record is None or record.outcome is not Outcome.COMPLETED
    return Attempt(spent, answer_text(record), fault=_("stopped") if stopped else None)


def answer_text(record: Record[Any] | None) -> str:
    """Return an answer's text and its tool calls without ids, so that equal answers compare equal."""
    if record is None:
        return ""
    answer = llm_answer.read(record)
    calls = [f"{call.function.name}({call.function.arguments})" for call in answer.fold.tool_calls]
    return "\n".join(part for part in (answer.text, *calls) if part)


def object_attempt(step: Step[Schema]) -> Attempt:
    """Return the attempt of a structured-output run: its object as the answer, or the path of its first fault."""
    record = step.record
    spent = record.elapsed if record is not None else 0.0
    if step.error is not None or record is None:
        return Attempt(spent, fault=str(step.error))
    if record.outcome is not Outcome.COMPLETED:
        return Attempt(spent, fault=_("stopped"))
    output = llm_answer.read(record).fold.structured_output
    if output is None:
        return Attempt(spent, fault=_("no object"))
    value = dict(output)
    checked = check(value, dict(step.facts))
    written = json.dumps(value, ensure_ascii=False, sort_keys=True)
    if checked.reason is not None:
        return Attempt(spent, written, fault=_("not checked"))
    fault = checked.fault
    return Attempt(spent, written, fault=f"{fault.path} · {fault.expected.partition(':')[0]}" if fault else None)
