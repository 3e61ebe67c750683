"""Which facts of a text its summary kept, and which it has that the text has not: numbers, dates and names.

Rules, which know no grammar and no meaning:

- **Numbers** are compared by value: 1,200 = 1200 = 1'200 = 1.2 thousand. A point that is alone stands before decimals; a comma
  does, unless three digits follow it (3,5 is 3.5, and 3,500 is 3500); of both, the last does. Several points without a value
  are compared as text (version 3.11.2). A number in words counts where the other text has it in digits (English, one to
  twelve), and so do the year and the day of a date.
- **Dates** need a month, in English or in figures: `3 May 2026`, `May 3rd`, `May 2026`, `2026-05-03`, `2026年5月3日`. Of
  03/05/2026 nobody knows the month, so these are three numbers, unless one of the first two is above 12. A summary that gives
  less of a date (`May 2026`) has shortened it.
- **Names** are runs of capitalised words that do not stand at the start of a sentence, a line or a quotation or after a colon,
  joined by `of`, `de` and their like (`Bank of England`). So a name that stands only there is missed, and German nouns are all
  names. A name is kept if each of its words has its capital somewhere in the other text, and shortened if some have. Chinese
  and other scripts without capitals have no names here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from . import facts
from .facts import Date, Fact, Found, Kind


class State(StrEnum):
    """What a summary did with a fact."""

    KEPT = "kept"
    SHORTENED = "shortened"
    """Less of it is there: a date without its day, a name without its first word."""
    MISSING = "missing"
    NEW = "new"
    """Only the summary has it, or more of it than the source."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A fact and what became of it."""

    fact: Fact
    state: State


def compare(source: str, summary: str) -> list[Judged]:
    """Tell what a summary did with the facts of its source.

    Returns:
        Facts of the source in the order in which they first stand there, kept, shortened or missing; then the new ones of the
        summary. Each once. Empty if neither has any.
    """
    before, after = facts.find(source), facts.find(summary)
    judged = [Judged(fact, _fate(fact, after)) for fact in before.facts]
    return judged + [Judged(fact, State.NEW) for fact in after.facts if not _supported(fact, before)]


def share_kept(judged: Iterable[Judged], kind: Kind | None = None) -> float | None:
    """Give the share of the source's facts (of one kind, if given) that were kept whole, 0 to 1; `None` if it has none."""
    states = [one.state for one in judged if one.state is not State.NEW and kind in (None, one.fact.kind)]
    return states.count(State.KEPT) / len(states) if states else None


def _fate(fact: Fact, summary: Found) -> State:
    match fact.value:
        case Decimal() | str():
            return State.KEPT if fact.value in summary.numbers else State.MISSING
        case Date():
            given = [date for date in summary.dates if date.within(fact.value)]
            return State.KEPT if fact.value in given else State.SHORTENED if given else State.MISSING
        case words:
            there = [word in summary.capitalised for word in words]
            return State.KEPT if all(there) else State.SHORTENED if any(there) else State.MISSING


def _supported(fact: Fact, source: Found) -> bool:
    match fact.value:
        case Decimal() | str():
            return fact.value in source.numbers
        case Date():
            return any(fact.value.within(date) for date in source.dates)
        case words:
            return all(word in source.capitalised for word in words)
