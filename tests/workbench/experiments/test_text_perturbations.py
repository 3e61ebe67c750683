"""Test variants that are harder for a moderation model."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.workbench.experiments.text_perturbations import PerturbationKind, perturbations

TEXT = "I will hurt you, Stranger"


def of(text: str, kind: PerturbationKind, seed: int = 1) -> str | None:
    return next((perturbation.text for perturbation in perturbations(text, seed=seed) if perturbation.kind is kind), None)


def test_each_kind_changes_the_text_in_its_way() -> None:
    assert of("hurt you", PerturbationKind.SPACED) == "h u r t   y o u"
    assert of(TEXT, PerturbationKind.DIGITS) == "1 w1ll hur7 y0u, 57r4ng3r"
    assert of(TEXT, PerturbationKind.UPPER) == "I WILL HURT YOU, STRANGER"
    assert of("hurt", PerturbationKind.ZERO_WIDTH) == "h\u200bu\u200br\u200bt"
    assert of("hurt", PerturbationKind.SWAPPED) == "hrut"
    assert of("oooh", PerturbationKind.SWAPPED) is None
    text = of(TEXT, PerturbationKind.EMOJI).split(" ")
    assert text[::2] == TEXT.split(" ")
    assert all(unicodedata.category(word[0]) == "So" for word in text[1::2])


def test_all_kinds_come_in_order() -> None:
    assert [perturbation.kind for perturbation in perturbations(TEXT, seed=1)] == list(PerturbationKind)


def test_a_seed_decides() -> None:
    text = TEXT * 5
    assert perturbations(text, seed=1) == perturbations(text, seed=1)
    assert perturbations(text, seed=1) != perturbations(text, seed=2)


def test_chinese_gets_the_kinds_that_change_it() -> None:
    assert [perturbation.kind for perturbation in perturbations("我要伤害你", seed=1)] == [
        PerturbationKind.SPACED,
        PerturbationKind.SWAPPED,
        PerturbationKind.EMOJI,
        PerturbationKind.ZERO_WIDTH,
    ]


@pytest.mark.parametrize("text", ["", "  ", "7", "\n"])
def test_what_cannot_be_changed_has_no_perturbations(text: str) -> None:
    assert perturbations(text, seed=1) == []


def test_letters_keep_their_marks() -> None:
    assert of("é\u0301a", PerturbationKind.SPACED) == "é\u0301 a"
    assert of("👩\u200d🚀x", PerturbationKind.SPACED) == "👩\u200d🚀 x"
    assert of("नमस्ते", PerturbationKind.SPACED).replace(" ", "") == "नमस्ते"


@given(st.text())
def test_perturbations_differ_from_the_text_and_keep_its_letters(text: str) -> None:
    for perturbation in perturbations(text, seed=3):
        assert perturbation.text != text
        bare = "".join(perturbation.text.split())
        if perturbation.kind is PerturbationKind.SPACED:
            assert bare == "".join(text.split())
        elif perturbation.kind is PerturbationKind.ZERO_WIDTH:
            assert perturbation.text.replace("\u200b", "") == text.replace("\u200b", "")
        elif perturbation.kind is PerturbationKind.SWAPPED:
            assert sorted(perturbation.text) == sorted(text)
        elif perturbation.kind is PerturbationKind.DIGITS:
            assert len(perturbation.text) == len(text)
