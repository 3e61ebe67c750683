"""Compare the embedded LLM with the bare runtime: tokens a second and time to the first token, side by side.

Both sides have loaded the model with the same parameters: the bare runtime in this process, ours in its child. They alternate,
so that other work on the machine affects both.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

from boomerang.invoker.backends.embedded.llama.llama_child import parameters
from boomerang.invoker.backends.embedded.llama.llm_models import QWEN, SMOLLM2, Spec
from boomerang.invoker.backends.embedded.tasks.llm import Llama
from boomerang.invoker.entities.llm.request import RequestInvokeLLM
from boomerang.invoker.run import Run
from boomerang.invoker.weights.models_folder import Weights

from .table import Row, Table, Target

ROUNDS = 9
TOKENS = 96
SPEED, FIRST = Target(0.95, "×", at_least=True), Target(30, "ms")
PROMPT = "Explain in one paragraph what an operating system does."
FILES = {QWEN: "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", SMOLLM2: "smollm2-135m-instruct-q4_1.gguf"}


@dataclass(frozen=True, slots=True)
class Measure:
    """Timing of one answer."""

    first_seconds: float
    """From the request to the first token."""
    tokens_per_second: float
    """From the first token to the last."""


def timed(stream: Callable[[Callable[[], None]], int]) -> Measure:
    """Measure a stream that calls back for each token and returns their number."""
    times: list[float] = []
    begin = perf_counter()
    tokens = stream(lambda: times.append(perf_counter()))
    return Measure(times[0] - begin, (tokens - 1) / (times[-1] - times[0]))


def bare(server: Any, payload: dict[str, Any]) -> Measure:
    """Request an answer from xllamacpp itself, as in its documentation."""

    def stream(on_token: Callable[[], None]) -> int:
        usage: dict[str, int] = {}

        def on_chunk(chunk: dict[str, Any]) -> None:
            if any(choice["delta"].get("content") for choice in chunk["choices"]):
                on_token()
            usage.update(chunk.get("usage") or {})

        server.handle_chat_completions(payload | {"stream": True, "stream_options": {"include_usage": True}}, on_chunk)
        return usage["completion_tokens"]

    return timed(stream)


def bare_server(spec: Spec) -> Any:
    """Load the model into this process, as the child does."""
    import xllamacpp

    return xllamacpp.Server(
        parameters(
            xllamacpp,
            model=str(Weights().path(FILES[spec])),
            name=spec.model,
            context_size=spec.context_size,
            repacked=spec.repacked,
            key=secrets.token_hex(16),
        )
    )


def ours(llama: Llama, request: RequestInvokeLLM) -> Measure:
    """Request an answer from the embedded model."""

    def stream(on_token: Callable[[], None]) -> int:
        tokens = 0
        for chunk in llama.stream(request, Run()):
            if chunk.delta.message.content:
                on_token()
            if chunk.delta.usage:
                tokens = chunk.delta.usage.completion_tokens
        return tokens

    return timed(stream)


def compare(spec: Spec) -> tuple[list[Measure], list[Measure]]:
    """Measure both sides, alternating in changing order; the first answer of each is not counted."""
    llama = Llama(spec, lambda: Weights().path(FILES[spec]))
    try:
        server = bare_server(spec)
        llama.engine.model(Run())
        request = RequestInvokeLLM.of(
            {"provider": "", "model": spec.model, "mode": "chat", "completion_params": {"max_tokens": TOKENS, "seed": 1}},
            [{"role": "user", "content": PROMPT}],
        )
        payload = llama.question(request).payload
        sides: list[Callable[[], Measure]] = [lambda: bare(server, payload), lambda: ours(llama, request)]
        measured: tuple[list[Measure], list[Measure]] = ([], [])
        for round_ in range(ROUNDS + 1):
            for side in (0, 1) if round_ % 2 else (1, 0):
                result = sides[side]()
                if round_:
                    measured[side].append(result)
        return measured
    finally:
        llama.close()


def tables() -> Iterator[Table]:
    """Compare both models."""
    note = (
        f"Medians of {ROUNDS} answers of {TOKENS} tokens on each side, which take turns. Compared "
        "are the two answers of each turn, as a busy neighbour disturbs both; the median of that is given and judged."
    )
    rows = [row for spec in FILES for row in _rows(spec)]
    yield Table("the embedded LLM", ("bare runtime", "ours", "compared"), rows, note)


def _rows(spec: Spec) -> Iterator[Row]:
    there, here = compare(spec)
    bare_speed, our_speed = (median(measure.tokens_per_second for measure in side) for side in (there, here))
    bare_first, our_first = (median(measure.first_seconds for measure in side) * 1000 for side in (there, here))
    pairs = list(zip(there, here, strict=True))
    ratio = median(ours.tokens_per_second / bare.tokens_per_second for bare, ours in pairs)
    later = median(ours.first_seconds - bare.first_seconds for bare, ours in pairs) * 1000
    speeds = (f"{bare_speed:.1f}", f"{our_speed:.1f}", f"× {ratio:.3f}")
    values = (f"{bare_first:.0f}", f"{our_first:.0f}", f"{later:+.1f} ms")
    yield Row(f"{spec.model}, tokens a second", speeds, ratio, SPEED)
    yield Row(f"{spec.model}, first token after, ms", values, later, FIRST)
