"""The LLM as a judge of search results."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from time import perf_counter

import pytest

from invoker.backends.embedded import judge
from invoker.backends.embedded.llm import Llama
from invoker.errors import RunStoppedError
from invoker.run import Note, NoteKind, Run
from tests.invoker.backends.embedded.threads import BOUND, in_thread


@pytest.mark.parametrize(
    ("query", "best", "others"),
    [
        (
            "how do I reset my password",
            "Click 'Forgot password' on the login page and follow the mail.",
            ("Passwords should have twelve characters.", "Reset the router by holding the button.", "You can pay by card."),
        ),
        (
            "What causes tides?",
            "The moon's gravity pulls the oceans, so the water rises and falls twice a day.",
            ("Tide is a brand of washing powder.", "Oceans cover most of the planet.", "Surfers like big waves."),
        ),
    ],
)
def test_the_document_with_the_answer_comes_first(qwen: Llama, query: str, best: str, others: Sequence[str]) -> None:
    scores = judge.scores(qwen, query, [others[0], best, *others[1:]], Run())
    assert max(range(len(scores)), key=scores.__getitem__) == 1
    assert all(0 <= score <= 1 for score in scores)


def test_no_documents_have_no_scores(smollm2: Llama) -> None:
    assert judge.scores(smollm2, "anything", [], Run()) == []


def test_of_many_documents_the_judge_reads_the_best_and_the_rest_follow(smollm2: Llama) -> None:
    docs = [f"Document {number}" for number in range(judge.MOST_JUDGED + 4)]
    notes: list[Note] = []

    def fast(query: str, documents: Sequence[str]) -> list[float]:
        return [-float(number) for number in range(len(documents))]  # the first is the best

    scores = judge.scores(smollm2, "Which?", docs, Run(notes.append), fast)
    judged, rest = scores[: judge.MOST_JUDGED], scores[judge.MOST_JUDGED :]
    assert max(rest) < min(judged)
    assert rest == sorted(rest, reverse=True)
    assert min(rest) > 0
    assert sum(note.kind is NoteKind.NOTICE for note in notes) == 1


def test_a_long_document_is_shortened(smollm2: Llama) -> None:
    (score,) = judge.scores(smollm2, "x " * 3000, ["\N{GRINNING FACE}word " * 5000], Run())
    assert 0 <= score <= 1


def test_judging_can_be_stopped(smollm2: Llama) -> None:
    smollm2.engine.model(Run())
    reading = threading.Event()
    run = Run(lambda note: reading.set())
    thread, outcome = in_thread(lambda: judge.scores(smollm2, "Which?", ["word " * 280] * 20, run))
    assert reading.wait(BOUND)
    begin = perf_counter()
    run.stop()
    thread.join(BOUND)
    assert perf_counter() - begin < 0.2
    assert isinstance(outcome[0], RunStoppedError)
