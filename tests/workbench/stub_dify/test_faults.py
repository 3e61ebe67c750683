"""The stub's switches as a client sees them, and a client that disconnects."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from boomerang.invoker.backend import Backend
from boomerang.invoker.backends.scripted import Scripted, llm_chunks
from boomerang.invoker.entities.llm.request import RequestInvokeLLM
from boomerang.invoker.entities.speech2text import RequestInvokeSpeech2Text, Speech2TextResult
from boomerang.invoker.errors import (
    ConfigError,
    InvokeAuthorizationError,
    InvokeError,
    InvokeServerUnavailableError,
    ProtocolError,
)
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.kinds import connect
from boomerang.workbench.stub_dify.checks import Workspace
from boomerang.workbench.stub_dify.faults import Faults
from boomerang.workbench.stub_dify.profiles import PROFILES
from boomerang.workbench.stub_dify.server import StubDify
from tests.invoker.backends.dify.captures import KEY, TENANT

from .scripted_model import PROVIDER, scripted_model

BOUND = 20.0
LLM = RequestInvokeLLM.of(
    {"provider": PROVIDER, "model": "tiny-chat", "mode": "chat"}, [{"role": "user", "content": "hi"}], stream=True
)


@pytest.fixture(params=["1.4", "1.16"])
def stub(request: pytest.FixtureRequest) -> Iterator[StubDify]:
    with StubDify(scripted_model(), Workspace(KEY, TENANT), PROFILES[request.param]) as stub:
        yield stub


@pytest.fixture
def backend(stub: StubDify) -> Iterator[Backend]:
    backend = connect("dify", base_url=stub.base_url, inner_api_key=KEY, tenant_id=TENANT)
    yield backend
    backend.close()


def read(backend: Backend, request: Request[Any] = LLM) -> tuple[list[Any], InvokeError | None]:
    chunks = []
    try:
        for chunk in backend.invoke(request, Run()):
            chunks.append(chunk)
    except InvokeError as error:
        return chunks, error
    return chunks, None


@pytest.mark.parametrize(
    ("faults", "count", "kind"),
    [
        (Faults(mid_stream_error=1), 1, InvokeError),
        (Faults(truncate=2), 1, ProtocolError),
        (Faults(bad_magic=2), 1, ProtocolError),
        (Faults(lose_every=2), 1, None),
        (Faults(drip=0.00001), 2, None),
        (Faults(server_error=True), 0, InvokeServerUnavailableError),
        (Faults(not_set_up=True), 0, InvokeAuthorizationError),
    ],
)
def test_a_switch_shows_its_fault(
    stub: StubDify, backend: Backend, faults: Faults, count: int, kind: type[InvokeError] | None
) -> None:
    stub.faults = faults
    chunks, error = read(backend)
    assert len(chunks) == count and (type(error) if error else None) is kind
    stub.faults = Faults()
    assert read(backend)[1] is None, "the next call is not affected"


@pytest.mark.parametrize("faults", [Faults(oversized=1), Faults(bad_reserved=2)])
def test_faults_of_frames(faults: Faults) -> None:
    with StubDify(scripted_model(), Workspace(KEY, TENANT), PROFILES["1.9"], faults) as stub:
        backend = connect("dify", base_url=stub.base_url, inner_api_key=KEY, tenant_id=TENANT)
        assert type(read(backend)[1]) is ProtocolError
        backend.close()


@pytest.mark.parametrize("defect", [False, True])
def test_speech_works_as_intended_or_as_it_does(defect: bool) -> None:
    audio = b"RIFFxxxx"

    def answer(request: Request[Any], run: Run) -> Any:
        assert request.file == audio  # type: ignore[attr-defined]
        return [Speech2TextResult(result="hello")]

    answering = Scripted(answer, models=scripted_model().models())
    request = RequestInvokeSpeech2Text.of({"provider": PROVIDER, "model": "tiny-asr"}, audio)
    with StubDify(answering, Workspace(KEY, TENANT), faults=Faults(speech_defect=defect)) as stub:
        backend = connect("dify", base_url=stub.base_url, inner_api_key=KEY, tenant_id=TENANT)
        chunks, error = read(backend, request)
        backend.close()
    assert [chunk.result for chunk in chunks] == ([] if defect else ["hello"])
    assert not defect or "any known version" in str(error and error.hint)


def test_closing_the_stream_stops_the_model() -> None:
    stopped = threading.Event()

    def endless(request: Request[Any], run: Run) -> Any:
        try:
            while True:
                yield from llm_chunks("and so on", model="tiny-chat")
                run.wait(0.001)
        finally:
            stopped.set()

    with StubDify(Scripted(endless, models=scripted_model().models()), Workspace(KEY, TENANT)) as stub:
        backend = connect("dify", base_url=stub.base_url, inner_api_key=KEY, tenant_id=TENANT)
        stream = backend.invoke(LLM, Run())
        next(stream)
        stream.close()
        assert stopped.wait(BOUND)
        backend.close()


@pytest.mark.parametrize("text", ["nothing", "truncate=x", "truncate=-1", "drip=true", "speech_defect=3", "truncate=[1]"])
def test_an_unknown_switch_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        Faults().with_switch(text)


def test_switches_are_read_as_on_the_command_line() -> None:
    faults = Faults().with_switch("mid-stream-error=3").with_switch("speech_defect").with_switch("drip=0.5")
    assert faults == Faults(mid_stream_error=3, speech_defect=True, drip=0.5)
