"""Tests for the embedded LLM: streaming, parameters, refusals, stopping, memory."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from boomerang.invoker.backend import ModelState
from boomerang.invoker.backends.embedded.llama.llm_models import SMOLLM2
from boomerang.invoker.backends.embedded.tasks.llm import Llama
from boomerang.invoker.entities.llm.result import LLMResult
from boomerang.invoker.entities.message import UserPromptMessage
from boomerang.invoker.entities.model import ModelFeature, ModelPropertyKey, ModelType
from boomerang.invoker.errors import InvokeBadRequestError, InvokeError, InvokeServerUnavailableError
from boomerang.invoker.events import Event, PhaseEntered
from boomerang.invoker.run import Run
from tests.invoker.backends.embedded.asking import ask, request
from tests.invoker.backends.embedded.conftest import opened
from tests.invoker.backends.embedded.threads import BOUND, in_thread, stops_at_once

LONG = " ".join(f"The number {number} follows {number - 1}." for number in range(330))
"""About 3,400 tokens: seconds of prompt processing."""


def refused(llama: Llama, prompt: Any = "hello", **arguments: Any) -> InvokeError:
    with pytest.raises(InvokeBadRequestError) as caught:
        ask(llama, request(llama, prompt, **arguments))
    return caught.value


def test_an_answer_streams_token_by_token_and_ends_with_usage_and_reason(smollm2: Llama) -> None:
    chunks = list(smollm2.stream(request(smollm2, "Tell a long story.", max_tokens=20, temperature=0.0), Run()))
    *pieces, last = chunks
    assert len(pieces) > 10
    assert [chunk.delta.index for chunk in chunks] == list(range(len(chunks)))
    assert all(chunk.delta.usage is None and chunk.delta.finish_reason is None for chunk in pieces)
    assert last.delta.finish_reason == "length"
    assert last.delta.usage is not None
    assert last.delta.usage.completion_tokens == 20
    assert last.delta.usage.prompt_tokens > 5
    assert last.delta.usage.total_tokens == last.delta.usage.prompt_tokens + 20
    assert (last.delta.usage.currency, float(last.delta.usage.total_price)) == ("USD", 0.0)
    assert last.delta.usage.latency > 0
    assert {chunk.model for chunk in chunks} == {SMOLLM2.model}
    assert str(last.system_fingerprint).startswith("xllamacpp-")


def test_phases_are_noted(smollm2: Llama) -> None:
    notes: list[Event] = []
    smollm2.engine.model(Run())
    ask(smollm2, request(smollm2, "Hello", max_tokens=3), Run(notes.append))
    assert [note.name for note in notes if isinstance(note, PhaseEntered)] == ["reading", "generating"]


def test_the_same_seed_gives_the_same_answer(smollm2: Llama) -> None:
    texts = [
        ask(smollm2, request(smollm2, "Tell a story.", seed=seed, temperature=1.5, max_tokens=24)).message.content
        for seed in (7, 7, 8)
    ]
    assert texts[0] == texts[1] != texts[2]


def test_a_stop_word_ends_the_answer_and_is_left_out(smollm2: Llama) -> None:
    free = ask(smollm2, request(smollm2, "Name three colours.", seed=1, max_tokens=20)).message.get_text_content()
    word = free.split()[3]
    stopped = ask(smollm2, request(smollm2, "Name three colours.", stop=[word], seed=1, max_tokens=20))
    assert stopped.message.get_text_content() == free[: free.index(word)]
    assert stopped.finish_reason == "stop"


def test_completion_mode_continues_the_text(smollm2: Llama) -> None:
    result = ask(smollm2, request(smollm2, "Once upon a time", mode="completion", max_tokens=8))
    assert result.message.get_text_content()
    assert result.usage.prompt_tokens == 4  # no template around the text


def test_a_json_object_can_be_asked_for(smollm2: Llama) -> None:
    result = ask(smollm2, request(smollm2, "Invent a person.", response_format="json_object", max_tokens=20))
    assert result.message.get_text_content().lstrip().startswith("{")


@pytest.mark.parametrize(
    ("params", "field", "text"),
    [
        ({"temperature": 9}, "temperature", "from 0 to 2, but is 9"),
        ({"temperature": "hot"}, "temperature", "type float, but is 'hot'"),
        ({"temperature": float("nan")}, "temperature", "type float"),
        ({"top_k": 1.5}, "top_k", "type int, but is 1.5"),
        ({"seed": True}, "seed", "type int"),
        ({"max_tokens": 0}, "max_tokens", "from 1 to 2048"),
        ({"colour": 1}, "colour", "this model knows temperature, max_tokens"),
        ({"response_format": "xml"}, "response_format", "text, json_object, json_schema"),
        ({"response_format": "json_schema"}, "json_schema", "no json_schema was given"),
        ({"json_schema": '{"type":\n oops}'}, "json_schema", "line 2 column 2"),
        ({"json_schema": '{"properties": {"a": {"type": "wurst"}}}'}, "json_schema", "at $.properties.a.type: "),
        ({"json_schema": "[]"}, "json_schema", "must be a JSON object"),
        ({"mode": "agent"}, "mode", "chat or completion"),
        ({"mode": "completion", "response_format": "json_object"}, "json_schema", "needs the mode chat"),
    ],
)
def test_a_wrong_parameter_is_refused_by_its_name(smollm2: Llama, params: dict[str, Any], field: str, text: str) -> None:
    error = refused(smollm2, **params)
    assert error.field == field
    assert text in str(error)


@pytest.mark.parametrize(
    ("prompt", "field", "text"),
    [
        ([], "prompt_messages", "empty"),
        ("  \n", "prompt_messages", "no text"),
        ("half \ud83d", "prompt_messages[0]", "position 5"),
        (
            [{"role": "user", "content": [{"type": "image", "format": "png", "mime_type": "image/png", "url": "x"}]}],
            "prompt_messages[0].content[0]",
            "reads text only",
        ),
    ],
)
def test_a_prompt_that_cannot_be_answered_is_refused(smollm2: Llama, prompt: Any, field: str, text: str) -> None:
    error = refused(smollm2, prompt)
    assert error.field == field
    assert text in str(error)


def test_an_empty_stop_word_is_refused(smollm2: Llama) -> None:
    assert refused(smollm2, stop=["a", ""]).field == "stop"


def test_a_prompt_beyond_the_context_is_refused_with_both_counts(smollm2: Llama) -> None:
    error = refused(smollm2, "word " * 5000)
    assert error.field == "prompt_messages"
    assert "5,0" in str(error)
    assert "2,048" in str(error)


def test_an_answer_that_fills_the_context_ends_with_length() -> None:
    small = opened(replace(SMOLLM2, context_size=256))
    try:
        result = ask(small, request(small, "word " * 200, max_tokens=256, json_schema='{"type": "array", "minItems": 900}'))
        assert result.finish_reason == "length"
        assert result.usage.total_tokens <= 256
    finally:
        small.close()


def test_stopping_while_the_prompt_is_read_frees_the_consumer_and_soon_the_model(smollm2: Llama) -> None:
    smollm2.engine.model(Run())
    reading = threading.Event()
    run = Run(lambda note: reading.set() if isinstance(note, PhaseEntered) and note.name == "reading" else None)
    thread, outcome = in_thread(lambda: ask(smollm2, request(smollm2, LONG, seed=1), run))
    assert reading.wait(BOUND)
    begin = perf_counter()
    stops_at_once(run, thread, outcome)
    ask(smollm2, request(smollm2, "Hi", max_tokens=1))
    assert perf_counter() - begin < 2.0  # processing the long prompt to its end would take longer


def test_closing_the_stream_frees_the_model(smollm2: Llama) -> None:
    chunks = smollm2.stream(request(smollm2, "Write a long story.", max_tokens=2000), Run())
    next(chunks)
    chunks.close()
    begin = perf_counter()
    ask(smollm2, request(smollm2, "Hi", max_tokens=1))
    assert perf_counter() - begin < 2.0


def test_two_runs_at_once_both_get_their_answer(smollm2: Llama) -> None:
    requests = request(smollm2, "Name three colours.", seed=3, max_tokens=16)
    alone = ask(smollm2, requests).message.content
    threads = [in_thread(lambda: ask(smollm2, requests)) for _ in range(3)]
    for thread, outcome in threads:
        thread.join(60)
        assert isinstance(outcome[0], LLMResult)
        assert outcome[0].message.content == alone


def test_a_closed_model_gives_its_memory_back() -> None:
    llama = opened(SMOLLM2)
    before = resident_mebibytes("self")
    ask(llama, request(llama, "Hi", max_tokens=1))
    pid = llama.engine.model(Run()).pid
    assert resident_mebibytes(pid) > 100
    llama.close()
    assert not Path(f"/proc/{pid}").exists()
    assert resident_mebibytes("self") - before < 20
    with pytest.raises(InvokeServerUnavailableError, match="closed"):
        ask(llama, request(llama, "Hi"))


def test_a_text_can_be_completed_and_counted_for_callers(smollm2: Llama) -> None:
    assert smollm2.complete_text([UserPromptMessage(content="Say hello.")], 8, Run())
    assert smollm2.count_tokens("Hello world", Run()) == 2
    assert smollm2.count_tokens("", Run()) == 0


def test_a_missing_file_is_an_error_of_the_run_and_the_state(tmp_path: Path) -> None:
    llama = Llama(SMOLLM2, lambda: tmp_path / "gone.gguf")
    with pytest.raises(InvokeServerUnavailableError, match=r"gone\.gguf cannot be read"):
        ask(llama, request(llama, "Hi"))
    assert llama.state is ModelState.UNAVAILABLE
    llama.close()


def test_the_list_reports_what_the_models_can_do(smollm2: Llama, qwen: Llama) -> None:
    small, default = smollm2.listed("embedded"), qwen.listed("embedded")
    assert small.features == [ModelFeature.STRUCTURED_OUTPUT]
    assert set(default.features or ()) >= {ModelFeature.TOOL_CALL, ModelFeature.STREAM_TOOL_CALL}
    assert default.model_type is ModelType.LLM
    assert default.model_properties == {ModelPropertyKey.MODE: "chat", ModelPropertyKey.CONTEXT_SIZE: 4096}
    assert {rule.name for rule in default.parameter_rules} >= {"temperature", "max_tokens", "seed", "json_schema"}


@pytest.mark.slow
def test_the_default_model_knows_the_capital_of_france(qwen: Llama) -> None:
    result = ask(qwen, request(qwen, "What is the capital of France?", temperature=0))
    assert "Paris" in result.message.get_text_content()
    assert result.finish_reason == "stop"


def resident_mebibytes(process: int | str) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * 4096 / 2**20
