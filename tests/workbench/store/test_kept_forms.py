"""Test kept forms: what is kept is returned, only to its browser, and within the bounds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.workbench.store.kept_forms import KeptForm, KeptForms, Limits

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values, max_size=3),
    max_leaves=8,
)
FIELDS = st.dictionaries(st.text(min_size=1, max_size=8), VALUES, max_size=4)


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def text(size: int) -> KeptForm:
    return KeptForm({"text": "x" * size})


@given(FIELDS, FIELDS)
def test_a_form_comes_back_as_it_was_kept(fields: dict[str, object], files: dict[str, object]) -> None:
    forms = KeptForms()
    form_id = forms.new_id()
    forms.keep(form_id, "ann", KeptForm(fields, files, "tab"))
    assert forms.open(form_id, "ann") == KeptForm(fields, files, "tab")
    assert forms.open(form_id, "ben") is None


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(["ann", "ben"]), st.integers(0, 3000)), max_size=30))
def test_the_bounds_hold_whatever_is_kept(steps: list[tuple[str, str, int]]) -> None:
    limits = Limits(visitor_bytes=5000, total_bytes=8000, visitor_forms=3, total_forms=4)
    forms = KeptForms(limits)
    for name, owner, size in steps:
        forms.keep(f"{owner}-{name}", owner, text(size))
        assert len(forms) <= limits.total_forms and forms.size <= limits.total_bytes
        assert forms.open(f"{owner}-{name}", owner) == text(size), "the last form is always kept"
        own = [kept for each in "abcdef" if (kept := forms.open(f"{owner}-{each}", owner))]
        assert len(own) <= limits.visitor_forms and sum(len(kept.fields["text"]) for kept in own) <= limits.visitor_bytes


def test_another_browser_neither_opens_nor_changes_a_form() -> None:
    forms = KeptForms()
    forms.keep("id", "ann", text(5))
    forms.keep("id", "ben", text(9))
    forms.drop("id", "ben")
    forms.retire("id", "ben")
    assert forms.open("id", "ben") is None and forms.open("id", "") is None
    assert forms.open("id", "ann") == text(5)


def test_without_an_owner_nothing_is_kept() -> None:
    forms = KeptForms()
    forms.keep("id", "", text(5))
    assert forms.open("id", "") is None and len(forms) == 0


def test_a_copy_that_is_changed_does_not_change_the_kept_form() -> None:
    forms, rows = KeptForms(), [{"text": "one"}]
    forms.keep("id", "ann", KeptForm({"rows": rows}))
    rows[0]["text"] = "two"
    opened = forms.open("id", "ann")
    assert opened is not None and opened.fields == {"rows": [{"text": "one"}]}
    opened.fields["rows"].clear()
    assert forms.open("id", "ann") == KeptForm({"rows": [{"text": "one"}]})


def test_the_least_recently_used_form_of_a_visitor_goes_first() -> None:
    forms = KeptForms(Limits(visitor_forms=2))
    for name in ("one", "two"):
        forms.keep(name, "ann", text(5))
    assert forms.open("one", "ann")
    forms.keep("three", "ann", text(5))
    assert forms.open("two", "ann") is None and forms.open("one", "ann")


def test_a_form_whose_page_was_reloaded_goes_before_those_of_other_tabs() -> None:
    forms = KeptForms(Limits(visitor_forms=2))
    forms.keep("tab", "ann", text(5))
    forms.keep("reloaded", "ann", text(5))
    forms.retire("reloaded", "ann")
    forms.keep("new", "ann", text(5))
    assert forms.open("reloaded", "ann") is None and forms.open("tab", "ann")


def test_one_visitors_bounds_cost_another_nothing() -> None:
    forms = KeptForms(Limits(visitor_bytes=5000))
    forms.keep("ben's", "ben", text(3000))
    for number in range(20):
        forms.keep(f"ann's {number}", "ann", text(3000))
    assert forms.open("ben's", "ben") and len(forms) == 2


def test_old_forms_are_dropped() -> None:
    clock = Clock()
    forms = KeptForms(Limits(age_seconds=60), clock)
    forms.keep("id", "ann", text(5))
    clock.now += 50
    assert forms.open("id", "ann")
    clock.now += 61
    assert forms.open("id", "ann") is None and len(forms) == 0


def test_a_form_that_is_too_large_loses_its_largest_fields_and_names_them() -> None:
    forms = KeptForms(Limits(visitor_bytes=4000))
    forms.keep("id", "ann", KeptForm({"text": "short"}, {"audio.upload": b"x" * 9000}))
    assert forms.open("id", "ann") == KeptForm({"text": "short"}, {}, dropped=("audio.upload",))


def test_ids_cannot_be_guessed() -> None:
    ids = {KeptForms.new_id() for _ in range(100)}
    assert len(ids) == 100 and min(map(len, ids)) >= 22


@pytest.mark.parametrize("threads", [8])
def test_many_threads_may_use_it_at_once(threads: int) -> None:
    forms = KeptForms(Limits(visitor_forms=3, total_forms=10))

    def use(number: int) -> None:
        owner = f"visitor {number % 4}"
        forms.keep(f"{number}", owner, text(number))
        opened = forms.open(f"{number}", owner)
        assert opened is None or opened == text(number)
        forms.drop(f"{number - 1}", f"visitor {(number - 1) % 4}")

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(use, range(400)))
    assert len(forms) <= 10
