"""How many tokens a text is likely to have for a model whose tokenizer is not at hand.

Counts as tokenizers of English word pieces tend to: a short word or a mark is one token, a long word one for each six letters,
a number one for each three digits, and each character of scripts without spaces is one. Against the tokenizer of
all-MiniLM-L6-v2 it is within a tenth for English prose and for Chinese; compound words of other languages have up to twice as
many.
"""

from __future__ import annotations

import re

from .word_error_rate import pieces

_PIECE = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")
SHORT_WORD = 7
"""Letters of a word that is likely to be one token."""
LETTERS, DIGITS = 6, 3
"""Of each token of longer words and numbers."""
FRAME_TOKENS = 2
"""Start and end."""


def estimate(text: str) -> int:
    """Estimate the tokens of a text; 0 for one without any."""
    tokens = sum(_tokens(piece) for word in _PIECE.findall(text) for piece in ([word] if word.isascii() else pieces(word)))
    return tokens + FRAME_TOKENS if tokens else 0


def _tokens(piece: str) -> int:
    if piece.isdecimal():
        return -(-len(piece) // DIGITS)
    return 1 if len(piece) <= SHORT_WORD else -(-len(piece) // LETTERS)
