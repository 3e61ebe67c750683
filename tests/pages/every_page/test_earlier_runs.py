"""Test earlier runs on the pages: open one, restore its form, compare, clear; no visitor sees another's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

from boomerang.invoker.backends.scripted import llm_chunks
from boomerang.invoker.entities.moderation import ModerationResult
from boomerang.invoker.errors import InvokeServerUnavailableError
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.playground.session import page_state
from boomerang.workbench.runs.earlier_runs import EarlierRun, RunHistory
from boomerang.workbench.samples.inputs import ATTACHMENTS
from tests.pages.conftest import CONNECTION
from tests.pages.visitor import TYPES, Visitor
from tests.scripted import BOUND, USAGE, Desk, call_chunk

Visit = Callable[[str], Visitor]


def runs(visitor: Visitor) -> list[EarlierRun]:
    """Return the page's runs, the oldest first."""
    history: RunHistory = visitor.at.session_state[page_state._HISTORY]
    return history.runs(TYPES[visitor.page])[::-1]


def unfold(visitor: Visitor) -> Visitor:
    """Unfold the list."""
    visitor.at.session_state[visitor.key("earlier")] = True
    return visitor.look()


def labels(visitor: Visitor) -> list[str]:
    """Return the labels of the lists; none before there is an earlier run."""
    return [expander.label for expander in visitor.at.expander if expander.label.startswith("Earlier runs")]


def press(visitor: Visitor, name: str, index: int) -> Visitor:
    """Press a button in the row of a run, counted from the oldest."""
    return visitor.click(f"earlier.{name}.{runs(visitor)[index].number}")


def echo(request: Request[Any], run: Run) -> Any:
    """Answer with the text that was sent."""
    return llm_chunks(f"You said {request.prompt_messages[-1].content}", usage=USAGE)


def send(page: Visitor, *texts: str) -> Visitor:
    """Run the LLM page once with each text as its last message."""
    for text in texts:
        page.type(f"{page.page_state.drafts[-1].id}.content", text).run()
    return page


def test_llm_runs_are_opened_restored_compared_and_cleared(visit: Visit, desk: Desk) -> None:
    desk.answer = echo
    page = send(visit("llm"), "one sky")
    assert not labels(page)
    send(page, "two skies", "three seas")
    assert labels(page) == ["Earlier runs · 2"] and "one sky" not in page.seen
    unfold(page)
    assert "You said one sky" in page.seen and "You said two skies" in page.seen
    press(page, "open", 0)
    assert "Earlier run of" in page.seen and page.record is runs(page)[0].job.record
    assert "one sky" in page.tab("Received")
    press(page, "restore", 0)
    assert page.page_state.drafts[-1].content == "one sky" and "Form restored" in page.at.toast[0].value
    page.click("earlier.close")
    assert "Earlier run of" not in page.seen and page.record is runs(page)[2].job.record
    press(page, "compare", 0)
    assert "Earlier runs compared with the latest" in page.seen and "of the text is the same" in page.seen
    press(page, "compare", 1)
    assert "Compare panes" in page.seen and len(desk.requests) == 3
    page.run()
    assert desk.requests[-1] == desk.requests[0] and labels(page) == ["Earlier runs · 3"]
    unfold(page).click("earlier.clear")
    assert not labels(page) and "compared with the latest" not in page.seen
    assert page.state == "done"


def test_files_of_a_message_are_restored(visit: Visit, desk: Desk) -> None:
    page = visit("llm")
    page.click(f"{page.page_state.drafts[1].id}.{ATTACHMENTS[0].file}").set("toggle", "attach.force", True).run()
    page.click("message.reset").run()
    assert not page.page_state.drafts[1].attachments
    press(unfold(page), "restore", 0).run()
    assert desk.requests[2] == desk.requests[0] != desk.requests[1]


def test_moderation_runs_show_flag_and_error(visit: Visit, desk: Desk) -> None:
    def answer(request: Request[Any], run: Run) -> Any:
        if "broken" in request.text:
            raise InvokeServerUnavailableError("The server is *down*.")
        return [ModerationResult(result="bad" in request.text)]

    desk.answer = answer
    page = visit("moderation")
    for text in ("a bad text", "broken", "fine [x](y)", "last"):
        page.type("text", text).run()
    unfold(page)
    seen = page.seen.replace("\\", "")
    assert labels(page) == ["Earlier runs · 3"]
    assert "Sensitive · a bad text" in seen and "Failed" in seen and "The server is *down*." in seen
    assert "fine \\[x\\](y)" in page.seen
    press(page, "open", 1)
    assert "*down*" in page.failure() and page.page_state.job is runs(page)[3].job
    press(page, "restore", 0)
    assert page.at.text_area(key="moderation.text").value == "a bad text"
    press(page, "compare", 0)
    assert "Earlier runs compared with the latest" in page.seen and len(desk.requests) == 4
    page.type("text", "newest").run()
    assert "Earlier run of" not in page.seen and page.page_state.opened is None
    unfold(page).click("earlier.clear")
    assert not labels(page)


