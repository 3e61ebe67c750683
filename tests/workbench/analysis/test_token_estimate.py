"""Test the estimated number of tokens."""

from __future__ import annotations

import pytest

from boomerang.workbench.analysis.token_estimate import estimate
from boomerang.workbench.samples.inputs import ARTICLE, DOCUMENTS, SHORT_NOTE


@pytest.mark.parametrize(
    ("text", "tokens"),
    # Counts from the tokenizer of all-MiniLM-L6-v2, with start and end tokens.
    [(ARTICLE, 387), (SHORT_NOTE, 64), (DOCUMENTS[1], 16), (DOCUMENTS[3], 27), ("一只猫在屋顶上睡觉。用一句话解释。", 19)],
)
def test_it_is_near_to_what_a_tokenizer_counts(text: str, tokens: int) -> None:
    assert abs(estimate(text) - tokens) <= max(3, tokens / 8)


def test_a_text_without_words_has_none() -> None:
    assert estimate("") == estimate(" \n\t") == 0


def test_long_words_and_numbers_are_several_tokens() -> None:
    assert estimate("Donaudampfschifffahrt") > estimate("boat") == 3
    assert estimate("1234567") == 5
