"""The chunks of a stream: a chart of all of them, a paged table, and the fragments of tool calls.

A record may have 100,000 chunks: the chart groups them on the server, and the table shows one page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import streamlit as st

from boomerang.invoker.entities.message import ToolCall
from boomerang.invoker.records.record import Record
from boomerang.invoker.records.timeline import UNKNOWN, ChunkKind, Timeline
from boomerang.playground.ui.charts import chart_style, chunk_timing, phases
from boomerang.playground.ui.charts.chart_style import duration
from boomerang.playground.ui.data_table import data_table, height
from boomerang.workbench.i18n.translate import N_, _, ngettext
from boomerang.workbench.parsing.json_text import written
from boomerang.workbench.results.chunk_descriptions import KINDS, content, fault, fragments
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.shortened_values import shortened

from .timeline_cache import timeline_of

LOOKS = {
    ChunkKind.TEXT: 0,
    ChunkKind.RESULT: 0,
    ChunkKind.AUDIO: 0,
    ChunkKind.TOOL_CALL: 1,
    ChunkKind.USAGE: 2,
    ChunkKind.REASONING: 3,
    ChunkKind.MEDIA: 4,
    ChunkKind.END: 5,
    ChunkKind.STRUCTURED: 6,
    ChunkKind.EMPTY: 7,
}
"""Kind → index of its colour and shape in a chart."""
ROWS_PER_PAGE = 200
MOST_POINTS = 500
"""Most chunks drawn as single points; more are grouped."""
BINS = 250
MOST_FRAGMENTS = 200
ALL, PAUSES = "all", "pauses"
FILTERS: dict[str, str] = {ALL: N_("All"), PAUSES: N_("After a pause")} | {kind.value: name for kind, name in KINDS.items()}


def draw(record: Record[Any] | None, key: str) -> None:
    """Draw chart, table and fragments."""
    if record is None or not record.times:
        st.caption(_("No chunks yet."))
        return
    timeline = timeline_of(record, key)
    threshold, pauses = timeline.pauses()
    st.caption(summary(timeline, len(pauses), threshold))
    if len(timeline) > 1:
        _picture(timeline, pauses, key)
    wanted = _filter(timeline, bool(pauses), key)
    numbers = matching(timeline, pauses, wanted)
    _table(record, timeline, numbers, frozenset(pauses), f"{key}.{wanted}")
    if timeline.kinds().get(ChunkKind.TOOL_CALL):
        _fragments(record, timeline, key)
    st.download_button(
        _("Chunks as JSONL"),
        data=lambda: jsonl(record),
        file_name=f"chunks-{record.id[:8]}.jsonl",
        mime="application/jsonl",
        icon=":material/download:",
        on_click="ignore",
        key=f"{key}.jsonl",
    )


def jsonl(record: Record[Any]) -> str:
    """Return all chunks as JSONL, with the seconds from the start to each."""
    both = zip(tuple(record.times), tuple(record.chunks), strict=False)
    return "".join(written({"seconds": at, "chunk": chunk.model_dump(mode="json")}) + "\n" for at, chunk in both)


def summary(timeline: Timeline, pauses: int, threshold: float) -> str:
    """Return a one-line summary of the chunks."""
    count = len(timeline)
    kinds = ", ".join(f"{_(KINDS[kind])} {number:,}" for kind, number in timeline.kinds().items())
    text = ngettext("{count} chunk", "{count} chunks", count).format(count=f"{count:,}") + f": {kinds}."
    if count > 1:
        text += " " + ngettext("{count} pause", "{count} pauses", pauses).format(count=pauses)
        text += " " + _("longer than {time}.").format(time=duration(threshold))
    return text


def matching(timeline: Timeline, pauses: Sequence[int], wanted: str) -> Sequence[int]:
    """Return the indices of the chunks that pass a filter."""
    if wanted == PAUSES:
        return pauses
    if wanted == ALL:
        return range(len(timeline))
    return [number for number in range(len(timeline)) if timeline.kind(number) == wanted]


def points(timeline: Timeline, in_characters: bool) -> list[chunk_timing.Point]:
    """Return the chart's points: one per chunk, or one per interval if there are many chunks."""
    sizes = timeline.characters if in_characters else timeline.bytes
    drawn, total, first = [], 0, 0
    for last in _ends(timeline):
        numbers = range(first, last + 1)
        size = sum(sizes[number] for number in numbers if sizes[number] != UNKNOWN)
        total += size
        counts: dict[ChunkKind, int] = {}
        for number in numbers:
            counts[timeline.kind(number)] = counts.get(timeline.kind(number), 0) + 1
        reasons = [timeline.finish_reasons[number] for number in numbers if number in timeline.finish_reasons]
        drawn.append(
            chunk_timing.Point(
                seconds=timeline.seconds[last],
                total=total,
                size=size,
                kind=_(KINDS[max(counts, key=lambda kind: counts[kind])]),
                numbers=str(first) if first == last else f"{first}–{last}",
                note=", ".join(dict.fromkeys(reasons)),
            )
        )
        first = last + 1
    return drawn


def _ends(timeline: Timeline) -> Iterator[int]:
    """Yield the index of each point's last chunk: every chunk, or the last one of each of `BINS` intervals."""
    count = len(timeline)
    if count <= MOST_POINTS:
        yield from range(count)
        return
    begin = timeline.seconds[0]
    width = (timeline.seconds[count - 1] - begin) / BINS or 1.0
    for number in range(count - 1):
        if int((timeline.seconds[number] - begin) / width) != int((timeline.seconds[number + 1] - begin) / width):
            yield number
    yield count - 1


