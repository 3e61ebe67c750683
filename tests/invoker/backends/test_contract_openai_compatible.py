"""The contract on a server with OpenAI's interface behind real sockets, and what the server sees of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from boomerang.invoker.backend import Backend, ListedModel
from boomerang.invoker.client_rules import ClientRules
from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.records.record import Record
from boomerang.invoker.records.recorder import Recorded
from boomerang.invoker.request import InvokeType
from boomerang.invoker.run import Run
from boomerang.invoker.session import Session
from boomerang.kinds import connect
from tests.invoker.backends.contract.subject import (
    MODEL_TYPES,
    Subject,
    call,
    every_call,
    every_config,
    lengthy_request,
    read,
    request,
)
from tests.invoker.backends.contract.watching import Beside
from tests.invoker.backends.openai_compatible.contract_server import ENDLESS, SILENT, script
from tests.loopback import Loopback

from .contract import *  # noqa: F403  every test of the contract runs here

NAMES = {
    ModelType.LLM: ("chat", {"mode": "chat", "context_size": 4096}),
    ModelType.TEXT_EMBEDDING: ("embedder", {"context_size": 256, "max_chunks": 16}),
    ModelType.RERANK: ("ranker", {"context_size": 256}),
    ModelType.TTS: (
        "speaker",
        {
            "default_voice": "alpha",
            "voices": [{"mode": "alpha", "name": "Alpha", "language": ["en-US"]}],
            "audio_type": "mp3",
        },
    ),
    ModelType.SPEECH2TEXT: ("listener", {"file_upload_limit": 25, "supported_file_extensions": "mp3,wav"}),
    ModelType.MODERATION: ("judge", {"max_chunks": 1}),
}
MODELS = [
    ListedModel.model_validate(
        {
            "provider": "acme",
            "model": name,
            "model_type": model_type,
            "model_properties": properties,
            "parameter_rules": [{"name": rule, "use_template": rule} for rule in ("temperature", "max_tokens")],
        }
    )
    for model_type, (name, properties) in NAMES.items()
]


class ServerSubject:
    """The back end on our server, bare or wrapped."""

    recording = b"ID3 some sound"
    unsupported: Mapping[InvokeType, str] = {
        InvokeType.MULTIMODAL_EMBEDDING: "OpenAI's interface embeds texts only",
        InvokeType.MULTIMODAL_RERANK: "no server with OpenAI's interface ranks pictures",
    }
    any_name = "models of a server are free text, for it alone knows them, and a provider is nothing that it sees"
    configs: Mapping[InvokeType, Mapping[str, Any]] = {
        invoke_type: {
            "provider": "acme",
            "model": NAMES[model_type][0],
            "mode": "chat",
            "voice": "alpha",
            "tenant_id": "t-1",
            "score_threshold": 0.0,
            "top_n": 2,
        }
        for invoke_type, model_type in MODEL_TYPES.items()
    }

    def __init__(self, server: Loopback, wrap: Callable[[Backend], Backend]) -> None:
        self._server = server
        self._wrap = wrap
        self.backend = self.fresh()

    def fresh(self) -> Backend:
        return self._wrap(connect("openai_compatible", base_url=f"{self._server.address}/v1", provider="acme", models=MODELS))

    def lengthy(self, invoke_type: InvokeType) -> dict[str, Any]:
        messages = {"prompt_messages": [{"role": "user", "content": SILENT}]}
        silent: dict[InvokeType, dict[str, Any]] = {
            InvokeType.LLM: messages,
            InvokeType.LLM_STRUCTURED_OUTPUT: messages,
            InvokeType.SYSTEM_SUMMARY: {"text": SILENT},
            InvokeType.TEXT_EMBEDDING: {"texts": [SILENT]},
            InvokeType.RERANK: {"query": SILENT},
            InvokeType.TTS: {"content_text": SILENT},
            InvokeType.SPEECH2TEXT: {"file": SILENT.encode()},
            InvokeType.MODERATION: {"text": SILENT},
        }
        return silent[invoke_type]

    def endless(self) -> dict[str, Any]:
        return {"prompt_messages": [{"role": "user", "content": ENDLESS}]}

    @contextmanager
    def silence(self, phase: str) -> Iterator[tuple[Backend, dict[str, Any]]]:
        if phase != "reading":
            pytest.skip(f"a server does not tell that it is {phase}: to its clients all of it is reading")
        yield self.backend, self.lengthy(InvokeType.LLM)


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback(script) as server:
        yield server


@pytest.fixture(scope="module", params=[False, True], ids=["bare", "wrapped"])
def subject(server: Loopback, request: pytest.FixtureRequest) -> Iterator[Subject]:
    records: list[Record[Any]] = []

    def wrapped(backend: Backend) -> Backend:
        return Recorded(ClientRules(backend), records.append) if request.param else backend

    subject = ServerSubject(server, wrapped)
    yield subject
    subject.backend.close()
    assert {record.outcome for record in records} <= {"completed", "stopped", "failed"}, "no record is left running"


# Beyond the contract: the server's side.


@every_config
def test_a_model_that_the_server_does_not_know_is_refused_in_its_words(subject: Subject, invoke_type: InvokeType) -> None:
    if invoke_type is InvokeType.SPEECH2TEXT:
        pytest.skip("our server does not read the form of a transcription")
    config = {**subject.configs[invoke_type], "model": "nobody"}
    with Session(subject.backend) as session, pytest.raises(InvokeBadRequestError, match="`nobody` does not exist") as caught:
        read(call(session, subject, invoke_type, model_config=config))
    assert (caught.value.status_code, caught.value.backend, caught.value.model) == (404, "openai_compatible", "nobody")


@every_config
def test_a_provider_is_not_for_the_server_and_any_will_do(subject: Subject, invoke_type: InvokeType) -> None:
    config = {**subject.configs[invoke_type], "provider": "author/plugin/anybody"}
    with Session(subject.backend) as session:
        assert read(call(session, subject, invoke_type, model_config=config)) is not None


def test_a_system_model_that_the_server_does_not_know_is_refused_in_its_words(subject: Subject) -> None:
    with Session(subject.backend, system_model="nobody") as session, pytest.raises(InvokeBadRequestError, match="`nobody`"):
        call(session, subject, InvokeType.SYSTEM_SUMMARY)


@every_call
def test_no_connection_is_opened_before_the_first_item_is_asked_for(
    subject: Subject, server: Loopback, invoke_type: InvokeType
) -> None:
    requests, before = request(subject, invoke_type), len(server.connections)
    backend = subject.fresh()
    backend.invoke(requests, Run()).close()
    backend.close()
    assert len(server.connections) == before


@every_call
def test_the_server_of_each_call_sees_a_stop_within_a_second(
    subject: Subject, server: Loopback, invoke_type: InvokeType
) -> None:
    received, run = lengthy_request(subject, invoke_type), Run()
    backend = subject.fresh()  # with its own connection
    requests, connections = len(server.requests), len(server.connections)
    waiting = Beside(lambda: list(backend.invoke(received, run)))
    server.until(lambda server: len(server.requests) > requests)
    waiting.is_freed_by(run.stop)
    assert server.connections[connections].left.wait(1.0)
    backend.close()
