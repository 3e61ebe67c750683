"""Taking secrets out of what was said or sent: as they are, and in the spellings in which a server says them back."""

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
"""Characters of what is taken out of a text; to take out less would take out half of it."""
SHORTEST_INSIDE = 6
"""Characters from which on a secret is also found inside a word."""


class SecretMask:
    """Puts a mask in the place of each secret in what is noted, shown or logged of a connection.

    All spellings are found in which a server may say a secret back: with any of its characters escaped as JSON, addresses or
    HTML have it, and in base64, also inside of something longer. What people give in place of a key is no secret.

    Args:
        secrets: The connection's.
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
        """Mask a text."""
        return self._masked(text, whole=True)

    def beginning(self, text: str) -> str:
        """Mask the beginning of a longer text; what may be half of a secret at its end is left out."""
        return self._masked(text, whole=False)

    def _is_clean(self, text: str) -> bool:
        """Return whether a text holds no secret for sure, as nearly every text; costs a few looks at it."""
        return not any(anchor in text for anchor in self._anchors) and self._escaped.search(text) is None

    def _masked(self, text: str, *, whole: bool) -> str:
        if self._needles.texts and not (whole and self._is_clean(text)):
            mask = StreamMask(needles=self._needles, notation=ANY)
            text = mask.feed(text) + (mask.rest() if whole else "")
        return self._short.sub(MASK, text) if self._short else text


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
        credentials: What is masked; those that are too short for it, as `is_masked_in_answers` has it, are left out.
        needles: The same prepared; made of the credentials if not given.
        notation: How characters of a credential may be escaped.
    """

    __slots__ = ("_begin", "_finder", "_pending", "_spans")

    def __init__(self, credentials: Sequence[str] = (), *, needles: Needles | None = None, notation: Notation = JSON) -> None:
        self._finder = Finder(_answer_needles(credentials) if needles is None else needles, notation)
        self._pending = ""
        """The tail that was not returned yet."""
        self._begin = 0
        """Where in the whole text it begins."""
        self._spans: list[Span] = []
        """What is masked, in order: as far as it was not returned yet. The mask of one that begins before it was returned."""

    def feed(self, text: str) -> str:
        """Take the next piece; return what is settled, masked."""
        if not self._pending and self._finder.skip(text):
            self._begin += len(text)
            return text
        spans = self._finder.feed(text)
        if spans:
            self._spans = _merged([*self._spans, *spans])
        self._pending += text
        return self._settle(self._finder.settled)

    def rest(self) -> str:
        """Return what is left, masked; the text has ended."""
        return self._settle(self._begin + len(self._pending))

    def _settle(self, end: int) -> str:
        """Return the text as far as a place of it, masked."""
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
        secrets: The connection's; those that are too short for it, as `is_masked_in_answers` has it, are left out.
    """

    def __init__(self, secrets: Iterable[str | None] = ()) -> None:
        self._needles = _answer_needles(secrets)
        self._anchors = [anchor.encode() for anchor in _anchors(self._needles)]
        self._escaped = re.compile(_escaped(self._needles, r"\\u00{}").encode())

    def __call__(self, data: bytes) -> bytes:
        """Mask the bytes of a text, or of JSON before it is parsed, in which escapes are read.

        Costs next to nothing where no credential is, be it a hundred megabytes; then the same bytes are returned.
        """
        for anchor in self._anchors:  # for each event of a stream, so not by `any`
            if anchor in data:
                break
        else:
            if b"\\u" not in data or not self._escaped.search(data):
                return data
        return self.text(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def text(self, text: str) -> str:
        """Mask a whole text."""
        mask = self.stream()
        return mask.feed(text) + mask.rest()

    def stream(self) -> StreamMask:
        """Return what masks a decoded text that comes in pieces."""
        return StreamMask(needles=self._needles)


def _answer_needles(secrets: Iterable[str | None]) -> Needles:
    answered = (secret for secret in secrets if secret and is_masked_in_answers(secret) and not is_placeholder(secret))
    return Needles(form for secret in answered for form in _spelled(secret))


def _anchors(needles: Needles) -> list[str]:
    """Return a part of each text that must be in whatever holds it, unless a letter or a digit of it is escaped."""
    return sorted({max(re.findall(r"[A-Za-z0-9]+", text), key=len, default="") for text in needles.texts})


def _escaped(needles: Needles, notation: str) -> str:
    """Return a pattern of the escapes that can stand for a letter or a digit of the texts.

    Args:
        needles: The texts.
        notation: The pattern of an escape, with `{}` for its number in hexadecimal.
    """
    codes = sorted({f"{ord(char):02x}" for text in needles.texts for char in text if char.isascii() and char.isalnum()})
    either = "|".join(re.sub("[a-f]", lambda digit: f"[{digit[0]}{digit[0].upper()}]", code) for code in codes)
    return notation.replace("{}", f"(?:{either})") if codes else "(?!)"


def _spelled(secret: str) -> Iterator[str]:
    """Yield a secret as texts, JSON, HTML and addresses have it as a rule; any other escape is read while it is looked for."""
    yield from (secret, json.dumps(secret)[1:-1], html.escape(secret))
    for coded in (quote(secret, safe=""), quote(secret), quote_plus(secret), quote(secret, safe="!$&'()*+,;=:@/?")):
        yield coded
        yield re.sub("%..", lambda match: match[0].lower(), coded)


def _in_base64(secret: str) -> Iterator[str]:
    """Yield a key, and the header that holds it, in base64; and what is always the same of a longer text that holds the key."""
    data = secret.encode()
    for plain in (data, b"Bearer " + data):
        yield from (code(plain).decode().rstrip("=") for code in (b64encode, urlsafe_b64encode))
    for before in range(3):  # three bytes are four characters: those that hold bits of what is beside the key are left out
        first, last = -(-before * 4 // 3), (before + len(data)) * 4 // 3
        yield from (code(bytes(before) + data + bytes(2)).decode()[first:last] for code in (b64encode, urlsafe_b64encode))


def is_split(stream: str, mask: SecretMask) -> bool:
    """Return whether the events of a stream hold a secret in pieces, a part of it in one event and the rest in others.

    Args:
        stream: Events as they came, or the first of them.
        mask: Knows the secrets; none is in one event alone.
    """
    texts: dict[str, str] = {}
    for line in stream.splitlines():
        if line.startswith("data:"):
            with suppress(ValueError, RecursionError):
                for path, text in _strings(json.loads(line[5:])):
                    texts[path] = texts.get(path, "") + text
    return any(mask(text) != text for text in texts.values())


def _strings(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the texts in a JSON value, each with its path; in the order in which they are there."""
    left = [("", value)]
    while left:
        path, inner = left.pop()
        if isinstance(inner, str):
            yield path, inner
        elif isinstance(inner, dict | list):
            items = inner.items() if isinstance(inner, dict) else enumerate(inner)
            left += [(f"{path}/{name}", item) for name, item in items][::-1]
