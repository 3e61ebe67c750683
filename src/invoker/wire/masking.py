"""Taking secrets out of what was said or sent: as they are, and in the spellings in which a server says them back."""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode, urlsafe_b64encode
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
    forms = _forms(secrets)
    if not forms:
        return lambda text: text
    pattern = re.compile("|".join(map(_found, forms)))
    return lambda text: pattern.sub(MASK, text)


def hiding(secrets: Iterable[str | None]) -> Hide:
    """Give what puts a mask in the place of each key in an answer."""
    known = sorted({secret for secret in secrets if secret and len(secret) >= SHORTEST_SAID}, key=len, reverse=True)
    guarded = [(_beginning(secret), [form.encode() for form in _longest_first(_spelled(secret))]) for secret in known]
    mask = MASK.encode()

    def hide(data: bytes) -> bytes:
        for beginning, forms in guarded:
            if beginning in data:  # nearly never, and one look for all spellings
                for form in forms:
                    data = data.replace(form, mask)
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


def _forms(secrets: Iterable[str | None]) -> list[str]:
    """Give all spellings, the longest first: of a secret that holds another one, no half may be left."""
    known = {secret for secret in secrets if secret and len(secret) >= SHORTEST}
    return _longest_first(form for secret in known for form in (*_spelled(secret), *_in_base64(secret)))


def _longest_first(forms: Iterable[str]) -> list[str]:
    return sorted(set(forms), key=len, reverse=True)


def _spelled(secret: str) -> Iterator[str]:
    written = json.dumps(secret)[1:-1]
    yield from (secret, written, written.replace("/", "\\/"), html.escape(secret))
    yield from (_escaped(written, *way) for way in (("&<>", "04x"), ("&<>='", "04x"), ("&<>'+`", "04X")))  # Go, Gson, .NET
    for coded in (quote(secret, safe=""), quote(secret), quote_plus(secret), quote(secret, safe="!$&'()*+,;=:@/?")):
        yield coded
        yield re.sub("%..", lambda found: found[0].lower(), coded)


def _in_base64(secret: str) -> Iterator[str]:
    """Give a key, and the header that holds it, in base64; no answer is searched for that, but all that is noted or told."""
    for said in (secret.encode(), b"Bearer " + secret.encode()):
        yield from (code(said).decode().rstrip("=") for code in (b64encode, urlsafe_b64encode))


def _beginning(secret: str) -> bytes:
    """Give how a secret begins in all of its spellings, which may be with nothing."""
    found = re.match(r"[\w.~-]*", secret, re.ASCII)
    return found[0].encode() if found else b""


def _escaped(written: str, signs: str, digits: str) -> str:
    """Write some signs in a string of JSON by their number."""
    return "".join(f"\\u{ord(sign):{digits}}" if sign in signs else sign for sign in written)


def _found(form: str) -> str:
    inside = len(form) >= SHORTEST_INSIDE
    return re.escape(form) if inside else rf"(?<![\w-]){re.escape(form)}(?![\w-])"