def test_speech_runs_are_opened_restored_and_compared(visit: Visit, desk: Desk) -> None:
    page = visit("tts").type("text", "First.").run().set("selectbox", "voice", "v1").type("text", "Second.").run()
    page.type("text", "Third.").run()
    unfold(page)
    assert "First." in page.seen and "Second." in page.seen
    press(page, "open", 0)
    assert page.record.request.content_text == "First."
    press(page, "restore", 0)
    assert page.at.text_area(key="tts.text").value == "First." and page.at.selectbox(key="tts.voice").value == "v2"
    press(page, "compare", 0)
    assert "Earlier runs compared with the latest" in page.seen and len(desk.requests) == 3
    page.click("earlier.compare.close").click("earlier.clear")
    assert page.page_state.opened is None and not labels(page)


def test_a_running_job_goes_on_while_an_earlier_run_is_open(visit: Visit, desk: Desk) -> None:
    page = send(visit("llm"), "one")
    go = threading.Event()

    def slow(request: Request[Any], run: Run) -> Iterator[Any]:
        yield from llm_chunks("Slow ", finish_reason="")
        assert go.wait(BOUND)
        yield from llm_chunks("end.")

    desk.answer = slow
    state, first = page.page_state, runs(page)[0]
    state.run_requested = True
    threading.Timer(0.05, go.set).start()
    page.at.session_state[page.key("earlier")] = True
    history: RunHistory = page.at.session_state[page_state._HISTORY]
    page.look()
    latest = state.job
    assert latest is not None and latest is not first.job and not latest.running and history.has(latest)
    press(page, "open", 0)
    assert page.record is first.job.record and state.job is latest
    page.click("earlier.close")
    assert "Slow end." in page.html


def test_a_pane_of_a_comparison_is_labelled_and_experiments_are_not_kept(visit: Visit, desk: Desk) -> None:
    page = visit("moderation").set("button_group", "panes", 2).run().run()
    unfold(page)
    assert labels(page) == ["Earlier runs · 2"] and "**B** · " in page.seen
    assert {run.part for run in runs(page)} == {"", "pane2"}
    press(page, "open", 1)
    assert page.page_state.parts["pane2"].opened is not None and page.page_state.opened is None
    page.click("pane2.earlier.close").set("button_group", "panes", 1)
    page.set("button_group", "experiment", "batch")
    count = len(runs(page))
    page.click("try-batch.run")
    assert len(runs(page)) == count


def test_two_visitors_do_not_see_each_others_runs(visit: Visit, desk: Desk) -> None:
    desk.answer = echo
    ann, ben = send(visit("llm"), "Ann's one", "Ann's two"), send(visit("llm"), "Ben's one", "Ben's two")
    assert "Ann" not in unfold(ben).seen and "Ben" not in unfold(ann).seen
    assert len(runs(ann)) == len(runs(ben)) == 2


def test_runs_are_there_after_a_reload(visit: Visit, desk: Desk) -> None:
    before = visit("moderation").run().run()
    job = before.page_state.job
    assert job is not None
    again = Visitor(CONNECTION, run=job.id).open("moderation")
    assert labels(again) == ["Earlier runs · 1"]
    again.run()
    assert labels(again) == ["Earlier runs · 2"] and labels(before.look()) == ["Earlier runs · 1"]


def test_a_long_list_has_pages(visit: Visit, desk: Desk) -> None:
    page = visit("moderation")
    for _ in range(22):
        page.run()
    unfold(page)
    opening = [button for button in page.at.button if button.key and ".earlier.open." in button.key]
    assert len(opening) == 20
    page.at.session_state[page.key("earlier.page")] = 2
    page.look()
    assert len([button for button in page.at.button if button.key and ".earlier.open." in button.key]) == 1


def test_an_opened_run_with_tool_calls_starts_no_round(visit: Visit, desk: Desk) -> None:
    desk.answer = lambda request, run: [call_chunk({"id": "1", "name": "get_weather", "arguments": "{}"})]
    page = visit("llm").run()
    desk.answer = echo
    send(page, "no tools")
    unfold(page)
    page.at.session_state[page.key("tools.auto")] = True
    page.look()
    press(page, "open", 0)
    assert page.record is runs(page)[0].job.record and len(desk.requests) == 2
