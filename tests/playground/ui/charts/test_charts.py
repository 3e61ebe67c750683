"""Charts: valid Vega-Lite for any input, bounded, loading nothing, with a table of the same numbers, legible."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.playground.ui.charts import chart_style, chunk_timing, confusion_matrix, phases, rankings, vectors, waveform
from boomerang.playground.ui.charts.chart_style import COLOURS, SHAPES, label_text
from boomerang.playground.ui.charts.vectors import Dot, histogram, plane, similarity, values
from tests.playground.parsed_markup import Markup, share

THEME = tomllib.loads((Path(__file__).parents[4] / ".streamlit/config.toml").read_text("utf-8"))["theme"]
NASTY = st.text(max_size=30) | st.sampled_from(
    [
        "![x](http://elsewhere.example/x.png)",
        "<script>",
        "\ud800",
        "\u202eabc",
        "a.b[c]",
        "",
        "x" * 100_000,
        "datum.value",
        "\n",
    ]
)
NUMBERS = st.floats(allow_nan=True, allow_infinity=True)
POSITIVE = st.floats(0, 1e6)

Drawn = tuple[Any, chart_style.Table]


def spec(drawn: Drawn) -> dict[str, Any]:
    """Return the chart's spec as the browser gets it; fail unless it is valid Vega-Lite and JSON."""
    chart, table = drawn
    result: dict[str, Any] = chart.to_dict()
    json.dumps(result, allow_nan=True).encode()
    assert all(list(row) == list(table[0]) for row in table), "the table has the same columns in each row"
    check_fields(result, result["datasets"])
    return result


def check_fields(part: dict[str, Any], datasets: dict[str, Any], inherited: str | None = None) -> None:
    """Fail if an encoding names a field that its data lacks; the browser would draw nothing for it, without an error."""
    data = part.get("data", {}).get("name", inherited)
    fields = {
        channel["field"]
        for channels in part.get("encoding", {}).values()
        for channel in (channels if isinstance(channels, list) else [channels])
        if "field" in channel
    }
    for row in datasets.get(data, []):
        assert fields <= row.keys(), f"{fields - row.keys()} is encoded, but not in the data"
    for layer in part.get("layer", []):
        check_fields(layer, datasets, data)


def rows(result: dict[str, Any]) -> int:
    """Count the rows of all data of a chart."""
    return sum(len(data) for data in result.get("datasets", {}).values())


def loads(value: Any) -> bool:
    """Return whether a chart loads data or an image from a URL."""
    if isinstance(value, dict):
        return any(
            key == "url" or value.get("mark") == "image" or loads(item) for key, item in value.items() if key != "datasets"
        )
    return isinstance(value, list) and any(map(loads, value))


@given(st.lists(NASTY, min_size=1, max_size=18), st.data())
def test_similarities_are_drawn_whatever_the_texts_and_numbers_are(texts: list[str], data: st.DataObject) -> None:
    size = len(texts)
    matrix = data.draw(st.lists(st.lists(NUMBERS, min_size=size, max_size=size), min_size=size, max_size=size))
    result = spec(similarity(matrix, texts))
    assert rows(result) == size**2 and not loads(result)


def test_numbers_are_in_the_cells_up_to_fifteen_rows() -> None:
    def marks(size: int) -> int:
        return len(spec(similarity(np.eye(size), ["text"] * size)).get("layer", [1]))

    assert (marks(15), marks(16)) == (2, 1)


def test_a_matrix_need_not_be_square() -> None:
    _, table = similarity([[0.5, -0.25], [np.nan, 1.0]], ["query"] * 2, column_texts=["one", "two"])
    assert table == [
        {"text": "1 · query", "1 · one": 0.5, "2 · two": -0.25},
        {"text": "2 · query", "1 · one": None, "2 · two": 1.0},
    ]


@given(st.lists(st.builds(Dot, NUMBERS, NUMBERS, NASTY, NASTY), max_size=12), st.booleans())
def test_a_map_leaves_out_what_has_no_place(dots: list[Dot], near: bool) -> None:
    chart, table = plane(dots, nearest=[dot.text for dot in dots] if near else None)
    result = spec((chart, table))
    assert len(table) == sum(bool(np.isfinite(dot.x) and np.isfinite(dot.y)) for dot in dots)
    assert not loads(result)


@given(st.lists(NUMBERS, max_size=1_500))
def test_a_vector_of_any_size_becomes_few_lines(vector: list[float]) -> None:
    chart, table = values(vector)
    spec((chart, table))
    assert len(table) <= vectors.MOST_VALUES


