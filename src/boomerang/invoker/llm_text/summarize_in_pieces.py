"""Summaries for back ends that produce them themselves: text that exceeds the model's context is summarized in pieces.

Dify does the same, with a quirk: where it merges short pieces, the model can see text twice. Here the pieces, joined, are
exactly the text.
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
"""Answers messages with at most the given number of tokens."""

FRAME_TOKENS = 64
"""Tokens reserved for a chat template's overhead."""
LONGEST_SUMMARY, LONGEST_PART = 512, 256
"""Maximum tokens of a summary, and of the summary of a piece; a small model that does not stop is cut off there."""
SMALLEST_PIECE = 64
"""Minimum tokens of a piece; a context with less room for text is too small."""

SYSTEM = "You summarise texts in their language, much shorter than they are."


class Example(NamedTuple):
    """An example summary for small models, which imitate what they are shown."""

    text: str
    instruction: str
    summary: str


_BOUNDARIES: tuple[re.Pattern[str], ...] = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"[.!?…][\"'”’)\]]*\s+|[。！？]"),
    re.compile(r"\s+"),
)
"""Where a text may be cut, in order of preference: paragraphs, lines, sentences, words."""


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
    """Summarize a text; if it exceeds the context, summarize pieces and then their summaries.

    Each exchange with the model is reported, with its messages and answer.

    Args:
        text: The text to summarize.
        instruction: What to pay attention to; may be empty.
        context_size: The model's context size in tokens, prompt and answer together.
        count_tokens: Counts the tokens of a text as the model does.
        complete: Calls the model; handles the run's stop itself.
        run: Checked for a stop between exchanges.
        examples: Shown to the model first.
        part: Name of this text in events, if it is a part of a larger one.

    Raises:
        InvokeBadRequestError: The text is empty, or the instruction leaves no room for it.
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
    while True:  # terminates: each round has fewer tokens than the previous one
        round_ += 1
        pieces = split(text, limit, count_tokens)
        # A third of a piece at most, so that each round is less than half as long as the previous one.
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
    """Split a text into pieces that fit, at paragraphs if possible, else at lines, sentences, words, characters.

    Args:
        text: The text to split.
        limit: Maximum tokens of a piece.
        count_tokens: Counts the tokens of a text.

    Returns:
        The pieces; concatenated, they are the text.

    Raises:
        InvokeBadRequestError: A single character has more tokens than fit.
    """
    tokens = count_tokens(text)
    if tokens <= limit:
        return [text]
    window = max(1, len(text) * limit // tokens)  # characters that fit if the text were uniform
    pieces, start = [], 0
    while start < len(text):
        end = _end(text, start, start + window, limit, count_tokens)
        pieces.append(text[start:end])
        start = end
    return pieces


def _end(text: str, start: int, end: int, limit: int, count_tokens: CountTokens) -> int:
    """Find where the piece that begins at `start` ends, at `end` at the latest."""
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
    return ends[-1] if ends else end  # a short piece is better than a split word


class _Ask(NamedTuple):
    shown: Sequence[PromptMessage]
    instruction: str
    longest: int
    complete: Complete
    run: Run

    def each(self, pieces: Sequence[str], where: str) -> list[str]:
        """Summarize each piece that is not blank."""
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
    # The instruction comes last: small models follow what they read last, and copied it when it came before the text.
    return f"Text:\n{text.strip()}\n\nSummarise this text. {instruction.strip()}".rstrip()
