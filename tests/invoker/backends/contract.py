"""What every back end must do. A back end's test file imports all of it and gives the fixture `subject`."""

from __future__ import annotations

import gc
import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from io import BytesIO
from time import monotonic, perf_counter
from typing import Any, Protocol

import pytest

from invoker import (
    Backend,
    Chunks,
    InvokeError,
    InvokeTimeoutError,
    InvokeType,
    ModelState,
    Note,
    NoteKind,
    Record,
    Recorded,
    Request,
    Run,
    RunStoppedError,
    Session,
    UnsupportedRequestError,
)
from invoker.entities import CHUNK_TYPES, REQUEST_TYPES, AIModelEntity, LLMResult, LLMResultWithStructuredOutput
from invoker.entities.model import BaseModelConfig, ModelFeature, ModelPropertyKey, ModelType

STOP_SECONDS = 0.2
"""How long a stopped run may keep whoever waits for it."""
BOUND = 10.0
"""Seconds after which a wait in a test has failed."""

MODEL_TYPES: Mapping[InvokeType, ModelType] = {
    InvokeType.LLM: ModelType.LLM,
    InvokeType.LLM_STRUCTURED_OUTPUT: ModelType.LLM,
    InvokeType.TEXT_EMBEDDING: ModelType.TEXT_EMBEDDING,
    InvokeType.MULTIMODAL_EMBEDDING: ModelType.TEXT_EMBEDDING,
    InvokeType.RERANK: ModelType.RERANK,
    InvokeType.MULTIMODAL_RERANK: ModelType.RERANK,
    InvokeType.TTS: ModelType.TTS,
    InvokeType.SPEECH2TEXT: ModelType.SPEECH2TEXT,
    InvokeType.MODERATION: ModelType.MODERATION,
}
"""What is invoked by a ModelConfig, and the type of model that it names; a summary has none."""

every_call = pytest.mark.parametrize("invoke_type", InvokeType, ids=lambda invoke_type: invoke_type.value)
every_config = pytest.mark.parametrize("invoke_type", MODEL_TYPES, ids=lambda invoke_type: invoke_type.value)
every_llm_call = pytest.mark.parametrize("invoke_type", [InvokeType.LLM, InvokeType.LLM_STRUCTURED_OUTPUT])


class Subject(Protocol):
    """A back end under test, and what it can be asked."""

    backend: Backend
    """Shared by the tests of a module: its models are loaded once."""
    configs: Mapping[InvokeType, Mapping[str, Any]]
    """A good ModelConfig for each call that has one. With it an LLM gives the same answer each time, of several chunks."""
    recording: bytes
    """An audio file with words in it."""

    def fresh(self) -> Backend:
        """Open a further back end, which the test closes."""
        ...

    def lengthy(self, invoke_type: InvokeType) -> dict[str, Any]:
        """Give arguments that keep the back end busy for seconds."""
        ...

    def endless(self) -> dict[str, Any]:
        """Give arguments of an LLM call that is answered at once and for a long time."""
        ...

    def silence(self, phase: str) -> AbstractContextManager[tuple[Backend, dict[str, Any]]]:
        """Bring about that an LLM run is silent in a phase: `loading`, `reading` or `waiting`."""
        ...


def arguments(subject: Subject, invoke_type: InvokeType) -> dict[str, Any]:
    """Give arguments that every back end answers, as plain values."""
    message = {"role": "user", "content": "Name three colours."}
    cat, dog = ({"content": text, "content_type": "text"} for text in ("A cat sleeps.", "A dog barks."))
    schema = {"type": "object", "properties": {"name": {"type": "string", "maxLength": 12}}, "required": ["name"]}
    table: dict[InvokeType, dict[str, Any]] = {
        InvokeType.LLM: {"prompt_messages": [message], "stop": ["§"]},
        InvokeType.LLM_STRUCTURED_OUTPUT: {"prompt_messages": [message], "structured_output_schema": schema},
        InvokeType.SYSTEM_SUMMARY: {
            "text": "The bridge was built in 1870.",
            "instruction": "Briefly.",
            "min_summarize_length": 1,
        },
        InvokeType.TEXT_EMBEDDING: {"texts": ["A cat sleeps.", "A dog barks."], "input_type": "document"},
        InvokeType.MULTIMODAL_EMBEDDING: {"documents": [cat, dog]},
        InvokeType.RERANK: {"docs": ["A cat sleeps.", "A dog barks."], "query": "Which animal sleeps?"},
        InvokeType.MULTIMODAL_RERANK: {"query": cat, "docs": [dog, cat]},
        InvokeType.TTS: {"content_text": "Good morning. It is seven."},
        InvokeType.SPEECH2TEXT: {"file": subject.recording},
        InvokeType.MODERATION: {"text": "Have a nice day."},
    }
    return table[invoke_type]


