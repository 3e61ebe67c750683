"""Test the form's expanders: closed, they draw nothing, but send and check the same; their labels have the state."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from boomerang.workbench.samples.inputs import TOOLS
from tests.pages.forms.reloading import linked, reloaded
from tests.pages.visitor import Visitor
from tests.scripted import Desk

Visit = Callable[[str], Visitor]
FOLDED = ("settings", "tools", "config")
BROKEN = [{"name": "bad", "description": "", "mock": "", "parameters": '{"type": '}]
NAMELESS = [{"name": " ", "description": "", "mock": "", "parameters": {"type": "object"}}]
BY_HAND = {"config.by_hand": "true", "config.text": '{"provider": "p", "model": "m", "completion_params": {"a": 1}}'}


@pytest.mark.parametrize(
    "link",
    [
        {},
        {"talker.temperature": "1.25", "talker.temperature.send": "true", "talker.max_tokens.send": "false"},
        {"talker.temperature": "9"},
        {"extra": '{"seed": 7, "mirostat": 2}'},
        {"extra": '{"seed": '},
        {"tools.on": "true"},
        {"tools.on": "true", "tools": json.dumps(BROKEN)},
        {"tools.on": "false", "tools": json.dumps(BROKEN)},
        {"tools.on": "true", "tools": json.dumps(NAMELESS)},
        {"tools.on": "true", "tools": json.dumps([*BROKEN, *NAMELESS, *BROKEN])},
        BY_HAND,
        BY_HAND | {"config.text": "{"},
        BY_HAND | {"config.text": '{"provider": 5}'},
        BY_HAND | {"config.by_hand": "false"},
    ],
)
def test_closed_expanders_send_and_check_what_open_ones_do(desk: Desk, link: dict[str, str]) -> None:
    folded, unfolded = linked("llm", link).fold(*FOLDED), linked("llm", link).unfold(*FOLDED)
    assert folded.can_run == unfolded.can_run
    if not folded.can_run:
        assert folded.reason == unfolded.reason
        return
    folded.run()
    unfolded.run()
    closed, opened = (request.payload() for request in desk.requests)
    assert closed == opened


def test_what_is_closed_is_not_drawn(visit: Visit) -> None:
    page = visit("llm")
    keys = {element.key or "" for kind in ("slider", "checkbox", "number_input") for element in getattr(page.at, kind)}
    assert not any("talker" in key for key in keys)
    assert not any("tools." in (toggle.key or "") for toggle in page.at.toggle)
    assert all(code.language != "json" for code in page.at.code)


def test_values_survive_closing_another_page_and_a_reload(visit: Visit, desk: Desk) -> None:
    page = visit("llm").unfold(*FOLDED).set("slider", "talker.temperature", 1.5).set("toggle", "tools.on", True)
    page.type("extra", '{"seed": 7}').fold(*FOLDED)
    page.open("tts").open("llm")
    reloaded(page).run()
    page.unfold(*FOLDED).run()
    for request in desk.requests:
        assert request.completion_params["temperature"] == 1.5 and request.completion_params["seed"] == 7
        assert [tool.name for tool in request.tools] == [tool["name"] for tool in TOOLS]
    assert page.at.slider(key="llm.talker.temperature").value == 1.5


def test_a_field_that_is_closed_while_it_is_submitted_is_taken(visit: Visit, desk: Desk) -> None:
    """A click on the expander submits a text and closes the expander in one script run."""
    page = visit("llm").unfold("tools", "settings").set("toggle", "tools.on", True)
    tool = next(area.key for area in page.at.text_input if (area.key or "").endswith(".name"))
    page.at.text_input(key=tool).set_value("renamed")
    page.at.text_area(key="llm.extra").set_value('{"seed": 7}')
    page.fold("tools", "settings").run()
    [request] = desk.requests
    assert request.tools[0].name == "renamed" and request.completion_params["seed"] == 7
    page.unfold("tools")
    assert page.at.text_input(key=tool).value == "renamed"


def test_labels_have_the_state(visit: Visit) -> None:
    page = visit("llm")
    assert [page.expander(title) for title in ("Parameters", "Tools", "ModelConfig")] == ["2 set", "off", "LLMModelConfig"]
    page.set("button_group", "sample", "Two tools")
    assert page.expander("Tools") == "2 sent"


def test_a_label_changes_only_while_its_expander_is_closed(visit: Visit) -> None:
    page = visit("llm").unfold("settings").type("extra", '{"seed": 7}')
    assert page.expander("Parameters") == "2 set" and page.at.text_area(key="llm.extra").value
    assert page.fold("settings").expander("Parameters") == "3 set"
    page.unfold("settings").type("extra", "{")
    assert "Line 1" in page.faults
    assert page.fold("settings").expander("Parameters") == "check: Extra JSON" and not page.can_run


def test_a_label_names_the_broken_tool(desk: Desk) -> None:
    assert linked("llm", {"tools.on": "true", "tools": json.dumps(BROKEN)}).expander("Tools") == "1 sent · check: bad"


def test_a_hand_written_config_stays_closed_when_its_label_changes(visit: Visit) -> None:
    page = visit("llm").set("toggle", "config.by_hand", True).fold("config")
    assert page.expander("ModelConfig") == "LLMModelConfig · hand-written"
    page.click("config.form")
    assert page.expander("ModelConfig") == "LLMModelConfig"
    assert not any(toggle.key == "llm.config.by_hand" for toggle in page.at.toggle)


def test_an_expander_is_as_it_was_left_when_the_page_is_opened_again(visit: Visit) -> None:
    page = visit("llm").fold("config").unfold("settings").open("tts").open("llm")
    assert any(slider.key == "llm.talker.temperature" for slider in page.at.slider)
    assert "json-text" not in page.html


@pytest.mark.parametrize("page", ["llm", "tts", "speech2text", "text_embedding", "moderation", "rerank"])
def test_no_expander_of_a_form_hides_its_chevron(visit: Visit, page: str) -> None:
    assert not [expander.label for expander in visit(page).at.expander if expander.icon]


def test_a_config_is_plain_text(desk: Desk) -> None:
    page = linked("llm", {"extra": json.dumps({"</pre><img src=x>": "&amp;\n"})})
    config: dict[str, Any] = page.config
    assert config["completion_params"]["</pre><img src=x>"] == "&amp;\n" and "<img" not in page.html
