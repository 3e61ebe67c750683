"""Test pages on the real embedded models: what they reject and why, and how parameters affect answers."""

from __future__ import annotations

import json
import re
from time import monotonic
from typing import Any

import pytest

from boomerang.playground.session import app_state
from boomerang.workbench.samples.inputs import ASSETS, CLIP, SPEECH, TEXTS
from tests.pages.visitor import Visitor, nodes
from tests.scripted import BOUND

SMALL = "smollm2-135m-instruct"
CLIPS = ASSETS / "samples"


@pytest.fixture(autouse=True, scope="module")
def _closed() -> Any:
    """Close the models at the end."""
    yield
    app_state.close_all()


def opened(page: str, **link: str) -> Visitor:
    """Open a page by a link."""
    return Visitor("embedded", **link).open(page)


def by_hand(config: dict[str, Any]) -> Visitor:
    """Run a ModelConfig edited as JSON."""
    visitor = opened("llm").set("toggle", "config.by_hand", True)
    visitor.type("config.text", json.dumps({"provider": "embedded", "mode": "chat"} | config))
    assert visitor.can_run
    return visitor.run()


def ask(visitor: Visitor, text: str) -> Visitor:
    """Run a user message."""
    return visitor.type(f"{visitor.page_state.drafts[1].id}.content", text).run()


def answer(page: Visitor) -> str:
    """Return the text of the answer."""
    return "".join(chunk.delta.message.content for chunk in page.record.chunks)


def look_until(page: Visitor, text: str) -> None:
    """Redraw the page until it contains these words."""
    deadline = monotonic() + BOUND
    while text not in page.look().seen:
        assert monotonic() < deadline, page.seen


def test_a_ticked_parameter_is_in_the_model_config_and_an_unticked_one_does_not() -> None:
    page = opened("llm").unfold("settings")
    assert set(page.config["completion_params"]) == {"temperature", "max_tokens"}
    keys = {name: f"{page.config['model']}.{name}" for name in ("top_p", "temperature")}
    page.set("checkbox", f"{keys['top_p']}.send", True).set("checkbox", f"{keys['temperature']}.send", False)
    assert set(page.config["completion_params"]) == {"top_p", "max_tokens"}
    with pytest.raises(KeyError):
        page.at.slider(key=page.key(keys["temperature"]))
    assert page.at.slider(key=page.key(keys["top_p"])).step == 0.01
    page.set("slider", keys["top_p"], 0.89)
    assert page.config["completion_params"]["top_p"] == 0.89


def test_a_hand_written_config_is_sent_as_it_is() -> None:
    page = by_hand({"model": SMALL, "completion_params": {"max_tokens": 3}})
    assert page.state == "done" and page.metrics()["Finish reason"] == "length"
    assert SMALL in page.tab("Sent")


def test_an_unknown_model_is_an_error_that_names_those_that_there_are() -> None:
    page = by_hand({"model": "gpt-9"})
    assert page.state == "failed"
    for text in ("gpt-9", SMALL, "UnsupportedRequestError"):
        assert text in page.panel().replace("\\", "")
    assert "gpt-9" in page.at.text_area(key="llm.config.text").value


def test_a_parameter_out_of_its_rule_is_an_error_that_names_it() -> None:
    page = by_hand({"model": SMALL, "completion_params": {"temperature": 9}})
    assert page.state == "failed" and "temperature must be from 0 to 2, but is 9" in page.panel()


def test_a_text_longer_than_the_context_is_an_error_with_both_counts_and_stays() -> None:
    long = "All the words of this text are counted, one by one. " * 500
    page = ask(opened("llm", model=SMALL), long)
    assert page.state == "failed"
    counts = re.findall(r"[\d,]{4,}", page.panel())
    assert "2,048" in counts and any(int(count.replace(",", "")) > 5000 for count in counts), counts
    assert page.page_state.drafts[1].content == long


def test_a_stop_sequence_ends_the_answer_where_it_would_begin() -> None:
    page = opened("llm")
    page.at.session_state["llm.stop_words"] = ["five"]
    ask(page, "Count from one to ten in words, in lower case.")
    content = answer(page)
    assert "four" in content.lower() and "five" not in content
    assert '"five"' in page.tab("Sent")


def test_without_streaming_the_answer_comes_in_one_piece() -> None:
    page = opened("llm", model=SMALL).set("toggle", "stream", False).run()
    assert page.state == "done" and answer(page)
    assert page.metrics()["Finish reason"]


