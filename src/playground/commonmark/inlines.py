"""The inside of a paragraph as HTML: emphasis, code, links, breaks. Everything else stays the text that it is.

Follows the algorithm in the appendix of the CommonMark specification. Each step looks at a character a bounded number of times,
so that no text makes it slow.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from html import escape
from typing import Literal

from .links import PUNCTUATION, Link, allowed, entity, inline_target, label

MOST_EMPHASIS = 16
"""Levels of emphasis inside one another; the signs of deeper ones are drawn as they are."""

_PLAIN = re.compile(r"[^\\`*_\[\]<&\n$]+")
_PUNCTUATION = re.compile(PUNCTUATION)
_TICKS = re.compile("`+")
_ENTITY = re.compile(r"&(#[xX][0-9a-fA-F]{1,6}|#[0-9]{1,7}|[A-Za-z][A-Za-z0-9]{1,31});")
_ADDRESS = re.compile(r"<((?:https?|mailto):[^\s<>]*+)>", re.IGNORECASE)
_MAIL = re.compile(r"<([\w.!#$%&'*+/=?^`{|}~-]++@[A-Za-z0-9](?:[A-Za-z0-9.-]*+))>", re.ASCII)
_TAG = re.compile(
    r"</?+[A-Za-z][A-Za-z0-9-]*+"
    r"(?>\s++[A-Za-z_:][\w.:-]*+(?>\s*+=\s*+(?>[^\s\"'=<>`]++|'[^']*+'|\"[^\"]*+\"))?+)*+\s*+/?+>",
    re.ASCII,
)
_ENDS = {"<!--": "-->", "<?": "?>", "<![CDATA[": "]]>", "<!": ">", "\\(": "\\)", "\\[": "\\]", "$$": "$$"}
"""Beginning → end of what is drawn as it is, whatever stands inside: HTML, and formulas."""


class _Tag:
    """A pair of emphasis."""

    def __init__(self, name: str, signs: str) -> None:
        self.name, self.signs = name, signs
        self.as_signs = False

    def opening(self, depth: int) -> str:
        self.as_signs = depth >= MOST_EMPHASIS
        return self.signs if self.as_signs else f"<{self.name}>"

    def closing(self) -> str:
        return self.signs if self.as_signs else f"</{self.name}>"


class _Run:
    """A run of `*` or `_`, in the list of those that may still open or close emphasis."""

    def __init__(self, sign: str, count: int, opens: bool, closes: bool, before: _Run | None) -> None:
        self.sign, self.count, self.size = sign, count, count
        self.opens, self.closes = opens, closes
        self.before = before
        self.after: _Run | None = None
        self.opened: list[_Tag] = []
        self.closed: list[_Tag] = []


class _Bracket:
    """A `[` that may begin a link."""

    def __init__(self, at: int, piece: int, run: _Run | None) -> None:
        self.at, self.piece, self.run = at, piece, run
        self.has_brackets = False


def html(text: str, references: Mapping[str, Link]) -> str:
    """Write the inside of a paragraph as HTML.

    Args:
        text: Its lines without the blanks around them.
        references: Label, normalized → where it leads.
    """
    return _Inlines(text, references).html()


class _Inlines:
    def __init__(self, text: str, references: Mapping[str, Link]) -> None:
        self._text, self._references = text, references
        self._pieces: list[str | _Run] = []
        self._last: _Run | None = None
        self._brackets: list[_Bracket] = []
        self._inactive = 0  # brackets below this place can begin no link: there is one inside of them
        self._ticks: dict[int, list[int]] | None = None
        self._endless: set[str] = set()

    def html(self) -> str:
        at = 0
        while at < len(self._text):
            at = self._take(at)
        self._emphasize(None)
        return self._joined()

    def _take(self, at: int) -> int:
        """Take what begins at a place; return the place behind it."""
        if plain := _PLAIN.match(self._text, at):
            self._write(plain[0])
            return plain.end()
        match self._text[at]:
            case "\\":
                return self._backslash(at)
            case "`":
                return self._code(at)
            case "*" | "_":
                return self._run(at)
            case "[":
                if self._brackets:
                    self._brackets[-1].has_brackets = True
                self._brackets.append(_Bracket(at + 1, len(self._pieces), self._last))
                self._pieces.append("[")
                return at + 1
            case "]":
                return self._close_bracket(at)
            case "<":
                return self._angle(at)
            case "&":
                return self._reference(at)
            case "\n":
                return self._break(at)
            case _:
                return self._as_it_is(at, "$$") or self._literal(at)

    def _write(self, text: str) -> None:
        self._pieces.append(escape(text, quote=False))

    def _literal(self, at: int, count: int = 1) -> int:
        self._write(self._text[at : at + count])
        return at + count

    def _as_it_is(self, at: int, begin: str) -> int:
        """Take a stretch that ends with its own sign as it is; 0 if it does not begin here or has no end."""
        if begin in self._endless or not self._text.startswith(begin, at):
            return 0
        end = self._text.find(_ENDS[begin], at + len(begin))
        if end < 0:
            self._endless.add(begin)
            return 0
        return self._literal(at, end + len(_ENDS[begin]) - at)

    def _backslash(self, at: int) -> int:
        following = self._text[at + 1 : at + 2]
        if following == "\n":
            return self._line_break(at + 2)
        if following in ("(", "[") and (end := self._as_it_is(at, "\\" + following)):
            return end
        if following in ("(", "[", ")", "]") and self._is_of_formula(at):
            return self._literal(at, 2)
        if _PUNCTUATION.match(following):
            return self._literal(at + 1)
        return self._literal(at)

    def _is_of_formula(self, at: int) -> bool:
        """Return whether a bracket with a backslash stands apart from words, as those of formulas do; it is no escape then."""
        beside = self._text[at + 2 : at + 3] if self._text[at + 1] in "([" else self._text[at - 1 : at] if at else ""
        return not beside or beside.isspace()

    def _code(self, at: int) -> int:
        if self._ticks is None:
            self._ticks = {}
            for found in _TICKS.finditer(self._text):
                self._ticks.setdefault(len(found[0]), []).append(found.start())
        opening = _TICKS.match(self._text, at)
        size = len(opening[0]) if opening else 1
        ends = self._ticks.get(size, [])
        place = bisect_right(ends, at + size - 1)
        if place == len(ends):
            return self._literal(at, size)
        code = self._text[at + size : ends[place]].replace("\n", " ")
        if code.strip(" ") and code[0] == code[-1] == " ":
            code = code[1:-1]
        self._pieces.append(f"<code>{escape(code, quote=False)}</code>")
        return ends[place] + size

    def _run(self, at: int) -> int:
        sign, end = self._text[at], at
        while end < len(self._text) and self._text[end] == sign:
            end += 1
        before, after = _class(self._text[at - 1 : at]), _class(self._text[end : end + 1])
        left = after != " " and (after != "." or before != "a")
        right = before != " " and (before != "." or after != "a")
        opens = left and (sign == "*" or not right or before == ".")
        closes = right and (sign == "*" or not left or after == ".")
        run = _Run(sign, end - at, opens, closes, self._last)
        if self._last is not None:
            self._last.after = run
        self._last = run
        self._pieces.append(run)
        return end

    def _close_bracket(self, at: int) -> int:
        if not self._brackets:
            return self._literal(at)
        bracket = self._brackets.pop()
        active = len(self._brackets) >= self._inactive
        self._inactive = min(self._inactive, len(self._brackets))
        found = self._target(bracket, at) if active else None
        if found is None:
            return self._literal(at)
        link, end = found
        title = f' title="{escape(link.title)}"' if link.title else ""
        self._emphasize(bracket.run)
        if bracket.at == at:
            self._write(link.address)  # a link without words could not be seen
        self._pieces[bracket.piece] = f'<a href="{escape(link.address)}" target="_blank"{title}>'
        self._pieces.append("</a>")
        self._inactive = len(self._brackets)
        return end

    def _target(self, bracket: _Bracket, at: int) -> tuple[Link, int] | None:
        if self._text[at + 1 : at + 2] == "(" and (found := inline_target(self._text, at + 1)):
            return found
        if not self._references:
            return None
        named = label(self._text, at + 1)
        if named is not None and named[0] in self._references:
            return self._references[named[0]], named[1]
        if named is not None or bracket.has_brackets:
            return None
        own = label(self._text, bracket.at - 1)
        if own is None or own[0] not in self._references:
            return None
        return self._references[own[0]], at + 3 if self._text.startswith("[]", at + 1) else at + 1

    def _angle(self, at: int) -> int:
        if (found := _ADDRESS.match(self._text, at)) and allowed(found[1]):
            return self._autolink(found, found[1])
        if found := _MAIL.match(self._text, at):
            return self._autolink(found, f"mailto:{found[1]}")
        if found := _TAG.match(self._text, at):
            return self._literal(at, len(found[0]))
        for begin in ("<!--", "<?", "<![CDATA[", "<!"):
            if end := self._as_it_is(at, begin):
                return end
        return self._literal(at)

    def _autolink(self, found: re.Match[str], address: str) -> int:
        self._pieces.append(f'<a href="{escape(address)}" target="_blank">{escape(found[1], quote=False)}</a>')
        return found.end()

    def _reference(self, at: int) -> int:
        found = _ENTITY.match(self._text, at)
        text = entity(found[1]) if found else None
        if found is None or text is None:
            return self._literal(at)
        self._write(text)
        return found.end()

    def _break(self, at: int) -> int:
        last = self._pieces[-1] if self._pieces else ""
        if isinstance(last, str):
            self._pieces[-1:] = [last.rstrip(" ")]
            if last.endswith("  "):
                return self._line_break(at + 1)
        self._pieces.append("\n")
        return self._skip_spaces(at + 1)

    def _line_break(self, at: int) -> int:
        self._pieces.append("<br>\n")
        return self._skip_spaces(at)

    def _skip_spaces(self, at: int) -> int:
        while self._text[at : at + 1] == " ":
            at += 1
        return at

    def _emphasize(self, bottom: _Run | None) -> None:
        """Pair the runs behind `bottom`, and forget them."""
        floors: dict[tuple[str, bool, int], _Run | None] = {}
        closer = self._first_behind(bottom)
        while closer is not None:
            if not closer.closes:
                closer = closer.after
                continue
            key = (closer.sign, closer.opens, closer.size % 3)
            floor = floors.get(key, bottom)
            opener = closer.before
            while opener is not None and opener is not floor and opener is not bottom and not _fits(opener, closer):
                opener = opener.before
            if opener is None or opener is floor or opener is bottom:
                floors[key] = closer.before
                following = closer.after
                if not closer.opens:
                    self._forget(closer)
                closer = following
                continue
            count: Literal[1, 2] = 2 if opener.count >= 2 and closer.count >= 2 else 1
            tag = _Tag("strong" if count == 2 else "em", opener.sign * count)
            opener.opened.append(tag)
            closer.closed.append(tag)
            opener.count -= count
            closer.count -= count
            opener.after, closer.before = closer, opener  # what stands between them cannot match any more
            if not opener.count:
                self._forget(opener)
            if not closer.count:
                following = closer.after
                self._forget(closer)
                closer = following
        if bottom is not None:
            bottom.after = None
        self._last = bottom

    def _first_behind(self, bottom: _Run | None) -> _Run | None:
        if bottom is not None:
            return bottom.after
        first = self._last
        while first is not None and first.before is not None:
            first = first.before
        return first

    def _forget(self, run: _Run) -> None:
        if run.before is not None:
            run.before.after = run.after
        if run.after is not None:
            run.after.before = run.before
        else:
            self._last = run.before

    def _joined(self) -> str:
        out: list[str] = []
        depth = 0
        for piece in self._pieces:
            if isinstance(piece, str):
                out.append(piece)
                continue
            for tag in piece.closed:
                depth -= 1
                out.append(tag.closing())
            out.append(piece.sign * piece.count)
            for tag in reversed(piece.opened):
                out.append(tag.opening(depth))
                depth += 1
        return "".join(out)


def _fits(opener: _Run, closer: _Run) -> bool:
    """Return whether two runs may be a pair: the rule of three of the specification."""
    if not opener.opens or opener.sign != closer.sign:
        return False
    both = closer.opens or opener.closes
    return not (both and closer.size % 3 and (opener.size + closer.size) % 3 == 0)


def _class(sign: str) -> str:
    """Return a blank for white space or an edge, a dot for punctuation, else `a`."""
    if not sign or sign.isspace():
        return " "
    return "." if unicodedata.category(sign)[0] in "PS" else "a"
