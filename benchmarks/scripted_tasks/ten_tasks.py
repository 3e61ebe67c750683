"""The ten tasks, each from the start page to a visible end state, by the shortest way that the pages offer."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping

from boomerang.invoker.audio.audio_facts import facts
from boomerang.workbench.samples.inputs import CLIP, CLIP_TEXT

from . import chat_server, pages
from .hands import Hands

Check = Callable[[], bool]
"""Returns whether the task's end was reached; called after the clock has stopped."""
QUERY = "Which river is the longest?"
DOCUMENTS = [
    "The Rhine carries more ships than any other river in Europe.",
    "Lake Baikal holds a fifth of the world's fresh water.",
    "At 6,650 kilometres, the Nile is the longest river on Earth.",
    "The Thames flows through London.",
    "Most rivers begin in the mountains.",
    "A canal is dug by people.",
]
TEXTS = [
    "See you at the station at nine.",
    "The soup needs more salt.",
    "I will find you and break your arms.",
    "Our team lost the final by one goal.",
    "You are a worthless idiot.",
    "The parcel was left with a neighbour.",
    "Please send the invoice again.",
    "People of that religion should be driven out.",
    "The knife drawer is on the left.",
    "Happy birthday to your sister!",
]
QUESTION = "Which river flows through Vienna?"


def first_answer(hands: Hands, _server: str) -> Check:
    """Get a first answer of a language model."""
    pages.open_page(hands, "llm")
    pages.run(hands, "llm")
    answer = pages.wait_for_answer(hands)
    return lambda: len(answer) > 20


def add_server(hands: Hands, server: str) -> Check:
    """Add a server that needs a key, and call its model."""
    pages.add_server(hands, server, chat_server.KEY)
    pages.run(hands, "llm")
    answer = pages.wait_for_answer(hands)
    return lambda: answer.strip() == "".join(chat_server.ANSWER)


def tool_round_trip(hands: Hands, _server: str) -> Check:
    """Let a model call two tools, and get its answer to their results."""
    pages.open_page(hands, "llm")
    pages.choose_sample(hands, "Two tools")
    pages.run(hands, "llm")
    pages.send_tool_results(hands)
    answer = pages.wait_for_answer(hands)
    return lambda: bool(answer.strip()) and pages.messages(hands)[2:] == ["18 °C, light rain", "42"]


def compare_two_models(hands: Hands, _server: str) -> Check:
    """Get the answers of two models to one question side by side."""
    pages.open_page(hands, "llm")
    pages.compare_two(hands)
    pages.run(hands, "llm", "Run all")
    answers = [pages.wait_for_answer(hands, pane) for pane in (1, 2)]
    return lambda: len(set(answers)) == 2 and len(set(pages.pane_models(hands))) == 2


def own_mp3(hands: Hands, _server: str) -> Check:
    """Transcribe an MP3 file of one's own, and get its word error rate."""
    pages.open_page(hands, "speech2text")
    pages.upload_audio(hands, CLIP, CLIP_TEXT)
    pages.run(hands, "speech2text")
    text = pages.wait_for_word_errors(hands)
    return lambda: "quick test" in text.lower() and "WER 0.0%" in text


def speech(hands: Hands, _server: str) -> Check:
    """Synthesize a text, and download the MP3 file."""
    pages.open_page(hands, "tts")
    pages.run(hands, "tts")
    spoken = facts(pages.download(hands, "Download .mp3"))
    return lambda: spoken.format == "MP3" and (spoken.seconds or 0) > 1


def rank_documents(hands: Hands, _server: str) -> Check:
    """Rank six documents of one's own, and export the ranking."""
    pages.open_page(hands, "rerank")
    pages.type_documents(hands, QUERY, DOCUMENTS)
    pages.run(hands, "rerank")
    ranked = [document["text"] for document in json.loads(pages.download(hands, "JSON"))["docs"]]
    return lambda: sorted(ranked) == sorted(DOCUMENTS)


def check_texts(hands: Hands, _server: str) -> Check:
    """Moderate ten texts of one's own, and export the results."""
    pages.open_page(hands, "moderation")
    pages.open_batch(hands, TEXTS)
    pages.run_batch(hands)
    rows = list(csv.DictReader(io.StringIO(pages.download_batch(hands).decode())))
    return lambda: [row["text"] for row in rows] == TEXTS and {row["result"] for row in rows} == {"true", "false"}


def plugin_code(hands: Hands, _server: str) -> Check:
    """Copy a call as the code of a Dify plugin."""
    pages.open_page(hands, "llm")
    code = pages.copy_plugin_code(hands)
    return lambda: "session.model.llm.invoke(" in code


def link(hands: Hands, _server: str) -> Check:
    """Ask a question of one's own, and copy a link that shows a colleague the same form."""
    pages.open_page(hands, "llm")
    pages.type_message(hands, 2, QUESTION)
    address = pages.copy_link(hands)
    return lambda: _colleague_sees(hands, address)


def _colleague_sees(hands: Hands, address: str) -> bool:
    browser = hands.page.context.browser
    assert browser is not None
    colleague = Hands(browser.new_page())
    try:
        colleague.page.goto(address)
        colleague.page.get_by_label("Text of message 2").wait_for()
        return pages.messages(colleague)[1] == QUESTION
    finally:
        colleague.page.close()


TASKS: Mapping[str, Callable[[Hands, str], Check]] = {
    "first answer": first_answer,
    "add a server and call it": add_server,
    "tool round trip": tool_round_trip,
    "compare two models": compare_two_models,
    "own mp3 and WER": own_mp3,
    "speech and download": speech,
    "six documents ranked and exported": rank_documents,
    "ten texts moderated and exported": check_texts,
    "copy as plugin code": plugin_code,
    "a link for a colleague": link,
}
"""Name → function that does the task; its arguments are the hands on the start page and the base URL of a server."""
