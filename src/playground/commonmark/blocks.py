"""The blocks of a text: CommonMark's and GitHub's tables. Line by line, as the appendix of the specification does it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, auto

from .links import Link, definition, unescape

MOST_LEVELS = 24
"""Quotes and lists inside one another; the signs of deeper ones are drawn as they are."""


class Kind(Enum):
    """What a block is."""

    DOCUMENT = auto()
    QUOTE = auto()
    LIST = auto()
    ITEM = auto()
    PARAGRAPH = auto()
    HEADING = auto()
    CODE = auto()
    HTML = auto()
    RULE = auto()
    TABLE = auto()


_CONTAINERS = {Kind.DOCUMENT, Kind.QUOTE, Kind.ITEM}
_LISTS = {Kind.LIST}
_VERBATIM = {Kind.CODE, Kind.HTML}
_ALIGNMENTS = {(True, True): "center", (True, False): "left", (False, True): "right", (False, False): ""}


@dataclass(slots=True)
class Block:
    """A block with what is inside of it."""

    kind: Kind
    children: list[Block] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    level: int = 0
    """Of a heading, 1 to 6."""
    fence: str = ""
    """With which a block of code began; empty if it is indented."""
    indent: int = 0
    """Columns before the fence, or before the text of an item."""
    info: str = ""
    """Behind the fence."""
    marker: str = ""
    """Of a list: `-`, `+`, `*`, `.` or `)`."""
    start: int = 1
    """Number of a list's first item."""
    loose: bool = False
    """Whether there are blank lines in a list."""
    alignments: list[str] = field(default_factory=list)
    """Of a table's columns: left, center, right, or empty."""
    end: re.Pattern[str] | None = None
    """With which a block of HTML ends; `None` for a blank line."""
    last_blank: bool = False


@dataclass(slots=True)
class Document:
    """A text in blocks."""

    blocks: list[Block]
    references: dict[str, Link]


_HEADING = re.compile(r"(#{1,6})(?:[ \t]+|$)")
_HEADING_END = re.compile(r"(?:^|[ \t])#+$")
_FENCE = re.compile(r"(`{3,})([^`]*)$|(~{3,})(.*)$")
_UNDERLINE = re.compile(r"(?:=+|-+)[ \t]*$")
_RULE = re.compile(r"(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})$")
_ITEM = re.compile(r"(?:([*+-])|(\d{1,9})([.)]))(?=[ \t]|$)")
_DELIMITER = re.compile(r":?-+:?")
_BAR = re.compile(r"(?<!\\)\|")
_BLOCK_TAGS = (
    "address article aside base basefont blockquote body caption center col colgroup dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hr html iframe legend li link main menu "
    "menuitem nav noframes ol optgroup option p param search section summary table tbody td tfoot th thead title tr track ul"
).replace(" ", "|")
_HTML: tuple[tuple[re.Pattern[str], re.Pattern[str] | None], ...] = (
    (
        re.compile(r"<(?:script|pre|style|textarea)(?:[\s>]|$)", re.IGNORECASE),
        re.compile("</(?:script|pre|style|textarea)>", re.IGNORECASE),
    ),
    (re.compile("<!--"), re.compile("-->")),
    (re.compile(r"<\?"), re.compile(r"\?>")),
    (re.compile("<![A-Za-z]"), re.compile(">")),
    (re.compile(r"<!\[CDATA\["), re.compile(r"\]\]>")),
    (re.compile(rf"</?(?:{_BLOCK_TAGS})(?:\s|/?>|$)", re.IGNORECASE), None),
)


