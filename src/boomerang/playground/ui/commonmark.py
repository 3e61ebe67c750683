"""A model's text as HTML: CommonMark and tables only.

Streamlit's own markdown turns text of a model into images, colours, arrows and formulas, drops what looks like a directive, and
links any address. Here HTML is shown as text, nothing is loaded, and only complete web and mail addresses become links.
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
"""Most nesting of quotes and lists; text that nests deeper is shown verbatim."""
_LANGUAGE = re.compile(r"[\w+#.-]+", re.ASCII)
_ADDRESS = re.compile(r"https?://[^/]|mailto:.", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Html:
    """Part of a text as HTML."""

    body: str


@dataclass(frozen=True, slots=True)
class Code:
    """A code block between two parts, verbatim."""

    text: str
    language: str | None


Part: TypeAlias = Html | Code


def parts(text: str) -> list[Part]:
    """Convert a text to HTML, with top-level code blocks as separate parts.

    Args:
        text: Text of a model, without lone surrogates.
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
    """Yield the top-level code blocks, and the tokens between them."""
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
    # Streamlit strips whitespace-only lines, and browsers normalize line ends.
    return Html(f'<div class="model-text">{body.replace(chr(10), "&#10;").replace(chr(13), "&#13;")}</div>')


def _language(info: str) -> str | None:
    match = _LANGUAGE.match(info.strip())
    return match[0].lower() if match else None


class _Renderer(RendererHTML):
    """Renderer whose links open in a new tab, without whitespace between blocks."""

    def link_open(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        address, title = tokens[at].attrGet("href"), tokens[at].attrGet("title")
        named = f' title="{escape(str(title))}"' if title else ""
        text = escape(str(address)) if tokens[at + 1].type == "link_close" else ""  # a link without text shows its address
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
    """Parse a table, unless a row has more cells than the header: they would be dropped, so the table stays text."""
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
    r"""Keep a formula such as `\( x^2 \)` or `$$ x $$` verbatim: its backslashes are no escapes, its signs no emphasis."""
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
"""Start of a formula → its end. If a formula does not end, only its start is kept verbatim."""


def _made() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": True, "xhtmlOut": False, "maxNesting": MOST_LEVELS + 2}, renderer_cls=_Renderer)
    made.enable("table").disable("image")
    made.block.ruler.at("table", _whole_table, {"alt": ["paragraph", "reference"]})
    made.inline.ruler.before("escape", "formula", _formula)
    made.validateLink = lambda url: _ADDRESS.match(url) is not None  # type: ignore[method-assign]
    return made


_READER = _made()
