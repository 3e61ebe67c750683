"""The contract on the inner API of a Dify: our stub of each version behind real sockets, over the scripted back end."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from boomerang.invoker.backend import Backend, ListedModel
from boomerang.invoker.backends.scripted import Scripted
from boomerang.invoker.client_rules import ClientRules
from boomerang.invoker.entities.llm.result import LLMResultWithStructuredOutput
from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.records.record import Record
from boomerang.invoker.records.recorder import Recorded
from boomerang.invoker.request import InvokeType
from boomerang.invoker.run import Run
from boomerang.invoker.session import Session
from boomerang.kinds import connect
from boomerang.workbench.stub_dify.checks import Workspace
from boomerang.workbench.stub_dify.faults import Faults
from boomerang.workbench.stub_dify.profiles import PROFILES
from boomerang.workbench.stub_dify.server import StubDify
from tests.invoker.backends.contract.subject import MODEL_TYPES, Subject, call, request
from tests.invoker.backends.test_contract_scripted import MODELS, ScriptedSubject, answer

from .contract import *  # noqa: F403  every test of the contract runs here

KEY, TENANT = "the-inner-key", "5f0c1c2e-0000-4000-8000-000000000001"
PROVIDER = "langgenius/acme/acme"
OURS = [ListedModel.model_validate(dict(model) | {"provider": PROVIDER}) for model in MODELS]


class DifySubject(ScriptedSubject):
    """The back end on our stub, bare or wrapped."""

    any_name = "only the workspace knows its models and providers"

    def __init__(self, stub: StubDify, wrapped: bool) -> None:
        self._stub = stub
        super().__init__(wrapped)
        profile = stub.profile
        self.unsupported: Mapping[InvokeType, str] = {InvokeType.MULTIMODAL_RERANK: "no version of Dify has an endpoint for it"}
        if not profile.newer:
            self.unsupported = {**self.unsupported, InvokeType.MULTIMODAL_EMBEDDING: "this version has no endpoint for it"}
        if not profile.structured_output:
            self.unsupported = {**self.unsupported, InvokeType.LLM_STRUCTURED_OUTPUT: "this version has no endpoint for it"}
        self.configs = {
            invoke_type: {
                "provider": PROVIDER,
                "model": f"tiny-{model_type.value}",
                "mode": "chat",
                "voice": "alpha",
                "tenant_id": TENANT,
                "score_threshold": 0.0,
                "top_n": 2,
            }
            for invoke_type, model_type in MODEL_TYPES.items()
        }

    def fresh(self) -> Backend:
        bare = connect("dify", base_url=self._stub.base_url, inner_api_key=KEY, tenant_id=TENANT, models=OURS)
        return Recorded(ClientRules(bare), self.records.append) if self._wrapped else bare

    @contextmanager
    def silence(self, phase: str) -> Iterator[tuple[Backend, dict[str, Any]]]:
        if phase != "reading":
            pytest.skip("Dify does not report more than that it reads")
        yield self.backend, self.lengthy(InvokeType.LLM)


@pytest.fixture(scope="module", params=["newest-bare", "newest-wrapped", "1.4-bare"])
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    profile, _, wrapped = request.param.partition("-")
    backend = Scripted(answer, models=MODELS)
    with StubDify(backend, Workspace(KEY, TENANT), PROFILES[profile], Faults(token_counting=True)) as stub:
        subject = DifySubject(stub, wrapped == "wrapped")
        yield subject
        subject.backend.close()
    records: list[Record[Any]] = subject.records
    assert {record.outcome for record in records} <= {"completed", "stopped", "failed"}, "no record is left running"


# Dify's own structured streams end in an extra chunk with the object, whose index is 0 and which has no usage.


@pytest.mark.parametrize("invoke_type", [InvokeType.LLM, InvokeType.LLM_STRUCTURED_OUTPUT])
def test_chunks_are_in_order_and_the_last_has_usage_and_finish_reason(subject: Subject, invoke_type: InvokeType) -> None:
    chunks = list(subject.backend.invoke(request(subject, invoke_type), Run()))
    if invoke_type is InvokeType.LLM_STRUCTURED_OUTPUT:
        extra = chunks.pop()
        assert (extra.delta.index, extra.delta.usage, extra.delta.message.content) == (0, None, "")
        assert extra.structured_output is not None
    *pieces, last = chunks
    assert [chunk.delta.index for chunk in chunks] == list(range(len(chunks))) and len(pieces) > 1
    assert all(chunk.delta.usage is None and chunk.delta.finish_reason is None for chunk in pieces)
    assert last.delta.finish_reason and last.delta.usage.total_tokens > 0


def test_the_object_comes_last_and_is_what_the_text_spells(subject: Subject) -> None:
    with Session(subject.backend) as session:
        result = LLMResultWithStructuredOutput.of(call(session, subject, InvokeType.LLM_STRUCTURED_OUTPUT))
    assert result.structured_output == json.loads(result.message.get_text_content())  # type: ignore[attr-defined]


def test_a_summary_is_made_by_the_workspaces_own_model(subject: Subject) -> None:
    with Session(subject.backend, system_model="another") as session:
        assert call(session, subject, InvokeType.SYSTEM_SUMMARY) == "A bridge of 1870."


def test_every_type_of_model_is_listed_by_a_version_with_a_catalogue(subject: Subject) -> None:
    if not subject.backend.known_limits().keys().isdisjoint({InvokeType.MULTIMODAL_EMBEDDING}):
        pytest.skip("this version has none")
    fetched = subject.backend.fetch_models()
    assert {model.model_type for model in fetched} == {ModelType.LLM, ModelType.TEXT_EMBEDDING, ModelType.RERANK}
    assert {model.provider for model in fetched} == {PROVIDER}