def request(subject: Subject, invoke_type: InvokeType, **changed: Any) -> Request[Any]:
    """Give the request of a call."""
    asked = [] if invoke_type is InvokeType.SYSTEM_SUMMARY else [subject.configs[invoke_type]]
    of: Callable[..., Request[Any]] = REQUEST_TYPES[invoke_type].of  # type: ignore[attr-defined]
    return of(*asked, **arguments(subject, invoke_type) | changed)


def method(session: Session, invoke_type: InvokeType) -> Callable[..., Any]:
    """Give the method of a session that makes a call."""
    model = session.model
    methods: dict[InvokeType, Callable[..., Any]] = {
        InvokeType.LLM: model.llm.invoke,
        InvokeType.LLM_STRUCTURED_OUTPUT: model.llm_structured_output.invoke,
        InvokeType.SYSTEM_SUMMARY: model.summary.invoke,
        InvokeType.TEXT_EMBEDDING: model.text_embedding.invoke,
        InvokeType.MULTIMODAL_EMBEDDING: model.text_embedding.invoke_multimodal,
        InvokeType.RERANK: model.rerank.invoke,
        InvokeType.MULTIMODAL_RERANK: model.rerank.invoke_multimodal,
        InvokeType.TTS: model.tts.invoke,
        InvokeType.SPEECH2TEXT: model.speech2text.invoke,
        InvokeType.MODERATION: model.moderation.invoke,
    }
    return methods[invoke_type]


def call(session: Session, subject: Subject, invoke_type: InvokeType, *, typed: bool = False, **changed: Any) -> Any:
    """Make a call as a plugin does.

    Args:
        session: Through which session.
        subject: The back end under test.
        invoke_type: Which call.
        typed: With entities for everything that may be a dict.
        changed: Arguments other than the usual ones.
    """
    given = arguments(subject, invoke_type) | changed
    if invoke_type is not InvokeType.SYSTEM_SUMMARY:
        given["model_config"] = given.get("model_config", subject.configs[invoke_type])
    if typed:
        made = request(subject, invoke_type)
        given = {name: getattr(made, name, value) for name, value in given.items()}
        if "model_config" in given:
            config_type = type(made).__mro__[1]
            assert issubclass(config_type, BaseModelConfig)
            given["model_config"] = config_type.model_validate(subject.configs[invoke_type])
    if invoke_type is InvokeType.SPEECH2TEXT:
        given["file"] = BytesIO(given["file"])
    return method(session, invoke_type)(**given)


def read(answer: Any) -> Any:
    """Read an answer to its end, if it is a stream."""
    return list(answer) if isinstance(answer, Iterator) else answer


class AttentiveRun(Run):
    """A run that says when the work for it is under way: it reads, it waits, or its own thread asks for the stop."""

    def __init__(self) -> None:
        self.under_way = threading.Event()
        self._consumer = threading.current_thread()
        super().__init__(self._hear)

    def _hear(self, note: Note) -> None:
        if note.kind is NoteKind.PHASE and note.text == "reading":
            self.under_way.set()

    def check(self) -> None:
        self._seen()
        super().check()

    def wait(self, seconds: float) -> None:
        self.under_way.set()
        super().wait(seconds)

    @contextmanager
    def on_stop(self, hook: Callable[[], None]) -> Iterator[None]:
        with super().on_stop(hook):
            self._seen()
            yield

    def _seen(self) -> None:
        if threading.current_thread().name == WORKER:
            self.under_way.set()


class Heard:
    """A back end around another that says when a run enters a phase."""

    def __init__(self, backend: Backend, phase: str) -> None:
        self._backend = backend
        self._phase = phase
        self.entered = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def invoke(self, request: Request[Any], run: Run) -> Chunks[Any]:
        run.listen(lambda note: self.entered.set() if note.text == self._phase else None)
        return self._backend.invoke(request, run)


WORKER = "invoker-worker"


def workers() -> set[threading.Thread]:
    """Give the threads in which models work."""
    return {thread for thread in threading.enumerate() if thread.name == WORKER}


