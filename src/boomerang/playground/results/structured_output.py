"""The structured-output page's result: the object, its schema check, and whether it matches the raw text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from boomerang.invoker.entities.llm.request import RequestInvokeLLMWithStructuredOutput
from boomerang.invoker.llm_text.json_in_text import Place, find
from boomerang.invoker.llm_text.json_schema import check
from boomerang.invoker.records.record import Record
from boomerang.playground.run import run_actions
from boomerang.playground.run.pane import Pane, waiting
from boomerang.playground.ui import json_view, schema_verdict
from boomerang.playground.ui.streaming_text import TextStream
from boomerang.workbench.analysis import json_diff
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.parsing.json_text import written
from boomerang.workbench.results import llm_answer
from boomerang.workbench.runs.jobs import Job

REPAIRS = {
    Place.FENCED: N_("The back end extracted the object from a code block in the raw text."),
    Place.SURROUNDED: N_("The back end extracted the object from the text around it."),
}
DIFFERENT = N_("The object differs from the raw text. The back end changed it. Compare the two tabs.")
REPAIRED = N_("The raw text is not JSON. The back end repaired it or built the object another way.")


def draw(page: Pane, record: Record[Any]) -> None:
    """Draw the object as a tree with its schema verdict, and the raw text in a second tab."""
    answer = llm_answer.read(record)
    tree, raw = st.tabs([_("Object"), _("Raw text")], key=page.key("object-or-raw"))
    value = answer.fold.structured_output
    with tree:
        if value is None:
            st.caption(_("No object returned. See the raw text.") if answer.fold.text else _("No object returned."))
        else:
            _object(page, record, dict(value), answer.text)
    with raw:
        json_view.text(answer.fold.text)
    if value is None:
        run_actions.draw(page)
        return
    content = written(dict(value), indent=2)
    run_actions.draw(page, copy=content, downloads=[run_actions.Download("JSON", content, f"object-{record.id[:8]}.json")])


def draw_live(page: Pane, job: Job) -> Callable[[], None]:
    """Draw the raw text while it streams."""
    if not job.origin.arguments.get("stream", True):
        return waiting(page, job)  # without streaming, the answer is drawn once it is complete
    stream = TextStream(as_markdown=False)
    seen = 0

    def update() -> None:
        nonlocal seen
        chunks = job.record.chunks[seen:] if job.record else []
        seen += len(chunks)
        contents = (chunk.delta.message.content for chunk in chunks)
        stream.write("".join(content for content in contents if isinstance(content, str)))

    return update


def repair(value: Mapping[str, Any], text: str) -> str | None:
    """Return how an object was extracted from a text; `None` if the text is the object, or empty.

    Returns:
        A text marked for translation.
    """
    if not text.strip():
        return None
    parsed = find(text)
    if parsed is None:
        return REPAIRED
    if not json_diff.equal(dict(value), parsed.value):
        return DIFFERENT
    return REPAIRS.get(parsed.place)


def _object(page: Pane, record: Record[Any], value: dict[str, Any], text: str) -> None:
    schema_verdict.draw(check(value, record.request_as(RequestInvokeLLMWithStructuredOutput).structured_output_schema))
    if how := repair(value, text):
        st.caption(f":material/healing: {_(how)}")
    json_view.tree(value)