def test_the_answer_becomes_a_message_and_the_next_turn_can_be_typed() -> None:
    page = opened("llm", model=SMALL).run()
    content = answer(page)
    page.click("continue")
    assert [draft.role for draft in page.page_state.drafts][2:] == ["assistant", "user"]
    assert page.page_state.drafts[2].content[:40] in content and page.page_state.drafts[3].content == ""


def test_all_dropped_documents_are_an_empty_result_and_not_a_failure() -> None:
    page = opened("rerank", model="all-minilm-l6-v2-cosine").set("button_group", "sample", "All dropped").run()
    assert page.state == "empty" and "6 dropped" in page.seen


def test_two_rerankers_are_drawn_as_a_slope() -> None:
    fast = "all-minilm-l6-v2-cosine"
    page = opened("rerank", panes="2", model=fast, **{"pane2.model": fast}).run()
    assert {"state-done", "state-done-pane2"} <= set(page.keys()) and page.metrics()["Kendall τ"] == "1.000"
    assert "Rank changes" in page.seen


def test_what_differs_between_two_answers_is_highlighted() -> None:
    page = opened("llm", panes="2").set("button_group", "sample", "Exact echo").run()
    look_until(page, "of the text is the same")
    assert "Struck through: only A; underlined: only B." in page.seen


def test_pasted_lines_are_embedded_with_the_rows() -> None:
    page = opened("text_embedding").type("paste", "one more\n\n  and another  \nthe last").click("paste.add")
    assert f"{len(TEXTS) + 3} rows" in page.seen
    page.run()
    assert len(page.record.chunks[0].embeddings) == 8 and "and another" in page.tab("Sent")


def test_the_neighbours_and_the_map_of_vectors_are_a_click_away() -> None:
    page = opened("text_embedding").run().set("button_group", "look", "nearest")
    nearest = next(frame.value for frame in page.at.dataframe if "Cosine" in frame.value.columns)
    assert TEXTS[1] in nearest.iloc[0].tolist()
    page.set("button_group", "look", "map")
    assert "Distance on the map is not similarity" in page.seen


def test_silence_is_an_empty_result() -> None:
    page = opened("speech2text").set("button_group", "source", "Upload")
    page.at.file_uploader(key="speech2text.upload").upload("silence.mp3", (CLIPS / "silence.mp3").read_bytes())
    assert page.look().can_run
    assert page.run().state == "empty" and "No speech recognized" in page.seen


def test_a_cut_mp3_is_transcribed_as_far_as_it_goes_with_a_notice_and_a_misnamed_wav_too() -> None:
    page = opened("speech2text").set("button_group", "source", "Upload")
    whole = (ASSETS / "samples" / "wrong-extension.mp3").read_bytes()
    page.at.file_uploader(key="speech2text.upload").upload("wrong-extension.mp3", whole)
    assert "WAV · " in page.look().seen and "named .mp3, but its bytes are WAV" in page.faults
    assert "wrong" in page.run().record.chunks[0].result.lower()
    clip = CLIP.read_bytes()
    page.at.file_uploader(key="speech2text.upload").upload("cut.mp3", clip[: len(clip) * 2 // 3 + 7])
    assert "cut" in page.look().seen.lower()
    assert "quick test" in page.run().record.chunks[0].result.lower()


def test_a_refused_file_costs_nothing_that_was_typed() -> None:
    written = '{"provider": "embedded", "model": "moonshine-tiny-en", "model_type": "speech2text"}'
    page = opened("speech2text").set("toggle", "config.by_hand", True).type("config.text", written)
    page.set("button_group", "source", "Upload")
    page.at.file_uploader(key="speech2text.upload").upload("empty.mp3", b"")
    assert "The file is empty (0 bytes)" in page.look().faults
    assert page.at.text_area(key="speech2text.config.text").value == written


@pytest.mark.slow
def test_a_round_trip_marks_the_words_that_came_back_wrong() -> None:
    page = opened("tts").set("button_group", "sample", "Numbers and dates").set("button_group", "experiment", "round-trip")
    page.click("try-round-trip.run")
    look_until(page, "WER")
    assert SPEECH["Numbers and dates"].split()[-2] == "read"  # the same words as in the sample
    drawn = "".join(str(node.proto) for node in nodes(page.at.main) if node.type == "bidi_component")
    assert '"del"' in drawn.replace("\\", "") and "meter read" in drawn


def test_a_card_reports_that_its_model_is_loaded_once_it_was_used_and_how_the_last_run_ended() -> None:
    page = opened("moderation").run()
    page.open("start")
    assert "Last run: done" in page.seen and page.seen.count("Loaded") >= 2  # the same model embeds texts
    assert page.seen.count("Last run") == 1