@contextmanager
def nothing_left_behind() -> Iterator[None]:
    """See to it that no thread goes on that was started in the block."""
    before = workers()
    yield
    until = monotonic() + BOUND
    for thread in workers() - before:
        thread.join(max(0.0, until - monotonic()))
    assert not workers() - before


class Beside:
    """A body that runs beside the test, and when and how it ended."""

    def __init__(self, body: Callable[[], Any]) -> None:
        self._body = body
        self.result: Any = None
        self.error: BaseException | None = None
        self.ended_at = 0.0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.result = self._body()
        except (InvokeError, RunStoppedError) as error:
            self.error = error
        self.ended_at = perf_counter()

    def join(self) -> None:
        self._thread.join(BOUND)
        assert not self._thread.is_alive()


def tokens(result: LLMResult) -> tuple[int, int, int]:
    return result.usage.prompt_tokens, result.usage.completion_tokens, result.usage.total_tokens


# The answers


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


# The list


def test_the_list_tells_what_a_form_needs(subject: Subject) -> None:
    listed = subject.backend.models()
    assert {model.model_type for model in listed} == set(MODEL_TYPES.values())
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
    assert chosen is not None
    assert (chosen.model_type, chosen.model) in [(model.model_type, model.model) for model in subject.backend.models()]
    assert chosen.model_type is ModelType.LLM


# Refusals


@every_config
@pytest.mark.parametrize("field", ["provider", "model"])
def test_what_is_not_there_is_refused_by_its_name(subject: Subject, invoke_type: InvokeType, field: str) -> None:
    named = {**subject.configs[invoke_type], field: "nobody"}
    with Session(subject.backend) as session, pytest.raises(UnsupportedRequestError, match="nobody") as caught:
        read(call(session, subject, invoke_type, model_config=named))
    assert caught.value.field == field
    assert (caught.value.backend, caught.value.provider, caught.value.model) == (
        subject.backend.kind,
        named["provider"],
        named["model"],
    )


@every_config
def test_a_model_of_another_type_is_refused(subject: Subject, invoke_type: InvokeType) -> None:
    other = InvokeType.MODERATION if MODEL_TYPES[invoke_type] is ModelType.LLM else InvokeType.LLM
    config = {**subject.configs[invoke_type], "model": subject.configs[other]["model"]}
    with Session(subject.backend) as session, pytest.raises(UnsupportedRequestError) as caught:
        read(call(session, subject, invoke_type, model_config=config))
    assert (caught.value.field, caught.value.model) == ("model", config["model"])


def test_an_unknown_system_model_is_refused(subject: Subject) -> None:
    with Session(subject.backend, system_model="nobody") as session, pytest.raises(UnsupportedRequestError, match="nobody"):
        call(session, subject, InvokeType.SYSTEM_SUMMARY)


def test_a_refused_call_does_no_harm_to_the_next(subject: Subject) -> None:
    with Session(subject.backend) as session:
        with pytest.raises(UnsupportedRequestError):
            read(call(session, subject, InvokeType.LLM, model_config={**subject.configs[InvokeType.LLM], "model": "nobody"}))
        assert read(call(session, subject, InvokeType.LLM))


# Beginning and ending


@every_call
def test_nothing_is_opened_before_the_first_item_is_asked_for(subject: Subject, invoke_type: InvokeType) -> None:
    backend = subject.fresh()
    before, records = workers(), list[Record[Any]]()
    states = [model.state for model in backend.models()]
    assert set(states) == {ModelState.AVAILABLE}
    stream = Recorded(backend, records.append).invoke(request(subject, invoke_type), Run())
    assert [model.state for model in backend.models()] == states
    assert (workers(), records) == (before, [])
    stream.close()
    backend.close()


@every_call
def test_a_run_that_was_stopped_before_is_never_begun(subject: Subject, invoke_type: InvokeType) -> None:
    run = Run()
    run.stop()
    before = workers()
    with pytest.raises(RunStoppedError):
        next(subject.backend.invoke(request(subject, invoke_type), run))
    assert workers() == before


@every_call
def test_a_stop_frees_whoever_waits_within_200_ms_and_ends_the_work(subject: Subject, invoke_type: InvokeType) -> None:
    asked, run = request(subject, invoke_type, **subject.lengthy(invoke_type)), AttentiveRun()
    with nothing_left_behind():
        waiting = Beside(lambda: list(subject.backend.invoke(asked, run)))
        assert run.under_way.wait(BOUND)
        assert waiting.error is None
        stopped_at = perf_counter()
        run.stop()
        waiting.join()
        assert isinstance(waiting.error, RunStoppedError)
        assert waiting.ended_at - stopped_at <= STOP_SECONDS
    # A summary takes long, and its model is the LLM's.
    probe = InvokeType.LLM if invoke_type is InvokeType.SYSTEM_SUMMARY else invoke_type
    assert list(subject.backend.invoke(request(subject, probe), Run())), "the model is free for the next"


