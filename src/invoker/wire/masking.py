"""Taking secrets out of what was said or sent: as they are, and in the spellings in which a server says them back."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote, quote_plus

MASK = "•••"
SHORTEST = 4
"""Characters of what is taken for a secret; to take out less would take out half of every text."""
SHORTEST_INSIDE = 6
"""Characters from which on a secret is also found inside a word."""
SHORTEST_SAID = 12
"""Characters from which on it is taken out of what a model says too: no key of a service is shorter, but the words that people
give in place of a key are, and a model may well mean `ollama`."""
SECRET_NAME = re.compile(
    r"auth|key|token|secret|cookie|passw|passphrase|signature|sig$|credential|session|bearer|jwt", re.IGNORECASE
)
"""In the name of a header or of a field of the query whose value is secret."""
_SECRET_VALUE = re.compile(r"((bearer|basic|token) +\S|(sk|hf|gsk|ghp|glpat|nvapi|xai|pplx)[-_]\w|eyJ\w|AIza\w)", re.IGNORECASE)

_RANDOM = re.compile(r"(?=\S*\d)(?=\S*[A-Za-z])[\w.+/=-]{20,}", re.ASCII)
"""What a key of no known beginning looks like."""

Mask = Callable[[str], str]
"""Takes what is secret out of a text that is noted or told."""
Hide = Callable[[bytes], bytes]
"""Takes keys out of an answer before it is read; costs next to nothing where none is, be it a hundred megabytes."""


def masking(secrets: Iterable[str | None]) -> Mask:
    """Give what puts a mask in the place of each secret in a text."""
    forms = _forms(secrets, SHORTEST)
    if not forms:
        return lambda text: text
    pattern = re.compile("|".join(map(_found, forms)))
    return lambda text: pattern.sub(MASK, text)


def hiding(secrets: Iterable[str | None]) -> Hide:
    """Give what puts a mask in the place of each key in an answer."""
    forms = [form.encode() for form in _forms(secrets, SHORTEST_SAID)]

    def hide(data: bytes) -> bytes:
        for form in forms:
            if form in data:
                data = data.replace(form, MASK.encode())
        return data

    return hide


def looks_secret(name: str, value: str) -> bool:
    """Tell by its name or by what it looks like whether the value of a header or of a query's field is secret."""
    return any((SECRET_NAME.search(name), _SECRET_VALUE.match(value), _RANDOM.fullmatch(value)))


def pieces(value: str) -> Iterator[str]:
    """Give the value of a header and what in it a server may say by itself: a key behind `Bearer`, what a cookie holds."""
    yield value
    parts = re.split(r"[\s;,]+", value)
    for place, part in enumerate(parts):
        if len(parts) > 1 and not (place == 0 and part.isalpha()):
            yield part
        yield part.partition("=")[2]


def _forms(secrets: Iterable[str | None], shortest: int) -> list[str]:
    """Give all spellings, the longest first: of a secret that holds another one, no half may be left."""
    forms = {form for secret in secrets if secret and len(secret) >= shortest for form in _spelled(secret)}
    return sorted(forms, key=len, reverse=True)


def _spelled(secret: str) -> Iterator[str]:
    written = json.dumps(secret)[1:-1]
    yield from (secret, written, written.replace("/", "\\/"), html.escape(secret))
    yield written.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")  # as Go writes JSON
    for coded in (quote(secret, safe=""), quote(secret), quote_plus(secret), quote(secret, safe="!$&'()*+,;=:@/?")):
        yield coded
        yield re.sub("%..", lambda found: found[0].lower(), coded)


def _found(form: str) -> str:
    inside = len(form) >= SHORTEST_INSIDE
    return re.escape(form) if inside else rf"(?<![\w-]){re.escape(form)}(?![\w-])"
