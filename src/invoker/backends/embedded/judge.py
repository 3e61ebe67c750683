"""Rerank with an LLM as the judge: it reads query and document together and says whether the one answers the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...run import NoteKind, Run
from .llm import Llama
from .messages import ChatMessage
from .runtime import Chunk, Runtime
from .worker import Emit

MOST_JUDGED = 20
"""Documents that the judge reads, some 0.2 s each; the others keep the order of the fast score."""
DOCUMENT_TOKENS = 300
"""Tokens of a document, and of the query, that the judge reads."""
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

Fast = Callable[[str, Sequence[str]], Sequence[float]]
"""Gives each document a score against the query, higher is better, such as the cosine of their embeddings."""


def scores(llama: Llama, query: str, docs: Sequence[str], run: Run, fast: Fast | None = None) -> list[float]:
    """Judge each document.

    Args:
        llama: The judge; one run uses it at a time, and this run keeps it to the end.
        query: What is searched for.
        docs: What may answer it.
        run: Stops between two documents, and at once for who waits.
        fast: Picks the documents to be judged if there are more than `MOST_JUDGED`.

    Returns:
        For each document the probability of "yes", in [0, 1]. A document that only the fast score saw lies below all others.

    Raises:
        InvokeError: The model cannot be loaded, or fails.
    """
    chosen = list(range(len(docs)))
    coarse: Sequence[float] = ()
    if fast is not None and len(docs) > MOST_JUDGED:
        coarse = fast(query, docs)
        chosen = sorted(chosen, key=lambda index: -coarse[index])[:MOST_JUDGED]
        run.note(
            NoteKind.NOTICE,
            f"The judge reads the best {MOST_JUDGED} of {len(docs)} documents by the fast score; the rest follow in its order.",
        )

    def work(runtime: Runtime, emit: Emit[float | Chunk]) -> None:
        question = _shortened(runtime, query)
        for index in chosen:
            emit(_probability(runtime, question, docs[index], emit))

    judged: list[float] = []
    for item in llama.engine.stream(run, work):
        if isinstance(item, float):
            judged.append(item)
        elif not judged:
            run.phase("reading")
    return _merged(len(docs), dict(zip(chosen, judged, strict=True)), coarse)


def _probability(runtime: Runtime, question: str, document: str, emit: Emit[float | Chunk]) -> float:
    messages = _messages(question, _shortened(runtime, document))
    likely = runtime.first_token("chat", {"messages": messages}, emit)
    yes, no = (sum(p for token, p in likely.items() if token.strip().lower() == word) for word in ("yes", "no"))
    return yes / (yes + no) if yes + no else 0.0


def _messages(query: str, document: str) -> list[ChatMessage]:
    """Begin with the same words for every document: the runtime reads them once."""
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


def _merged(count: int, judged: dict[int, float], coarse: Sequence[float]) -> list[float]:
    others = sorted((index for index in range(count) if index not in judged), key=lambda index: -coarse[index])
    floor = min(judged.values(), default=1.0)
    below = {index: floor * (len(others) - rank) / (len(others) + 1) for rank, index in enumerate(others)}
    return [judged[index] if index in judged else below[index] for index in range(count)]