@every_call
def test_a_stop_is_no_failure_to_log_whatever_its_cause(
    subject: Subject, invoke_type: InvokeType, caplog: pytest.LogCaptureFixture
) -> None:
    asked = request(subject, invoke_type, **subject.lengthy(invoke_type))
    causes = [None, InvokeTimeoutError("No answer within 1 second.", clock="total", seconds=1)]
    with caplog.at_level(logging.WARNING):
        for cause in causes:
            run = AttentiveRun()
            with nothing_left_behind():
                waiting = Beside(lambda run=run: list(subject.backend.invoke(asked, run)))  # type: ignore[misc]
                assert run.under_way.wait(BOUND)
                run.stop(cause)
                waiting.join()
            assert isinstance(waiting.error, RunStoppedError) if cause is None else waiting.error is cause
    assert caplog.messages == []


@pytest.mark.parametrize("phase", ["loading", "reading", "waiting"])
def test_stopping_a_session_frees_its_caller_whatever_the_back_end_waits_for(subject: Subject, phase: str) -> None:
    with nothing_left_behind(), subject.silence(phase) as (backend, asked):
        heard = Heard(backend, phase)
        session = Session(heard)
        waiting = Beside(lambda: read(call(session, subject, InvokeType.LLM, **asked)))
        assert heard.entered.wait(BOUND)
        stopped_at = perf_counter()
        session.stop()
        waiting.join()
        assert isinstance(waiting.error, RunStoppedError)
        assert waiting.ended_at - stopped_at <= STOP_SECONDS


def test_the_cause_of_a_stop_is_what_the_caller_gets(subject: Subject) -> None:
    records: list[Record[Any]] = []
    with nothing_left_behind(), subject.silence("reading") as (backend, asked):
        heard = Heard(backend, "reading")
        session = Session(heard, record=records.append)
        waiting = Beside(lambda: read(call(session, subject, InvokeType.LLM, **asked)))
        assert heard.entered.wait(BOUND)
        cause = InvokeTimeoutError("No answer within 1 second.", clock="total", seconds=1)
        session.stop(cause)
        waiting.join()
    assert waiting.error is cause
    assert (records[0].outcome, records[0].error) == ("failed", cause)


@pytest.mark.parametrize("way", ["close", "forget", "session"])
def test_a_stream_that_is_left_early_ends_the_work(subject: Subject, way: str) -> None:
    with Session(subject.backend) as session:
        with nothing_left_behind():
            stream = call(session, subject, InvokeType.LLM, **subject.endless())
            next(stream)
            if way == "close":
                stream.close()
            elif way == "forget":
                del stream
                gc.collect()
            else:
                session.close()
        assert read(call(session, subject, InvokeType.LLM)), "the model is free for the next"


def test_an_answer_under_way_is_stopped_between_two_chunks(subject: Subject) -> None:
    session = Session(subject.backend)
    with nothing_left_behind():
        stream = call(session, subject, InvokeType.LLM, **subject.endless())
        next(stream)
        session.stop()
        with pytest.raises(RunStoppedError):
            next(stream)
    assert read(call(session, subject, InvokeType.LLM)), "the session and the model are free for the next"


def test_closing_the_back_end_ends_what_runs(subject: Subject) -> None:
    backend = subject.fresh()
    with nothing_left_behind():
        asked = request(subject, InvokeType.LLM, **subject.lengthy(InvokeType.LLM))
        run = AttentiveRun()
        waiting = Beside(lambda: list(backend.invoke(asked, run)))
        assert run.under_way.wait(BOUND)
        backend.close()
        waiting.join()
    assert isinstance(waiting.error, InvokeError)
    assert waiting.error.backend == backend.kind
    assert "closed" in waiting.error.description


@every_call
def test_a_closed_back_end_says_so(subject: Subject, invoke_type: InvokeType) -> None:
    backend = subject.fresh()
    backend.close()
    with nothing_left_behind(), pytest.raises(InvokeError, match="closed"):
        list(backend.invoke(request(subject, invoke_type), Run()))
    backend.close()  # once more does no harm
