"""The structured-output page's result: the object, and whether it fits the schema."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from invoker import Record
from invoker.entities.llm import LLMFold, RequestInvokeLLMWithStructuredOutput

from ..frame import Page, waiting
from ..jobs import Job
from ..jsontext import written
from ..schemas import Fault, faults
from .text import TextStream


def structured(page: Page, record: Record[Any]) -> None:
    """Draw the object as a tree with its verdict, and the raw text beside it."""
    fold = LLMFold().extend(tuple(record.chunks))
    tree, raw = st.tabs(["Object", "Raw text"], key=page.key("object-or-raw"))
    with tree:
        if fold.structured_output is None:
            st.caption("No object came back." + (" The raw text has what did." if fold.text else ""))
        else:
            value = dict(fold.structured_output)
            _verdict(faults(value, record.request_as(RequestInvokeLLMWithStructuredOutput).structured_output_schema))
            st.json(value)
            st.download_button(
                "JSON",
                written(value, indent=2),
                file_name=f"object-{record.id[:8]}.json",
                icon=":material/download:",
                on_click="ignore",
                key=page.key("download"),
            )
    with raw:
        st.code(fold.text or " ", language="json", wrap_lines=True)


def structured_live(page: Page, job: Job) -> Callable[[], None]:
    """Draw the raw text while it comes."""
    if not page.state.arguments.get("stream", True):
        return waiting(page, job)  # who does not ask for a stream sees the answer when it is whole
    stream = TextStream(as_markdown=False)
    seen = 0

    def update() -> None:
        nonlocal seen
        chunks = job.record.chunks[seen:] if job.record else []
        seen += len(chunks)
        contents = (chunk.delta.message.content for chunk in chunks)
        stream.write("".join(content for content in contents if isinstance(content, str)))

    return update


def _verdict(found: list[Fault]) -> None:
    if not found:
        st.badge("Fits the schema", icon=":material/check_circle:", color="green")
        return
    st.badge(f"Misses the schema in {len(found)} place(s)", icon=":material/cancel:", color="red")
    st.dataframe(
        [{"path": fault.path, "expected": fault.expected, "found": fault.found} for fault in found],
        hide_index=True,
        alt="Where the object misses the schema",
    )
