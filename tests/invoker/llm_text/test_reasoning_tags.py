"""Tests for separating reasoning from the answer, however the text is split."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.llm_text.reasoning_tags import CLOSING, OPENING, Part, ReasoningReader, Split, split, split_template


def read(pieces: list[str], *, opened: bool = False) -> list[Part]:
    """Read pieces; join adjacent ones of one kind."""
    reader = ReasoningReader(opened=opened)
    joined: list[Part] = []
    for part in [part for piece in pieces for part in reader.feed(piece)] + reader.flush():
        assert part.text
        if joined and joined[-1].reasoning == part.reasoning:
            joined[-1] = Part(joined[-1].text + part.text, part.reasoning)
        else:
            joined.append(part)
    return joined


TEXTS = st.lists(
    st.sampled_from([OPENING, CLOSING, "<", "thi", "nk>", "\n", "\r\n", " ", "a", "é", "\ud83d", "</", "`"]), max_size=14
)


@given(TEXTS, st.data(), st.booleans())
def test_the_cuts_between_pieces_do_not_matter(tokens: list[str], data: st.DataObject, opened: bool) -> None:
    text = "".join(tokens)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)))))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert read(pieces, opened=opened) == read([text], opened=opened) == read(list(text), opened=opened)


@given(TEXTS, st.booleans())
def test_nothing_but_tags_is_dropped(tokens: list[str], opened: bool) -> None:
    text = "".join(tokens)
    parts = "".join(part.text for part in read([text], opened=opened))
    rest = iter(text)
    assert all(character in rest for character in parts), "a part of the text, in its order"
    assert (len(text) - len(parts)) in {len(OPENING) * a + len(CLOSING) * b for a in range(9) for b in range(9)}


@given(st.text(alphabet=st.characters(exclude_characters="<")))
def test_a_text_without_tags_is_the_answer(text: str) -> None:
    assert split(text) == Split("", text, True)


@given(st.text(alphabet=st.characters(exclude_characters="<")), st.text(alphabet=st.characters(exclude_characters="<")))
def test_what_dify_writes_is_read_again(reasoning: str, answer: str) -> None:
    assert split(f"<think>\n{reasoning}\n</think>{answer}") == Split(reasoning.strip(), answer.lstrip(), True)


@pytest.mark.parametrize(
    ("text", "reasoning", "answer", "closed"),
    [
        ("<think>so</think>yes", "so", "yes", True),
        ("  \n <think>\nso\n</think>\n\nyes", "so", "yes", True),
        ("<think>so it never", "so it never", "", False),
        ("<think>", "", "", False),
        ("one\n<think>two</think>three", "two", "one\nthree", True),
        ("one <think>\ntwo</think>three", "two", "one three", True),
        ("say <think> aloud", "", "say <think> aloud", True),
        ("say <think>", "", "say <think>", True),
        ("no </think> here", "", "no </think> here", True),
        ("<think>a <think> b</think>c", "a <think> b", "c", True),
        ("<think>a</think>b\n<think>c</think>d", "ac", "b\nd", True),
        ("<thinking>a", "", "<thinking>a", True),
    ],
)
def test_a_tag_counts_where_it_is_one(text: str, reasoning: str, answer: str, closed: bool) -> None:
    assert split(text) == Split(reasoning, answer, closed)


def test_a_text_may_begin_inside_of_reasoning() -> None:
    assert split("so\n</think>\nyes", opened=True) == Split("so", "yes", True)
    assert split("so", opened=True) == Split("so", "", False)


def test_a_prompt_template_may_have_opened_the_reasoning() -> None:
    assert split_template("so</think>\n\nyes") == split_template("so\n  </think>yes") == Split("so", "yes", True)
    assert split_template("no </think> here") == Split("", "no </think> here", True)
    assert split_template("<think>so\n</think>yes") == Split("so", "yes", True)


def test_text_is_given_on_as_soon_as_it_is_certain() -> None:
    reader = ReasoningReader()
    assert reader.feed("Hello <") == [Part("Hello ", False)]
    assert reader.feed("b>") == [Part("<b>", False)]
    assert reader.feed("\n<thi") == [Part("\n", False)]
    assert not reader.inside
    assert reader.feed("nk>so") == [Part("so", True)]
    assert reader.inside
    assert reader.flush() == []
