"""Several calls one after another as one job: repeats, variants, the same input in two ways."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from boomerang.invoker.backend import Backend
from boomerang.invoker.errors import RunStoppedError
from boomerang.invoker.records.record import Outcome, Record

from .jobs import Call, Job

FactsT = TypeVar("FactsT")


@dataclass(slots=True, eq=False)
class Step(Generic[FactsT]):
    """One call of a series."""

    label: str
    call: Call
    facts: FactsT
    """What its evaluation needs to know, such as the expected answer; `None` if nothing."""
    record: Record[Any] | None = None
    """Of its last invocation; `None` until it begins."""
    error: Exception | None = None

    @property
    def ended(self) -> bool:
        """Whether it was made, and went well or not."""
        return self.error is not None or (self.record is not None and self.record.seconds is not None)

    @property
    def completed(self) -> Record[Any] | None:
        """Its record if the call went well; otherwise, and before its end, `None`."""
        record = self.record
        return record if self.error is None and record is not None and record.outcome is Outcome.COMPLETED else None


class Series(Job, Generic[FactsT]):
    """A job that makes its calls in order; one that fails does not end the others, a stop ends them all.

    Args:
        steps: The calls.
        backend: As for `Job`, and so are the others.
        step_ended: Called with each call that has ended, in the thread that makes them.
    """

    def __init__(
        self,
        steps: Sequence[Step[FactsT]],
        backend: Backend,
        step_ended: Callable[[Step[FactsT]], None] | None = None,
        **more: Any,
    ) -> None:
        self.steps = list(steps)
        self._step_ended = step_ended
        super().__init__(lambda _session: None, backend, **more)

    @property
    def done(self) -> int:
        """How many calls have ended."""
        return sum(step.ended for step in self.steps)

    @property
    def failed(self) -> list[Step[FactsT]]:
        """The calls that failed."""
        return [step for step in self.steps if step.error is not None]

    @property
    def size(self) -> int:
        """As of a job, and grows with each ended call."""
        return super().size + self.done

    def report_steps(self, step_ended: Callable[[Step[FactsT]], None]) -> None:
        """Call back for each call that has ended, and for each that ends from now on; replaces the earlier callback."""
        self._step_ended = step_ended
        for step in self.steps:
            if step.ended:
                step_ended(step)

    def _do(self) -> None:
        for step in self.steps:
            if self.stop_requested:
                break
            self._make(step)

    def _make(self, step: Step[FactsT]) -> None:
        before = len(self.records)
        self._current = step
        try:
            self._invoke(step.call)
        except RunStoppedError:
            pass  # the record tells
        except Exception as error:
            step.error = error
            if error is self._stop_cause:  # the page's clock, which ended the whole series
                self.error = error
        finally:
            if len(self.records) > before:
                step.record = self.records[-1]
            if self._step_ended is not None:
                self._step_ended(step)
            self._notify()

    def _begin(self, record: Record[Any]) -> None:
        self._current.record = record
        super()._begin(record)
