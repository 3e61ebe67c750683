"""Where links lead: destinations, titles, labels and definitions of CommonMark, and which addresses become links at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.entities import html5

PUNCTUATION = r"[!-/:-@\[-`{-~]"
_ESCAPED = re.compile(rf"\\({PUNCTUATION})|&(#[xX][0-9a-fA-F]{{1,6}}|#[0-9]{{1,7}}|[A-Za-z][A-Za-z0-9]{{1,31}});")
_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\x00-\x20\x7f]+", re.IGNORECASE)
_LABEL = re.compile(r"\[((?:[^\\\[\]]|\\.){1,999})\]", re.DOTALL)
_IN_ANGLES = re.compile(r"<([^<>\n\\]*+(?:\\.[^<>\n\\]*+)*+)>")
_TITLE = re.compile(
    r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"|\'([^\'\\]*+(?:\\.[^\'\\]*+)*+)\'|\(([^()\\]*+(?:\\.[^()\\]*+)*+)\)', re.DOTALL
)
_SPACES = re.compile(r"[ \t]*+(?:\n[ \t]*+)?")
_END_OF_LINE = re.compile(r"[ \t]*+(?:\n|\Z)")
_MOST_PARENTHESES = 32


@dataclass(frozen=True, slots=True)
class Link:
    """Where a link leads."""

    address: str
    """Begins with `http://`, `https://` or `mailto:`."""
    title: str = ""


def unescape(text: str) -> str:
    """Resolve backslash escapes and character references."""
    return _ESCAPED.sub(_character, text) if "\\" in text or "&" in text else text


def entity(name: str) -> str | None:
    """Return the text of a character reference without `&` and `;`; `None` if there is none of this name."""
    if not name.startswith("#"):
        return html5.get(f"{name};")
    code = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
    return chr(code) if 0 < code < 0xD800 or 0xDFFF < code <= 0x10FFFF else "\ufffd"


def allowed(address: str) -> bool:
    """Return whether an address may become a link: of the web or of mail, complete, without blanks or control characters."""
    return _ADDRESS.fullmatch(address) is not None


def normalized(label: str) -> str:
    """Return a link label as labels are compared."""
    return " ".join(label.split()).casefold()


def inline_target(text: str, at: int) -> tuple[Link, int] | None:
    """Read `(destination "title")`.

    Args:
        text: Of a paragraph.
        at: Where the parenthesis stands.

    Returns:
        Where it leads and the place behind it; `None` if it is none, or if it leads where no link may.
    """
    begin = _skip(text, at + 1)
    found = _destination(text, begin)
    if found is None:
        return None
    address, end = found
    behind = _skip(text, end)
    title = _TITLE.match(text, behind) if behind > end else None
    if title is not None:
        behind = _skip(text, title.end())
    if text[behind : behind + 1] != ")" or not allowed(address):
        return None
    return Link(address, _title(title)), behind + 1


def label(text: str, at: int) -> tuple[str, int] | None:
    """Read `[label]` and return it as labels are compared, with the place behind it."""
    found = _LABEL.match(text, at)
    return (normalized(found[1]), found.end()) if found and found[1].strip() else None


def definition(text: str, at: int) -> tuple[str, Link, int] | None:
    """Read the link reference definition that begins at a place.

    Returns:
        Its label, where it leads, and the place behind it; `None` if there is none, or if it leads where no link may: then it
        stays text.
    """
    named = label(text, at)
    if named is None or text[named[1] : named[1] + 1] != ":":
        return None
    found = _destination(text, _skip(text, named[1] + 1))
    if found is None or not allowed(found[0]):
        return None
    address, end = found
    behind = _skip(text, end)
    title = _TITLE.match(text, behind) if behind > end else None
    if title is not None and (line := _END_OF_LINE.match(text, title.end())):
        return named[0], Link(address, _title(title)), line.end()
    line = _END_OF_LINE.match(text, end)
    return (named[0], Link(address), line.end()) if line else None


def _destination(text: str, at: int) -> tuple[str, int] | None:
    if text[at : at + 1] == "<":
        found = _IN_ANGLES.match(text, at)
        return (unescape(found[1]), found.end()) if found else None
    end, depth = at, 0
    while end < len(text):
        sign = text[end]
        if sign == "\\" and end + 1 < len(text) and not text[end + 1].isspace():
            end += 1
        elif sign == "(":
            depth += 1
            if depth > _MOST_PARENTHESES:
                return None
        elif sign == ")":
            if not depth:
                break
            depth -= 1
        elif sign <= " " or sign == "\x7f":
            break
        end += 1
    return None if depth or end == at else (unescape(text[at:end]), end)


def _skip(text: str, at: int) -> int:
    found = _SPACES.match(text, at)
    return found.end() if found else at


def _title(found: re.Match[str] | None) -> str:
    return unescape(next(group for group in found.groups() if group is not None)) if found else ""


def _character(found: re.Match[str]) -> str:
    if found[1]:
        return found[1]
    return entity(found[2]) or found[0]
