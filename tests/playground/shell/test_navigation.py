"""Test the menu: one page per call, named as the member of `session.model` that it calls."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from boomerang.invoker.session import Session
from boomerang.playground.shell import navigation
from boomerang.playground.shell.navigation import MENU, Entry
from boomerang.workbench.runs.session_calls import MEMBERS
from tests.invoker.answers import answering

PAGES = Path(__file__).parents[3] / "pages"
ENTRIES = [entry for entries in MENU.values() for entry in entries]
OTHERS = {entry.name for entry in vars(navigation).values() if isinstance(entry, Entry)}
"""Pages without a call."""


def test_a_page_its_file_and_its_member_of_session_model_have_one_name() -> None:
    members = {MEMBERS.get(entry.invoke_type, entry.invoke_type.value) for entry in ENTRIES if entry.invoke_type is not None}
    names = [entry.name for entry in ENTRIES]
    advice = "one page per call: name its Entry, its file in pages/ and the member of session.model alike"
    assert set(names) == members == set(vars(Session(answering()[0]).model)), advice
    assert {path.stem for path in PAGES.glob("*.py")} == {*names, *OTHERS}, advice


def test_a_call_has_one_page() -> None:
    count = Counter(entry.invoke_type for entry in ENTRIES)
    assert [call for call, pages in count.items() if pages > 1] == [], "a call has one page: its state is kept per call"
