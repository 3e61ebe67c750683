"""Summaries by the connection's system model, as ordinary LLM calls that show in the record."""

from __future__ import annotations

from collections.abc import Sequence

from boomerang.invoker.backends.openai_compatible.response.notices import Once
from boomerang.invoker.entities.llm.request import LLMMode, RequestInvokeLLM
from boomerang.invoker.entities.llm.result import LLMFold
from boomerang.invoker.entities.message import PromptMessage
from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.entities.summary import RequestInvokeSummary, SummaryResult
from boomerang.invoker.errors import InvokeBadRequestError, InvokeError, ProtocolError
from boomerang.invoker.llm_text.reasoning_tags import split_template
from boomerang.invoker.llm_text.summarize_in_pieces import FRAME_TOKENS, summarize
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run

from .context_limits import context_limit, is_about_context
from .llm import LLM

CONTEXT_TOKENS = 8_192
"""Assumed context of a system model without a `context_size`."""
SHORT_TOKENS = 1_024
"""Text and instruction up to which a summary fits even a context of 2,048 tokens, so that its size does not matter."""
THINKING_TOKENS = 4_096
"""Extra tokens for reasoning, once a model shows that it needs them; not before, since a small context has no room for them."""
MOST_ATTEMPTS = 4
"""Maximum attempts to fit a text to a context, each with a smaller one."""
SMALLEST_CONTEXT = 256
"""In tokens; no piece of a text with its summary fits into less."""
LIMIT, NEWER_LIMIT = "max_tokens", "max_completion_tokens"
"""Names of the output limit; OpenAI's reasoning models only accept the newer one."""


def summary(llm: LLM, request: RequestInvokeSummary, run: Run, model: str, context_tokens: int | None) -> SummaryResult:
    """Summarise a text, in pieces if it does not fit the context.

    Args:
        llm: The server's LLMs.
        request: Text and instruction.
        run: Stops the calls, from any thread.
        model: The system model.
        context_tokens: Its context size, prompt and answer together; `None` if unknown.

    Raises:
        ProtocolError: The model wrote no summary.
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
    """A system model during one summary; remembers what it turns out to need from piece to piece.

    Args:
        llm: The server's LLMs.
        model: Its name.
        context_tokens: Its context size, prompt and answer together.
        run: Stops the calls, from any thread.
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
        """Reduce the assumed context to the size that a refusal states, or by half.

        Args:
            error: The server's refusal.

        Returns:
            Whether a smaller context makes sense.
        """
        smaller = context_limit(error, self.context_tokens) or self.context_tokens // 2
        if smaller < SMALLEST_CONTEXT:
            return False
        self._run.notice("lists.smaller_context", tokens=smaller, before=self.context_tokens, words=error.description)
        self.context_tokens = smaller
        return True

    def complete(self, messages: Sequence[PromptMessage], longest: int) -> str:
        """Summarise a piece in at most `longest` tokens; retry with more if reasoning used them up.

        Raises:
            ProtocolError: The answer contains no summary.
        """
        most = self._most(messages, longest)
        fold = self._complete(messages, most if self._thinks else longest)
        if not self._thinks and most > longest and _used_up(fold):
            self._thinks = True
            self._once(Message("lists.more_for_thinking", most=most, count=longest))
            fold = self._complete(messages, most)
        return self._summary(fold)

    def _most(self, messages: Sequence[PromptMessage], longest: int) -> int:
        """Return the token limit of an answer with reasoning, at most what the context leaves."""
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
        answer, reason = split_template(fold.text).answer.strip(), fold.finish_reason
        if not answer:
            raise ProtocolError(Message("lists.no_summary", reason=reason or "—"), body=fold.text)
        if reason in ("length", "content_filter"):
            self._once(Message("lists.summary_cut", reason=reason))
        return answer


def _used_up(fold: LLMFold) -> bool:
    """Return whether reasoning, even if hidden, took the tokens meant for the summary."""
    parts = split_template(fold.text)
    return fold.finish_reason == "length" and (bool(parts.reasoning) or not parts.answer.strip())


def estimated(text: str) -> int:
    """Estimate the tokens of a text, rather too high: one per three letters of an alphabet, or per Chinese character."""
    wide = sum(letter > "\u2e7f" for letter in text)
    return wide + (len(text) - wide + 2) // 3
