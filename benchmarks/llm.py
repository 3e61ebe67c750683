"""The embedded LLM against the bare runtime: tokens a second and time to the first token, side by side in one run.

Both sides use one loaded model, so they differ in nothing but our way around it; they take turns, so the machine's other work
hits both. Run it as `python -m benchmarks.llm`.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from invoker.backends.embedded.llm import Llama
from invoker.backends.embedded.spec import QWEN, SMOLLM2, Spec
from invoker.entities.llm import RequestInvokeLLM
from invoker.run import Run
from invoker.weights import Weights

ROUNDS = 5
TOKENS = 96
PROMPT = "Explain in one paragraph what an operating system does."
FILES = {QWEN: "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", SMOLLM2: "smollm2-135m-instruct-q4_1.gguf"}


@dataclass(frozen=True, slots=True)
class Measure:
    """One answer."""

    first_seconds: float
    """From the request to the first token."""
    tokens_per_second: float
    """From the first token to the last."""


def timed(stream: Callable[[Callable[[], None]], int]) -> Measure:
    """Measure a stream that calls back at each token and gives their number."""
    times: list[float] = []
    begin = perf_counter()
    tokens = stream(lambda: times.append(perf_counter()))
    return Measure(times[0] - begin, (tokens - 1) / (times[-1] - times[0]))


def bare(server: Any, payload: dict[str, Any]) -> Measure:
    """Ask xllamacpp itself, as its documentation does."""

    def stream(on_token: Callable[[], None]) -> int:
        usage: dict[str, int] = {}

        def on_chunk(chunk: dict[str, Any]) -> None:
            if any(choice["delta"].get("content") for choice in chunk["choices"]):
                on_token()
            usage.update(chunk.get("usage") or {})

        server.handle_chat_completions(payload | {"stream": True, "stream_options": {"include_usage": True}}, on_chunk)
        return usage["completion_tokens"]

    return timed(stream)


def ours(llama: Llama, request: RequestInvokeLLM) -> Measure:
    """Ask through the embedded model."""

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
    """Measure both sides, taking turns in changing order; a first answer of each is not counted."""
    llama = Llama(spec, lambda: Weights().path(FILES[spec]))
    try:
        server = llama.engine.model(Run()).server
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


def main() -> int:
    """Print a table; give 1 if a goal is missed."""
    print(f"{'model':28} {'tokens/s bare':>14} {'ours':>8} {'ratio':>7} {'1st token bare':>17} {'ours':>9} {'difference':>11}")
    missed = False
    for spec in FILES:
        there, here = compare(spec)
        speeds = [statistics.median(measure.tokens_per_second for measure in side) for side in (there, here)]
        firsts = [statistics.median(measure.first_seconds for measure in side) * 1000 for side in (there, here)]
        ratio, difference = speeds[1] / speeds[0], firsts[1] - firsts[0]
        missed |= ratio < 0.95 or difference > 30
        print(
            f"{spec.model:28} {speeds[0]:14.1f} {speeds[1]:8.1f} {ratio:7.3f} "
            f"{firsts[0]:14.0f} ms {firsts[1]:6.0f} ms {difference:8.1f} ms"
        )
    print(f"Medians of {ROUNDS} answers of {TOKENS} tokens. Goals: ratio at least 0.95, first token within 30 ms.")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
