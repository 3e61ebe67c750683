"""Text of a model as HTML: CommonMark and tables, and nothing else is read into it.

Streamlit's own markdown makes pictures, colours, arrows and formulas of what a model writes as text, drops what it takes for a
directive, and makes links of any address. Here all HTML is drawn as text, nothing is loaded, only addresses of the web and of
mail are links, and the work grows with the length of the text, whatever stands in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeAlias

from .blocks import Block, Kind, cells, parse
from .inlines import html as inline_html
from .links import Link

__all__ = ["Code", "Html", "Part", "parts"]

_LANGUAGE = re.compile(r"[\w+#.-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Html:
    """A stretch of a text as HTML."""

    body: str


@dataclass(frozen=True, slots=True)
class Code:
    """A block of code between two stretches, as it came."""

    text: str
    language: str | None


Part: TypeAlias = Html | Code


def parts(text: str) -> list[Part]:
    """Write a text as HTML, and take out its blocks of code that stand alone.

    Args:
        text: Of a model; without halves of characters.
    """
    document = parse(text.replace("\0", "\ufffd"))
    found: list[Part] = []
    written: list[str] = []
    for block in document.blocks:
        if block.kind is not Kind.CODE:
            written.extend(_written(block, document.references, tight=False))
            continue
        if written:
            found.append(_html(written))
            written = []
        found.append(Code("\n".join(block.lines), _language(block)))
    return [*found, _html(written)] if written else found


def _html(written: Sequence[str]) -> Html:
    # Streamlit takes away the blanks of a line that has nothing else, and a browser what it takes for an end of line.
    body = "".join(written).replace("\n", "&#10;").replace("\r", "&#13;")
    return Html(f'<div class="model-text">{body}</div>')


def _written(block: Block, references: Mapping[str, Link], *, tight: bool) -> Iterator[str]:
    match block.kind:
        case Kind.PARAGRAPH if block.lines:
            text = _inline("\n".join(block.lines), references)
            yield text if tight else f"<p>{text}</p>"
        case Kind.HEADING:
            yield f"<h{block.level}>{_inline(chr(10).join(block.lines), references)}</h{block.level}>"
        case Kind.CODE:
            yield f"<pre><code>{escape(chr(10).join(block.lines), quote=False)}</code></pre>"
        case Kind.HTML:
            yield f'<p class="as-it-is">{escape(chr(10).join(block.lines), quote=False)}</p>'
        case Kind.RULE:
            yield "<hr>"
        case Kind.QUOTE:
            yield "<blockquote>"
            for child in block.children:
                yield from _written(child, references, tight=False)
            yield "</blockquote>"
        case Kind.LIST:
            name = "ol" if block.level else "ul"
            yield f'<ol start="{block.start}">' if block.level and block.start != 1 else f"<{name}>"
            for item in block.children:
                yield "<li>"
                for place, child in enumerate(item.children):
                    if place and not block.loose:
                        yield "\n"
                    yield from _written(child, references, tight=not block.loose)
                yield "</li>"
            yield f"</{name}>"
        case Kind.TABLE:
            yield from _table(block, references)
        case _:
            pass


def _table(block: Block, references: Mapping[str, Link]) -> Iterator[str]:
    def row(line: str, name: str) -> str:
        found = cells(line)
        found += [""] * (len(block.alignments) - len(found))  # cells beyond the last column are drawn too
        sides = [*block.alignments, *[""] * (len(found) - len(block.alignments))]
        return "".join(
            f'<{name} style="text-align: {side}">{_inline(cell, references)}</{name}>' if side
            else f"<{name}>{_inline(cell, references)}</{name}>"
            for cell, side in zip(found, sides, strict=True)
        )  # fmt: skip

    head, *rows = block.lines
    yield f"<table><thead><tr>{row(head, 'th')}</tr></thead><tbody>"
    yield from (f"<tr>{row(line, 'td')}</tr>" for line in rows)
    yield "</tbody></table>"


def _inline(text: str, references: Mapping[str, Link]) -> str:
    return inline_html(text.rstrip(" \t"), references)


def _language(block: Block) -> str | None:
    found = _LANGUAGE.match(block.info)
    return found[0].lower() if found else None
