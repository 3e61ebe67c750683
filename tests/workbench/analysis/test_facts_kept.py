"""Test facts, found in a text by their form and searched in its summary."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.workbench.analysis.facts import Date, Kind, State, compare, find, share_kept


def values(text: str, kind: Kind) -> list[object]:
    return [fact.value for fact in find(text).facts if fact.kind is kind]


def states(source: str, summary: str) -> dict[str, str]:
    return {scored.fact.text: scored.state.value for scored in compare(source, summary)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,234,567 people", "1234567"),
        ("1.234.567 Menschen", "1234567"),
        ("1'234 and", "1234"),
        ("1\u202f234\u00a0567 personnes", "1234567"),
        ("1,234.50 dollars", "1234.5"),
        ("1.234,50 Euro", "1234.5"),
        ("3,5 Meter", "3.5"),
        ("3.14", "3.14"),
        ("0,125", "0.125"),
        ("it ended at 7.", "7"),
        ("(-40 degrees)", "-40"),
        ("\u22125", "-5"),
        ("COVID-19", "19"),
        ("5% of it", "5"),
        ("12kg", "12"),
        ("the 3rd", "3"),
        ("1.5 million", "1500000"),
        ("2 Billion", "2000000000"),
        ("3万人", "30000"),
        ("共1.2亿元", "120000000"),
        ("１２", "12"),
        ("007", "7"),
    ],
)
def test_a_number_is_read_by_value(text: str, expected: str) -> None:
    assert values(text, Kind.NUMBER) == [Decimal(expected)]


@pytest.mark.parametrize("text", ["", "H2O", "B12", "v2.0", "mp3", "none at all"])
def test_digits_in_a_word_are_no_number(text: str) -> None:
    assert values(text, Kind.NUMBER) == []


def test_a_version_is_compared_as_text() -> None:
    assert states("Python 3.11.2", "It is 3.11.2 and not 3.112.") == {"3.11.2": "kept", "3.112": "new"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on 3 May 2026 we", Date(2026, 5, 3)),
        ("the 3rd of May, 2026", Date(2026, 5, 3)),
        ("on May 3, 2026", Date(2026, 5, 3)),
        ("on May 3rd we", Date(None, 5, 3)),
        ("3 May", Date(None, 5, 3)),
        ("in May 2026", Date(2026, 5, None)),
        ("Sept. 30, 1999", Date(1999, 9, 30)),
        ("31 December 1999", Date(1999, 12, 31)),
        ("2026-05-03", Date(2026, 5, 3)),
        ("2026年5月3日", Date(2026, 5, 3)),
        ("于2026年12月发布", Date(2026, 12, None)),
        ("25/12/2026", Date(2026, 12, 25)),
        ("12/25/2026", Date(2026, 12, 25)),
        ("25.12.2026", Date(2026, 12, 25)),
    ],
)
def test_a_date_is_read_in_its_forms(text: str, expected: Date) -> None:
    assert values(text, Kind.DATE) == [expected]
    assert values(text, Kind.NUMBER) == []


@pytest.mark.parametrize("text", ["you may 3 times", "03/05/2026", "2026", "Room 3 Maya", "phone 2026-05-0312"])
def test_what_is_no_sure_date_is_none(text: str) -> None:
    assert values(text, Kind.DATE) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We met Anna Smith in Paris.", [("Anna", "Smith"), ("Paris",)]),
        ("Anna Smith came. Then Paris fell.", [("Smith",), ("Paris",)]),
        ("the Bank of England and the Museum of", [("Bank", "England"), ("Museum",)]),
        ("so Dr. Meyer left", [("Dr",), ("Meyer",)]),
        ("said the World Health Organization (WHO)", [("World", "Health", "Organization"), ("WHO",)]),
        ("it is Anna's and Siemens’s", [("Anna",), ("Siemens",)]),
        ('he said "Never" and I\'m sure I know', []),
        ("list\n- Apples\n- Pears", []),
        ("note: Nothing", []),
        ("with Jean-Luc and O'Neill", [("Jean-Luc",), ("O'Neill",)]),
        ("в Москве и Ольга", [("Москве",), ("Ольга",)]),
        ("北京很大", []),
    ],
)
def test_names_are_capitalised_words_that_do_not_start_a_sentence(text: str, expected: list[tuple[str, ...]]) -> None:
    assert values(text, Kind.NAME) == expected


def test_a_summary_keeps_shortens_drops_and_invents() -> None:
    source = (
        "On 3 May 2026 the engineer Ada Byron from Acme Corp sold 1,200 boats for 2.5 million dollars to 40 clients in Oslo."
    )
    summary = "In May 2026 Byron sold 1200 boats to forty clients, for 2,500,000 dollars, in Bergen; 99 sank on 4 May 2026."
    assert states(source, summary) == {
        "3 May 2026": "shortened",
        "Ada Byron": "shortened",
        "Acme Corp": "missing",
        "1,200": "kept",
        "2.5 million": "kept",
        "40": "missing",
        "Oslo": "missing",
        "Bergen": "new",
        "99": "new",
        "4 May 2026": "new",
    }


def test_numbers_in_words_and_in_dates_support_those_in_digits() -> None:
    assert states("It took 3 days in 2026.", "Three days, in May 2026.") == {"3": "kept", "2026": "kept", "May 2026": "new"}
    assert states("Two ships sank on 3 May 2026.", "2 ships sank in 2026.") == {"3 May 2026": "missing"}


def test_a_date_that_says_more_is_new() -> None:
    assert states("It was in May 2026.", "It was on 3 May 2026.") == {"May 2026": "missing", "3 May 2026": "new"}


def test_the_share_of_kept_facts() -> None:
    scored = compare("He paid 5 of 7 to Anna.", "Anna got 5, not 8.")
    assert share_kept(scored) == pytest.approx(2 / 3)
    assert share_kept(scored, Kind.NUMBER) == 1 / 2
    assert share_kept(scored, Kind.DATE) is None
    assert share_kept(compare("", "8 more"), None) is None
    assert compare("", "") == []


@given(
    st.text()
    | st.lists(st.sampled_from(["3", "May", "2026", " ", ",", ".", "Bank", "of", "-", "年", "万", "million", "'s"])).map(
        "".join
    )
)
def test_a_text_keeps_all_its_own_facts(text: str) -> None:
    assert {scored.state for scored in compare(text, text)} <= {State.KEPT}


@pytest.mark.slow
def test_long_texts_take_time_in_proportion() -> None:
    for text in (
        "9" * 200_000,
        "9,999" * 50_000,
        "Aa " * 60_000,
        "A.a" * 60_000,
        "'" * 200_000,
        "3 May " * 30_000,
        "1'234" * 40_000,
    ):
        assert compare(text, text) is not None
