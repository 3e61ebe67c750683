"""Computations of the result views: pieces of a text, cosines, files, ranks."""

from __future__ import annotations

import csv
import io
import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from boomerang.invoker.entities.rerank import RequestInvokeRerank, RerankDocument, RerankResult
from boomerang.invoker.events import RerankScores
from boomerang.invoker.records.record import Record
from boomerang.playground.ui.commonmark import parts
from boomerang.playground.ui.streaming_text import (
    EACH_SECOND,
    FREEZE_AFTER,
    LEAST_SHARE,
    MOST_DRAWN,
    Piece,
    TextStream,
    pieces,
    settled_part,
)
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.rankings import Row, dropped, movement, reason_dropped
from boomerang.workbench.results.vectors import RecordVectors, as_csv, as_npy
from boomerang.workbench.runs.background_work import TICKS_PER_SECOND
from tests.playground.parsed_markup import Markup


class Slots:
    """A page of slots that counts what is drawn into them."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.characters = 0

    def new(self) -> Slot:
        """Return the next slot."""
        self.shown.append("")
        return Slot(self, len(self.shown) - 1)


class Slot:
    """A slot."""

    def __init__(self, slots: Slots, number: int) -> None:
        self._slots, self._number = slots, number

    def html(self, body: str) -> None:
        """Show HTML; records its text as a browser would show it."""
        self._show(Markup(body).elements[0].text)

    def code(self, body: str, *, language: str | None, wrap_lines: bool) -> None:
        """Show a text verbatim, without the line ends that Streamlit strips."""
        self._show(body.removeprefix("\n").removesuffix("\n"))

    def markdown(self, body: str) -> None:
        """Show our own markdown."""
        self._show(body)

    def empty(self) -> None:
        """Show nothing."""
        self._show("")

    def _show(self, text: str) -> None:
        self._slots.shown[self._number] = text
        self._slots.characters += len(text)


def clock(ticks_per_second: float = TICKS_PER_SECOND) -> Callable[[], float]:
    """Return a clock that advances by one tick each time it is read."""
    numbers = itertools.count()
    return lambda: next(numbers) / ticks_per_second


def stream(pieces: list[str], as_markdown: bool = True) -> Slots:
    """Draw pieces as a stream, one per tick, followed by a tick without text."""
    slots = Slots()
    text = TextStream(as_markdown, slots.new, clock())
    for piece in pieces:
        text.write(piece)
    text.write("")
    return slots


def visible_text(text: str) -> str:
    """Return a text without whitespace."""
    return "".join(text.split())


PARAGRAPHS = [
    "Some words of a paragraph. ",
    "More of it, ",
    "and `code`.\n\n",
    "Next. ",
    "- item\n",
    "```py\nx = 1\n\ny = 2\n```\n\n",
]


@given(st.lists(st.sampled_from(PARAGRAPHS), max_size=600))
def test_the_pieces_of_a_stream_are_its_text(pieces: list[str]) -> None:
    at_once = Slots()
    Piece(at_once.new).show(parts("".join(pieces)))
    assert visible_text("".join(stream(pieces).shown)) == visible_text("".join(at_once.shown))


@pytest.mark.parametrize(
    ("what", "pieces", "as_markdown"),
    [
        ("paragraphs", [("word " * 7 + ("\n\n" if n % 20 == 19 else "")) for n in range(8000)], True),
        ("one block of code", ["```\n", *["x = 1\n\n"] * 8000], True),
        ("one paragraph", ["word "] * 8000, True),
        ("plain text", ["word "] * 8000, False),
    ],
)
def test_eight_thousand_chunks_cost_linear_work(what: str, pieces: list[str], as_markdown: bool) -> None:
    slots = stream(pieces, as_markdown)
    size = len("".join(pieces))
    assert slots.characters <= (LEAST_SHARE + 2) * size + EACH_SECOND / TICKS_PER_SECOND * len(pieces)
    if what == "paragraphs":
        assert slots.characters <= FREEZE_AFTER * len(pieces)
        assert max(map(len, slots.shown)) < 2 * FREEZE_AFTER


def test_each_piece_of_a_short_answer_shows_at_once() -> None:
    slots = Slots()
    text = TextStream(True, slots.new)
    for piece in ["The", " sky", " is", " blue"]:
        text.write(piece)
        assert slots.shown[0].endswith(piece)


def test_a_slow_answer_flows_even_where_nothing_of_it_settles() -> None:
    slots = Slots()
    text = TextStream(True, slots.new, clock(20))
    text.write("word " * 800)
    kept_back = 0
    for number in range(200):
        text.write(f"n{number} ")
        kept_back = 0 if slots.shown[-1].endswith(f"n{number}") else kept_back + 1
        assert kept_back < 3  # of twenty pieces a second


@pytest.mark.parametrize("as_markdown", [True, False])
def test_of_a_text_that_no_browser_bears_the_beginning_shows_and_its_size_grows(as_markdown: bool) -> None:
    pieces = [f"{'word ' * 9}{number:05} {chr(10) * 2 * (number % 9 == 0)}" for number in range(2 * MOST_DRAWN // 50)]
    slots = stream(pieces, as_markdown)
    text = "".join(pieces)
    *shown, remark = slots.shown
    assert visible_text("".join(shown)) == visible_text(text[:MOST_DRAWN])
    assert f"{MOST_DRAWN:,} of {len(text):,} characters" in remark
    assert slots.characters <= (LEAST_SHARE + 2) * MOST_DRAWN + EACH_SECOND / TICKS_PER_SECOND * len(pieces) + len(
        remark
    ) * len(pieces)


def test_a_silent_tick_shows_what_was_kept_back_and_nothing_twice() -> None:
    slots = Slots()
    text = TextStream(False, slots.new)
    text.write("x" * 10_000)
    text.write("end")
    assert slots.shown == ["x" * 10_000]
    text.write("")
    assert slots.shown == ["x" * 10_000 + "end"]
    drawn = slots.characters
    text.write("")
    assert slots.characters == drawn


@given(st.text("ab\n`# -", max_size=400), st.integers(0, 50))
def test_a_text_is_cut_before_a_blank_line_outside_code_whatever_follows(text: str, floor: int) -> None:
    cut = settled_part(text, floor)
    assert 0 <= cut < max(1, len(text))
    if cut:
        assert cut >= floor
        assert text[cut : cut + 2] == "\n\n"
        assert settled_part(text + "\n```\nmore\n\nmore", floor) == cut


@pytest.mark.parametrize(
    ("settled", "rest"),
    [
        ("one", "\n\ntwo"),
        ("", "one\n\n- two"),
        ("", "one\n\n  two"),
        ("```\nx\n\ny\n```", "\n\nend"),
        ("~~~\nx\n\ny\n~~~", "\n\nend"),
        ("", "~~~\nx\n\n```\n\ny\n"),
        ("````\n```\n\ny\n```\n\n````", "\n\nend"),
        ("", "```py\nx\n``` y\n\nz"),
        ("- ```py\n  x\n\n  y\n  ```", "\n\nend"),
        ("three ``` in a line", "\n\nend"),
        ("```in``` a line", "\n\nend"),
    ],
)
def test_what_is_code_is_not_cut(settled: str, rest: str) -> None:
    assert settled_part(settled + rest, 0) == len(settled)


@given(st.lists(st.sampled_from([*PARAGRAPHS, "word " * 90, "~~~\n\nodd\n", "\n\n\n"]), max_size=120), st.data())
def test_a_finished_text_has_the_pieces_that_its_stream_came_to(blocks: list[str], data: st.DataObject) -> None:
    # The browser does not redraw what is unchanged.
    text = "".join(blocks)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    chunks = [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    finished = Slots()
    for piece in pieces(text):
        Piece(finished.new).show(parts(piece))
    assert [shown for shown in stream(chunks).shown if shown] == finished.shown


def test_a_text_whose_end_explains_its_beginning_is_drawn_whole() -> None:
    text = f"See [the manual][1].\n\n{'word ' * FREEZE_AFTER}\n\nMore.\n\n[1]: https://example.org"
    assert list(pieces(text)) == [text]
    assert len(list(pieces(text.replace("[1]:", "[1] is")))) == 2


@given(st.text(st.characters()))
@example("\ud83d\ude00")
def test_what_is_drawn_can_be_sent_to_a_browser(text: str) -> None:
    drawable(text).encode()
    assert drawable(drawable(text)) == drawable(text)


@given(st.text())
def test_whole_characters_are_drawn_as_they_are(text: str) -> None:
    assert drawable(text) == text


VECTORS = st.integers(1, 6).flatmap(
    lambda width: st.lists(
        st.lists(st.floats(-1e3, 1e3).map(lambda x: round(x, 6)), min_size=width, max_size=width), min_size=1, max_size=6
    )
)


def test_a_zero_vector_and_one_that_is_no_number_spoil_their_own_rows_only() -> None:
    state = RecordVectors([[1.0, 0.0], [0.0, 0.0], [math.nan, 1.0], [0.0, 2.0], [math.inf, 1e200], [1.0, 0.1]])
    assert state.odd == {"NaN": 1, "infinite": 1, "zero": 1}
    assert state.cosines[0, 0] == 1 and state.cosines[0, 3] == 0
    assert np.isnan(state.cosines[[1, 2, 4]]).all()
    assert state.neighbours == [5, None, None, 5, None, 0]
    assert np.isfinite(state.map.points[[0, 1, 3, 5]]).all() and np.isnan(state.map.points[[2, 4]]).all()


@given(VECTORS, st.data())
def test_vectors_come_back_out_of_their_files(rows: list[list[float]], data: Any) -> None:
    texts = data.draw(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r")), min_size=len(rows), max_size=len(rows))
    )
    head, *read = list(csv.reader(io.StringIO(as_csv(rows, texts), newline="")))
    assert head == ["text", *(str(number) for number in range(len(rows[0])))]
    assert [row[0] for row in read] == texts
    assert [[float(value) for value in row[1:]] for row in read] == rows
    loaded = np.load(io.BytesIO(as_npy(rows)), allow_pickle=False)
    assert loaded.dtype == np.float32 and loaded.shape == (len(rows), len(rows[0]))
    assert np.allclose(loaded, rows, rtol=1e-6)


@pytest.mark.parametrize(("places", "expected"), [(0, "= 0"), (3, "▲ 3"), (-2, "▼ 2")])
def test_movement_is_written_with_its_direction(places: int, expected: str) -> None:
    assert movement(places) == expected
    assert movement(Row(rank=1, position=1 + places, score=0.5, text="x").moved) == expected


def test_documents_are_dropped_by_top_n_or_by_the_threshold() -> None:
    assert reason_dropped(2, 5, 0.5) == "score below score_threshold = 0.5"
    assert reason_dropped(2, 2, 0.5).startswith("cut by top_n = 2")
    assert reason_dropped(0, 0, 0.0).startswith("cut by top_n = 0")


def test_each_document_is_dropped_by_what_its_own_score_reports() -> None:
    request = RequestInvokeRerank.of({"provider": "p", "model": "m", "score_threshold": 0.5, "top_n": 1}, list("abcd"), "q")
    docs = [RerankDocument(index=1, text="b", score=0.9)]
    record: Record[Any] = Record(request, "embedded", chunks=[RerankResult(model="m", docs=docs)])
    assert {one.reason for one in dropped(record, request)} == {reason_dropped(1, 1, 0.5)}
    record.events.append(RerankScores(((0, 0.7), (1, 0.9), (2, -4.0))))
    assert [(one.position, one.score, one.reason) for one in dropped(record, request)] == [
        (1, 0.7, "cut by top_n = 1"),
        (3, -4.0, "score below score_threshold = 0.5"),
        (4, None, "not in the server's response"),
    ]
