"""Summaries by the connection's system model, whose messages are shown."""

from __future__ import annotations

from collections.abc import Sequence

from ...entities.llm import LLMFold, LLMMode, RequestInvokeLLM
from ...entities.message import PromptMessage
from ...entities.model import ModelType
from ...entities.summary import RequestInvokeSummary, SummaryResult
from ...reasoning import split
from ...run import Run
from ...summary import summarize
from .llm import LLM

CONTEXT_TOKENS = 8_192
"""What a system model is taken to read where its `context_size` does not say."""


def summary(llm: LLM, request: RequestInvokeSummary, run: Run, model: str, context_tokens: int | None) -> SummaryResult:
    """Have a text summarised, in pieces if it does not fit the context.

    Args:
        llm: The server's LLMs.
        request: Text and instruction.
        run: Ends it from any thread.
        model: The system model.
        context_tokens: What it reads and writes together.

    Raises:
        InvokeError: As for any answer of the model.
    """

    def complete(messages: Sequence[PromptMessage], longest: int) -> str:
        asked = RequestInvokeLLM(
            provider="",
            model=model,
            model_type=ModelType.LLM,
            mode=LLMMode.CHAT,
            completion_params={"max_tokens": longest},
            prompt_messages=list(messages),
            stream=True,
        )
        return split(LLMFold().extend(llm.stream(asked, run)).text).answer

    found = summarize(
        request.text,
        request.instruction,
        context_size=context_tokens or CONTEXT_TOKENS,
        count_tokens=estimated,
        complete=complete,
        run=run,
    )
    return SummaryResult(summary=found)


def estimated(text: str) -> int:
    """Estimate the tokens of a text, rather too many than too few: three letters of an alphabet, or one of Chinese, are one."""
    wide = sum(letter > "\u2e7f" for letter in text)
    return wide + (len(text) - wide + 2) // 3
