"""Test the Code tab on the pages: which call it shows, and its choices."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from boomerang.invoker.entities.tts import TTSResult
from boomerang.playground.inspector import code_tab
from boomerang.workbench.codegen import manifest, plugin
from boomerang.workbench.codegen.members import MEMBERS
from tests.pages.visitor import PAGES, Visitor
from tests.scripted import Desk

Visit = Callable[[str], Visitor]


def offered(visitor: Visitor) -> list[str]:
    """Return the names of the choices of the open tab."""
    prefix = visitor.key("inspector.")
    return [control.key.removeprefix(prefix) for control in visitor.at.segmented_control if control.key.startswith(prefix)]


def choose(visitor: Visitor, name: str, value: str) -> Visitor:
    visitor.at.segmented_control(key=visitor.key(f"inspector.{name}")).set_value(value)
    return visitor.look()


def codes(visitor: Visitor, *languages: str) -> list[str]:
    """Return the inspector's code; some results draw code too."""
    return [code.value for code in visitor.at.code if code.language in languages and "result = " not in code.value[:9]]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_offers_the_call_as_a_snippet_or_a_tool_with_its_yaml(visit: Visit, desk: Desk, page: str) -> None:
    visitor = visit(page)
    visitor.tab("Code")
    assert offered(visitor) == (["model"] if plugin.takes_selector(page) else []) + ["part"]
    [snippet] = codes(visitor, "python")
    assert f"self.session.model.{page}.invoke(" in snippet and "yield self.create_" in snippet
    choose(visitor, "part", code_tab.TOOL)
    if plugin.takes_selector(page):
        choose(visitor, "model", code_tab.SELECTOR)
    [tool] = codes(visitor, "python")
    [parameters, permission] = codes(visitor, "yaml")
    assert f"class {MEMBERS[page].tool}(Tool):" in tool and permission == manifest.permission(page).strip()
    assert ('tool_parameters.get("model"' in tool) == ("type: model-selector" in parameters) == plugin.takes_selector(page)


def test_the_call_that_was_made_is_shown_until_the_form_is_chosen(visit: Visit, desk: Desk) -> None:
    page = visit("moderation").type("text", "First text.").run()
    assert "First text." in page.tab("Code") and "The call of the last run." in page.seen
    assert "call" not in offered(page), "the form has not changed"
    page.type("text", "Second text.")
    assert offered(page)[0] == "call"
    assert "First text." in codes(page, "python")[0]
    choose(page, "call", code_tab.FORM)
    assert "Second text." in codes(page, "python")[0] and "The call with the form's current values." in page.seen
    page.run().type("text", "Third text.")
    assert "Second text." in codes(page, "python")[0], "a new difference begins with the call made"


def test_before_the_first_run_it_is_the_form(visit: Visit, desk: Desk) -> None:
    page = visit("moderation").type("text", "Typed only.")
    page.tab("Code")
    assert "call" not in offered(page) and "Typed only." in codes(page, "python")[0]


def test_the_choices_survive_another_tab(visit: Visit, desk: Desk) -> None:
    page = visit("moderation")
    page.tab("Code")
    choose(page, "part", code_tab.TOOL)
    page.tab("Sent")
    assert "class Moderate(Tool):" in page.tab("Code")


def test_a_form_that_is_not_valid_keeps_the_call_that_was_made(visit: Visit, desk: Desk) -> None:
    page = visit("moderation").run().set("toggle", "config.by_hand", True).type("config.text", "{")
    page.tab("Code")
    assert "ModerationModelConfig(" in codes(page, "python")[0]
    assert "model_config=None" in codes(choose(page, "call", code_tab.FORM), "python")[0]


def test_speech_has_the_media_type_that_came(visit: Visit, desk: Desk) -> None:
    desk.answer = lambda request, run: [TTSResult.of(b"RIFF", "audio/wav")]
    page = visit("tts").run()
    page.tab("Code")
    assert '"mime_type": "audio/wav"' in codes(page, "python")[0]
