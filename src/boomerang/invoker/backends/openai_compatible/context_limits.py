"""Find a model's context size in tokens, prompt and answer together: from its server's list, or from a refusal.

Sources: the refusals of llama.cpp (`exceed_context_size_error`, `n_ctx`), OpenAI and vLLM (`context_length_exceeded`, "maximum
context length is 2048 tokens"), LM Studio ("context length of only 4096 tokens"), SGLang ("longer than the model's context
length (2048 tokens)"), Mistral ("model with 32768 maximum context length") and others (2026-10).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.entities.model import ModelPropertyKey
from boomerang.invoker.errors import InvokeError, RunStoppedError
from boomerang.invoker.events import Event, HTTPEvent
from boomerang.invoker.http.errors import error_text
from boomerang.invoker.run import Run

LIST_SECONDS = 5.0
"""How long a server may take to list its models before a summary continues without the list."""
LONGEST_READ = 4_000
"""Characters of a refusal that are read."""
_ABOUT_CONTEXT = re.compile(
    r"context[ _-]?(?:length|size|window|limit)|\bn_ctx\b|exceed_context|maximum context|prompt is too long|too many tokens"
    r"|(?:input|prompt|request)[^.]{0,40} too (?:long|large)|input length|reduce the length|token (?:count|limit)"
    r"|max_new_tokens|上下文|输入过长",
    re.IGNORECASE,
)
_COUNT = r"(\d[\d,]{2,11})(?!\d|\.\d)"
_LIMITS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf'"?n_ctx"?\s*[:=]\s*{_COUNT}',
        rf"(?:maximum context|context (?:length|size|window|limit))[^\d]{{0,40}}{_COUNT}",
        rf"{_COUNT} (?:tokens? )?(?:maximum|max\b|context|limit)",
        rf"(?:maximum|max|limit|at most|exceeds?|less than|<=|>|≤)[^\d]{{0,60}}{_COUNT}",
        rf"\[\d+,\s*{_COUNT}\]",
    )
)
"""Where refusals state the limit, the most reliable pattern first; other numbers belong to the request."""


def is_about_context(error: InvokeError) -> bool:
    """Return whether a refusal is about a prompt that exceeds the model's context."""
    return _ABOUT_CONTEXT.search(_error_text(error)) is not None


def context_limit(error: InvokeError, below: int) -> int | None:
    """Return the context size that a refusal states, in tokens; `None` if it states none below `below`."""
    text = _error_text(error)
    counts = (int(number.replace(",", "")) for pattern in _LIMITS for number in pattern.findall(text))
    return next((count for count in counts if 0 < count < below), None)


def _error_text(error: InvokeError) -> str:
    """Return a refusal without our additions, such as its status."""
    return f"{error_text(error.body)}\n{error.body}"[:LONGEST_READ] if error.body else error.description[:LONGEST_READ]


class ListedContexts:
    """Context sizes of models that the connection does not describe, fetched once.

    Args:
        fetch: Fetch the server's models.
    """

    def __init__(self, fetch: Callable[[Run], Sequence[ListedModel]]) -> None:
        self._fetch = fetch
        self._known: Mapping[str, int] | None = None
        """Model → tokens; only ever set, so no lock is needed, which a stop could not interrupt."""

    def of(self, model: str, run: Run) -> int | None:
        """Return a model's context size in tokens; `None` if its server does not list it in time.

        Raises:
            RunStoppedError: The run was stopped.
        """
        known = self._known
        if known is None:
            self._known = known = self._sizes(run)
        run.check()
        return known.get(model)

    def _sizes(self, run: Run) -> Mapping[str, int]:
        """Fetch the list as a part of a run, which cannot fail because of it."""

        def pass_on(event: Event) -> None:
            if isinstance(event, HTTPEvent):
                run.report(event)

        asking = Run(pass_on)
        clock = threading.Timer(LIST_SECONDS, asking.stop)
        clock.daemon = True
        clock.start()
        models: Sequence[ListedModel] = ()
        try:
            with run.on_stop(asking.stop), suppress(InvokeError, RunStoppedError):
                models = self._fetch(asking)
        finally:
            clock.cancel()
        sizes = {model.model: model.model_properties.get(ModelPropertyKey.CONTEXT_SIZE) for model in models}
        return {name: size for name, size in sizes.items() if isinstance(size, int)}
