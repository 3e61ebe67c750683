"""Mask secrets in text, both literally and in the encodings in which a server may repeat them."""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import quote, quote_plus

from .credentials import is_masked_in_answers, is_placeholder
from .text_search import ANY, JSON, Finder, Needles, Notation, Span

MASK = "•••"
SHORTEST = 4
"""Minimum length of a masked secret; masking shorter ones would garble ordinary text."""
SHORTEST_INSIDE = 6
"""Minimum length of a secret that is also found inside a word."""


class SecretMask:
    """Masks each secret of a connection in what is recorded, shown or logged.

    Finds all encodings in which a server may repeat a secret: with any of its characters escaped as in JSON, URLs or HTML, and
    in base64, also inside a longer text. Placeholder keys are not secret.

    Args:
        secrets: The connection's secrets.
    """

    def __init__(self, secrets: Iterable[str | None] = ()) -> None:
        known = {secret for secret in secrets if secret and len(secret) >= SHORTEST and not is_placeholder(secret)}
        long = [secret for secret in known if len(secret) >= SHORTEST_INSIDE]
        self._needles = Needles(form for secret in long for form in (*_spelled(secret), *_in_base64(secret)))
        self._anchors = _anchors(self._needles)
        self._escaped = re.compile(_escaped(self._needles, r"\\u00{}|\\x{}|%{}|&#"))
        short = "|".join(re.escape(secret) for secret in sorted(known.difference(long), key=len, reverse=True))
        self._short = re.compile(rf"(?<![\w-])(?:{short})(?![\w-])") if short else None

    def __call__(self, text: str) -> str:
        """Return the text with secrets masked."""
        return self._masked(text, whole=True)

    def beginning(self, text: str) -> str:
        """Mask the beginning of a longer text; omit what may be a partial secret at its end."""
        return self._masked(text, whole=False)

    def _is_clean(self, text: str) -> bool:
        """Return whether a text certainly contains no secret, as nearly always; costs a few substring searches."""
        return not any(anchor in text for anchor in self._anchors) and self._escaped.search(text) is None

    def _masked(self, text: str, *, whole: bool) -> str:
        if self._needles.texts and not (whole and self._is_clean(text)):
            mask = StreamMask(needles=self._needles, notation=ANY)
            text = mask.feed(text) + (mask.rest() if whole else "")
        return self._short.sub(MASK, text) if self._short else text


