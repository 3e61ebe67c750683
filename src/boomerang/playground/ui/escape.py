"""Text from outside in labels and in our own markdown: whatever it holds, it stays text, letter by letter.

Streamlit replaces some signs after markdown has been read, so that a backslash does not help: short names of emoji and icons,
arrows and dashes, bare addresses. Their first sign goes into a span of its own, which breaks the pattern and changes no letter.
"""

from __future__ import annotations

import re

from boomerang.workbench.results.drawable_text import drawable

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|!$:~&=])")
_APART = re.compile(r":(?=[\w+-])|(?<=:)/(?=/)|(?<=\bwww)\.|@|[-<>~](?=[-=>])", re.IGNORECASE)
"""What begins a replacement of Streamlit's: `:smile:`, `:material/home:`, `http://`, `www.`, `a@b.c`, `->`, `--`, `>=`."""
_LIST = re.compile(r"^(\d*)([.)+-])")
_SPACES = re.compile(r"\s+")


def plain(text: str) -> str:
    """Escape a text so that markdown draws it as it is, in one line: no formatting, no directive, nothing loaded."""
    line = _SPACES.sub(" ", drawable(text)).strip(" ")
    first = _LIST.match(line)
    begin = f"{first[1]}\\{first[2]}" if first and not _APART.match(line, first.start(2)) else ""
    return begin + _escape(line[first.end() :] if begin and first else line)


def code(text: str) -> str:
    """Write a text as a span of code in our own markdown, such as the name of a back end."""
    line = _SPACES.sub(" ", drawable(text)).strip(" ")
    if ":material/" in line:  # Streamlit writes an underscore for the slash, in code too
        return plain(line)
    ticks = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    blank = " " if line[:1] == "`" or line[-1:] == "`" else ""
    return f"{ticks}{blank}{line}{blank}{ticks}" if line else ""


def whole(text: str) -> str:
    """Add the line ends that `st.code` takes from both ends of a text."""
    return f"\n{text}\n"


def _escape(line: str) -> str:
    out, at = [], 0
    for match in _APART.finditer(line):
        out += [_MARKUP.sub(r"\\\1", line[at : match.start()]), ":color[", _MARKUP.sub(r"\\\1", match[0]), "]"]
        at = match.end()
    return "".join([*out, _MARKUP.sub(r"\\\1", line[at:])])