def test_neighbours_that_are_drawn_together_keep_their_extremes() -> None:
    vector = [0.0] * 8_192
    vector[4_097], vector[5] = 0.75, -0.5
    _, table = values(vector)
    assert max(row["max"] for row in table) == 0.75 and min(row["min"] for row in table) == -0.5


@given(st.lists(st.floats(-1e9, 1e9) | st.just(float("nan")), max_size=300), st.integers(-5, 1_000))
def test_a_histogram_counts_every_number(numbers: list[float], bins: int) -> None:
    chart, table = histogram(numbers, title="value", bins=bins)
    spec((chart, table))
    assert sum(row["count"] for row in table) == sum(number == number for number in numbers)
    assert len(table) <= vectors.MOST_BINS


PLACES = st.builds(rankings.Place, NASTY, st.none() | st.integers(1, 50), st.none() | st.integers(1, 50))


@given(st.lists(PLACES, max_size=15), NASTY, NASTY)
def test_a_slope_chart_says_which_way_each_document_went(places: list[rankings.Place], left: str, right: str) -> None:
    result = spec(rankings.slope(places, left, right))
    assert not loads(result)


def test_a_document_that_one_side_has_not_went_up_or_down() -> None:
    ways = [rankings.way(rankings.Place("x", *pair)) for pair in ((3, 1), (1, 3), (2, 2), (None, 9), (9, None), (None, None))]
    assert ways == ["up", "down", "same", "up", "down", "same"]


@given(st.lists(st.tuples(NASTY, NUMBERS), max_size=12), st.none() | st.floats(-9, 9), st.booleans())
def test_bars_are_drawn_for_any_scores(pairs: list[tuple[str, float]], threshold: float | None, upright: bool) -> None:
    names, scores = [name for name, _ in pairs], [score for _, score in pairs]
    result = spec(rankings.bars(names, scores, title="score", threshold=threshold, upright=upright))
    assert not loads(result)


@given(st.lists(st.tuples(POSITIVE, POSITIVE, st.sampled_from([*phases.PHASES, "of its own"]) | NASTY), max_size=20))
def test_phases_are_one_bar(spans: list[tuple[float, float, str]]) -> None:
    drawn = [phases.Span(name, start, start + took) for start, took, name in spans]
    bar, table = phases.phases(drawn)
    result = Markup(bar)
    shares = [share(span) for span in result.named("span", within="plain-bar")]
    assert len(shares) == len(drawn) == len(table)
    assert all(0 <= left <= 100 and 0 <= width <= 100 and left + width <= 100.001 for left, width in shares)
    assert len(result.named("span", within="plain-legend")) == len({name for _start, _took, name in spans})
    spec(phases.layers([(span.name, span) for span in drawn]))


@given(st.lists(POSITIVE, max_size=30), st.data())
def test_repeats_mark_the_cold_start_and_the_failed_ones(seconds: list[float], data: st.DataObject) -> None:
    good = data.draw(st.lists(st.booleans(), min_size=len(seconds), max_size=len(seconds)))
    chart, table = phases.repeats(seconds, good)
    spec((chart, table))
    assert [row["result"] == "failed" for row in table] == [not ok for ok in good]
    if seconds and good[0]:
        assert table[0]["result"] == "first, cold"


def test_the_growth_of_a_stream_is_drawn_with_its_pauses() -> None:
    points = [chunk_timing.Point(at / 10, 4.0 * at, 4.0, "text" if at % 2 else "usage", str(at)) for at in range(100)]
    chart, table = chunk_timing.chunks(points, [phases.Span("", 2.0, 5.0)], {"text": 0, "usage": 2}, "characters")
    result = spec((chart, table))
    assert "pause 3.00 s" in json.dumps(result) and len(table) == 100


WAVE = np.linspace(0, 1, 400)


@pytest.mark.parametrize(("leading", "trailing", "shaded"), [(0.0, 0.0, 0), (0.2, 0.0, 1), (0.2, 0.3, 2), (1.0, 1.0, 1)])
def test_silence_at_the_ends_is_shaded(leading: float, trailing: float, shaded: int) -> None:
    drawn = waveform.waveform(WAVE, -WAVE, WAVE, WAVE / 2, seconds=1.0, leading=leading, trailing=trailing, clips=[0.5])
    assert sum(len(d) for d in spec(drawn)["datasets"].values() if "words" in d[0]) == shaded