class _Line:
    """A line that is read from left to right; a tab reaches to the next column that four divides."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = self.column = 0
        self.within_tab = False
        self.look()

    def look(self) -> None:
        """Find the next character that is no blank."""
        at, column = self.at, self.column
        while at < len(self.text) and self.text[at] in " \t":
            column += 4 - column % 4 if self.text[at] == "\t" else 1
            at += 1
        self.first = at
        self.indent = column - self.column
        self.blank = at == len(self.text)

    def skip(self, columns: int) -> None:
        while columns > 0 and self.at < len(self.text):
            width = 4 - self.column % 4 if self.text[self.at] == "\t" else 1
            self.within_tab = width > columns
            if not self.within_tab:
                self.at += 1
            self.column += min(width, columns)
            columns -= width
        self.look()

    def skip_blank(self) -> bool:
        """Skip one blank, if there is one."""
        there = self.text[self.at : self.at + 1] in (" ", "\t")
        if there:
            self.skip(1)
        return there

    def rest(self) -> str:
        """Return what is left of the line, with its blanks."""
        if self.within_tab:
            return " " * (4 - self.column % 4) + self.text[self.at + 1 :]
        return self.text[self.at :]

    def words(self) -> str:
        """Return what is left of the line, without the blanks before it."""
        return self.text[self.first :]


def parse(text: str) -> Document:
    """Read the blocks of a text.

    Args:
        text: With any line ends.
    """
    parser = _Parser()
    for line in re.split(r"\r\n?|\n", text):
        parser.take(_Line(line))
    parser.close(0)
    return Document(parser.document.children, parser.references)


def cells(row: str) -> list[str]:
    """Cut a line of a table into its cells."""
    row = row.strip()
    if row.startswith("|"):
        row = row[1:]
    found = [cell.strip().replace("\\|", "|") for cell in _BAR.split(row)]
    return found[:-1] if len(found) > 1 and not found[-1] else found


class _Begun(Enum):
    """What a line turned out to begin."""

    NOTHING = auto()
    CONTAINER = auto()
    """The rest of the line may begin more."""
    TEXT = auto()
    """The rest of the line is the first of the block."""
    WHOLE = auto()
    """The line is used up."""


class _Parser:
    def __init__(self) -> None:
        self.document = Block(Kind.DOCUMENT)
        self.references: dict[str, Link] = {}
        self._open = [self.document]

    def take(self, line: _Line) -> None:
        matched = 1
        while matched < len(self._open):
            block = self._open[matched]
            if block.fence and _closes(block, line):
                self.close(matched)
                return
            if not _goes_on(block, line):
                break
            matched += 1
        begun = _Begun.CONTAINER
        while begun is _Begun.CONTAINER and self._open[matched - 1].kind not in _VERBATIM:
            begun = self._begin(line, matched)
            if begun is not _Begun.NOTHING:
                matched = len(self._open)
        if begun is _Begun.WHOLE:
            self._note_blank(line)
        else:
            self._add(line, matched)

    def close(self, keep: int) -> None:
        """Close open blocks until this many are left."""
        while len(self._open) > keep:
            self._finish(self._open.pop())

    def _add(self, line: _Line, matched: int) -> None:
        """Add a line of text to the block that it belongs to."""
        if matched < len(self._open) and not line.blank and self._open[-1].kind is Kind.PARAGRAPH:
            self._open[-1].lines.append(line.words())  # goes on without the signs of the blocks around it
            return
        self.close(matched)
        self._note_blank(line)
        tip = self._open[-1]
        if tip.kind in _VERBATIM:
            tip.lines.append(line.rest())
            if tip.end is not None and tip.end.search(line.text, line.at):
                self.close(len(self._open) - 1)
        elif tip.kind in (Kind.PARAGRAPH, Kind.TABLE):
            tip.lines.append(line.words())
        elif not line.blank:
            self._new(Block(Kind.PARAGRAPH)).lines.append(line.words())

    def _note_blank(self, line: _Line) -> None:
        tip = self._open[-1]
        if line.blank and tip.children:
            tip.children[-1].last_blank = True
        new_item = tip.kind is Kind.ITEM and not tip.children
        blank = line.blank and not (tip.kind is Kind.QUOTE or tip.fence or (new_item and not tip.last_blank))
        for block in self._open:
            block.last_blank = blank

    def _new(self, block: Block) -> Block:
        while self._open[-1].kind not in (_LISTS if block.kind is Kind.ITEM else _CONTAINERS):
            self.close(len(self._open) - 1)
        self._open[-1].children.append(block)
        self._open.append(block)
        return block

    def _begin(self, line: _Line, matched: int) -> _Begun:
        """Begin the block that a line begins, if it does."""
        container = self._open[matched - 1]
        if line.blank:
            return _Begun.NOTHING
        if line.indent >= 4:
            if self._open[-1].kind is Kind.PARAGRAPH or container.kind is Kind.TABLE:
                return _Begun.NOTHING
            self.close(matched)
            self._new(Block(Kind.CODE))
            line.skip(4)
            return _Begun.TEXT
        return (
            self._begin_container(line, matched)
            if line.text[line.first] == ">"
            else self._begin_leaf(line, matched) or self._begin_item(line, matched) or self._begin_table(line, container)
        ) or _Begun.NOTHING

    def _begin_container(self, line: _Line, matched: int) -> _Begun | None:
        if matched >= MOST_LEVELS:
            return None
        self.close(matched)
        self._new(Block(Kind.QUOTE))
        line.skip(line.indent + 1)
        line.skip_blank()
        return _Begun.CONTAINER

    def _begin_leaf(self, line: _Line, matched: int) -> _Begun | None:
        container, words = self._open[matched - 1], line.words()
        stripped = words.rstrip(" \t")
        if heading := _HEADING.match(stripped):
            self.close(matched)
            text = _HEADING_END.sub("", stripped[heading.end() :]).strip(" \t")
            self._new(Block(Kind.HEADING, lines=[text], level=len(heading[1])))
            return _Begun.WHOLE
        if fence := _FENCE.match(words):
            self.close(matched)
            info = unescape((fence[2] or fence[4] or "").strip())
            self._new(Block(Kind.CODE, fence=fence[1] or fence[3], indent=line.indent, info=info))
            return _Begun.WHOLE
        for begin, end in _HTML:
            if begin.match(words):
                self.close(matched)
                self._new(Block(Kind.HTML, end=end))
                return _Begun.TEXT
        if container.kind is Kind.PARAGRAPH and _UNDERLINE.match(words) and self._define(container):
            container.kind, container.level = Kind.HEADING, 1 if words[0] == "=" else 2
            self._open.pop()
            return _Begun.WHOLE
        if _RULE.match(words):
            self.close(matched)
            self._new(Block(Kind.RULE))
            return _Begun.WHOLE
        return None

    def _begin_item(self, line: _Line, matched: int) -> _Begun | None:
        container = self._open[matched - 1]
        found = _ITEM.match(line.text, line.first)
        if found is None or matched + 1 >= MOST_LEVELS:
            return None
        interrupts = container.kind is Kind.PARAGRAPH
        if interrupts and (found[2] not in (None, "1") or not line.text[found.end() :].strip(" \t")):
            return None
        self.close(matched)
        offset, width = line.indent, len(found[0])
        line.skip(offset + width)
        blanks = line.indent
        if line.blank or blanks > 4:
            blanks = 1
        item = Block(Kind.ITEM, indent=offset + width + max(blanks, 1))
        line.skip(blanks)
        marker = found[1] or found[3]
        if container.kind is not Kind.LIST or container.marker != marker:
            self._new(Block(Kind.LIST, marker=marker, start=int(found[2] or 1), level=bool(found[2])))
        self._new(item)
        return _Begun.CONTAINER

    def _begin_table(self, line: _Line, container: Block) -> _Begun | None:
        words = line.words()
        if container.kind is not Kind.PARAGRAPH or "|" not in words:
            return None
        marks = cells(words)
        head = container.lines[-1]
        if not all(map(_DELIMITER.fullmatch, marks)) or len(cells(head)) != len(marks):
            return None
        alignments = [_ALIGNMENTS[mark[0] == ":", mark[-1] == ":"] for mark in marks]
        del container.lines[-1]
        if container.lines:
            self._new(Block(Kind.TABLE, lines=[head], alignments=alignments))
        else:
            container.kind, container.lines, container.alignments = Kind.TABLE, [head], alignments
        return _Begun.WHOLE

    def _define(self, paragraph: Block) -> bool:
        """Take the definitions of references from the beginning of a paragraph; return whether anything is left of it."""
        text = "\n".join(paragraph.lines)
        at = 0
        while text.startswith("[", at) and (found := definition(text, at)):
            label, link, at = found
            self.references.setdefault(label, link)
        if at:
            paragraph.lines = text[at:].split("\n") if text[at:] else []
        return bool(paragraph.lines)

    def _finish(self, block: Block) -> None:
        match block.kind:
            case Kind.PARAGRAPH:
                self._define(block)
            case Kind.CODE if not block.fence:
                while block.lines and not block.lines[-1].strip(" \t"):
                    block.lines.pop()
            case Kind.HTML:
                while block.lines and not block.lines[-1].strip(" \t"):
                    block.lines.pop()
            case Kind.LIST:
                block.loose = _is_loose(block)
            case _:
                pass


def _goes_on(block: Block, line: _Line) -> bool:
    """Return whether a line goes on with an open block, and skip what belongs to the block."""
    match block.kind:
        case Kind.QUOTE:
            if line.indent >= 4 or line.blank or line.text[line.first] != ">":
                return False
            line.skip(line.indent + 1)
            line.skip_blank()
        case Kind.ITEM:
            if line.blank:
                return bool(block.children)
            if line.indent < block.indent:
                return False
            line.skip(block.indent)
        case Kind.CODE if block.fence:
            line.skip(min(line.indent, block.indent))
        case Kind.CODE:
            if line.indent < 4 and not line.blank:
                return False
            line.skip(4)
        case Kind.HTML:
            return not (line.blank and block.end is None)
        case Kind.PARAGRAPH | Kind.TABLE:
            return not line.blank
        case Kind.HEADING | Kind.RULE:
            return False
        case _:
            pass
    return True


def _closes(block: Block, line: _Line) -> bool:
    words = line.words().rstrip(" \t")
    return line.indent < 4 and len(words) >= len(block.fence) and not words.strip(block.fence[0])


def _is_loose(listed: Block) -> bool:
    items = listed.children
    for number, item in enumerate(items, 1):
        last = number == len(items)
        if not last and _ends_blank(item):
            return True
        inner = item.children
        if any(_ends_blank(child) and not (last and place == len(inner)) for place, child in enumerate(inner, 1)):
            return True
    return False


def _ends_blank(block: Block) -> bool:
    while not block.last_blank and block.kind in (Kind.LIST, Kind.ITEM) and block.children:
        block = block.children[-1]
    return block.last_blank
