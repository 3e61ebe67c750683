"""Test the ModelConfig on each page: live from the form, or edited as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.pages.visitor import PAGES, Visitor
from tests.scripted import PROVIDER, Desk

Visit = Callable[[str], Visitor]
WITH_CONFIG = [page for page in PAGES if page != "summary"]


@pytest.mark.parametrize("page", WITH_CONFIG)
def test_the_live_config_is_what_is_sent(visit: Visit, desk: Desk, page: str) -> None:
    visitor = visit(page)
    config = visitor.config
    assert config["provider"] == PROVIDER
    visitor.run()
    payload = desk.requests[0].payload()
    assert {key: payload[key] for key in config} == config


@pytest.mark.parametrize("page", WITH_CONFIG)
def test_by_hand_starts_with_what_the_form_says(visit: Visit, desk: Desk, page: str) -> None:
    visitor = visit(page)
    live = visitor.config
    visitor.set("toggle", "config.by_hand", True)
    assert json.loads(visitor.at.text_area(key=visitor.key("config.text")).value) == live
    visitor.run()
    assert visitor.state == "done"
    payload = desk.requests[0].payload()
    assert {key: payload[key] for key in live} == live


@pytest.mark.parametrize(
    ("page", "text", "phrase"),
    [
        *((page, '{\n  "provider": "x",\n  model: "y"\n}', "Line 3, column 3") for page in WITH_CONFIG),
        ("moderation", "", "Line 1, column 1"),
        ("moderation", "[]", "expected a JSON object, found list"),
        ("moderation", '{"model": "y"}', "provider: Field required"),
        ("moderation", '{"provider": 5, "model": "y"}', "provider: Input should be a valid string"),
        ("moderation", '{"provider": "x", "model": "y", "model_type": "teapot"}', "model_type: "),
        ("moderation", '{"provider": "x", "model": NaN}', "NaN is not JSON"),
    ],
)
def test_a_config_that_is_none_keeps_run_disabled_and_says_where(visit: Visit, page: str, text: str, phrase: str) -> None:
    visitor = visit(page).set("toggle", "config.by_hand", True).type("config.text", text)
    assert not visitor.can_run
    assert phrase in visitor.reason and phrase in visitor.faults
    for tab in ("Code", "Sent"):
        assert visitor.tab(tab)
    assert visitor.at.text_area(key=visitor.key("config.text")).value == text


@pytest.mark.parametrize("page", WITH_CONFIG)
def test_an_unknown_model_is_the_back_ends_to_refuse(visit: Visit, desk: Desk, page: str) -> None:
    visitor = visit(page)
    config = visitor.config | {"model": "gpt-unknown"}
    visitor.set("toggle", "config.by_hand", True).type("config.text", json.dumps(config)).run()
    assert visitor.state == "failed"
    panel = visitor.panel()
    assert "There is no model 'gpt-unknown'." in panel and "Input" in panel and "field: model" in panel
    assert visitor.at.text_area(key=visitor.key("config.text")).value == json.dumps(config)


def test_what_is_written_by_hand_is_sent_and_the_form_has_no_effect(visit: Visit, desk: Desk) -> None:
    written = {
        "provider": "someone/else/other",
        "model": "toolless",
        "mode": "completion",
        "completion_params": {"temperature": 9, "nested": {"a": [1, None]}},
        "unknown": "is ignored, as in Dify",
    }
    visitor = visit("llm").set("toggle", "config.by_hand", True).type("config.text", json.dumps(written))
    visitor.unfold("settings").set("slider", "talker.temperature", 0.1).run()
    request = desk.requests[0]
    assert (request.provider, request.model, request.mode) == ("someone/else/other", "toolless", "completion")
    assert request.completion_params == written["completion_params"]
    assert "unknown" not in request.payload()
    assert request.model_type.value == "llm"


@pytest.mark.parametrize("page", WITH_CONFIG)
def test_a_hand_written_config_is_named_in_place_of_the_model_and_one_click_goes_back(visit: Visit, page: str) -> None:
    visitor = visit(page)
    model = visitor.at.selectbox(key=visitor.key("model")).value
    written = json.dumps(visitor.config | {"provider": "someone/else", "model": "_other_"})
    visitor.set("toggle", "config.by_hand", True).type("config.text", written)
    assert "**Hand-written ModelConfig** · someone/else/_other_" in visitor.seen.replace("\\", "")
    assert visitor.key("model") not in [box.key for box in visitor.at.selectbox]
    visitor.click("config.form")
    assert "Hand-written" not in visitor.seen
    assert visitor.at.selectbox(key=visitor.key("model")).value == model == visitor.config["model"]
    visitor.set("toggle", "config.by_hand", True)
    assert visitor.at.text_area(key=visitor.key("config.text")).value == written


def test_a_hand_written_config_needs_no_model_of_the_form(desk: Desk) -> None:
    desk.backend = type(desk.backend)(desk.serve, models=())
    visitor = Visitor("scripted").open("moderation")
    assert not visitor.can_run
    visitor.set("toggle", "config.by_hand", True).type("config.text", '{"provider": "p", "model": "m"}')
    assert visitor.can_run


def test_a_config_that_is_no_json_is_named_without_a_model(visit: Visit) -> None:
    visitor = visit("moderation").set("toggle", "config.by_hand", True).type("config.text", '{"half')
    assert "**Hand-written ModelConfig** · —/—" in visitor.seen


def test_the_hand_written_text_is_in_the_link_while_the_form_is_used(visit: Visit) -> None:
    visitor = visit("moderation").set("toggle", "config.by_hand", True).type("config.text", '{"half')
    visitor.click("config.form").run()
    values = visitor.page_state.job.origin.form  # type: ignore[union-attr]
    assert values["config.text"] == '{"half'
    again = Visitor("scripted", **{"config.text": '{"half'}).open("moderation")
    assert again.set("toggle", "config.by_hand", True).at.text_area(key="moderation.config.text").value == '{"half'


def test_the_text_stays_when_the_switch_is_turned_off_and_on(visit: Visit) -> None:
    visitor = visit("moderation").set("toggle", "config.by_hand", True).type("config.text", '{"half')
    visitor.set("toggle", "config.by_hand", False)
    assert visitor.can_run
    visitor.set("toggle", "config.by_hand", True)
    assert visitor.at.text_area(key="moderation.config.text").value == '{"half'
