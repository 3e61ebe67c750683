"""Several calls in sequence as one job: repeats, variants, comparisons."""

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
    """One call of a job series."""

    label: str
    call: Call
    facts: FactsT
    """Data for its evaluation, such as the expected answer; `None` if not needed."""
    record: Record[Any] | None = None
    """Record of its last invocation; `None` until it begins."""
    error: Exception | None = None

    @property
    def ended(self) -> bool:
        """Whether the call has ended, successfully or not."""
        return self.error is not None or (self.record is not None and self.record.seconds is not None)

    @property
    def completed(self) -> Record[Any] | None:
        """Its record if the call succeeded; `None` otherwise or before its end."""
        record = self.record
        return record if self.error is None and record is not None and record.outcome is Outcome.COMPLETED else None


class Series(Job, Generic[FactsT]):
    """A job that makes calls in sequence. A failed call does not end the series; a stop does.

    Args:
        steps: The calls.
        backend: As in `Job`, like the other arguments.
        step_ended: Called with each call that has ended, in the thread that makes the calls.
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
        """Number of calls that have ended."""
        return sum(step.ended for step in self.steps)

    @property
    def failed(self) -> list[Step[FactsT]]:
        """The calls that failed."""
        return [step for step in self.steps if step.error is not None]

    @property
    def size(self) -> int:
        """As in `Job`, and grows with each call that has ended."""
        return super().size + self.done

    def report_steps(self, step_ended: Callable[[Step[FactsT]], None]) -> None:
        """Report every call that has ended or will end to a callback, which replaces the earlier one."""
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
        self._current, self._call = step, step.call
        try:
            super()._do()
        except RunStoppedError:
            pass  # the record has it
        except Exception as error:
            step.error = error
            if error is self._stop_cause:  # the page's timeout, which ended the whole series
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
