"""Under every result: what was sent, what came back, the chunks, the log, and the call as plugin code."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

import streamlit as st

from invoker import NoteKind, Record

from .escape import drawable
from .jsontext import written

LONGEST_TEXT = 600
LONGEST_HEX = 96
"""Characters of one string that are shown; longer ones are cut and named by length and hash."""
LONGEST_LIST = 12
"""Numbers of one list that are shown, as of a vector."""
_HEX = re.compile("[0-9a-f]+")
MOST_CHUNKS = 500
"""Rows of the chunk table; the download has them all."""


def draw(record: Record[Any] | None, source: str, key: str) -> None:
    """Draw the tabs; a tab that is closed costs nothing."""
    sent, received, chunks, log, code = st.tabs(["Sent", "Received", "Chunks", "Log", "Code"], key=key, on_change="rerun")
    if sent.open:
        with sent:
            _sent(record, key)
    if received.open:
        with received:
            _received(record, key)
    if chunks.open:
        with chunks:
            _chunks(record, key)
    if log.open:
        with log:
            _log(record)
    if code.open:
        with code:
            st.caption("This call inside a Dify plugin, as the form stands now. A plugin never holds a model's key.")
            st.code(source, language="python", wrap_lines=True)


def shortened(value: Any) -> Any:
    """Cut long strings and long lists of numbers, and say how long they are and what their hash is."""
    if isinstance(value, str) and len(value) > LONGEST_HEX:
        longest = LONGEST_HEX if _HEX.fullmatch(value, 0, 2000) else LONGEST_TEXT
        if len(value) > longest:
            digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:12]
            return f"{value[:longest]}… ({len(value):,} characters, sha256 {digest}…)"
    if isinstance(value, list) and len(value) > LONGEST_LIST and all(isinstance(item, int | float) for item in value):
        digest = hashlib.sha256(json.dumps(value).encode()).hexdigest()[:12]
        return [*value[:LONGEST_LIST], f"… ({len(value):,} numbers, sha256 {digest}…)"]
    if isinstance(value, list):
        return [shortened(item) for item in value]
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items()}
    return value


def found(value: Any, words: str) -> list[tuple[str, str]]:
    """Search a JSON value.

    Args:
        value: What to search.
        words: Looked for in keys and values, whatever their case.

    Returns:
        Path and value of each leaf whose path or value has the words.
    """
    wanted = words.casefold()
    return [(path, leaf) for path, leaf in _leaves(value, "$") if wanted in f"{path} {leaf}".casefold()]


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}")
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}[{index}]")
    else:
        yield path, json.dumps(value, ensure_ascii=False)


def _tree(value: Any, key: str) -> None:
    """Draw a JSON value: folded and with a button to copy it; or what a search finds in it."""
    words = st.text_input(
        "Search", key=f"{key}.search", placeholder="Search keys and values", icon=":material/search:",
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    if not words:
        st.json(shortened(value), expanded=2)
        return
    lines = found(value, words)
    st.caption(f"{len(lines):,} found")
    st.dataframe(
        [{"path": drawable(path), "value": drawable(shortened(leaf))} for path, leaf in lines[:MOST_CHUNKS]],
        hide_index=True,
        alt="What the search found",
        key=f"{key}.found",
    )


def _sent(record: Record[Any] | None, key: str) -> None:
    if record is None:
        st.caption("Nothing was sent yet. Here will be the request as it goes over Dify's wire.")
        return
    sent = record.sent
    if sent is None:
        st.caption("Nothing was sent: the call was answered on the caller's side. It was called with:")
        _tree(record.request.payload(), f"{key}.sent")
        return
    st.caption(f"`{record.request.invoke_type.value}` request to the back end `{record.backend}`, as on Dify's wire.")
    _tree(sent.payload(), f"{key}.sent")


def _received(record: Record[Any] | None, key: str) -> None:
    if record is None or not record.chunks:
        st.caption("Nothing came back yet.")
        return
    if len(record.chunks) == 1:
        st.caption("One answer.")
        _tree(record.chunks[0].model_dump(mode="json"), f"{key}.received")
    else:
        st.caption(f"The last of {len(record.chunks):,} chunks; each of them is under Chunks.")
        _tree(record.chunks[-1].model_dump(mode="json"), f"{key}.received")
    st.download_button(
        "Record as JSON",
        data=lambda: written(record.dump(), indent=1),
        file_name=f"{record.request.invoke_type.value}-{record.id[:8]}.json",
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
        key=f"{key}.record",
    )


def _chunks(record: Record[Any] | None, key: str) -> None:
    if record is None or not record.chunks:
        st.caption("No chunks yet.")
        return
    rows = []
    previous = 0.0
    for number, (seconds, chunk) in enumerate(zip(record.times[:MOST_CHUNKS], record.chunks, strict=False)):
        kind, content = describe(chunk)
        rows.append(
            {
                "#": number,
                "at, s": round(seconds, 4),
                "gap, s": round(seconds - previous, 4),
                "kind": kind,
                "content": drawable(content),
            }
        )
        previous = seconds
    if len(record.chunks) > MOST_CHUNKS:
        st.caption(f"The first {MOST_CHUNKS:,} of {len(record.chunks):,} chunks.")
    st.dataframe(rows, hide_index=True, height=min(400, 38 + 35 * len(rows)), key=f"{key}.table", alt="Chunks of the stream")
    st.download_button(
        "Chunks as JSONL",
        data=lambda: "".join(written(row) + "\n" for row in record.dump()["chunks"]),
        file_name=f"chunks-{record.id[:8]}.jsonl",
        mime="application/jsonl",
        icon=":material/download:",
        on_click="ignore",
        key=f"{key}.jsonl",
    )


def describe(chunk: Any) -> tuple[str, str]:
    """Say what kind of chunk it is, and its content in short."""
    if hasattr(chunk, "delta"):
        delta = chunk.delta
        if delta.message.tool_calls:
            parts = [f"{call.function.name or '…'} {call.function.arguments}" for call in delta.message.tool_calls]
            return "tool call", shortened(" | ".join(parts))
        if getattr(chunk, "structured_output", None) is not None:
            return "structured output", shortened(json.dumps(chunk.structured_output, ensure_ascii=False))
        if delta.message.content:
            return "text", shortened(str(delta.message.content))
        if delta.usage is not None or delta.finish_reason:
            return "end", f"finish reason {delta.finish_reason}"
        return "empty", ""
    if hasattr(chunk, "mime_type"):
        return "audio", f"{len(chunk.result) // 2:,} bytes of {chunk.mime_type or 'unknown type'}"
    return "result", shortened(json.dumps(shortened(chunk.model_dump(mode="json")), ensure_ascii=False))


def _log(record: Record[Any] | None) -> None:
    notes = tuple(record.notes) if record else ()
    if record is None:
        st.caption("Nothing yet. Here will be the phases of the run and what the back end says beside its answer.")
        return
    st.text(f"run {record.id} · started {record.started_at:%Y-%m-%d %H:%M:%S} UTC · {record.outcome.value}")
    for note in notes:
        st.text(f"{note.seconds:8.3f} s  {note.kind.value:<8}  {note.text}")
        data = {k: v for k, v in note.data.items() if k != "sent"}
        if data and note.kind in (NoteKind.EXCHANGE, NoteKind.DETAIL):
            st.json(shortened(_plain(data)), expanded=False)


def _plain(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
