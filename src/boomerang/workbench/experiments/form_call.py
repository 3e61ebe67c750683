"""The call from a page's form, on which experiments base their own calls."""

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
    """Attribute of `session.model`."""
    arguments: Mapping[str, Any]
    """Call arguments, keyed by Dify's parameter names."""
    model: ListedModel | None = None
    """The selected model."""

    def step(self, label: str, facts: FactsT, **changes: Any) -> Step[FactsT]:
        """Return a step that makes this call with changed arguments."""
        return Step(label, call(self.member, {**self.arguments, **changes}), facts)
