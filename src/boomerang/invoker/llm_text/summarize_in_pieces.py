"""Summaries for back ends that make them themselves: what does not fit the model's context is summarised in pieces.

Dify does the same on its side, with a quirk: where it merges short pieces, the model can be shown text twice. Here the pieces,
joined, are the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from boomerang.invoker.entities.message import AssistantPromptMessage, PromptMessage, SystemPromptMessage, UserPromptMessage
from boomerang.invoker.errors import InvokeBadRequestError, ProtocolError
from boomerang.invoker.events import ModelExchange
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run

CountTokens = Callable[[str], int]
Complete = Callable[[Sequence[PromptMessage], int], str]
"""Answers messages with at most so many tokens."""

FRAME_TOKENS = 64
"""Room for what a chat template puts around messages."""
LONGEST_SUMMARY, LONGEST_PART = 512, 256
"""Tokens of a summary, and of the summary of a piece; a small model that does not come to an end is cut there."""
SMALLEST_PIECE = 64
"""Tokens; a context that leaves less than this for the text is too small."""

SYSTEM = "You summarise texts in their language, much shorter than they are."


class Example(NamedTuple):
    """A summary as it should be; what a small model is shown, it imitates."""

    text: str
    instruction: str
    summary: str


_BOUNDARIES: tuple[re.Pattern[str], ...] = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"[.!?…][\"'”’)\]]*\s+|[。！？]"),
    re.compile(r"\s+"),
)
"""Where a text may be cut, the best places first: paragraphs, lines, sentences, words."""


def summarize(
    text: str,
    instruction: str,
    *,
    context_size: int,
    count_tokens: CountTokens,
    complete: Complete,
    run: Run,
    examples: Sequence[Example] = (),
    part: str = "",
) -> str:
    """Summarise a text, in pieces and then their summaries if it does not fit the context.

    Each exchange with the model is noted, with its messages and its answer.

    Args:
        text: What to summarise.
        instruction: What to mind; may be empty.
        context_size: Tokens that the model can hold, prompt and answer together.
        count_tokens: Counts the tokens of a text as the model does.
        complete: Asks the model; obeys the run's stop itself.
        run: Stops between two exchanges.
        examples: What the model is shown before.
        part: What the notes call this text, if it is a part of one.

    Raises:
        InvokeBadRequestError: There is no text, or the instruction leaves no room for it.
        ProtocolError: The model's summaries do not get shorter than the text.
        RunStoppedError: The run was stopped.
    """
    if not text.strip():
        raise InvokeBadRequestError(Message("prompts.nothing_to_summarise"), field="text")
    shown = _shown(examples)
    fixed_text = "".join(message.get_text_content() for message in shown) + _task("", instruction)
    room = context_size - FRAME_TOKENS * (1 + len(examples)) - count_tokens(fixed_text)
    limit = room * 3 // 4
    if limit < SMALLEST_PIECE:
        raise InvokeBadRequestError(
            Message("prompts.instruction_long", left=max(limit, 0), size=context_size, least=SMALLEST_PIECE),
            field="instruction",
        )
    size, round_ = count_tokens(text), 0
    while True:  # ends: each round has fewer tokens than the one before
        round_ += 1
        pieces = split(text, limit, count_tokens)
        # A third of a piece at most, so that every round comes to less than half of the one before.
        longest = min(LONGEST_SUMMARY, room - limit) if len(pieces) == 1 else min(LONGEST_PART, limit // 3)
        ask = _Ask(shown, instruction, longest, complete, run)
        summaries = ask.each(pieces, ", ".join(filter(None, (part, f"round {round_}" if round_ > 1 else ""))))
        if len(summaries) == 1:
            return summaries[0]
        text, before = "\n".join(summaries), size
        size = count_tokens(text)
        if size >= before:
            raise ProtocolError(Message("prompts.summaries_long", size=size, before=before, limit=limit))


def split(text: str, limit: int, count_tokens: CountTokens) -> list[str]:
    """Cut a text into pieces that fit, at paragraphs where possible, else at lines, sentences, words, characters.

    Args:
        text: What to cut.
        limit: Tokens that a piece may have.
        count_tokens: Counts the tokens of a text.

    Returns:
        The pieces; joined without anything between they are the text.

    Raises:
        InvokeBadRequestError: A single character has more tokens than fit.
    """
    tokens = count_tokens(text)
    if tokens <= limit:
        return [text]
    window = max(1, len(text) * limit // tokens)  # characters that fit if all of the text were alike
    pieces, start = [], 0
    while start < len(text):
        end = _end(text, start, start + window, limit, count_tokens)
        pieces.append(text[start:end])
        start = end
    return pieces


def _end(text: str, start: int, end: int, limit: int, count_tokens: CountTokens) -> int:
    """Find where the piece that begins at `start` ends, `end` at the furthest."""
    end = min(end, len(text))
    while True:
        cut = end if end == len(text) else _boundary(text, start, end)
        tokens = count_tokens(text[start:cut])
        if tokens <= limit:
            return cut
        if cut - start == 1:
            message = Message("prompts.character_long", character=repr(text[start]), tokens=tokens, limit=limit)
            raise InvokeBadRequestError(message, field="text")
        end = start + max(1, min(cut - start - 1, (cut - start) * limit // tokens))


def _boundary(text: str, start: int, end: int) -> int:
    """Find the best place to cut: in the second half of a window; else between words in the first half; else its end."""
    middle = start + (end - start + 1) // 2
    for pattern in _BOUNDARIES:
        ends = [match.end() for match in pattern.finditer(text, middle, end)]
        if ends:
            return ends[-1]
    ends = [match.end() for match in _BOUNDARIES[-1].finditer(text, start, middle)]
    return ends[-1] if ends else end  # a short piece is better than a word cut in two


class _Ask(NamedTuple):
    shown: Sequence[PromptMessage]
    instruction: str
    longest: int
    complete: Complete
    run: Run

    def each(self, pieces: Sequence[str], where: str) -> list[str]:
        """Have each piece summarised that has words in it."""
        wordy = [piece for piece in pieces if piece.strip()]
        return [self._one(piece, f"piece {number} of {len(wordy)}", where) for number, piece in enumerate(wordy, 1)]

    def _one(self, piece: str, name: str, where: str) -> str:
        self.run.check()
        messages = [*self.shown, UserPromptMessage(content=_task(piece, self.instruction))]
        answer = self.complete(messages, self.longest).strip()
        self.run.report(ModelExchange(f"{name}, {where}" if where else name, tuple(messages), answer))
        return answer


def _shown(examples: Sequence[Example]) -> list[PromptMessage]:
    messages: list[PromptMessage] = [SystemPromptMessage(content=SYSTEM)]
    for example in examples:
        messages.append(UserPromptMessage(content=_task(example.text, example.instruction)))
        messages.append(AssistantPromptMessage(content=example.summary))
    return messages


def _task(text: str, instruction: str) -> str:
    # The instruction comes last: small models follow what they read last, and before the text they copied it instead.
    return f"Text:\n{text.strip()}\n\nSummarise this text. {instruction.strip()}".rstrip()