def test_a_sound_of_no_length_can_be_drawn() -> None:
    spec(waveform.waveform([], [], [], [], seconds=0.0))


def test_a_confusion_matrix_names_its_cells_and_not_only_colours_them() -> None:
    drawn = confusion_matrix.confusion(
        hits=3, false_alarms=1, correct_rejections=2, misses=0, positive="flagged", negative="passed"
    )
    words_drawn = json.dumps(spec(drawn), ensure_ascii=False)
    assert all(name in words_drawn for name in ("✓ caught", "✗ missed", "✗ false alarm", "✓ correctly passed"))
    assert [row["count"] for row in drawn[1]] == [3, 0, 1, 2]


MANY = 5_000
POINT = [chunk_timing.Point(1, 1, 1, "text", "0")]
PLACE = rankings.Place("x", 1, 1)
BOUNDED: dict[str, tuple[Callable[[], Drawn], int]] = {
    "similarity": (lambda: similarity(np.eye(200), ["x"] * 200), 40 * 40),
    "plane": (lambda: plane([Dot(i, i, "x") for i in range(MANY)]), vectors.MOST_DOTS),
    "values": (lambda: values([0.5] * 100_000), vectors.MOST_VALUES),
    "slope": (lambda: rankings.slope([PLACE] * MANY, "a", "b"), 2 * rankings.MOST_LINES),
    "bars": (lambda: rankings.bars(["x"] * MANY, [0.5] * MANY, title="score"), rankings.MOST_BARS),
    "layers": (lambda: phases.layers([(str(i), phases.Span("x", i, i + 1)) for i in range(MANY)]), phases.MOST_LANES),
    "repeats": (lambda: phases.repeats([1.0] * MANY), phases.MOST_REPEATS + 2),
    "pauses": (
        lambda: chunk_timing.chunks(POINT, [phases.Span("", i, i + 1) for i in range(MANY)], {"text": 0}, "c"),
        chunk_timing.MOST_PAUSES + 1,
    ),
    "clips": (lambda: waveform.waveform([0], [0], [0], [0], seconds=1, clips=[0.5] * MANY), waveform.MOST_CLIPS + 1),
}  # fmt: skip


def test_of_very_many_phases_the_first_are_drawn() -> None:
    bar, table = phases.phases([phases.Span("loading", i, i + 1) for i in range(MANY)])
    assert bar.count("title=") == len(table) == phases.MOST_PHASES


@pytest.mark.parametrize("name", BOUNDED)
def test_what_is_sent_to_the_browser_has_a_bound(name: str) -> None:
    make, most = BOUNDED[name]
    assert rows(spec(make())) <= most


def test_what_must_be_put_together_before_is_refused_otherwise() -> None:
    with pytest.raises(ValueError, match="at most 500"):
        chunk_timing.chunks([chunk_timing.Point(1, 1, 1, "text", "0")] * 501, [], {"text": 0}, "characters")
    with pytest.raises(ValueError, match="at most 1000"):
        waveform.waveform([0.0] * 1001, [0.0] * 1001, [0.0] * 1001, [0.0] * 1001, seconds=1.0)


@given(NASTY)
def test_words_in_a_chart_are_one_short_line_of_whole_characters(text: str) -> None:
    short = label_text(text)
    short.encode()
    assert len(short) <= chart_style.LONGEST_LABEL and "\n" not in short


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.2)."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (WCAG 2.2)."""
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("colour", COLOURS)
def test_a_colour_is_legible_on_both_grounds_and_bears_white_words(colour: str) -> None:
    assert contrast(colour, THEME["light"]["backgroundColor"]) >= 4.3
    assert contrast(colour, THEME["dark"]["backgroundColor"]) >= 3.0
    assert contrast(colour, "#ffffff") >= 4.3


def blended(one: str, other: str, share: float) -> str:
    pairs = [(int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


@pytest.mark.parametrize("theme", [vectors._LIGHT, vectors._DARK])
@pytest.mark.parametrize("value", [step / 20 for step in range(-20, 21)])
def test_the_number_in_a_cell_can_be_read_at_every_similarity(theme: Any, value: float) -> None:
    (unlike, none, like), (on_strong, on_pale), strong_from = theme
    fill = blended(none, like if value > 0 else unlike, abs(value))
    assert contrast(fill, on_strong if abs(value) > strong_from else on_pale) >= 3.6


def test_each_series_has_a_shape_besides_its_colour() -> None:
    assert len(set(SHAPES)) == len(SHAPES) >= len(COLOURS) == len(set(COLOURS))
