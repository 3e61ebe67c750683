"""Find known texts in a text that arrives in pieces, even with characters escaped: the Aho-Corasick automaton."""

from __future__ import annotations

import html
import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

Span = tuple[int, int]
"""Start and end of an occurrence in the text as received."""


class Needles:
    """Texts to search for. Immutable once built, so it can be shared.

    Args:
        texts: The texts; empty ones are ignored.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self.next: list[dict[str, int]] = [{}]
        self.depth, self.longest, self.fail = [0], [0], [0]
        self.texts = sorted({text for text in texts if text})
        for text in self.texts:
            self.longest[self._added(text)] = len(text)
        for node in self._by_depth():
            for char, inner in self.next[node].items():
                self.fail[inner] = self.goto(self.fail[node], char) if node else 0
                self.longest[inner] = self.longest[inner] or self.longest[self.fail[inner]]
        begun = {f"{re.escape(text[:size])}{'' if size == 3 else end}" for text in self.texts for size, end in _BEGINNINGS}
        self.begun = re.compile("|".join(sorted(begun)) or "(?!)")
        """Matches where an occurrence may begin, as far as the current piece shows."""

    def goto(self, node: int, char: str) -> int:
        """Return the node of the longest needle prefix that the text now ends with."""
        while node and char not in self.next[node]:
            node = self.fail[node]
        return self.next[node].get(char, 0)

    def _added(self, text: str) -> int:
        node = 0
        for char in text:
            if char not in self.next[node]:
                self.next[node][char] = len(self.next)
                self.next.append({})
                self.depth.append(self.depth[node] + 1)
                self.longest.append(0)
                self.fail.append(0)
            node = self.next[node][char]
        return node

    def _by_depth(self) -> Iterator[int]:
        nodes = deque([0])
        while nodes:
            yield nodes[0]
            nodes.extend(self.next[nodes.popleft()].values())


_BEGINNINGS = ((1, r"\Z"), (2, r"\Z"), (3, ""))


class Notation(NamedTuple):
    """How characters may be escaped."""

    escape: re.Pattern[str]
    """One escaped character: a number in the group `hex`, the character itself in the group `sign`, or as in HTML."""
    cut: re.Pattern[str]
    """An incomplete escape at the end of a piece; at most `LONGEST_ESCAPE` characters."""
    signs: re.Pattern[str]
    """First characters of escapes."""


LONGEST_ESCAPE = 12
# Up to four backslashes: JSON in a JSON string doubles them. Also before punctuation, as Markdown and many programs write it.
_JSON = r"\\{1,4}(?:u(?P<hex>[0-9a-fA-F]{4})|(?P<sign>[!-/:-@\[\]-`{-~]))"
_JSON_CUT = r"\\{1,4}(?:u[0-9a-fA-F]{0,3})?\Z"
JSON = Notation(re.compile(_JSON), re.compile(_JSON_CUT), re.compile(r"\\"))
"""JSON escapes, which a page or a tool decodes."""
ANY = Notation(
    re.compile(rf"{_JSON}|(?:\\x|%)(?P<byte>[0-9a-fA-F]{{2}})|&(?:#[0-9]{{1,7}};?|#[xX][0-9a-fA-F]{{1,6}};?|[A-Za-z]{{2,8}};)"),
    re.compile(rf"{_JSON_CUT}|(?:\\x|%)[0-9a-fA-F]?\Z|&#?[0-9A-Za-z]{{0,8}}\Z"),
    re.compile(r"[\\%&]"),
)
"""Escapes of JSON, URLs and HTML, in any mixture."""


def _unescaped(match: re.Match[str]) -> str:
    if digits := match["hex"] or match.groupdict().get("byte"):
        return chr(int(digits, 16))
    return match["sign"] or html.unescape(match[0])


class _Walk:
    """A traversal of the automaton, with the text offset of each character of the current needle prefix."""

    __slots__ = ("needles", "node", "starts")

    def __init__(self, needles: Needles, node: int = 0, starts: Iterable[int] = ()) -> None:
        self.needles, self.node, self.starts = needles, node, deque(starts)

    def copied(self) -> _Walk:
        return _Walk(self.needles, self.node, self.starts)

    def is_at(self, other: _Walk) -> bool:
        return self.node == other.node and self.starts == other.starts

    def run(self, text: str, at: int) -> Iterator[Span]:
        """Advance by literal characters, the first of which is at offset `at`."""
        place = 0
        while place < len(text):
            if not self.node:
                if (match := self.needles.begun.search(text, place)) is None:
                    return
                place = match.start()
            yield from self.step(text[place], (at + place, at + place + 1))
            place += 1

    def step(self, char: str, span: Span) -> Iterator[Span]:
        """Advance by one character that stands for a span of the text."""
        needles = self.needles
        self.node = needles.goto(self.node, char)
        self.starts.append(span[0])
        if size := needles.longest[self.node]:
            yield self.starts[-size], span[1]
        while self.node and not needles.next[self.node]:  # a whole needle that is not a prefix of another
            self.node = needles.fail[self.node]
        while len(self.starts) > needles.depth[self.node]:
            self.starts.popleft()


class Finder:
    """Finds needles in a text that arrives in pieces, in linear time.

    Args:
        needles: What to search for.
        notation: How its characters may be escaped.
    """

    __slots__ = ("_cut", "_decoded", "_end", "_notation", "_plain")

    def __init__(self, needles: Needles, notation: Notation) -> None:
        self._notation = notation
        self._plain = _Walk(needles)
        self._decoded: _Walk | None = None
        """The traversal with escapes decoded; `None` while it would equal `_plain`."""
        self._cut = ""
        """An incomplete escape at the end of the text."""
        self._end = 0

    def skip(self, text: str) -> bool:
        """Consume the next piece if no part of it can belong to a needle, as nearly always; return whether it was consumed."""
        plain = self._plain
        if plain.node or self._decoded or self._notation.signs.search(text) or plain.needles.begun.search(text):
            return False
        self._end += len(text)
        return True

    def feed(self, text: str) -> list[Span]:
        """Add the next piece; return the occurrences that end in it."""
        if self._decoded is None and self._notation.signs.search(text):
            self._decoded = self._plain.copied()
        spans = list(self._plain.run(text, self._end))
        if self._decoded is not None:
            spans += self._unescape(self._decoded, self._cut + text, self._end - len(self._cut))
        self._end += len(text)
        return spans

    def _unescape(self, walk: _Walk, text: str, at: int) -> Iterator[Span]:
        cut = self._notation.cut.search(text, max(0, len(text) - LONGEST_ESCAPE))
        end = cut.start() if cut else len(text)
        place, begun = 0, walk.needles.next[0]
        for escape in self._notation.escape.finditer(text, 0, end):
            yield from walk.run(text[place : escape.start()], at + place)
            place = escape.end()
            for char in _unescaped(escape):
                if not walk.node and char not in begun:
                    continue
                yield from walk.step(char, (at + escape.start(), at + place))
        yield from walk.run(text[place:end], at + place)
        self._cut = text[end:]
        if not self._cut and walk.is_at(self._plain):
            self._decoded = None

    @property
    def settled(self) -> int:
        """Length of the settled text: what follows may be a needle prefix or an unfinished escape."""
        starts = [walk.starts[0] for walk in (self._plain, self._decoded) if walk is not None and walk.starts]
        return min([*starts, self._end - len(self._cut)])
