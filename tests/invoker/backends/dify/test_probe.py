"""The test of a connection: wrong path, front end, key, tenant, user and provider are told apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from boomerang.invoker.backends.dify.backend import DifyBackend
from boomerang.invoker.backends.dify.probe import probe
from boomerang.invoker.backends.dify.settings import DifyModel
from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.errors import UnsupportedRequestError
from boomerang.invoker.run import Run
from boomerang.workbench.stub_dify.checks import Workspace
from boomerang.workbench.stub_dify.faults import Faults
from boomerang.workbench.stub_dify.profiles import PROFILES
from boomerang.workbench.stub_dify.server import StubDify
from tests.loopback import ClientConnection, Loopback, ReceivedRequest, whole
from tests.workbench.stub_dify.scripted_model import PROVIDER, scripted_model

from .captures import KEY, TENANT, USER


@pytest.fixture(params=["1.4", "1.9", "1.16", "newest"])
def stub(request: pytest.FixtureRequest) -> Iterator[StubDify]:
    with StubDify(scripted_model(), Workspace(KEY, TENANT), PROFILES[request.param]) as stub:
        yield stub


def checked(stub: StubDify, key: str = KEY, tenant: str = TENANT, **settings: Any) -> Any:
    address = settings.pop("base_url", stub.base_url)
    backend = DifyBackend(address, key, tenant, **settings)
    try:
        return probe(backend, Run())
    finally:
        backend.close()


def test_a_working_connection_is_recognised(stub: StubDify) -> None:
    check = checked(stub)
    assert check.ok and stub.profile.version in str(check.verdict)
    assert bool(check.listed) is stub.profile.newer


def test_a_version_without_a_catalogue_is_named(stub: StubDify) -> None:
    backend = DifyBackend(stub.base_url, KEY, TENANT)
    if stub.profile.newer:
        assert len(backend.fetch_models()) == 3
    else:
        with pytest.raises(UnsupportedRequestError, match=f"Dify {stub.profile.version} has no list of models"):
            backend.fetch_models()
    backend.close()
    described = DifyBackend(stub.base_url, KEY, TENANT, models=[DifyModel(model="m", model_type=ModelType.TTS)])
    assert "m" in [model.model for model in (described.fetch_models(), described.models())[1]]
    described.close()


def test_a_wrong_key(stub: StubDify) -> None:
    check = checked(stub, key="another")
    assert not check.ok and check.status == 404 and "inner API key" in str(check.verdict)


def test_a_wrong_tenant(stub: StubDify) -> None:
    check = checked(stub, tenant="00000000-0000-4000-8000-00000000dead")
    assert not check.ok and check.status == 400 and "tenant not found" in str(check.verdict) and "SELECT" in str(check.verdict)


def test_an_unknown_user(stub: StubDify) -> None:
    check = checked(stub, user_id=USER)
    assert check.ok is stub.profile.creates_users
    assert check.ok or "user ID empty" in str(check.verdict)


def test_an_unknown_provider(stub: StubDify) -> None:
    check = checked(stub, models=[DifyModel(model="m", model_type=ModelType.LLM, provider="acme/none/none")])
    assert not check.ok and "acme/none/none" in str(check.verdict) and "organisation/plugin/provider" in str(check.verdict)
    assert checked(stub, models=[DifyModel(model="m", model_type=ModelType.LLM, provider=PROVIDER)]).ok


def test_dify_that_was_never_set_up(stub: StubDify) -> None:
    stub.faults = Faults(not_set_up=True)
    check = checked(stub)
    assert not check.ok and check.status == 401 and "Finish the installation" in str(check.verdict)


def test_the_web_front_end_is_recognised(stub: StubDify) -> None:
    stub.faults = Faults(web_front_end=True)
    check = checked(stub)
    assert not check.ok and "web front end" in str(check.verdict) and "5001" in str(check.verdict)


def test_a_path_that_is_none_of_dify(stub: StubDify) -> None:
    check = checked(stub, base_url=f"{stub.base_url}/console")
    assert not check.ok and check.status == 404 and "No inner API of Dify" in str(check.verdict)


def test_another_server_and_none() -> None:
    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(whole(b"<html><title>Wiki</title></html>", 404, "text/html"))

    with Loopback(script) as server:
        backend = DifyBackend(server.address, KEY, TENANT)
        check = probe(backend, Run())
        assert not check.ok and "No inner API of Dify" in str(check.verdict)
        backend.close()
    backend = DifyBackend(server.address, KEY, TENANT)
    assert "not reached" in str(probe(backend, Run()).verdict)
    backend.close()
