"""What differs between the same call streamed and not."""

from __future__ import annotations

from typing import Any

from boomerang.invoker.records.metrics import finish_reason, usage
from boomerang.workbench.analysis import json_diff
from boomerang.workbench.i18n.translate import N_
from boomerang.workbench.results import llm_answer
from boomerang.workbench.runs.job_series import Step

TEXT = N_("text")
CHUNKS, TIME = N_("chunks"), N_("time")
ALWAYS_DIFFERENT = (CHUNKS, TIME)


def aspects(step: Step) -> dict[str, Any]:
    """Return what can differ between two ways of one call, by name; nothing before the call began."""
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
    """Return the names of what differs, beside what always does."""
    names = dict.fromkeys([*left, *right])
    return [name for name in names if name not in ALWAYS_DIFFERENT and not json_diff.equal(left.get(name), right.get(name))]
