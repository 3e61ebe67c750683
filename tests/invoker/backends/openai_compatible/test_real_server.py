"""Against a real llama.cpp server on loopback, with the embedded weights."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from invoker import InvokeAuthorizationError, InvokeServerUnavailableError, NoteKind, Record, RunStoppedError, Session, connect
from invoker.backends.openai_compatible import OpenAICompatibleBackend
from invoker.backends.openai_compatible.catalogue import described
from invoker.entities.llm import LLMFold
from invoker.weights import Weights
from tests.loopback import BOUND

KEY = "a-key-for-this-test-only"
PARAMS = {"temperature": 0, "max_tokens": 64}
CONFIG: dict[str, Any] = {"provider": "p", "model": "real", "mode": "chat", "completion_params": PARAMS}
ASKED = [{"role": "user", "content": "Name three colours."}]


@contextmanager
def served(model: str, *more: str) -> Iterator[str]:
    """Run the server; gives the address of its API."""
    script = Path(__file__).with_name("llama_server.py")
    command = [sys.executable, str(script), str(Weights().path(model)), KEY, *more]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            yield f"{process.stdout.readline().strip()}/v1"
        finally:
            process.stdin.close()
            process.wait(BOUND)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Give the address of a server with the embedded back end's default LLM."""
    with served("qwen2.5-coder-0.5b-instruct-q4_k_m.gguf") as found:
        yield found


@pytest.fixture
def records() -> list[Record[Any]]:
    """Give a place for records."""
    return []


@pytest.fixture
def session(address: str, records: list[Record[Any]]) -> Iterator[Session]:
    """Give a session on that server."""
    backend = connect("openai_compatible", base_url=address, api_key=KEY, models=[described("p", "real")])
    yield Session(backend, record=records.append)
    backend.close()


def test_a_chat_streams_and_tells_its_usage(session: Session) -> None:
    chunks = list(session.model.llm.invoke(CONFIG, ASKED))
    whole = session.model.llm.invoke(CONFIG, ASKED, stream=False)
    streamed = LLMFold().extend(chunks).result()
    assert len(chunks) > 3 and streamed.message.content == whole.message.content != ""
    assert chunks[-1].delta.finish_reason == whole.finish_reason and chunks[-1].delta.finish_reason in ("stop", "length")
    assert streamed.usage.prompt_tokens == whole.usage.prompt_tokens > 0
    assert streamed.usage.completion_tokens == whole.usage.completion_tokens > 3


def test_a_completion_goes_on_with_a_text(session: Session) -> None:
    config = CONFIG | {"mode": "completion", "completion_params": {"temperature": 0, "max_tokens": 4}}
    counted = LLMFold().extend(session.model.llm.invoke(config, [{"role": "user", "content": "one, two, three,"}])).result()
    assert "four" in str(counted.message.content)


def test_tools_reach_the_model(session: Session) -> None:
    # llama.cpp knows no calls in what this model writes, which is JSON without its marks: it comes as text.
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    tool = {"name": "get_weather", "description": "Tells the weather of a city.", "parameters": parameters}
    asked = [{"role": "user", "content": "What is the weather in Oslo? Use the tool."}]
    with_it = LLMFold().extend(session.model.llm.invoke(CONFIG, asked, tools=[tool])).result()
    without = LLMFold().extend(session.model.llm.invoke(CONFIG, asked)).result()
    assert with_it.usage.prompt_tokens > without.usage.prompt_tokens + 50
    called = json.loads(str(with_it.message.content))
    assert called["name"] == "get_weather" and "Oslo" in called["arguments"]["city"]


def test_an_object_keeps_to_its_schema(session: Session) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
    asked = [{"role": "user", "content": "I live in Lisbon."}]
    *_, last = session.model.llm_structured_output.invoke(CONFIG, asked, schema)
    assert last.structured_output is not None and list(last.structured_output) == ["city"]


def test_a_summary_is_made_by_the_system_model(session: Session, records: list[Record[Any]]) -> None:
    text = "The stone bridge at Elmford was built in 1786 and closed in 1891 for repairs. " * 15
    assert 0 < len(session.model.summary.invoke(text, "One sentence.")) < len(text)
    assert [note for note in records[0].notes if note.kind is NoteKind.EXCHANGE]


def test_a_stop_frees_the_model_for_the_next(session: Session) -> None:
    long = CONFIG | {"completion_params": {"temperature": 0, "max_tokens": 1500}}
    stream = session.model.llm.invoke(long, [{"role": "user", "content": "Count from 1 to 1000."}])
    next(stream)
    session.stop()
    with pytest.raises(RunStoppedError):
        list(stream)
    short = CONFIG | {"completion_params": {"max_tokens": 2}}
    assert session.model.llm.invoke(short, ASKED, stream=False).message.content  # there is one slot: it would wait a minute


def test_a_wrong_key_is_told_in_the_servers_words(address: str) -> None:
    backend = connect("openai_compatible", base_url=address, api_key="a-wrong-key")
    with pytest.raises(InvokeAuthorizationError, match="Invalid API Key"):
        list(Session(backend).model.llm.invoke(CONFIG, ASKED))
    backend.close()


def test_what_the_server_cannot_do_is_told_in_its_words(session: Session) -> None:
    config = {"provider": "p", "model": "real", "model_type": "rerank", "score_threshold": 0, "top_n": 2}
    with pytest.raises(InvokeServerUnavailableError, match="does not support reranking"):
        session.model.rerank.invoke(config, ["a", "b"], "q")


def test_texts_are_embedded() -> None:
    with served("smollm2-135m-instruct-q4_1.gguf", "embedding") as address:
        backend = connect("openai_compatible", base_url=address, api_key=KEY)
        assert isinstance(backend, OpenAICompatibleBackend)
        assert [model.model for model in backend.fetch_models()] == ["real"]
        config = {"provider": "p", "model": "real", "model_type": "text-embedding"}
        found = Session(backend).model.text_embedding.invoke(config, ["a cat", "a dog", "a cat"])
        one, other, same = found.embeddings
        assert one == pytest.approx(same, abs=1e-3) and one != pytest.approx(other, abs=1e-3)
        assert found.usage.tokens > 0 and {len(vector) for vector in found.embeddings} == {576}
        backend.close()
