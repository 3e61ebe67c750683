"""Which panes of a page can run, and what is said of those that cannot: one that waits holds none of the others up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from boomerang.workbench.i18n.translate import _

from .pane import Pane
from .pane_names import letter


@dataclass(frozen=True, slots=True)
class Readiness:
    """How the panes of a page stand before a run."""

    every: Sequence[Pane]
    of_all: Sequence[str]
    """What the form misses that all panes share."""

    @property
    def panes(self) -> list[Pane]:
        """The panes that can run."""
        return [pane for pane in self.every if not pane.problems]

    @property
    def sendable(self) -> list[Pane]:
        """The panes that wait only for what a server could refuse itself."""
        return [pane for pane in self.every if pane.problems and pane.sendable.issuperset(pane.problems)]

    @property
    def problems(self) -> list[str]:
        """Why panes have to wait; what is a pane's own begins with its letter, where there are several."""
        own = [(pane, problem) for pane in self.every for problem in pane.problems if problem not in self.of_all]
        return [*dict.fromkeys(self.of_all), *self._with_letters(own)]

    def line(self) -> str:
        """Return what is to be said before a run; empty if everything is ready and nothing is to be known."""
        notices = self._with_letters([(pane, notice) for pane in self.every for notice in pane.notices])
        waiting_for = [_("To run: {reasons}.").format(reasons="; ".join(problems))] if (problems := self.problems) else []
        return " ".join([*waiting_for, *filter(None, [self._left_out()]), *notices])

    def help(self) -> str:
        """Return what the button says that runs them all; empty if there is nothing to say."""
        return self._left_out() if self.panes else _("Can't run yet: ") + "; ".join(self.problems)

    def _left_out(self) -> str:
        """Say which panes a run of all leaves out."""
        waiting = [letter(pane) for pane in self.every if pane.problems]
        return _("Run all skips {panes}.").format(panes=", ".join(waiting)) if waiting and self.panes else ""

    def _with_letters(self, reasons: Sequence[tuple[Pane, str]]) -> list[str]:
        """Say the same words once, after the letters of those panes that say them; without letters where there is one pane."""
        by_words: dict[str, list[str]] = {}
        for pane, reason in reasons:
            by_words.setdefault(reason, []).append(letter(pane))
        if len(self.every) == 1:
            return list(by_words)
        return [f"{', '.join(dict.fromkeys(letters))} · {reason}" for reason, letters in by_words.items()]
