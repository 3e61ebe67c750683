"""Compare a call with and without streaming."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from boomerang.invoker.records.metrics import finish_reason, usage
from boomerang.workbench.analysis import json_diff
from boomerang.workbench.i18n.translate import N_
from boomerang.workbench.results import llm_answer
from boomerang.workbench.runs.job_series import Series, Step

from .form_call import FormCall

STREAMED, NOT_STREAMED = N_("streamed"), N_("non-streamed")
TEXT = N_("text")
CHUNKS, TIME = N_("chunks"), N_("time")
ALWAYS_DIFFERENT = (CHUNKS, TIME)


@dataclass(frozen=True, slots=True)
class StreamingComparison:
    """A call with and without streaming, side by side."""

    labels: tuple[str, str]
    left: dict[str, Any]
    """Aspect → its value with streaming."""
    right: dict[str, Any]
    differing: Sequence[str]
    complete: bool
    """Whether both calls have succeeded."""
    errors: Sequence[tuple[str, Exception]]
    """Label and error of each failed call."""

    @property
    def names(self) -> list[str]:
        """Names of all aspects."""
        return list(dict.fromkeys([*self.left, *self.right]))


def may_differ_anyway(form_call: FormCall) -> bool:
    """Return whether two answers may differ by chance: the temperature is not 0 and there is no seed."""
    parameters = getattr(form_call.arguments.get("model_config"), "completion_params", {})
    return parameters.get("temperature") != 0 and "seed" not in parameters


def steps(form_call: FormCall, _settings: None) -> Sequence[Step[None]]:
    """Return the form's call, streamed and not streamed."""
    return [form_call.step(STREAMED, None, stream=True), form_call.step(NOT_STREAMED, None, stream=False)]


def compare(series: Series[None], _settings: None) -> StreamingComparison:
    """Compare the two results so far."""
    first, second = series.steps
    left, right = aspects(first), aspects(second)
    return StreamingComparison(
        labels=(first.label, second.label),
        left=left,
        right=right,
        differing=different(left, right),
        complete=all(step.ended and step.error is None for step in series.steps),
        errors=[(step.label, step.error) for step in series.steps if step.error is not None],
    )


def aspects(step: Step[None]) -> dict[str, Any]:
    """Return the comparable aspects of a call by name; empty before it began."""
    record = step.record
    if record is None:
        return {}
    answer = llm_answer.read(record)
    reported = usage(record)
    content = answer.fold.content
    return {
        TEXT: answer.text,
        N_("thinking"): answer.thinking,
        N_("tool calls"): [
            {"name": made.function.name, "arguments": made.function.arguments} for made in answer.fold.tool_calls
        ],
        N_("files"): sum(item.type != "text" for item in content) if isinstance(content, list) else 0,
        N_("tokens in"): getattr(reported, "prompt_tokens", None),
        N_("tokens out"): getattr(reported, "completion_tokens", None),
        N_("finish reason"): finish_reason(record),
        CHUNKS: len(record.chunks),
        TIME: f"{record.elapsed:.2f} s",
    }


def different(left: dict[str, Any], right: dict[str, Any]) -> list[str]:
    """Return the names of the aspects that differ, except those that always do."""
    names = dict.fromkeys([*left, *right])
    return [name for name in names if name not in ALWAYS_DIFFERENT and not json_diff.equal(left.get(name), right.get(name))]
