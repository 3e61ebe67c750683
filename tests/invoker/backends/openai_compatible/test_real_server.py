"""Tests against a real llama.cpp server on loopback, with the embedded weights."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from boomerang.invoker.backends.openai_compatible.backend import OpenAICompatibleBackend
from boomerang.invoker.backends.openai_compatible.model_list.catalogue import described
from boomerang.invoker.entities.llm.result import LLMFold
from boomerang.invoker.entities.model import ModelPropertyKey
from boomerang.invoker.errors import (
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeError,
    InvokeServerUnavailableError,
    RunStoppedError,
)
from boomerang.invoker.events import ModelExchange, RerankScores
from boomerang.invoker.records.record import Record
from boomerang.invoker.session import Session
from boomerang.invoker.weights.models_folder import Weights
from boomerang.kinds import connect
from tests.loopback import BOUND

KEY = "a-key-for-this-test-only"
PARAMS = {"temperature": 0, "max_tokens": 64}
CONFIG: dict[str, Any] = {"provider": "p", "model": "real", "mode": "chat", "completion_params": PARAMS}
QUESTION = [{"role": "user", "content": "Name three colours."}]


QWEN, SMOLLM = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", "smollm2-135m-instruct-q4_1.gguf"
HERE = Path(__file__).parent


def _tool(name: str, description: str, argument: str) -> dict[str, Any]:
    parameters = {"type": "object", "properties": {argument: {"type": "string"}}, "required": [argument]}
    return {"name": name, "description": description, "parameters": parameters}


WEATHER, TIME = (
    _tool("get_weather", "Tells the weather of a city.", "city"),
    _tool("get_time", "Tells the time in a time zone.", "zone"),
)


@contextmanager
def served(model: str, **options: str) -> Iterator[str]:
    """Run the server and yield the address of its API.

    Raises:
        AssertionError: It ended early, or with an error.
    """
    command = [sys.executable, str(HERE / "llama_server.py"), str(Weights().path(model)), KEY, json.dumps(options)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            yield f"{process.stdout.readline().strip()}/v1"
        finally:
            early = process.poll()
            process.stdin.close()
            assert (early, process.wait(BOUND)) == (None, 0), "the real server ended by itself, or not well"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Return the address of a server with the embedded back end's default LLM."""
    with served(QWEN) as result:
        yield result


@pytest.fixture(scope="module")
def calling_address() -> Iterator[str]:
    """Return the address of a server whose template writes calls as this model does, so that it detects them in answers."""
    with served(QWEN, chat_template=(HERE / "fenced_calls.jinja").read_text("utf-8")) as result:
        yield result


@pytest.fixture
def records() -> list[Record[Any]]:
    """Return a list for records."""
    return []


@pytest.fixture
def caller(calling_address: str, records: list[Record[Any]]) -> Iterator[Session]:
    """Return a session on the server that detects calls."""
    backend = connect("openai_compatible", base_url=calling_address, api_key=KEY)
    yield Session(backend, record=records.append)
    backend.close()


@pytest.fixture
def session(address: str, records: list[Record[Any]]) -> Iterator[Session]:
    """Return a session on that server."""
    backend = connect("openai_compatible", base_url=address, api_key=KEY, models=[described("p", "real")])
    yield Session(backend, record=records.append)
    backend.close()


def test_a_chat_streams_and_reports_its_usage(session: Session) -> None:
    chunks = list(session.model.llm.invoke(CONFIG, QUESTION))
    whole = session.model.llm.invoke(CONFIG, QUESTION, stream=False)
    streamed = LLMFold().extend(chunks).result()
    assert len(chunks) > 3 and streamed.message.content == whole.message.content != ""
    assert chunks[-1].delta.finish_reason == whole.finish_reason and chunks[-1].delta.finish_reason in ("stop", "length")
    assert streamed.usage.prompt_tokens == whole.usage.prompt_tokens > 0
    assert streamed.usage.completion_tokens == whole.usage.completion_tokens > 3


@pytest.mark.slow
def test_a_completion_goes_on_with_a_text(session: Session) -> None:
    config = CONFIG | {"mode": "completion", "completion_params": {"temperature": 0, "max_tokens": 4}}
    counted = LLMFold().extend(session.model.llm.invoke(config, [{"role": "user", "content": "one, two, three,"}])).result()
    assert "four" in str(counted.message.content)


