"""Run an experiment's steps to their end on a scripted back end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from boomerang.invoker.backends.scripted import Scripted
from boomerang.workbench.experiments.form_call import FormCall
from boomerang.workbench.runs.job_series import FactsT, Series, Step
from tests.runs import CALLS
from tests.scripted import BOUND, MODELS, Answer, good_answer


def form_call(member: str, **changes: Any) -> FormCall:
    """Return a complete call with some arguments changed."""
    arguments: Mapping[str, Any] = CALLS[member] | changes
    return FormCall(member, arguments)


def run(steps: Sequence[Step[FactsT]], answer: Answer = good_answer) -> Series[FactsT]:
    """Run steps to their end."""
    series = Series(steps, Scripted(answer, models=MODELS)).start()
    series.join(BOUND)
    assert not series.running
    return series
