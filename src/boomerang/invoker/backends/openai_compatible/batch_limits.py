"""Parse how many texts a server accepts in one request from its refusal."""

from __future__ import annotations

import re

from boomerang.invoker.errors import InvokeError
from boomerang.invoker.http.errors import error_text

_STATUSES = frozenset({400, 413, 422})
_ABOUT_BATCHES = re.compile(
    r"batch|too many (?:inputs?|texts|items|documents|elements)|number of (?:inputs?|texts|items|elements)"
    r"|array (?:too long|length)|\b(?:input|texts?|list|array)\b.{0,40}\b(?:items|elements|length)|数组|批",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"max(?:imum)?|limit|at most|more than|larger than|greater than|exceed|too (?:many|long|large)|up to|[>≤]|<=|split"
    r"|最|不得|超过",
    re.IGNORECASE,
)
_OF_TOKENS = re.compile(r"tokens?\b|characters?\b", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?:max(?:imum)?|limit|at most|more than|larger than|greater than|exceeds?|up to|[>≤]|<=|最大|最多|不得超过|不能超过|超过)"
    r"[^\d]{0,60}?(?<![A-Za-z0-9_.-])(\d{1,6})(?![A-Za-z0-9_-]|\.\d)",
    re.IGNORECASE,
)
"""A number after a word for a limit: `2` in “3 > maximum allowed batch size 2”, but not the number in a model's name."""
LONGEST_READ = 2_000
"""Characters of a refusal that are read."""


def is_about_batches(error: InvokeError, count: int) -> bool:
    """Return whether a refusal may be about the number of texts in a request of `count` texts.

    A 413 counts whatever its message; Text Embeddings Inference also sends it for a single long text.
    """
    if error.status_code not in _STATUSES or count < 2:
        return False
    text = _error_text(error)
    return error.status_code == 413 or bool(_ABOUT_BATCHES.search(text) and _LIMIT.search(text))


def batch_limit(error: InvokeError, count: int) -> int | None:
    """Return how many texts the server accepts; `None` if the refusal names no number below `count`, or one of tokens."""
    text = _error_text(error)
    if not is_about_batches(error, count) or not _ABOUT_BATCHES.search(text) or _OF_TOKENS.search(text):
        return None
    limits = (int(number) for number in _NUMBER.findall(text))
    return next((limit for limit in limits if 1 <= limit < count), None)


def _error_text(error: InvokeError) -> str:
    return error_text(error.body or str(error))[:LONGEST_READ]