@pytest.mark.slow
def test_a_call_that_the_server_does_not_find_stays_text(session: Session) -> None:
    # The server's own template asks the model for tags around a call, and the model omits them.
    request = [{"role": "user", "content": "What is the weather in Oslo? Use the tool."}]
    with_it = LLMFold().extend(session.model.llm.invoke(CONFIG, request, tools=[WEATHER])).result()
    without = LLMFold().extend(session.model.llm.invoke(CONFIG, request)).result()
    assert with_it.usage.prompt_tokens > without.usage.prompt_tokens + 50
    called = json.loads(str(with_it.message.content))
    assert called["name"] == "get_weather" and "Oslo" in called["arguments"]["city"]


BOTH = [{"role": "user", "content": "What is the weather in Oslo, and what time is it in the zone CET?"}]


def test_calls_that_the_server_streams_in_fragments_fold_into_whole_calls(caller: Session) -> None:
    config = CONFIG | {"completion_params": PARAMS | {"parallel_tool_calls": True}}
    chunks = list(caller.model.llm.invoke(config, BOTH, tools=[WEATHER, TIME]))
    fragments = [fragment for chunk in chunks for fragment in chunk.delta.message.tool_calls]
    folded = LLMFold().extend(chunks).result()
    calls = folded.message.tool_calls
    assert len(fragments) > 2 * len(calls), "the server wrote its calls whole"
    assert [call.function.name for call in calls] == ["get_weather", "get_time"]
    weather, time = (json.loads(call.function.arguments) for call in calls)
    assert "Oslo" in weather["city"] and "CET" in time["zone"]
    assert {call.type for call in calls} == {"function"} and len({call.id for call in calls} - {""}) == 2
    assert folded.message.content == "" and chunks[-1].delta.finish_reason == "tool_calls"


@pytest.mark.slow
def test_calls_of_a_whole_answer_are_those_of_the_stream(caller: Session) -> None:
    config = CONFIG | {"completion_params": PARAMS | {"parallel_tool_calls": True}}
    streamed = LLMFold().extend(caller.model.llm.invoke(config, BOTH, tools=[WEATHER, TIME])).result()
    whole = caller.model.llm.invoke(config, BOTH, tools=[WEATHER, TIME], stream=False)
    assert [call.function for call in whole.message.tool_calls] == [call.function for call in streamed.message.tool_calls] != []
    assert whole.finish_reason == "tool_calls"


@pytest.mark.slow
def test_a_call_that_is_demanded_keeps_to_the_tools_schema(caller: Session) -> None:
    # Fewer tokens than the model tends to write: only the server's grammar makes it call and stop.
    config = CONFIG | {"completion_params": {"temperature": 0, "max_tokens": 48, "tool_choice": "required"}}
    request = [{"role": "user", "content": "What is the weather in Oslo and in Rome?"}]
    [call] = LLMFold().extend(caller.model.llm.invoke(config, request, tools=[WEATHER])).result().message.tool_calls
    assert call.function.name == "get_weather" and list(json.loads(call.function.arguments)) == ["city"]


@pytest.mark.slow
def test_a_call_and_what_its_tool_said_reach_the_model(caller: Session) -> None:
    request = [{"role": "user", "content": "What is the weather in Oslo? Call the tool in a block."}]
    config = CONFIG | {"completion_params": PARAMS | {"tool_choice": "required"}}
    called = LLMFold().extend(caller.model.llm.invoke(config, request, tools=[WEATHER])).result().message
    [call] = called.tool_calls
    content = {"role": "tool", "content": "Heavy snow, minus 7 degrees.", "tool_call_id": call.id}
    shown: list[Any] = [
        *request,
        called,
        content,
        {"role": "user", "content": "What did the tool say of Oslo? Answer in plain words."},
    ]
    answer = LLMFold().extend(caller.model.llm.invoke(CONFIG, shown)).result()
    assert "snow" in str(answer.message.content)


@pytest.mark.slow
def test_an_object_keeps_to_its_schema(session: Session) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
    request = [{"role": "user", "content": "I live in Lisbon."}]
    *_, last = session.model.llm_structured_output.invoke(CONFIG, request, schema)
    assert last.structured_output is not None and list(last.structured_output) == ["city"]


@pytest.mark.slow
def test_a_summary_is_made_by_the_system_model(session: Session, records: list[Record[Any]]) -> None:
    text = "The stone bridge at Elmford was built in 1786 and closed in 1891 for repairs. " * 15
    assert 0 < len(session.model.summary.invoke(text, "One sentence.")) < len(text)
    assert [note for note in records[0].events if isinstance(note, ModelExchange)]


