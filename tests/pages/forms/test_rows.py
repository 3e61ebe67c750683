"""Test tables of texts: as a table or as JSON, from a file, with labels, restored from the URL."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from boomerang.invoker.backends.scripted import Scripted
from boomerang.invoker.entities.model import ModelPropertyKey, ModelType
from boomerang.playground.forms.texts.paste_and_import import MOST_IMPORTED, TableState
from boomerang.workbench.samples.inputs import DOCUMENT_LABELS, DOCUMENTS, TEXTS, TRAP_LABELS
from tests.pages.visitor import Visitor
from tests.scripted import Desk, listed

Visit = Callable[[str], Visitor]


def as_json(page: Visitor) -> Visitor:
    """Switch to JSON."""
    return page.set("button_group", "rows.as", "JSON")


def upload(page: Visitor, name: str, data: bytes) -> Visitor:
    """Upload a file."""
    page.at.file_uploader(key=page.key("import")).set_value((name, data, "text/plain"))
    return page.look()


def test_switching_to_json_and_back_keeps_the_rows(visit: Visit, desk: Desk) -> None:
    page = as_json(visit("text_embedding"))
    assert json.loads(page.at.text_area(key="text_embedding.rows.json").value) == TEXTS
    page.type("rows.json", '["a", "  ", {"text": "b"}]').run()
    assert desk.requests[-1].texts == ["a", "b"]
    page.set("button_group", "rows.as", "Table").run()
    assert desk.requests[-1].texts == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ('["a",\n "b"', "Line 2"),
        ('{"a": 1}', "expected a JSON list"),
        ('["a",\n 7]', "Line 2, column 2: expected a string"),
        ('[{"document": "a",\n "label": 4}]', "`label` must be one of 0, 1, 2, 3"),
    ],
)
def test_broken_json_is_refused_in_place_and_stays_there(visit: Visit, text: str, phrase: str) -> None:
    page = as_json(visit("rerank")).type("rows.json", text)
    assert not page.can_run and phrase in page.faults
    page.set("button_group", "rows.as", "Table")
    assert page.at.text_area(key="rerank.rows.json").value == text
    assert page.page_state.rows == DOCUMENTS


def test_marks_go_with_their_texts_through_json_and_samples(visit: Visit, desk: Desk) -> None:
    page = as_json(visit("rerank"))
    written = json.loads(page.at.text_area(key="rerank.rows.json").value)
    assert written[3] == {"document": DOCUMENTS[3], "label": 3}
    page.type("rows.json", json.dumps([{"document": "x", "label": 2}, "y"]))
    assert (page.page_state.rows, page.page_state.kept(TableState).marks) == (["x", "y"], [2, None])
    page.set("button_group", "sample", "Same words, different meaning")
    assert page.page_state.kept(TableState).marks == TRAP_LABELS
    page.click("reset")
    assert (page.page_state.rows, page.page_state.kept(TableState).marks) == (DOCUMENTS, DOCUMENT_LABELS)


def test_a_column_of_a_file_becomes_rows(visit: Visit, desk: Desk) -> None:
    page = upload(visit("text_embedding"), "a.csv", b"id,words\n1,first text\n2,\n3,second text\n")
    assert page.at.selectbox(key="text_embedding.import.column").value == "words"
    page.click("import.replace").run()
    assert desk.requests[-1].texts == ["first text", "second text"]
    page.set("selectbox", "import.column", "id").click("import.add").run()
    assert desk.requests[-1].texts == ["first text", "second text", "1", "2", "3"]


def test_a_file_brings_its_marks(visit: Visit, desk: Desk) -> None:
    page = upload(visit("rerank"), "a.jsonl", b'{"document": "a", "label": 3}\n{"document": "b", "label": 9}\n')
    page.click("import.replace")
    assert (page.page_state.rows, page.page_state.kept(TableState).marks) == (["a", "b"], [3, None])


def test_more_rows_than_are_taken_are_said(visit: Visit, desk: Desk) -> None:
    page = upload(visit("rerank"), "a.txt", "\n".join(f"line {number}" for number in range(1200)).encode())
    assert "Imported 1,000 of 1,200 rows" in page.seen
    page.click("import.replace").run()
    assert len(desk.requests[-1].docs) == MOST_IMPORTED
    assert page.state == "done"


def test_a_file_that_is_no_text_is_refused_in_place(visit: Visit) -> None:
    page = upload(visit("text_embedding"), "a.txt", b"\xff\xfa\x00")
    assert "not UTF-8" in page.faults
    assert page.page_state.rows == TEXTS and page.can_run


def test_rows_and_marks_come_back_from_the_address(desk: Desk) -> None:
    page = Visitor("scripted")
    page.at.query_params["rows"] = json.dumps(["a", "b"])
    page.at.query_params["marks"] = json.dumps([None, 3])
    page.open("rerank")
    assert (page.page_state.rows, page.page_state.kept(TableState).marks) == (["a", "b"], [None, 3])


def test_lengths_are_reported_before_anything_is_sent(visit: Visit) -> None:
    page = visit("text_embedding")
    assert "longest ≈ " in page.seen
    page.at.session_state["text_embedding.lengths"] = True
    assert "does not declare its context size" in page.look().seen


def test_a_text_that_the_model_will_cut_is_named_before_it_is_sent(visit: Visit, desk: Desk) -> None:
    short = listed("short", ModelType.TEXT_EMBEDDING, model_properties={ModelPropertyKey.CONTEXT_SIZE: 256})
    desk.backend = Scripted(desk.serve, models=[short])
    page = visit("text_embedding")
    assert "likely to be cut" not in page.seen
    page.set("button_group", "sample", "Too long (cut)")
    too_long = [number for number, text in enumerate(page.page_state.rows, 1) if len(text) > 1_000]
    [notice] = [line for line in page.seen.replace("\\", "").splitlines() if "will probably be cut" in line]
    cut = f"The end of row {', '.join(map(str, too_long))} will probably"
    assert too_long and f"short reads at most 256 tokens per text. {cut}" in notice
    assert page.can_run and not desk.requests
