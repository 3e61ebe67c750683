"""Test that nothing of a form is lost by a reload: tools, long texts, files and rows, for their own browser only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from boomerang.playground.forms.conversation.tool_library import ToolLibrary
from boomerang.playground.session import kept_form
from boomerang.workbench.samples.inputs import ATTACHMENTS, CLIP, TOOLS
from boomerang.workbench.store.kept_forms import KeptForm, KeptForms, Limits
from tests.pages.forms.reloading import address, linked, reloaded
from tests.pages.visitor import Visitor
from tests.scripted import SPOKEN, Desk

Visit = Callable[[str], Visitor]
LONG = "A long text with ümlauts and 汉字. " * 2000
TOOL = {"name": "look_up", "description": "Looks up", "parameters": {"type": "object"}, "mock": "x = 1 -> one\nother"}


@pytest.fixture
def tiny_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[KeptForms]:
    """Let the app keep at most 10 kB of a visitor."""
    store = KeptForms(Limits(visitor_bytes=10_000))
    monkeypatch.setattr(kept_form, "FORMS", store)
    yield store


def tools(visitor: Visitor) -> list[dict[str, object]]:
    """Return the tools of the editor, without the ids of their widgets."""
    return [{key: tool[key] for key in TOOL} for tool in visitor.page_state.kept(ToolLibrary).tools]


def tool_field(visitor: Visitor, index: int, name: str) -> str:
    return f"tool.{visitor.page_state.kept(ToolLibrary).tools[index]['id']}.{name}"


def test_tools_are_part_of_the_link_and_come_back_after_a_reload(visit: Visit, desk: Desk) -> None:
    page = visit("llm").unfold("tools").set("toggle", "tools.on", True)
    page.click(tool_field(page, 0, "remove"))
    for name in ("name", "description"):
        page.set("text_input", tool_field(page, 0, name), TOOL[name])
    page.type(tool_field(page, 0, "mock"), str(TOOL["mock"])).type(tool_field(page, 0, "parameters"), '{"type": "object"}')
    again = reloaded(page)
    assert tools(again) == [TOOL]
    again.run()
    assert [tool.name for tool in desk.requests[0].tools] == ["look_up"]
    colleague = linked("llm", {name: value for name, value in address(page).items() if name != "form"})
    assert tools(colleague) == [TOOL] and colleague.unfold("tools").at.toggle(key="llm.tools.on").value is True


def test_sample_tools_are_not_in_the_address(visit: Visit) -> None:
    assert "tools" not in address(visit("llm"))


def test_switches_and_rounds_of_the_tools_come_back(visit: Visit) -> None:
    page = visit("llm").unfold("tools").set("toggle", "tools.auto", True).set("number_input", "tools.rounds", 7)
    again = reloaded(page).unfold("tools")
    assert again.at.toggle(key="llm.tools.auto").value is True and again.at.number_input(key="llm.tools.rounds").value == 7


def test_parameters_that_are_no_schema_come_back_as_typed(visit: Visit) -> None:
    page = visit("llm").unfold("tools").set("toggle", "tools.on", True)
    page.type(tool_field(page, 1, "parameters"), '{"type": ')
    again = reloaded(page).unfold("tools")
    assert again.at.text_area(key=again.key(tool_field(again, 1, "parameters"))).value == '{"type": '
    assert not again.can_run and tools(again)[0]["name"] == TOOLS[0]["name"]


def test_a_completion_keeps_the_conversation_and_the_tools(visit: Visit) -> None:
    page = visit("llm").unfold("tools")
    page.click(tool_field(page, 0, "remove"))
    drafts = page.page_state.drafts
    page.type(f"{drafts[-1].id}.content", "My question").set("button_group", "mode", "completion").type("completion", "Once")
    again = reloaded(page)
    assert again.at.text_area(key="llm.completion").value == "Once" and len(tools(again)) == len(TOOLS) - 1
    again.set("button_group", "mode", "chat")
    assert again.page_state.drafts[-1].content == "My question"


@pytest.mark.parametrize("query", ['[{"name": 7}, 8, {"name": "ok", "mock": "m"}]', "no list", '[{"parameters": []}]'])
def test_broken_tools_of_a_link_break_nothing(desk: Desk, query: str) -> None:
    linked("llm", {"tools": query, "tools.on": "true"})


def test_a_long_text_comes_back_and_its_id_is_in_the_address(visit: Visit, desk: Desk) -> None:
    page = visit("moderation").type("text", LONG)
    assert "text" not in address(page) and len(address(page)["form"]) >= 22
    again = reloaded(page)
    assert again.at.text_area(key="moderation.text").value == LONG
    assert "no longer kept" not in again.seen


def test_two_tabs_and_a_copied_tab_do_not_share_a_form(visit: Visit) -> None:
    first = visit("moderation").type("text", LONG)
    copy = reloaded(first)
    assert address(copy)["form"] != address(first)["form"]
    copy.type("text", LONG.upper())
    assert reloaded(first).at.text_area(key="moderation.text").value == LONG
    assert reloaded(copy).at.text_area(key="moderation.text").value == LONG.upper()


def test_the_address_of_another_browser_opens_nothing(desk: Desk) -> None:
    form_id = kept_form.FORMS.new_id()
    kept_form.FORMS.keep(form_id, "ann's browser", KeptForm({"text": LONG}))
    ben = linked("moderation", {"form": form_id})
    assert "汉字" not in ben.seen and "no longer kept" in ben.seen


def test_a_short_text_needs_no_kept_form(visit: Visit) -> None:
    page = visit("moderation").type("text", LONG).type("text", "short")
    assert address(page) == {"connection": "scripted", "model": address(page)["model"], "text": "short"}


def test_after_a_run_a_field_that_was_reset_stays_reset(visit: Visit, desk: Desk) -> None:
    page = visit("moderation").type("text", "Sent with the run.").run().click("reset")
    sample = page.at.text_area(key="moderation.text").value
    assert reloaded(page).at.text_area(key="moderation.text").value == sample != "Sent with the run."


def test_an_uploaded_file_comes_back_and_is_sent(visit: Visit, desk: Desk) -> None:
    page = visit("speech2text").set("button_group", "source", "Upload")
    page.at.file_uploader(key="speech2text.upload").upload("my *speech*.mp3", SPOKEN)
    page.look().type("reference", "Hello.")
    again = reloaded(page)
    assert f"my *speech*.mp3 · {len(SPOKEN) / 1000:.1f} kB, kept from before the reload" in again.faults
    assert again.at.text_area(key="speech2text.reference").value == "Hello."
    again.run()
    assert desk.requests[0].file == SPOKEN
    again.click("audio.remove")
    assert not again.can_run and "my *speech*" not in again.seen
    assert not reloaded(again).can_run


def test_another_upload_replaces_a_kept_file(visit: Visit, desk: Desk) -> None:
    page = visit("speech2text").set("button_group", "source", "Upload")
    page.at.file_uploader(key="speech2text.upload").upload("one.mp3", SPOKEN)
    again = reloaded(page.look())
    again.at.file_uploader(key="speech2text.upload").upload("two.mp3", CLIP.read_bytes())
    again.look().run()
    assert desk.requests[0].file == CLIP.read_bytes() and "one.mp3" not in again.seen
    assert "two.mp3" in reloaded(again).seen


def test_an_uploaded_file_is_there_again_after_a_visit_to_another_page(visit: Visit) -> None:
    page = visit("speech2text").set("button_group", "source", "Upload")
    page.at.file_uploader(key="speech2text.upload").upload("one.mp3", SPOKEN)
    page.look().open("moderation").open("speech2text")
    assert page.can_run and "one.mp3" in page.seen


def test_files_of_messages_come_back(visit: Visit, desk: Desk) -> None:
    page = visit("llm")
    draft = page.page_state.drafts[-1]
    page.at.file_uploader(key=page.key(f"{draft.id}.upload.0")).upload(ATTACHMENTS[0].file, ATTACHMENTS[0].path.read_bytes())
    page.look()
    before = page.page_state.drafts[-1].attachments
    again = reloaded(page)
    assert again.page_state.drafts[-1].attachments == before != []
    again.page_state.drafts[-1].attachments.clear()
    assert reloaded(page).page_state.drafts[-1].attachments == before


def test_many_rows_with_their_labels_come_back(visit: Visit, desk: Desk) -> None:
    page = visit("rerank")
    rows = [{"document": f"Document {number} {'x' * 40}", "label": number % 4} for number in range(300)]
    page.set("button_group", "rows.as", "JSON").type("rows.json", json.dumps(rows))
    again = reloaded(page)
    again.run()
    assert desk.requests[0].docs == [row["document"] for row in rows]
    assert again.page_state.rows == desk.requests[0].docs


def test_a_pane_of_a_comparison_keeps_its_long_fields(visit: Visit) -> None:
    page = visit("llm").set("button_group", "panes", 2).unfold("pane2.settings")
    page.set("text_area", "pane2.extra", json.dumps({"note": LONG}))
    again = reloaded(page).unfold("settings", "pane2.settings")
    assert json.loads(again.at.text_area(key="llm.pane2.extra").value) == {"note": LONG}
    assert not again.at.text_area(key="llm.extra").value


def test_what_was_too_large_to_keep_is_named_after_the_reload(visit: Visit, tiny_store: KeptForms) -> None:
    page = visit("moderation").type("text", LONG)
    again = reloaded(page)
    assert again.at.text_area(key="moderation.text").value != LONG
    assert "too large to keep" in again.seen and "text" in again.seen


def test_what_was_dropped_for_newer_forms_is_reported_after_the_reload(visit: Visit, tiny_store: KeptForms) -> None:
    page = visit("moderation").type("text", "x" * 6000)
    visit("moderation").type("text", "y" * 6000)
    again = reloaded(page)
    assert "no longer kept" in again.seen
    assert "no longer kept" not in again.click("form.notice.close").seen
