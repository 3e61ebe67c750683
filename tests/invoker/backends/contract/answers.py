"""Contract for answers: types and order of chunks, folds, counts, and the model list."""

from __future__ import annotations

import json
from typing import Any

from boomerang.invoker.entities.llm.result import LLMResult, LLMResultWithStructuredOutput
from boomerang.invoker.entities.model import AIModelEntity, ModelFeature, ModelPropertyKey, ModelType
from boomerang.invoker.invocations.request_types import CHUNK_TYPES, REQUEST_TYPES
from boomerang.invoker.records.record import Record
from boomerang.invoker.request import InvokeType
from boomerang.invoker.run import Run
from boomerang.invoker.session import Session

from .subject import Subject, arguments, call, every_call, every_llm_call, model_types, read, request
from .watching import Beside


def tokens(result: LLMResult) -> tuple[int, int, int]:
    return result.usage.prompt_tokens, result.usage.completion_tokens, result.usage.total_tokens


@every_call
def test_each_call_is_answered_in_its_own_kind_of_chunk(subject: Subject, invoke_type: InvokeType) -> None:
    chunks = list(subject.backend.invoke(request(subject, invoke_type), Run()))
    assert chunks
    assert {type(chunk) for chunk in chunks} == {CHUNK_TYPES[invoke_type]}


@every_llm_call
def test_chunks_are_in_order_and_the_last_has_usage_and_finish_reason(subject: Subject, invoke_type: InvokeType) -> None:
    *pieces, last = list(subject.backend.invoke(request(subject, invoke_type), Run()))
    assert len(pieces) > 1
    assert [chunk.delta.index for chunk in (*pieces, last)] == list(range(len(pieces) + 1))
    assert all(chunk.delta.usage is None and chunk.delta.finish_reason is None for chunk in pieces)
    assert last.delta.finish_reason
    assert last.delta.usage.total_tokens == last.delta.usage.prompt_tokens + last.delta.usage.completion_tokens > 0
    assert {chunk.model for chunk in (*pieces, last)} == {subject.configs[invoke_type]["model"]}


def test_the_object_comes_last_and_is_what_the_text_spells(subject: Subject) -> None:
    *pieces, last = list(subject.backend.invoke(request(subject, InvokeType.LLM_STRUCTURED_OUTPUT), Run()))
    assert all(chunk.structured_output is None for chunk in pieces)
    text = "".join(chunk.delta.message.get_text_content() for chunk in (*pieces, last))
    assert last.structured_output == json.loads(text)


@every_llm_call
def test_a_stream_and_its_fold_come_to_the_same(subject: Subject, invoke_type: InvokeType) -> None:
    with Session(subject.backend) as session:
        result_type = LLMResult if invoke_type is InvokeType.LLM else LLMResultWithStructuredOutput
        fold = result_type.of(call(session, subject, invoke_type, stream=True))
        whole = call(session, subject, invoke_type, stream=False)
    assert isinstance(whole, type(fold))
    assert (fold.message, fold.model, fold.finish_reason, tokens(fold)) == (
        whole.message,
        whole.model,
        whole.finish_reason,
        tokens(whole),
    )
    assert getattr(fold, "structured_output", None) == getattr(whole, "structured_output", None)


def test_vectors_documents_and_segments_are_as_many_as_asked_for(subject: Subject) -> None:
    with Session(subject.backend) as session:
        vectors = call(session, subject, InvokeType.TEXT_EMBEDDING).embeddings
        ranked = call(session, subject, InvokeType.RERANK).docs
        audio = list(call(session, subject, InvokeType.TTS))
    assert len(vectors) == 2
    assert len(vectors[0]) == len(vectors[1]) > 0
    assert [doc.text for doc in ranked] == [arguments(subject, InvokeType.RERANK)["docs"][doc.index] for doc in ranked]
    assert [doc.score for doc in ranked] == sorted((doc.score for doc in ranked), reverse=True)
    assert len(ranked) == 2
    assert all(audio)


@every_call
def test_dicts_are_taken_wherever_entities_are(subject: Subject, invoke_type: InvokeType) -> None:
    records: list[Record[Any]] = []
    with Session(subject.backend, record=records.append) as session:
        for typed in (True, False):
            assert read(call(session, subject, invoke_type, typed=typed)) is not None
    assert [record.outcome for record in records] == ["completed", "completed"]
    assert records[0].request == records[1].request
    assert type(records[0].request) is REQUEST_TYPES[invoke_type]


def test_two_threads_at_once_both_get_their_answer(subject: Subject) -> None:
    with Session(subject.backend) as session:
        alone = call(session, subject, InvokeType.LLM, stream=False).message
        vectors = call(session, subject, InvokeType.TEXT_EMBEDDING).embeddings
        together = [Beside(lambda: call(session, subject, InvokeType.LLM, stream=False).message) for _ in range(2)]
        others = [Beside(lambda: call(session, subject, InvokeType.TEXT_EMBEDDING).embeddings) for _ in range(2)]
        for beside in (*together, *others):
            beside.join()
    assert [beside.result for beside in together] == [alone, alone]
    assert [beside.result for beside in others] == [vectors, vectors]


def test_the_list_reports_what_a_form_needs(subject: Subject) -> None:
    listed = subject.backend.models()
    assert {model.model_type for model in listed} == model_types(subject)
    assert len({(model.model_type, model.provider, model.model) for model in listed}) == len(listed)
    for model in listed:
        assert isinstance(model, AIModelEntity)
        assert (type(model).model_validate(model.model_dump(mode="json"))) == model
        assert model.label.en_us
        assert len({rule.name for rule in model.parameter_rules}) == len(model.parameter_rules)
        assert set(model.features or ()) <= set(ModelFeature)
        known = model.model_properties
        if model.model_type is ModelType.LLM:
            assert known[ModelPropertyKey.MODE] in ("chat", "completion")
            assert known[ModelPropertyKey.CONTEXT_SIZE] > 0
            assert {"temperature", "max_tokens"} <= {rule.name for rule in model.parameter_rules}
        elif model.model_type is ModelType.TEXT_EMBEDDING:
            assert known[ModelPropertyKey.CONTEXT_SIZE] > 0
            assert known[ModelPropertyKey.MAX_CHUNKS] > 0
        elif model.model_type is ModelType.TTS:
            assert known[ModelPropertyKey.DEFAULT_VOICE] in [voice["mode"] for voice in known[ModelPropertyKey.VOICES]]
            assert known[ModelPropertyKey.AUDIO_TYPE]
        elif model.model_type is ModelType.SPEECH2TEXT:
            assert "mp3" in known[ModelPropertyKey.SUPPORTED_FILE_EXTENSIONS].split(",")
            assert known[ModelPropertyKey.FILE_UPLOAD_LIMIT] > 0


def test_the_system_model_is_an_llm_of_the_list(subject: Subject) -> None:
    chosen = subject.backend.system_model()
    if ModelType.LLM not in model_types(subject):
        assert chosen is None
        return
    assert chosen is not None
    assert (chosen.model_type, chosen.model) in [(model.model_type, model.model) for model in subject.backend.models()]
    assert chosen.model_type is ModelType.LLM
