"""Which panes of a page can run, and messages for those that cannot; a blocked pane does not block the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from boomerang.workbench.i18n.translate import _

from .pane import Pane
from .pane_names import letter


@dataclass(frozen=True, slots=True)
class Readiness:
    """Readiness of a page's panes for a run."""

    every: Sequence[Pane]
    of_all: Sequence[str]
    """Problems of the form shared by all panes."""

    @property
    def panes(self) -> list[Pane]:
        """The panes that can run."""
        return [pane for pane in self.every if not pane.problems]

    @property
    def sendable(self) -> list[Pane]:
        """The panes blocked only by problems that a server could reject itself."""
        return [pane for pane in self.every if pane.problems and pane.sendable.issuperset(pane.problems)]

    @property
    def problems(self) -> list[str]:
        """Why panes are blocked; a pane's own problems begin with its letter if there are several panes."""
        own = [(pane, problem) for pane in self.every for problem in pane.problems if problem not in self.of_all]
        return [*dict.fromkeys(self.of_all), *self._with_letters(own)]

    def line(self) -> str:
        """Return the message above a run; empty if everything is ready and there are no notices."""
        notices = self._with_letters([(pane, notice) for pane in self.every for notice in pane.notices])
        waiting_for = [_("To run: {reasons}.").format(reasons="; ".join(problems))] if (problems := self.problems) else []
        return " ".join([*waiting_for, *filter(None, [self._left_out()]), *notices])

    def help(self) -> str:
        """Return the help of the button that runs all panes; empty if there is nothing to say."""
        return self._left_out() if self.panes else _("Can't run yet: ") + "; ".join(self.problems)

    def _left_out(self) -> str:
        """Return which panes "Run all" skips, as text."""
        waiting = [letter(pane) for pane in self.every if pane.problems]
        return _("Run all skips {panes}.").format(panes=", ".join(waiting)) if waiting and self.panes else ""

    def _with_letters(self, reasons: Sequence[tuple[Pane, str]]) -> list[str]:
        """Merge equal texts behind the letters of their panes; without letters if there is only one pane."""
        by_words: dict[str, list[str]] = {}
        for pane, reason in reasons:
            by_words.setdefault(reason, []).append(letter(pane))
        if len(self.every) == 1:
            return list(by_words)
        return [f"{', '.join(dict.fromkeys(letters))} · {reason}" for reason, letters in by_words.items()]
