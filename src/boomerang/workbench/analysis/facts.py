"""Find numbers, dates and names in a text, and check which of them its summary kept.

The rules know no grammar and no meaning:

- **Numbers** are compared by value: 1,200 = 1200 = 1'200 = 1.2 thousand. A lone point is a decimal point; a lone comma is too,
  unless three digits follow it (3,5 is 3.5, but 3,500 is 3500); if both occur, the last one is. Numbers with several points
  have no value and are compared as text (version 3.11.2). A number word (English, one to twelve) matches the same number in
  digits in the other text, and so do the year and the day of a date.
- **Dates** need a month, as an English word or number: `3 May 2026`, `May 3rd`, `May 2026`, `2026-05-03`, `2026年5月3日`. The
  month of 03/05/2026 is ambiguous, so it counts as three numbers, unless one of the first two is above 12. A summary with only
  part of a date (`May 2026`) has shortened it.
- **Names** are runs of capitalised words, joined by `of`, `de` and the like (`Bank of England`), that do not start a sentence,
  a line or a quotation or follow a colon. A name that only occurs there is therefore missed, and all German nouns are names. A
  name is kept if each of its words occurs capitalised somewhere in the other text, and shortened if only some do. Chinese and
  other scripts without capitals have no names here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    """The kind of a fact."""

    NUMBER = "number"
    DATE = "date"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Date:
    """A month, with year and day if given."""

    year: int | None
    month: int
    day: int | None

    def within(self, other: Date) -> bool:
        """Return whether the other date includes all of this one."""
        return self.month == other.month and self.year in (None, other.year) and self.day in (None, other.day)


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact, as it first occurs in a text."""

    kind: Kind
    text: str
    value: Decimal | str | Date | tuple[str, ...]
    """The compared value: a number, or its text if it has no value (version 3.11.2); a date; for a name, its words
    without `of` and the like."""


@dataclass(frozen=True, slots=True)
class TextFacts:
    """The facts of a text."""

    facts: tuple[Fact, ...]
    """In text order, each value once."""
    numbers: frozenset[Decimal | str]
    """Values of numbers, including number words and numbers in dates."""
    dates: frozenset[Date]
    capitalised: frozenset[str]
    """All capitalised words, wherever they occur."""


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)\b\.?"
    r"|January|February|March|April|June|July|August|September|October|November|December)"
)
_DAY = r"(?P<day>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>[12]\d{3})"
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_DAY}\s+(?:of\s+)?{_MONTH}(?:,?\s+{_YEAR}\b)?",
        rf"\b{_MONTH}\s+{_DAY}\b(?!:\d)(?:,?\s+{_YEAR}\b)?",
        rf"\b{_MONTH},?\s+(?:of\s+)?{_YEAR}\b",
        rf"(?<!\d){_YEAR}-(?P<month>1[0-2]|0[1-9])(?:-(?P<day>[12]\d|3[01]|0[1-9]))?(?![-\d])",
        rf"(?<!\d){_YEAR}\s*年\s*(?P<month>1[0-2]|0?[1-9])\s*月(?:\s*(?P<day>[12]\d|3[01]|0?[1-9])\s*[日号])?",
        rf"(?<![\d/.])(?P<day>1[3-9]|2\d|3[01])[/.](?P<month>1[0-2]|0?[1-9])[/.]{_YEAR}(?![\d/])",
        rf"(?<![\d/])(?P<month>1[0-2]|0?[1-9])/(?P<day>1[3-9]|2\d|3[01])/{_YEAR}(?![\d/])",
    )
)

_NUMBER = re.compile(
    r"(?<![A-Za-z\u00c0-\u024f\d])(?<!\d[.,])(?P<minus>(?<![^\s(])-|\u2212)?"
    r"(?P<digits>\d{1,3}(?:['’]\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)*)"
    r"(?:\s?(?P<factor>(?i:hundred|thousand|million|billion|trillion)\b|[万亿]))?",
)
_ZEROS = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12, "万": 4, "亿": 8}
_NAMED = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBER_VALUES = {word: Decimal(value) for value, word in enumerate(_NAMED, 1)}

_WORD = re.compile(r"[^\W\d_][\w]*(?:[-'’.](?=[^\W_])\w+)*")
_JOINING = frozenset(
    ["of", "de", "da", "di", "do", "du", "del", "der", "den", "van", "von", "la", "le", "el", "al", "bin", "y"]
)
_SENTENCE_START = re.compile(r"(?:^|[.!?…:。！？：\n\r•#>|])[\s\"'“”‘’«»„(\[*_-]*$|[\"“„«‘]$")
_NO_SENTENCE_END = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Prof|St|No|vs|[A-Z])\.\s$")
_FIRST_PERSON = re.compile(r"I(?:['’]|$)")


def find(text: str) -> TextFacts:
    """Find the facts of a text."""
    # Turn spaces inside numbers into apostrophes first; NFKC would make them ordinary spaces between words.
    text = unicodedata.normalize("NFKC", re.sub(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3})", "'", text))
    placed: list[tuple[int, Fact]] = []
    rest = text
    for pattern in _DATES:
        rest = _take(pattern, rest, _date, placed)
    dates = {fact.value for _, fact in placed if isinstance(fact.value, Date)}
    _take(_NUMBER, rest, _number, placed)
    placed += _names(rest)
    facts: dict[Decimal | str | Date | tuple[str, ...], Fact] = {}
    for _, fact in sorted(placed, key=lambda item: item[0]):
        facts.setdefault(fact.value, fact)
    numbers = {value for value in facts if isinstance(value, Decimal | str)}
    numbers |= {Decimal(part) for date in dates for part in (date.year, date.day) if part is not None}
    plain_words = [_bare(match[0]) for match in _WORD.finditer(text)]
    numbers |= {_NUMBER_VALUES[word.lower()] for word in plain_words if word.lower() in _NUMBER_VALUES}
    capitalised = frozenset(word for word in plain_words if word[0].isupper())
    return TextFacts(tuple(facts.values()), frozenset(numbers), frozenset(dates), capitalised)


