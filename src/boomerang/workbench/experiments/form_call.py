"""The call that stands in a page's form: what an experiment makes its own calls from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from boomerang.invoker.backend import ListedModel
from boomerang.workbench.runs.job_series import FactsT, Step
from boomerang.workbench.runs.session_calls import call


@dataclass(frozen=True, slots=True)
class FormCall:
    """A call with its arguments."""

    member: str
    """Of `session.model`."""
    arguments: Mapping[str, Any]
    """By Dify's parameter names."""
    model: ListedModel | None = None
    """The model that was picked."""

    def step(self, label: str, facts: FactsT, **changes: Any) -> Step[FactsT]:
        """Return a step that makes this call with some arguments changed."""
        return Step(label, call(self.member, {**self.arguments, **changes}), facts)