class StreamMask:
    r"""Masks credentials in a decoded text that arrives in pieces, such as the `content` of a response's events.

    Use one per text: the content, the reasoning, and the arguments of each tool call. Feed it every piece in order, show what
    it returns (which may be empty), and append `rest()` at the end of the text::

        content = answer.hide.stream()          # or StreamMask(credentials)
        for piece in pieces:
            show(content.feed(piece))
        show(content.rest())

    However the text is split, the concatenated output equals the whole text masked at once. A credential is found literally,
    and with any of its characters escaped as in JSON (`\u0073`, `\/`): arguments are JSON, and content may be. So parsing the
    masked arguments cannot reveal a credential. Only a tail that is a proper prefix of a credential, or an unfinished escape,
    is delayed; it is returned with the next piece if it turns out harmless. The work is linear in the text.

    Args:
        credentials: What to mask; those too short according to `is_masked_in_answers` are ignored.
        needles: The same, prepared; built from `credentials` by default.
        notation: How characters of a credential may be escaped.
    """

    __slots__ = ("_begin", "_finder", "_pending", "_spans")

    def __init__(self, credentials: Sequence[str] = (), *, needles: Needles | None = None, notation: Notation = JSON) -> None:
        self._finder = Finder(_answer_needles(credentials) if needles is None else needles, notation)
        self._pending = ""
        """The tail not returned yet."""
        self._begin = 0
        """Its offset in the whole text."""
        self._spans: list[Span] = []
        """Spans to mask, in order, that are not fully returned yet. If a span began before `_begin`, its mask was returned."""

    def feed(self, text: str) -> str:
        """Add the next piece; return the settled part, masked."""
        if not self._pending and self._finder.skip(text):
            self._begin += len(text)
            return text
        spans = self._finder.feed(text)
        if spans:
            self._spans = _merged([*self._spans, *spans])
        self._pending += text
        return self._settle(self._finder.settled)

    def rest(self) -> str:
        """Return the remaining text, masked, at the end of the text."""
        return self._settle(self._begin + len(self._pending))

    def _settle(self, end: int) -> str:
        """Return the text up to an offset, masked."""
        begin, pending, place = self._begin, self._pending, self._begin
        parts = []
        for first, behind in self._spans:
            if first >= end:
                break
            if first >= begin:
                parts += [pending[place - begin : first - begin], MASK]
            place = min(behind, end)
        parts.append(pending[place - begin : end - begin])
        self._begin, self._pending = end, pending[end - begin :]
        self._spans = [span for span in self._spans if span[1] > end]
        return "".join(parts)


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Sort spans and merge overlapping ones."""
    merged: list[Span] = []
    for begin, end in sorted(spans):
        if merged and begin < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged


class Hiding:
    """Masks each credential in a server's responses.

    Args:
        secrets: The connection's secrets; those too short according to `is_masked_in_answers` are ignored.
    """

    def __init__(self, secrets: Iterable[str | None] = ()) -> None:
        self._needles = _answer_needles(secrets)
        self._anchors = [anchor.encode() for anchor in _anchors(self._needles)]
        self._escaped = re.compile(_escaped(self._needles, r"\\u00{}").encode())

    def __call__(self, data: bytes) -> bytes:
        """Mask the bytes of a text, or of JSON before it is parsed; escapes are recognized.

        Very cheap if there is no credential, even for a hundred megabytes; then the same bytes are returned.
        """
        for anchor in self._anchors:  # a loop, as `any` is slower and this runs for each event of a stream
            if anchor in data:
                break
        else:
            if b"\\u" not in data or not self._escaped.search(data):
                return data
        return self.text(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def text(self, text: str) -> str:
        """Return a whole text, masked."""
        mask = self.stream()
        return mask.feed(text) + mask.rest()

    def stream(self) -> StreamMask:
        """Return a mask for a decoded text that arrives in pieces."""
        return StreamMask(needles=self._needles)


def _answer_needles(secrets: Iterable[str | None]) -> Needles:
    answered = (secret for secret in secrets if secret and is_masked_in_answers(secret) and not is_placeholder(secret))
    return Needles(form for secret in answered for form in _spelled(secret))


def _anchors(needles: Needles) -> list[str]:
    """Return a part of each needle that any text containing it must have, unless one of its letters or digits is escaped."""
    return sorted({max(re.findall(r"[A-Za-z0-9]+", text), key=len, default="") for text in needles.texts})


def _escaped(needles: Needles, notation: str) -> str:
    """Return a pattern for the escapes of the needles' letters and digits.

    Args:
        needles: The needles.
        notation: The pattern of an escape, with `{}` for its number in hexadecimal.
    """
    codes = sorted({f"{ord(char):02x}" for text in needles.texts for char in text if char.isascii() and char.isalnum()})
    either = "|".join(re.sub("[a-f]", lambda digit: f"[{digit[0]}{digit[0].upper()}]", code) for code in codes)
    return notation.replace("{}", f"(?:{either})") if codes else "(?!)"


def _spelled(secret: str) -> Iterator[str]:
    """Yield a secret in its usual spellings in texts, JSON, HTML and URLs; other escapes are recognized while searching."""
    yield from (secret, json.dumps(secret)[1:-1], html.escape(secret))
    for coded in (quote(secret, safe=""), quote(secret), quote_plus(secret), quote(secret, safe="!$&'()*+,;=:@/?")):
        yield coded
        yield re.sub("%..", lambda match: match[0].lower(), coded)


def _in_base64(secret: str) -> Iterator[str]:
    """Yield a key and its Authorization header in base64, and the invariant part of longer texts with the key."""
    data = secret.encode()
    for plain in (data, b"Bearer " + data):
        yield from (code(plain).decode().rstrip("=") for code in (b64encode, urlsafe_b64encode))
    for before in range(3):  # three bytes are four characters: skip those with bits from outside the key
        first, last = -(-before * 4 // 3), (before + len(data)) * 4 // 3
        yield from (code(bytes(before) + data + bytes(2)).decode()[first:last] for code in (b64encode, urlsafe_b64encode))


def is_split(stream: str, mask: SecretMask) -> bool:
    """Return whether a secret is split across the events of a stream.

    Args:
        stream: The events as received, or the first of them.
        mask: Knows the secrets; none is within a single event.
    """
    texts: dict[str, str] = {}
    for line in stream.splitlines():
        if line.startswith("data:"):
            with suppress(ValueError, RecursionError):
                for path, text in _strings(json.loads(line[5:])):
                    texts[path] = texts.get(path, "") + text
    return any(mask(text) != text for text in texts.values())


def _strings(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the texts in a JSON value with their paths, in document order."""
    left = [("", value)]
    while left:
        path, inner = left.pop()
        if isinstance(inner, str):
            yield path, inner
        elif isinstance(inner, dict | list):
            items = inner.items() if isinstance(inner, dict) else enumerate(inner)
            left += [(f"{path}/{name}", item) for name, item in items][::-1]