def test_a_stop_frees_the_model_for_the_next(session: Session) -> None:
    long = CONFIG | {"completion_params": {"temperature": 0, "max_tokens": 1500}}
    stream = session.model.llm.invoke(long, [{"role": "user", "content": "Count from 1 to 1000."}])
    next(stream)
    session.stop()
    with pytest.raises(RunStoppedError):
        list(stream)
    short = CONFIG | {"completion_params": {"max_tokens": 2}}
    assert session.model.llm.invoke(short, QUESTION, stream=False).message.content  # one slot: else this takes a minute


def test_a_wrong_key_is_reported_in_the_servers_words(address: str) -> None:
    backend = connect("openai_compatible", base_url=address, api_key="a-wrong-key")
    with pytest.raises(InvokeAuthorizationError, match="Invalid API Key"):
        list(Session(backend).model.llm.invoke(CONFIG, QUESTION))
    backend.close()


def test_what_the_server_cannot_do_is_reported_in_its_words(session: Session) -> None:
    config = {"provider": "p", "model": "real"}
    picture = {"type": "image", "format": "png", "mime_type": "image/png", "base64_data": "AAAA", "detail": "low"}
    model = session.model
    with pytest.raises(InvokeServerUnavailableError, match="does not support reranking"):
        model.rerank.invoke(config | {"model_type": "rerank", "score_threshold": 0, "top_n": 2}, ["a", "b"], "q")
    with pytest.raises(InvokeServerUnavailableError, match="does not support audio input"):
        model.speech2text.invoke(config | {"model_type": "speech2text"}, BytesIO(b"no sound"))
    with pytest.raises(InvokeBadRequestError, match="File Not Found"):
        model.moderation.invoke(config | {"model_type": "moderation"}, "a text")
    with pytest.raises(InvokeBadRequestError, match="File Not Found"):
        list(model.tts.invoke(config | {"model_type": "tts", "voice": "v"}, "a text"))
    with pytest.raises(InvokeError, match="image input is not supported"):
        list(model.llm.invoke(CONFIG, [{"role": "user", "content": [picture]}]))
    with pytest.raises(InvokeBadRequestError, match="context size"):
        list(model.llm.invoke(CONFIG, [{"role": "user", "content": "a word " * 2000}]))


def test_texts_are_embedded() -> None:
    with served(SMOLLM, pooling_type="MEAN") as address:
        backend = connect("openai_compatible", base_url=address, api_key=KEY)
        assert isinstance(backend, OpenAICompatibleBackend)
        [listed] = backend.fetch_models()
        assert (listed.model, listed.model_properties[ModelPropertyKey.CONTEXT_SIZE]) == ("real", 2048)
        config = {"provider": "p", "model": "real", "model_type": "text-embedding"}
        result = Session(backend).model.text_embedding.invoke(config, ["a cat", "a dog", "a cat"])
        one, other, same = result.embeddings
        assert one == pytest.approx(same, abs=1e-3) and one != pytest.approx(other, abs=1e-3)
        assert result.usage.tokens > 0 and {len(vector) for vector in result.embeddings} == {576}
        backend.close()


@pytest.mark.slow
def test_documents_are_ranked(records: list[Record[Any]]) -> None:
    # None of these weights has a ranking head: the server's "score" is a number from the model's last layer.
    # So this doesn't test relevance, only the format of a ranking and how it is handled.
    docs = ["A cat sleeps on the sofa.", "The market fell.", "Dogs bark at night."]
    config = {"provider": "p", "model": "real", "model_type": "rerank", "score_threshold": -1e9, "top_n": 3}
    with served(SMOLLM, pooling_type="RANK") as address:
        backend = connect("openai_compatible", base_url=address, api_key=KEY)
        rerank = Session(backend, record=records.append).model.rerank
        result = rerank.invoke(config, docs, "Which animal sleeps?")
        best = rerank.invoke(config | {"top_n": 1}, docs, "Which animal sleeps?")
        between = (result.docs[1].score + result.docs[2].score) / 2
        above = rerank.invoke(config | {"score_threshold": between}, docs, "Which animal sleeps?")
        backend.close()
    assert sorted(doc.index for doc in result.docs) == [0, 1, 2] and all(docs[doc.index] == doc.text for doc in result.docs)
    scores = [doc.score for doc in result.docs]
    assert scores == sorted(scores, reverse=True) and len(set(scores)) == 3
    assert [doc.index for doc in best.docs] == [result.docs[0].index]
    assert [doc.index for doc in above.docs] == [doc.index for doc in result.docs[:2]]
    [shown] = [note for note in records[0].events if isinstance(note, RerankScores)]
    assert (shown.shape, shown.path) == ("Jina/Cohere", "rerank")
