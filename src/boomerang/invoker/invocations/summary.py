"""`session.model.summary`."""

from __future__ import annotations

from boomerang.invoker.entities.summary import RequestInvokeSummary

from .arguments import Open, arguments, only


class SummaryInvocation:
    """Summarizes text with the connection's system model."""

    def __init__(self, open_request: Open, system_model: str | None = None) -> None:
        self._open = open_request
        self._system_model = system_model

    def invoke(self, text: str, instruction: str, min_summarize_length: int = 1024) -> str:
        """Summarize `text`.

        There is no ModelConfig: where Dify uses the workspace's default LLM, the back end uses its system model.

        Args:
            text: The text to summarize.
            instruction: How to summarize it.
            min_summarize_length: Texts with fewer characters are returned unchanged; no model is called, and the
                instruction has no effect.
        """
        with arguments():
            request = RequestInvokeSummary.of(text, instruction, min_summarize_length, system_model=self._system_model)
        return only(self._open(request)).summary
