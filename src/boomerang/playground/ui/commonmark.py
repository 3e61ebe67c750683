"""Text of a model as HTML: CommonMark and tables, and nothing else is read into it.

Streamlit's own markdown makes pictures, colours, arrows and formulas of what a model writes as text, drops what it takes for a
directive, and makes links of any address. Here HTML is drawn as text, nothing is loaded, and only complete addresses of the web
and of mail are links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, TypeAlias

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import escapedSplit as split_cells
from markdown_it.rules_block.table import table as table_rule
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

__all__ = ["Code", "Html", "Part", "parts"]

MOST_LEVELS = 40
"""Quotes and lists inside one another; a text that nests deeper is drawn as it is."""
_LANGUAGE = re.compile(r"[\w+#.-]+", re.ASCII)
_ADDRESS = re.compile(r"https?://[^/]|mailto:.", re.IGNORECASE)


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
    env: dict[str, Any] = {}
    tokens = _READER.parse(text.replace("\0", "\ufffd"), env)
    if any(token.level >= MOST_LEVELS for token in _all(tokens)):
        return [Code(text, None)]
    blocks: list[Part] = []
    for stretch in _stretches(tokens):
        if isinstance(stretch, Code):
            blocks.append(stretch)
        else:
            blocks.append(_html(_READER.renderer.render(stretch, _READER.options, env)))
    return blocks


def _all(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from token.children or ()


def _stretches(tokens: Sequence[Token]) -> Iterator[Code | list[Token]]:
    """Yield blocks of code at the top level, and what stands between them."""
    between: list[Token] = []
    for token in tokens:
        if token.level == 0 and token.type in ("fence", "code_block"):
            if between:
                yield between
                between = []
            yield Code(token.content.removesuffix("\n"), _language(token.info))
        else:
            between.append(token)
    if between:
        yield between


def _html(body: str) -> Html:
    # Streamlit takes away the blanks of a line that has nothing else, and a browser what it takes for an end of line.
    return Html(f'<div class="model-text">{body.replace(chr(10), "&#10;").replace(chr(13), "&#13;")}</div>')


def _language(info: str) -> str | None:
    match = _LANGUAGE.match(info.strip())
    return match[0].lower() if match else None


class _Renderer(RendererHTML):
    """Writes links that open beside the page, and no blanks between blocks."""

    def link_open(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        address, title = tokens[at].attrGet("href"), tokens[at].attrGet("title")
        named = f' title="{escape(str(title))}"' if title else ""
        text = escape(str(address)) if tokens[at + 1].type == "link_close" else ""  # a link without words shows where it leads
        return f'<a href="{escape(str(address))}" target="_blank"{named}>{text}'

    def code_block(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return f"<pre><code>{escape(tokens[at].content.removesuffix(chr(10)), quote=False)}</code></pre>"

    fence = code_block  # type: ignore[assignment]

    def html_block(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return f'<p class="as-it-is">{escape(tokens[at].content.removesuffix(chr(10)), quote=False)}</p>'

    def html_inline(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return escape(tokens[at].content, quote=False)

    def text(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return escape(tokens[at].content, quote=False)

    def code_inline(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return f"<code>{escape(tokens[at].content, quote=False)}</code>"

    def hardbreak(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return "<br>\n"

    def renderToken(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return super().renderToken(tokens, at, options, env).removesuffix("\n")


def _whole_table(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    """Read a table, unless a row has more cells than its head: they would be left out, so it is drawn as it came."""
    if first + 2 > last:
        return False
    columns = len(_cells(state, first))
    for line in range(first + 2, last):
        if state.sCount[line] < state.blkIndent or not state.getLines(line, line + 1, state.blkIndent, False).strip():
            break
        if len(_cells(state, line)) > columns:
            return False
    return table_rule(state, first, last, silent)


def _cells(state: StateBlock, line: int) -> list[str]:
    cells = split_cells(state.getLines(line, line + 1, state.blkIndent, False).strip())
    if cells and not cells[0]:
        cells = cells[1:]
    return cells[:-1] if cells and not cells[-1] else cells


def _formula(state: StateInline, silent: bool) -> bool:
    r"""Leave a formula as it is, such as `\( x^2 \)` or `$$ x $$`: its backslashes are no escapes, its signs no emphasis."""
    opening = next((sign for sign in _FORMULAS if state.src.startswith(sign, state.pos)), None)
    if opening is None:
        return False
    closing = _FORMULAS[opening]
    end = state.src.find(closing, state.pos + len(opening)) if closing else -1
    end = state.pos + len(opening) if end < 0 else end + len(closing)
    if not silent:
        state.pending += state.src[state.pos : end]
    state.pos = end
    return True


_FORMULAS = {r"\(": r"\)", r"\[": r"\]", "$$": "$$", r"\)": "", r"\]": ""}
"""What a formula begins with → what it ends with. One that does not end is as it is, without what follows."""


def _made() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": True, "xhtmlOut": False, "maxNesting": MOST_LEVELS + 2}, renderer_cls=_Renderer)
    made.enable("table").disable("image")
    made.block.ruler.at("table", _whole_table, {"alt": ["paragraph", "reference"]})
    made.inline.ruler.before("escape", "formula", _formula)
    made.validateLink = lambda url: _ADDRESS.match(url) is not None  # type: ignore[method-assign]
    return made


_READER = _made()
