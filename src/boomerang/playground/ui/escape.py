"""Escaping of external text for labels and our own markdown, so that it is shown verbatim.

Streamlit replaces some patterns after markdown has been parsed, where a backslash does not help: short names of emoji and
icons, arrows and dashes, bare URLs. Wrapping their first character in its own span breaks the pattern and changes no text.
"""

from __future__ import annotations

import re

from boomerang.workbench.results.drawable_text import drawable

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|!$:~&=])")
_APART = re.compile(r":(?=[\w+-])|(?<=:)/(?=/)|(?<=\bwww)\.|@|[-<>~](?=[-=>])", re.IGNORECASE)
"""Starts of patterns that Streamlit replaces: `:smile:`, `:material/home:`, `http://`, `www.`, `a@b.c`, `->`, `--`, `>=`."""
_LIST = re.compile(r"^(\d*)([.)+-])")
_SPACES = re.compile(r"\s+")


def plain(text: str) -> str:
    """Escape a text so that markdown shows it verbatim on one line: no formatting, no directive, nothing loaded."""
    line = _SPACES.sub(" ", drawable(text)).strip(" ")
    first = _LIST.match(line)
    begin = f"{first[1]}\\{first[2]}" if first and not _APART.match(line, first.start(2)) else ""
    return begin + _escape(line[first.end() :] if begin and first else line)


def code(text: str) -> str:
    """Return a text as a code span for our own markdown, such as the name of a back end."""
    line = _SPACES.sub(" ", drawable(text)).strip(" ")
    if ":material/" in line:  # Streamlit replaces the slash by an underscore, in code too
        return plain(line)
    ticks = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    blank = " " if line[:1] == "`" or line[-1:] == "`" else ""
    return f"{ticks}{blank}{line}{blank}{ticks}" if line else ""


def whole(text: str) -> str:
    """Add the line ends that `st.code` strips from both ends of a text."""
    return f"\n{text}\n"


def _escape(line: str) -> str:
    out, at = [], 0
    for match in _APART.finditer(line):
        out += [_MARKUP.sub(r"\\\1", line[at : match.start()]), ":color[", _MARKUP.sub(r"\\\1", match[0]), "]"]
        at = match.end()
    return "".join([*out, _MARKUP.sub(r"\\\1", line[at:])])
