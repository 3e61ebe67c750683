"""Taking secrets out of what was said or sent: as they are, and in the spellings in which a server says them back."""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from urllib.parse import quote, quote_plus

from .needles import JSON, Finder, Needles, Notation, Span

MASK = "•••"
SHORTEST = 4
"""Characters of what is taken for a secret; to take out less would take out half of every text."""
SHORTEST_INSIDE = 6
"""Characters from which on a secret is also found inside a word."""
SHORTEST_SAID = 12
"""Characters from which on it is taken out of what a model says too: no key of a service is shorter, but the words that people
give in place of a key are, and a model may well mean `ollama`."""
SHORTEST_MIXED = 8
"""The same for one that has both digits and letters, which no such word has."""
SECRET_NAME = re.compile(
    r"auth|key|token|secret|cookie|passw|passphrase|signature|sig$|credential|session|bearer|jwt", re.IGNORECASE
)
"""In the name of a header or of a field of the query whose value is secret."""
_SECRET_VALUE = re.compile(r"((bearer|basic|token) +\S|(sk|hf|gsk|ghp|glpat|nvapi|xai|pplx)[-_]\w|eyJ\w|AIza\w)", re.IGNORECASE)

_RANDOM = re.compile(r"(?=\S*\d)(?=\S*[A-Za-z])[\w.+/=-]{20,}", re.ASCII)
"""What a key of no known beginning looks like."""

Mask = Callable[[str], str]
"""Takes what is secret out of a text that is noted or told."""


def masking(secrets: Iterable[str | None]) -> Mask:
    """Give what puts a mask in the place of each secret in a text."""
    forms = _forms(secrets)
    if not forms:
        return lambda text: text
    pattern = re.compile("|".join(map(_found, forms)))
    return lambda text: pattern.sub(MASK, text)


class StreamMask:
    r"""Masks credentials in a decoded text that comes in pieces, such as the `content` of an answer's events.

    Each text has one of its own: the content, the reasoning, and the arguments of each tool call. Feed it every piece in order,
    show what it returns (which may be empty), and append `rest()` when the text has ended::

        content = answer.hide.stream()          # or StreamMask(credentials)
        for piece in pieces:
            show(content.feed(piece))
        show(content.rest())

    Whatever the pieces are, all that it returns put together is the whole text masked at once. A credential is found as it is,
    and with any of its characters escaped as in JSON (`\u0073`, `\/`): arguments are JSON, and content may be. So the
    arguments can be parsed afterwards without bringing a credential to light. Only a tail is held back that is a proper prefix
    of a credential, or an escape that has not ended; it is returned with the next piece if it turns out harmless. The work is
    linear in the text.

    Args:
        credentials: What is masked; those that are too short for it, as `is_said` has it, are left out.
        needles: The same prepared; made of the credentials if not given.
        notation: How characters of a credential may be escaped.
    """

    __slots__ = ("_begin", "_finder", "_held", "_spans")

    def __init__(self, credentials: Sequence[str] = (), *, needles: Needles | None = None, notation: Notation = JSON) -> None:
        self._finder = Finder(_answer_needles(credentials) if needles is None else needles, notation)
        self._held = ""
        """The tail that was not returned yet."""
        self._begin = 0
        """Where in the whole text it begins."""
        self._spans: list[Span] = []
        """What is masked, in order: as far as it was not returned yet. The mask of one that begins before it was returned."""

    def feed(self, text: str) -> str:
        """Take the next piece; return what is settled, masked."""
        if not self._held and self._finder.skip(text):
            self._begin += len(text)
            return text
        found = self._finder.feed(text)
        if found:
            self._spans = _merged([*self._spans, *found])
        self._held += text
        return self._settle(self._finder.settled)

    def rest(self) -> str:
        """Return what is left, masked; the text has ended."""
        return self._settle(self._begin + len(self._held))

    def _settle(self, end: int) -> str:
        """Return the text as far as a place of it, masked."""
        begin, held, place = self._begin, self._held, self._begin
        parts = []
        for first, behind in self._spans:
            if first >= end:
                break
            if first >= begin:
                parts += [held[place - begin : first - begin], MASK]
            place = min(behind, end)
        parts.append(held[place - begin : end - begin])
        self._begin, self._held = end, held[end - begin :]
        self._spans = [span for span in self._spans if span[1] > end]
        return "".join(parts)


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Join what overlaps, and sort."""
    merged: list[Span] = []
    for begin, end in sorted(spans):
        if merged and begin < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged


class Hiding:
    """Puts a mask in the place of each credential in what a server answers.

    Args:
        secrets: The connection's; those that are too short for it, as `is_said` has it, are left out.
    """

    def __init__(self, secrets: Iterable[str | None] = ()) -> None:
        self._needles = _answer_needles(secrets)
        self._anchors = sorted({_anchor(text).encode() for text in self._needles.texts})
        codes = {f"{ord(char):04x}" for text in self._needles.texts for char in text}
        either = (re.sub("[a-f]", lambda digit: f"[{digit[0]}{digit[0].upper()}]", code) for code in sorted(codes))
        self._escaped = re.compile(rf"\\u(?:{'|'.join(either)})".encode())

    def __call__(self, data: bytes) -> bytes:
        """Mask the bytes of a text, or of JSON before it is parsed, in which escapes are read.

        Costs next to nothing where no credential is, be it a hundred megabytes; then the same bytes are returned.
        """
        if not self._needles.texts or not (any(anchor in data for anchor in self._anchors) or self._escaped.search(data)):
            return data
        return self.text(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def text(self, text: str) -> str:
        """Mask a whole text."""
        mask = self.stream()
        return mask.feed(text) + mask.rest()

    def stream(self) -> StreamMask:
        """Return what masks a decoded text that comes in pieces."""
        return StreamMask(needles=self._needles)


def is_said(secret: str) -> bool:
    """Return whether a secret is masked in what a model says too: a word that is given in place of a key is not."""
    mixed = any(map(str.isdigit, secret)) and any(map(str.isalpha, secret))
    return len(secret) >= (SHORTEST_MIXED if mixed else SHORTEST_SAID)


def _answer_needles(secrets: Iterable[str | None]) -> Needles:
    return Needles(form for secret in secrets if secret and is_said(secret) for form in _spelled(secret))


def _anchor(text: str) -> str:
    """Return the longest part of a text that is the same in all of its spellings, which may be empty."""
    return max(re.findall(r"\w+", text, re.ASCII), key=len, default="")


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


def _escaped(written: str, signs: str, digits: str) -> str:
    """Write some signs in a string of JSON by their number."""
    return "".join(f"\\u{ord(sign):{digits}}" if sign in signs else sign for sign in written)


def _found(form: str) -> str:
    inside = len(form) >= SHORTEST_INSIDE
    return re.escape(form) if inside else rf"(?<![\w-]){re.escape(form)}(?![\w-])"
