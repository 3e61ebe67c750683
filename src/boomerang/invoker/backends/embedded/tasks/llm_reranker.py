"""Rerank with an LLM as the judge: it reads query and document together and says whether the document answers the query."""

from __future__ import annotations

from collections.abc import Sequence

from boomerang.invoker.backends.embedded.execution.worker_thread import WorkerChannel
from boomerang.invoker.backends.embedded.llama.chat_messages import ChatMessage
from boomerang.invoker.backends.embedded.llama.runtime import Chunk, Runtime
from boomerang.invoker.run import Run

from .llm import Llama

DOCUMENT_TOKENS = 300
"""Tokens of a document, and of the query, that the judge reads at most."""
_CHARACTERS_PER_TOKEN = 5

_SYSTEM = (
    "You check search results. You get a question and a passage. Reply yes if the passage itself contains the answer to the "
    "question. Reply no if it does not, even if it uses the same words. Reply with one word, yes or no."
)
_EXAMPLES = (
    ("how long does a hen sit on her eggs", "Chicks hatch after the mother has brooded for about twenty-one days.", "yes"),
    ("how long does a hen sit on her eggs", "Eggs of hens that run free cost more than those from a battery.", "no"),
    ("which river runs through Vienna", "The Danube passes the Austrian capital on its way to Hungary.", "yes"),
    ("which river runs through Vienna", "A river cruise is a quiet way to spend a week in spring.", "no"),
)


def scores(llama: Llama, query: str, docs: Sequence[str], run: Run) -> list[float]:
    """Score each document; takes some 0.2 s each.

    Args:
        llama: The judge; it serves one run at a time, and this run occupies it to the end.
        query: The search query.
        docs: Documents that may answer it.
        run: A stop ends the work between two documents, and frees the caller at once.

    Returns:
        The probability of "yes" for each document, in [0, 1].

    Raises:
        InvokeError: The model cannot be loaded, or fails.
    """

    def work(runtime: Runtime, emit: WorkerChannel[float | Chunk]) -> None:
        question = _shortened(runtime, query)
        for document in docs:
            emit(_probability(runtime, question, document, emit))

    done: list[float] = []
    for item in llama.engine.stream(run, work):
        if isinstance(item, float):
            if not done:
                run.phase("generating")
            done.append(item)
    return done


def _probability(runtime: Runtime, question: str, document: str, emit: WorkerChannel[float | Chunk]) -> float:
    messages = _messages(question, _shortened(runtime, document))
    likely = runtime.first_token("chat", {"messages": messages}, emit)
    yes, no = (sum(p for token, p in likely.items() if token.strip().lower() == word) for word in ("yes", "no"))
    return yes / (yes + no) if yes + no else 0.0


def _messages(query: str, document: str) -> list[ChatMessage]:
    """Return the messages, which begin alike for every document, so that the runtime reads the beginning only once."""
    messages = [{"role": "system", "content": _SYSTEM}]
    for example_query, example_document, verdict in _EXAMPLES:
        messages.append({"role": "user", "content": _pair(example_query, example_document)})
        messages.append({"role": "assistant", "content": verdict})
    messages.append({"role": "user", "content": _pair(query, document)})
    return messages


def _pair(query: str, document: str) -> str:
    return f"Question: {query}\nPassage: {document}"


def _shortened(runtime: Runtime, text: str) -> str:
    text = text[: DOCUMENT_TOKENS * _CHARACTERS_PER_TOKEN]
    while (tokens := runtime.count_tokens(text)) > DOCUMENT_TOKENS:
        text = text[: int(len(text) * DOCUMENT_TOKENS / tokens * 0.95)]
    return text
