"""Notices that are given once in a run, however often their reason occurs."""

from __future__ import annotations

from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run


class Once:
    """Passes notices on, each the first time only.

    Args:
        run: Takes them.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._reported: set[str] = set()

    def __call__(self, message: Message) -> None:
        """Return a notice, unless one with its id was given before."""
        if message.id not in self._reported:
            self._reported.add(message.id)
            self._run.relay(message)
