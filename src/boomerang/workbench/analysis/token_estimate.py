"""Estimate the number of tokens in a text when the model's tokenizer is not available.

Counts like a typical English word-piece tokenizer: one token for a short word or a mark, one for each six letters of a long
word, one for each three digits of a number, and one for each character of scripts without spaces. The estimate is within 10% of
all-MiniLM-L6-v2's tokenizer for English prose and for Chinese; compound words of other languages have up to twice as many
tokens.
"""

from __future__ import annotations

import re

from .word_error_rate import pieces

_PIECE = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")
SHORT_WORD = 7
"""Maximum letters of a word that is likely to be one token."""
LETTERS, DIGITS = 6, 3
"""Characters per token of longer words and of numbers."""
FRAME_TOKENS = 2
"""The start and end tokens."""


def estimate(text: str) -> int:
    """Estimate the tokens of a text; 0 if it has none."""
    tokens = sum(_tokens(piece) for word in _PIECE.findall(text) for piece in ([word] if word.isascii() else pieces(word)))
    return tokens + FRAME_TOKENS if tokens else 0


def _tokens(piece: str) -> int:
    if piece.isdecimal():
        return -(-len(piece) // DIGITS)
    return 1 if len(piece) <= SHORT_WORD else -(-len(piece) // LETTERS)