def _take(
    pattern: re.Pattern[str], text: str, make: Callable[[re.Match[str]], Fact], placed: list[tuple[int, Fact]]
) -> str:  # fmt: skip
    """Collect the matches of one pattern, and blank them out so that no other pattern finds them again."""

    def blank(match: re.Match[str]) -> str:
        placed.append((match.start(), make(match)))
        return "\0" * len(match[0])

    return pattern.sub(blank, text)


def _date(match: re.Match[str]) -> Fact:
    month = match["month"]
    groups = match.groupdict()
    number = int(month) if month.isdecimal() else _MONTHS.index(month[:3].lower()) + 1
    year, day = groups.get("year"), groups.get("day")
    return Fact(Kind.DATE, match[0], Date(int(year) if year else None, number, int(day) if day else None))


def _number(match: re.Match[str]) -> Fact:
    text = ("-" if match["minus"] else "") + _plain(match["digits"])
    if text.count(".") > 1:
        return Fact(Kind.NUMBER, match[0], text)
    # Use the exponent: multiplying would round a long number.
    zeros = _ZEROS[match["factor"].lower()] if match["factor"] else 0
    return Fact(Kind.NUMBER, match[0], Decimal(f"{text}e{zeros}"))


def _plain(digits: str) -> str:
    """Rewrite a number without thousands separators and with a decimal point. Several points remain if it has no value."""
    digits = re.sub(r"['’]", "", digits)
    if "." in digits and "," in digits:
        decimal = max(".,", key=digits.rfind)
        whole, _, fraction = digits.rpartition(decimal)
        return re.sub(r"[.,]", "", whole) + "." + fraction
    if re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d{0,2}(?:\.\d{3}){2,}", digits):
        return re.sub(r"[.,]", "", digits)
    return digits.replace(",", ".")


def _names(text: str) -> Iterator[tuple[int, Fact]]:
    """Find runs of capitalised words that do not start a sentence."""
    run: list[re.Match[str]] = []
    for word in _WORD.finditer(text):
        joined = run and text[run[-1].end() : word.start()] == " "
        if joined and word[0] in _JOINING:
            run.append(word)
            continue
        capital = word[0][0].isupper() and not _FIRST_PERSON.match(word[0]) and not _begins(text, word.start())
        if run and not (joined and capital):
            yield from _name(run)
            run = []
        if capital:
            run.append(word)
    yield from _name(run)


def _name(run: list[re.Match[str]]) -> Iterator[tuple[int, Fact]]:
    while run and run[-1][0] in _JOINING:
        run = run[:-1]
    if run:
        text = _bare(run[0].string[run[0].start() : run[-1].end()])
        name_words = tuple(_bare(word[0]) for word in run if word[0] not in _JOINING)
        yield run[0].start(), Fact(Kind.NAME, text, name_words)


def _begins(text: str, at: int) -> bool:
    """Return whether a word starts a sentence, a line or a quotation, or follows a colon."""
    before = text[max(0, at - 12) : at]
    return _SENTENCE_START.search(before) is not None and not _NO_SENTENCE_END.search(before)


def _bare(word: str) -> str:
    """Strip the English possessive."""
    return re.sub(r"['’]s?$", "", word)


class State(StrEnum):
    """The state of a fact in a summary."""

    KEPT = "kept"
    SHORTENED = "shortened"
    """Only part of it remains: a date without its day, a name without its first word."""
    MISSING = "missing"
    NEW = "new"
    """Only in the summary, or more detailed there than in the source."""


@dataclass(frozen=True, slots=True)
class ComparedFact:
    """A fact and its state in the summary."""

    fact: Fact
    state: State


def compare(source: str, summary: str) -> list[ComparedFact]:
    """Compare the facts of a source and its summary.

    Returns:
        Facts of the source in order of first occurrence (kept, shortened or missing), then those new in the summary. Each once.
    """
    before, after = find(source), find(summary)
    kept = [ComparedFact(fact, _fate(fact, after)) for fact in before.facts]
    return kept + [ComparedFact(fact, State.NEW) for fact in after.facts if not _supported(fact, before)]


def share_kept(compared: Iterable[ComparedFact], kind: Kind | None = None) -> float | None:
    """Return the share (0 to 1) of the source's facts, optionally of one kind, that were kept whole; `None` if it has none."""
    states = [one.state for one in compared if one.state is not State.NEW and kind in (None, one.fact.kind)]
    return states.count(State.KEPT) / len(states) if states else None


def _fate(fact: Fact, summary: TextFacts) -> State:
    match fact.value:
        case Decimal() | str():
            return State.KEPT if fact.value in summary.numbers else State.MISSING
        case Date():
            dates = [date for date in summary.dates if date.within(fact.value)]
            return State.KEPT if fact.value in dates else State.SHORTENED if dates else State.MISSING
        case name_words:
            there = [word in summary.capitalised for word in name_words]
            return State.KEPT if all(there) else State.SHORTENED if any(there) else State.MISSING


def _supported(fact: Fact, source: TextFacts) -> bool:
    match fact.value:
        case Decimal() | str():
            return fact.value in source.numbers
        case Date():
            return any(fact.value.within(date) for date in source.dates)
        case name_words:
            return all(word in source.capitalised for word in name_words)
