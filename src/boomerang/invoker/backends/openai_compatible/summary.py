"""Summaries by the connection's system model, whose messages are shown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from boomerang.invoker.backends.openai_compatible.response.notices import Once
from boomerang.invoker.entities.llm import LLMFold, LLMMode, RequestInvokeLLM
from boomerang.invoker.entities.message import PromptMessage
from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.entities.summary import RequestInvokeSummary, SummaryResult
from boomerang.invoker.errors import InvokeBadRequestError, InvokeError, ProtocolError
from boomerang.invoker.llm_text.reasoning_tags import OPENING, Split, split
from boomerang.invoker.llm_text.summarize_in_pieces import FRAME_TOKENS, summarize
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run

from .context_limits import context_limit, is_about_context
from .llm import LLM

CONTEXT_TOKENS = 8_192
"""What a system model is taken to read where its `context_size` does not say."""
SHORT_TOKENS = 1_024
"""Text and instruction up to which a summary fits even a context of 2,048 tokens, so that nobody need be asked for its size."""
THINKING_TOKENS = 4_096
"""Room for a model's thinking, beside that of its summary, once it shows that it needs it; not before, for a small context
has no such room."""
MOST_ATTEMPTS = 4
"""How often a text is cut for a context, each one smaller than the one before."""
SMALLEST_CONTEXT = 256
"""Tokens; no piece of a text and its summary fit less."""
LIMIT, NEWER_LIMIT = "max_tokens", "max_completion_tokens"
"""What the longest answer is called; OpenAI's models that think take the newer name only."""
_TEMPLATE_OPENED = re.compile(r"^[^\S\n]*</think>|</think>[^\S\n]*$", re.MULTILINE)
"""The end of thinking at the beginning or the end of a line; elsewhere it is a word that the summary speaks of."""


def summary(llm: LLM, request: RequestInvokeSummary, run: Run, model: str, context_tokens: int | None) -> SummaryResult:
    """Have a text summarised, in pieces if it does not fit the context.

    Args:
        llm: The server's LLMs.
        request: Text and instruction.
        run: Ends it from any thread.
        model: The system model.
        context_tokens: What it reads and writes together; `None` if nobody says.

    Raises:
        ProtocolError: The model gave no summary.
        InvokeError: As for any answer of the model.
    """
    system = _SystemModel(llm, model, context_tokens or CONTEXT_TOKENS, run)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        try:
            text = summarize(
                request.text,
                request.instruction,
                context_size=system.context_tokens,
                count_tokens=estimated,
                complete=system.complete,
                run=run,
            )
            break
        except InvokeError as error:
            if attempt == MOST_ATTEMPTS or not is_about_context(error) or not system.shrink(error):
                raise
    return SummaryResult(summary=text)


def is_short(request: RequestInvokeSummary) -> bool:
    """Return whether a text is so short that the size of the context does not matter."""
    return estimated(request.text) + estimated(request.instruction) <= SHORT_TOKENS


class _SystemModel:
    """A system model for the length of one summary: what it turns out to need is remembered from piece to piece.

    Args:
        llm: The server's LLMs.
        model: Its name.
        context_tokens: What it reads and writes together.
        run: Ends it from any thread.
    """

    def __init__(self, llm: LLM, model: str, context_tokens: int, run: Run) -> None:
        self._llm = llm
        self._model = model
        self.context_tokens = context_tokens
        self._run = run
        self._limit = LIMIT
        self._thinks = False
        self._once = Once(run)

    def shrink(self, error: InvokeError) -> bool:
        """Take the context to be smaller: as large as a refusal names it, or half as large.

        Args:
            error: The server's refusal.

        Returns:
            Whether a smaller one makes sense.
        """
        smaller = context_limit(error, self.context_tokens) or self.context_tokens // 2
        if smaller < SMALLEST_CONTEXT:
            return False
        self._run.notice("lists.smaller_context", tokens=smaller, before=self.context_tokens, words=error.description)
        self.context_tokens = smaller
        return True

    def complete(self, messages: Sequence[PromptMessage], longest: int) -> str:
        """Have a piece summarised, in at most so many tokens; with more where thinking used them up.

        Raises:
            ProtocolError: There is no summary in the answer.
        """
        most = self._most(messages, longest)
        fold = self._complete(messages, most if self._thinks else longest)
        if not self._thinks and most > longest and _used_up(fold):
            self._thinks = True
            self._once(Message("lists.more_for_thinking", most=most, count=longest))
            fold = self._complete(messages, most)
        return self._summary(fold)

    def _most(self, messages: Sequence[PromptMessage], longest: int) -> int:
        """Return the tokens that an answer may have with thinking: what the context leaves, if that is less."""
        left = self.context_tokens - FRAME_TOKENS - sum(estimated(message.get_text_content()) for message in messages)
        return max(longest, min(longest + THINKING_TOKENS, left))

    def _complete(self, messages: Sequence[PromptMessage], tokens: int) -> LLMFold:
        try:
            return self._answer(messages, tokens)
        except InvokeBadRequestError as error:
            if self._limit != LIMIT or LIMIT not in (error.body or ""):
                raise
            self._limit = NEWER_LIMIT
            self._once(Message("lists.max_completion_tokens", words=error.description))
            return self._answer(messages, tokens)

    def _answer(self, messages: Sequence[PromptMessage], tokens: int) -> LLMFold:
        llm_request = RequestInvokeLLM(
            provider="",
            model=self._model,
            model_type=ModelType.LLM,
            mode=LLMMode.CHAT,
            completion_params={self._limit: tokens},
            prompt_messages=list(messages),
            stream=True,
        )
        return LLMFold().extend(self._llm.stream(llm_request, self._run))

    def _summary(self, fold: LLMFold) -> str:
        answer, reason = _split(fold.text).answer.strip(), fold.finish_reason
        if not answer:
            raise ProtocolError(Message("lists.no_summary", reason=reason or "—"), body=fold.text)
        if reason in ("length", "content_filter"):
            self._once(Message("lists.summary_cut", reason=reason))
        return answer


def _used_up(fold: LLMFold) -> bool:
    """Return whether thinking, be it out of sight, took the tokens that a summary should have had."""
    parts = _split(fold.text)
    return fold.finish_reason == "length" and (bool(parts.reasoning) or not parts.answer.strip())


def _split(text: str) -> Split:
    """Split an answer from its thinking, also where the prompt's template opened that, so that only its end is in the text."""
    return split(text, opened=_TEMPLATE_OPENED.search(text.partition(OPENING)[0]) is not None)


def estimated(text: str) -> int:
    """Estimate the tokens of a text, rather too many than too few: three letters of an alphabet, or one of Chinese, are one."""
    wide = sum(letter > "\u2e7f" for letter in text)
    return wide + (len(text) - wide + 2) // 3
