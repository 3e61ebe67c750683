"""Test form files: what is written is read again, and what is no form file is refused with a reason."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.workbench.sharing import form_file
from boomerang.workbench.sharing.form_file import FormFile, FormFileFault

VALUES = st.recursive(
    st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9) | st.text(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values, max_size=3),
    max_leaves=8,
)
FIELDS = st.dictionaries(st.text(min_size=1, max_size=8), VALUES, max_size=4)
FILES = st.dictionaries(
    st.text(min_size=1, max_size=8),
    st.lists(VALUES, max_size=2) | st.dictionaries(st.text(max_size=5), st.binary() | st.text(), max_size=3),
    max_size=2,
)
GOOD = {"boomerang_form": 1, "page": "llm", "fields": {}, "view": {}, "files": {}}


@given(FIELDS, FIELDS, FILES)
def test_a_form_is_read_as_it_was_written(fields: dict[str, object], view: dict[str, object], files: dict[str, object]) -> None:
    form = FormFile("llm", fields, view, files)
    assert form_file.read(form_file.as_json(form).encode()) == form


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"hello", "not JSON"),
        (b"[]", "expected a JSON object"),
        (b"{}", "not a form file"),
        (b"[" * 100_000, "not JSON"),
        (json.dumps(GOOD | {"boomerang_form": 2}).encode(), "version 2 of form files; this app opens version 1"),
        (json.dumps(GOOD | {"boomerang_form": True}).encode(), "version True"),
        (json.dumps(GOOD | {"boomerang_form": "x" * 999}).encode(), "version xxxxxxxxxxxxxxxxxxxx of"),
        (json.dumps(GOOD | {"page": 7}).encode(), "page is missing or has the wrong type"),
        (json.dumps(GOOD | {"fields": []}).encode(), "fields is missing or has the wrong type"),
        (json.dumps({name: value for name, value in GOOD.items() if name != "files"}).encode(), "files is missing"),
        (json.dumps(GOOD | {"files": {"audio": {"data": {"base64": "?"}}}}).encode(), "audio is not base64"),
        (json.dumps(GOOD | {"files": {"audio": {"data": {"base64": 7}}}}).encode(), "audio is not base64"),
        (json.dumps(GOOD | {"fields": {"text": "\ud800"}}).encode(), "incomplete Unicode character"),
        (b" " * (form_file.MOST_BYTES + 1), "larger than 36 MB"),
    ],
)
def test_what_is_no_form_file_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(FormFileFault, match=reason):
        form_file.read(data)


@pytest.mark.parametrize(("size", "is_too_large"), [(27 * 2**20 - 999, False), (27 * 2**20 + 999, True)])
def test_a_form_too_large_to_be_opened_is_known_before_it_is_written(size: int, is_too_large: bool) -> None:
    form = FormFile("speech2text", files={"audio": {"data": bytes(size), "name": "ü.mp3"}})
    assert form_file.is_too_large(form) is is_too_large
    assert (len(form_file.as_json(form).encode()) > form_file.MOST_BYTES) is is_too_large
