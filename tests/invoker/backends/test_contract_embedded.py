"""The contract on real models, and further tests of the embedded back end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from boomerang.invoker.backend import Backend, ModelState
from boomerang.invoker.backends.embedded.backend import EmbeddedBackend
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.request import InvokeType
from boomerang.invoker.session import Session
from tests.invoker.backends.contract.subject import Subject, call, every_call, read, request
from tests.invoker.backends.contract.watching import BOUND, AttentiveRun, Beside, Watched, nothing_left_behind

from .contract.answers import (  # noqa: F401  the others of them run in test_contract_embedded_answers.py
    test_each_call_is_answered_in_its_own_kind_of_chunk,
    test_the_list_reports_what_a_form_needs,
    test_the_object_comes_last_and_is_what_the_text_spells,
    test_the_system_model_is_an_llm_of_the_list,
    test_two_threads_at_once_both_get_their_answer,
    test_vectors_documents_and_segments_are_as_many_as_asked_for,
)
from .contract.opening import *  # noqa: F403  every test of these three runs here
from .contract.refusals import *  # noqa: F403
from .contract.stopping import *  # noqa: F403
from .embedded_subject import LONG, SMALL, EmbeddedSubject


@pytest.fixture(scope="module")
def embedded() -> Iterator[Backend]:
    backend = EmbeddedBackend(system_model=SMALL)
    yield backend
    backend.close()


@pytest.fixture(scope="module")
def subject(embedded: Backend) -> Subject:
    return EmbeddedSubject(embedded)


REFUSED = [
    (InvokeType.LLM, {"prompt_messages": []}, "prompt_messages"),
    (InvokeType.LLM, {"prompt_messages": [{"role": "user", "content": " "}]}, "prompt_messages"),
    (InvokeType.LLM, {"prompt_messages": [{"role": "user", "content": "word " * 5000}]}, "prompt_messages"),
    (InvokeType.LLM_STRUCTURED_OUTPUT, {"structured_output_schema": {}}, "structured_output_schema"),
    (InvokeType.LLM_STRUCTURED_OUTPUT, {"structured_output_schema": {"type": "array"}}, "structured_output_schema"),
    (InvokeType.SYSTEM_SUMMARY, {"text": "  "}, "text"),
    (InvokeType.TEXT_EMBEDDING, {"texts": []}, "texts"),
    (InvokeType.MULTIMODAL_EMBEDDING, {"documents": []}, "documents"),
    (InvokeType.RERANK, {"docs": []}, "docs"),
    (InvokeType.RERANK, {"query": ""}, "query"),
    (InvokeType.TTS, {"content_text": ""}, "content_text"),
    (InvokeType.SPEECH2TEXT, {"file": b""}, "file"),
    (InvokeType.SPEECH2TEXT, {"file": b"no sound at all"}, "file"),
    (InvokeType.MODERATION, {"text": ""}, "text"),
]
"""Invalid arguments, and the field that the error names."""


@pytest.mark.parametrize(("invoke_type", "changed", "field"), REFUSED)
def test_bad_input_is_refused_by_the_argument_and_the_place(
    embedded: Backend, invoke_type: InvokeType, changed: dict[str, Any], field: str
) -> None:
    subject = EmbeddedSubject(embedded)
    model = SMALL if invoke_type is InvokeType.SYSTEM_SUMMARY else subject.configs[invoke_type]["model"]
    with Session(embedded) as session, pytest.raises(InvokeBadRequestError) as caught:
        read(call(session, subject, invoke_type, **changed))
    assert (caught.value.field, caught.value.backend, caught.value.provider) == (field, "embedded", "embedded")
    assert caught.value.model == model
    assert len(caught.value.description) > 10


@pytest.mark.parametrize(
    ("invoke_type", "changed", "field"),
    [
        (InvokeType.LLM, {"completion_params": {"temperature": 9}}, "temperature"),
        (InvokeType.LLM, {"mode": "agent"}, "mode"),
        (InvokeType.RERANK, {"top_n": 0}, "top_n"),
        (InvokeType.TTS, {"voice": "nobody"}, "voice"),
    ],
)
def test_a_bad_config_is_refused_by_the_name_of_its_value(
    embedded: Backend, invoke_type: InvokeType, changed: dict[str, Any], field: str
) -> None:
    subject = EmbeddedSubject(embedded)
    config = {**subject.configs[invoke_type], **changed}
    with Session(embedded) as session, pytest.raises(InvokeBadRequestError) as caught:
        read(call(session, subject, invoke_type, model_config=config))
    assert caught.value.field == field


@every_call
def test_a_stop_while_the_model_loads_frees_the_caller_within_200_ms(invoke_type: InvokeType) -> None:
    backend = EmbeddedBackend(system_model=SMALL)
    subject = EmbeddedSubject(backend)
    received = Watched(backend, "loading")
    session = Session(received)
    with nothing_left_behind():
        waiting = Beside(lambda: read(call(session, subject, invoke_type)))
        assert received.entered.wait(BOUND)
        waiting.is_freed_by(session.stop)
        backend.close()


def test_the_reranker_and_the_default_llm_answer_and_stop_too() -> None:
    backend = EmbeddedBackend()
    subject = EmbeddedSubject(backend)
    check = {**subject.configs[InvokeType.RERANK], "model": "qwen2.5-coder-0.5b-judge", "score_threshold": 0.0}
    with nothing_left_behind():
        with Session(backend) as session:
            ranked = call(session, subject, InvokeType.RERANK, model_config=check)
            assert ranked.docs[0].text == "A cat sleeps."
        requests = request(subject, InvokeType.RERANK, docs=[LONG[at : at + 600] for at in range(0, 9000, 600)])
        requests = type(requests).model_validate({**requests.payload(), **check})
        run = AttentiveRun()
        waiting = Beside(lambda: list(backend.invoke(requests, run)))
        run.await_work()
        waiting.is_freed_by(run.stop)
        backend.close()


def test_the_list_follows_what_is_in_memory_and_closing_gives_it_back() -> None:
    backend = EmbeddedBackend(system_model=SMALL)
    subject = EmbeddedSubject(backend)

    def states() -> dict[str, ModelState]:
        return {model.model: model.state for model in backend.models()}

    assert set(states().values()) == {ModelState.AVAILABLE}
    with Session(backend) as session:
        read(call(session, subject, InvokeType.LLM))
        call(session, subject, InvokeType.MODERATION)
    loaded = {model for model, state in states().items() if state is ModelState.LOADED}
    # The moderation heads, the embedder and the fast reranker share one model in memory.
    assert loaded == {SMALL, "minilm-moderation-heads", "all-minilm-l6-v2", "all-minilm-l6-v2-cosine"}
    with nothing_left_behind():
        backend.close()
    assert set(states().values()) == {ModelState.AVAILABLE}
