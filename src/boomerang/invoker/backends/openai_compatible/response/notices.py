"""Notices that are reported once per run, however often their cause occurs."""

from __future__ import annotations

from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run


class Once:
    """Reports each notice only the first time.

    Args:
        run: Receives the notices.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._reported: set[str] = set()

    def __call__(self, message: Message) -> None:
        """Report a notice, unless one with its id was reported before."""
        if message.id not in self._reported:
            self._reported.add(message.id)
            self._run.relay(message)
