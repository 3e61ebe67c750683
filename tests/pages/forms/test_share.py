"""Test the Share menu: its link, what it says about the link's gaps, and form files from one person to another."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from boomerang.playground.page import link_gaps, share
from boomerang.playground.session.url_state import FileField
from boomerang.workbench.samples.inputs import ATTACHMENTS
from boomerang.workbench.sharing.form_file import as_json
from tests.pages.conftest import CONNECTION
from tests.pages.forms.reloading import address, linked, shared_link
from tests.pages.forms.test_reload import LONG, tool_field, tools
from tests.pages.visitor import PAGES, Visitor
from tests.scripted import SPOKEN, Desk

Visit = Callable[[str], Visitor]


def opened(page: Visitor) -> Visitor:
    """Open the Share menu."""
    page.at.session_state[page.key("share")] = True
    return page.look()


def form_file(page: Visitor) -> dict[str, Any]:
    """Return the form file that the menu offers; AppTest keeps no downloads, so it is written from the drawn page."""
    opened(page)
    widgets = page.at.session_state._state._state._new_widget_state.widget_metadata.values()
    [*_older, drawn] = [widget.callback_args[0] for widget in widgets if ".form.upload." in widget.id]
    assert [button.proto.label for button in page.at.get("download_button")].count("Download form file") == 1
    written: dict[str, Any] = json.loads(as_json(share.form_of(drawn)))
    return written


def give(page: Visitor, file: object, name: str = "theirs.json") -> Visitor:
    """Open a form file on a page."""
    opened(page)
    data = file if isinstance(file, bytes) else json.dumps(file).encode()
    key = next(uploader.key for uploader in page.at.file_uploader if ".form.upload." in str(uploader.key))
    page.at.file_uploader(key=key).upload(name, data)
    return page.look()


def test_the_link_omits_the_run_and_the_kept_form(visit: Visit, desk: Desk) -> None:
    page = visit("llm").run()
    draft = page.page_state.drafts[-1]
    page.type(f"{draft.id}.content", LONG).set("toggle", "stream", False)
    assert {"run", "form"} <= address(page).keys()
    query = shared_link(opened(page))
    assert query.keys() == address(page).keys() - {"run", "form"}
    colleague = linked("llm", query)
    assert colleague.at.toggle(key="llm.stream").value is False and colleague.state == "idle"


def test_what_a_link_cannot_carry_is_said(visit: Visit) -> None:
    page = visit("moderation").type("text", LONG)
    assert f"Text of {len(LONG):,} characters doesn't fit into a link." in opened(page).seen
    page.type("text", "short")
    assert "fit into a link" not in page.seen


def test_a_long_instruction_and_an_upload_do_not_fit(visit: Visit) -> None:
    page = visit("speech2text").set("button_group", "source", "Upload").type("reference", LONG)
    page.at.file_uploader(key="speech2text.upload").upload("mine.mp3", SPOKEN)
    assert f"Text of {len(LONG):,} characters and one audio file don't fit into a link." in opened(page.look()).seen
    page.set("button_group", "source", "Sample")
    assert "audio file" not in page.seen.partition("fit into a link")[0].rpartition("stay yours")[2]


@pytest.mark.parametrize(
    ("left_out", "files", "expected"),
    [
        ({}, {}, ""),
        ({"text": "x"}, {}, "Text of 1 character doesn't fit into a link."),
        ({"rows": ["x"] * 1234}, {}, "1,234 rows don't fit into a link."),
        ({"messages": [1]}, {}, "1 message doesn't fit into a link."),
        (
            {"pane2.tools": [1, 2], "a": "xx", "b": "y"},
            {},
            "2 texts of 3 characters in total and 2 tools don't fit into a link.",
        ),
        (
            {"text": "x" * 84_000, "marks": [1, 2]},
            {"audio.Upload": FileField({"data": b""}), "audio.Microphone": FileField({"data": b""}, shared=False)},
            "Text of 84,000 characters, 2 labels and one audio file don't fit into a link.",
        ),
        (
            {},
            {"attachments": FileField([{"files": [1], "opaque_body": None}, {"files": [2], "opaque_body": {}}])},
            "2 attached files and provider data of one message don't fit into a link.",
        ),
        ({}, {"attachments": FileField([{"files": [1], "opaque_body": None}])}, "One attached file doesn't fit into a link."),
    ],
)
def test_the_sentence_about_gaps_counts_rightly(left_out: dict[str, Any], files: dict[str, FileField], expected: str) -> None:
    assert link_gaps.sentence(left_out, files) == expected


def test_a_form_file_brings_tools_files_and_long_texts_to_another_person(visit: Visit, desk: Desk) -> None:
    ann, ben = visit("llm"), visit("llm")
    ann.unfold("tools").set("toggle", "tools.on", True).click(tool_field(ann, 0, "remove"))
    draft = ann.page_state.drafts[-1]
    ann.at.file_uploader(key=ann.key(f"{draft.id}.upload.0")).upload(ATTACHMENTS[0].file, ATTACHMENTS[0].path.read_bytes())
    ann.look().type(f"{draft.id}.content", LONG).set("toggle", "attach.force", True).set("button_group", "panes", 2)
    ann.unfold("pane2.settings").set("text_area", "pane2.extra", '{"seed": 7}')
    ben.type(f"{ben.page_state.drafts[-1].id}.content", "Ben's own").set("toggle", "stream", False)
    give(ben, form_file(ann))
    assert tools(ben) == tools(ann) and ben.page_state.drafts[-1].content == LONG
    assert ben.page_state.drafts[-1].attachments == ann.page_state.drafts[-1].attachments
    assert ben.at.toggle(key="llm.stream").value is True, "a field that Ben changed is as in the file"
    assert ben.unfold("pane2.settings").at.text_area(key="llm.pane2.extra").value == '{"seed": 7}'
    assert "theirs.json is open." in ben.seen.replace("\\", "")
    assert form_file(ben)["fields"] == form_file(ann)["fields"]
    ben.run()
    assert len(desk.requests) == 2 and [tool.name for tool in desk.requests[0].tools] == ["add"]


def test_a_form_file_brings_an_upload_but_no_other_recording(visit: Visit, desk: Desk) -> None:
    ann, ben = visit("speech2text").set("button_group", "source", "Upload"), visit("speech2text")
    ann.at.file_uploader(key="speech2text.upload").upload("mine.mp3", SPOKEN)
    file = form_file(ann.look())
    assert set(file["files"]) == {"audio.Upload"}
    assert form_file(ann.set("button_group", "source", "Sample"))["files"] == {}
    give(ben, file)
    assert "mine.mp3" in ben.faults and "from the form file theirs.json" in ben.faults
    ben.run()
    assert desk.requests[0].file == SPOKEN


@pytest.mark.parametrize("name", PAGES)
def test_the_form_file_of_every_page_restores_it(visit: Visit, desk: Desk, name: str) -> None:
    ann, ben = visit(name).run(), visit(name)
    file = form_file(ann)
    assert not file["fields"].keys() & {"run", "form"} and file["fields"]["connection"] == CONNECTION
    give(ben, file)
    assert "is open." in ben.seen and "does not use" not in ben.seen
    assert form_file(ben)["fields"] == file["fields"]


GOOD = {"boomerang_form": 1, "page": "moderation", "fields": {"text": "theirs"}, "view": {}, "files": {}}


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (b"no JSON", "not JSON"),
        (GOOD | {"boomerang_form": 99}, "version 99"),
        (GOOD | {"page": "llm"}, "for the page LLM. Open it there."),
        (GOOD | {"page": "no *such* page"}, "for the page no *such* page, which this app does not have"),
        (GOOD | {"fields": {"text": 7}}, "does not fit the page: text. Nothing was changed."),
        (GOOD | {"fields": {"text": "theirs", "timeout": "soon", "panes": 99}}, "do not fit the page: timeout, panes."),
        (GOOD | {"fields": {"text": "theirs", "connection": 7}}, "does not fit the page: connection."),
    ],
)
def test_a_file_that_cannot_be_opened_changes_nothing(visit: Visit, file: object, reason: str) -> None:
    page = visit("moderation").type("text", "mine")
    give(page, file)
    assert reason in page.faults and page.at.text_area(key="moderation.text").value == "mine"
    assert "is open." not in page.seen
    assert ("Open LLM" in [link.proto.label for link in page.at.get("page_link")]) is ("for the page LLM" in reason)
    give(page, GOOD)
    assert page.at.text_area(key="moderation.text").value == "theirs" and reason not in page.faults


@pytest.mark.parametrize(
    "files",
    [
        {"attachments": "none"},
        {"attachments": [{"files": [{"type": "image"}], "opaque_body": None}]},
        {"attachments": [{"files": [], "opaque_body": None, "more": 1}]},
        {"attachments": [7]},
    ],
)
@pytest.mark.parametrize("fields", [{}, {"messages": [{"role": "pope", "content": ""}]}, {"tools": [{"name": 7}]}])
def test_broken_files_messages_and_tools_are_refused(visit: Visit, files: dict[str, Any], fields: dict[str, Any]) -> None:
    page = give(visit("llm"), {"boomerang_form": 1, "page": "llm", "view": {}, "files": files, "fields": fields})
    assert "Nothing was changed" in page.faults and "attachments" in page.faults


def test_unknown_fields_are_named(visit: Visit) -> None:
    fields = {"text": "theirs", "colour": "red", "judge.heat": 7, "pane3.model": "judge"}
    page = give(visit("moderation"), GOOD | {"fields": fields, "view": {"threshold": 0.5}, "files": {"picture": "x"}})
    assert page.at.text_area(key="moderation.text").value == "theirs"
    assert "The page does not use these fields of the file: `colour`, `judge.heat`, `pane3.model`, `picture`." in page.seen
    page.click("form.notice.close")
    assert "colour" not in page.seen


def test_a_missing_connection_of_a_form_file_has_to_be_chosen(visit: Visit) -> None:
    page = give(visit("moderation"), GOOD | {"fields": {"text": "theirs", "connection": "Ann's server"}})
    assert not page.can_run and "Ann's server" in page.reason