def _picture(timeline: Timeline, pauses: Sequence[int], key: str) -> None:
    in_characters = any(size != UNKNOWN for size in timeline.characters)
    unit = _("characters") if in_characters else _("bytes")
    drawn = points(timeline, in_characters)
    kinds = {_(KINDS[kind]): LOOKS[kind] for kind in timeline.kinds()}
    spans = [phases.Span("", timeline.seconds[number - 1], timeline.seconds[number]) for number in pauses]
    note = _("Steeper is faster. Pauses are shaded.")
    if len(timeline) > len(drawn):
        note += " " + _("Each point groups the chunks of one moment.")
    chart, _table = chunk_timing.chunks(drawn, spans, kinds, unit)
    chart_style.draw(chart, None, f"{key}.timeline", _("Stream progress"), note=note)


def _filter(timeline: Timeline, paused: bool, key: str) -> str:
    kinds = timeline.kinds()
    offered = [ALL, *([PAUSES] if paused else []), *((kind.value for kind in kinds) if len(kinds) > 1 else ())]
    if len(offered) == 1:
        return ALL
    if st.session_state.get(f"{key}.show", ALL) not in offered:
        st.session_state[f"{key}.show"] = ALL
    chosen = st.segmented_control(
        _("Show"),
        offered,
        format_func=lambda name: _(FILTERS[name]),
        default=ALL,
        key=f"{key}.show",
        label_visibility="collapsed",
        required=True,
    )
    return str(chosen or ALL)


def _table(
    record: Record[Any], timeline: Timeline, numbers: Sequence[int], pauses: frozenset[int], key: str
) -> None:  # fmt: skip
    pages = max(1, -(-len(numbers) // ROWS_PER_PAGE))
    page = min(int(st.session_state.get(f"{key}.page", 1)), pages)
    shown = numbers[(page - 1) * ROWS_PER_PAGE : page * ROWS_PER_PAGE]
    data_table(
        [row(record, timeline, number, pauses) for number in shown],
        height=height(len(shown)),
        column_config={
            "#": st.column_config.NumberColumn(width=50),
            _("at, s"): st.column_config.NumberColumn(format="%.4f", width=75, help=_("Seconds since the start.")),
            _("interval, s"): st.column_config.NumberColumn(format="%.4f", width=75, help=_("Since the previous chunk.")),
            _("pause"): st.column_config.TextColumn(width=50),
            _("characters"): st.column_config.NumberColumn(width=80),
            _("bytes"): st.column_config.NumberColumn(width=80, help=_("UTF-8 text or decoded audio.")),
            _("content"): st.column_config.TextColumn(width=170),
        },
        alt=_("Stream chunks"),
        key=f"{key}.table",
    )
    if pages > 1:
        first = (page - 1) * ROWS_PER_PAGE + 1
        with st.container(horizontal=True, vertical_alignment="center"):
            st.pagination(pages, key=f"{key}.page", persist_state="session")
            st.caption(
                _("{first} to {last} of {count}").format(
                    first=f"{first:,}", last=f"{first + len(shown) - 1:,}", count=f"{len(numbers):,}"
                )
            )


def row(record: Record[Any], timeline: Timeline, number: int, pauses: frozenset[int]) -> dict[str, Any]:
    """Return one row of the table."""
    characters, size = timeline.characters[number], timeline.bytes[number]
    pause_column = {_("pause"): _("yes") if number in pauses else ""} if pauses else {}
    return {
        "#": number,
        _("at, s"): round(timeline.seconds[number], 4),
        _("interval, s"): round(timeline.gap(number), 4),
        **pause_column,
        _("kind"): _(KINDS[timeline.kind(number)]),
        _("content"): drawable(content(record.chunks[number])),
        _("characters"): None if characters == UNKNOWN else characters,
        _("bytes"): None if size == UNKNOWN else size,
        _("finish reason"): drawable(timeline.finish_reasons.get(number, "")),
    }


def _fragments(record: Record[Any], timeline: Timeline, key: str) -> None:
    with_calls = [number for number in range(len(timeline)) if timeline.kind(number) is ChunkKind.TOOL_CALL]
    pieces, calls = fragments([(number, record.chunks[number]) for number in with_calls])
    st.markdown(f"**{_('Tool call fragments')}**")
    st.caption(_("Which chunk carried which fragment of which call, and the merged result."))
    data_table(
        [
            {
                _("call"): number,
                _("name"): drawable(call.function.name) or "—",
                "id": drawable(call.id) or "—",
                _("fragments"): sum(piece.call == number for piece in pieces),
                _("valid JSON"): _validity(call),
                _("arguments"): drawable(shortened(call.function.arguments)),
            }
            for number, call in enumerate(calls, 1)
        ],
        alt=_("Tool calls, merged"),
        key=f"{key}.calls",
    )
    data_table(
        [
            {
                "#": piece.chunk,
                _("at, s"): round(timeline.seconds[piece.chunk], 4),
                _("call"): piece.call,
                "id": drawable(piece.id),
                _("name"): drawable(piece.name),
                _("arguments"): drawable(shortened(piece.arguments)),
            }
            for piece in pieces[:MOST_FRAGMENTS]
        ],
        height=height(len(pieces)),
        alt=_("Tool call fragments by chunk"),
        key=f"{key}.pieces",
    )
    if len(pieces) > MOST_FRAGMENTS:
        count = f"{len(pieces):,}"
        st.caption(
            _("First {most} of {count} fragments; the download has all of them.").format(most=MOST_FRAGMENTS, count=count)
        )


def _validity(call: ToolCall) -> str:
    wrong = fault(call.function.whole_arguments())
    return _("✓ yes") if wrong is None else f"✗ {drawable(wrong)}"
