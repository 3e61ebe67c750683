"""A back end under test, and the calls that the contract makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from io import BytesIO
from typing import Any, Protocol

import pytest

from boomerang.invoker.backend import Backend
from boomerang.invoker.entities.model import BaseModelConfig, ModelType
from boomerang.invoker.invocations.request_types import REQUEST_TYPES
from boomerang.invoker.request import InvokeType, Request
from boomerang.invoker.session import Session

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
"""Calls with a ModelConfig → the type of its model; a summary has no ModelConfig."""

every_call = pytest.mark.parametrize("invoke_type", InvokeType, ids=lambda invoke_type: invoke_type.value)
every_config = pytest.mark.parametrize("invoke_type", MODEL_TYPES, ids=lambda invoke_type: invoke_type.value)
every_llm_call = pytest.mark.parametrize("invoke_type", [InvokeType.LLM, InvokeType.LLM_STRUCTURED_OUTPUT])


class Subject(Protocol):
    """A back end under test, with inputs for it."""

    backend: Backend
    """Shared by the tests of a module: its models are loaded once."""
    configs: Mapping[InvokeType, Mapping[str, Any]]
    """A valid ModelConfig for each call in `MODEL_TYPES`, also for the unsupported ones: any names will do for those.

    With it, an LLM always returns the same answer, in several chunks.
    """
    recording: bytes
    """An audio file that contains speech."""
    unsupported: Mapping[InvokeType, str]
    """Unsupported calls, and the reason. They must be refused; all other rules skip them."""
    any_name: str
    """Why the back end accepts any provider and model and leaves the check to a server; empty if it refuses unknown ones."""

    def fresh(self) -> Backend:
        """Open another back end, which the test closes."""
        ...

    def lengthy(self, invoke_type: InvokeType) -> dict[str, Any]:
        """Return arguments that keep the back end busy for seconds, for each call that it supports.

        While it is busy, it must call `run.check` in its own thread, call `run.wait`, or report the phase reading or inference.

        Raises:
            KeyError: There are none for the call.
        """
        ...

    def endless(self) -> dict[str, Any]:
        """Return arguments of an LLM call that starts to answer immediately and continues for a long time."""
        ...

    def silence(self, phase: str) -> AbstractContextManager[tuple[Backend, dict[str, Any]]]:
        """Make an LLM run stay silent in a phase (`loading`, `reading` or `waiting`); skip if the phase is never reported."""
        ...


def must_have(subject: Subject, invoke_type: InvokeType) -> None:
    """Skip a call that the back end doesn't support, with the reason."""
    if reason := subject.unsupported.get(invoke_type):
        pytest.skip(reason)


def model_types(subject: Subject) -> set[ModelType]:
    """Return the types of models that the supported calls use. A summary uses an LLM."""
    used = {**MODEL_TYPES, InvokeType.SYSTEM_SUMMARY: ModelType.LLM}
    return {model_type for invoke_type, model_type in used.items() if invoke_type not in subject.unsupported}


def must_know_names(subject: Subject) -> None:
    """Skip a back end that accepts any name, with the reason."""
    if subject.any_name:
        pytest.skip(subject.any_name)


def config(subject: Subject, invoke_type: InvokeType) -> Mapping[str, Any]:
    """Return the ModelConfig of a call; fail if the subject has none."""
    assert invoke_type in subject.configs, f"add {invoke_type.value} to {type(subject).__name__}.configs: every call needs one"
    return subject.configs[invoke_type]


def arguments(subject: Subject, invoke_type: InvokeType) -> dict[str, Any]:
    """Return arguments that every back end can answer, as plain values."""
    message = {"role": "user", "content": "Name three colours."}
    cat, dog = ({"content": text, "content_type": "text"} for text in ("A cat sleeps.", "A dog barks."))
    schema = {"type": "object", "properties": {"name": {"type": "string", "maxLength": 12}}, "required": ["name"]}
    table: dict[InvokeType, dict[str, Any]] = {
        InvokeType.LLM: {"prompt_messages": [message], "stop": ["§"]},
        InvokeType.LLM_STRUCTURED_OUTPUT: {"prompt_messages": [message], "structured_output_schema": schema},
        InvokeType.SYSTEM_SUMMARY: {
            "text": "The bridge was built in 1870.",
            "instruction": "One sentence.",
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
    """Return the request of a call; skip the test if the back end doesn't support it."""
    must_have(subject, invoke_type)
    return unchecked(subject, invoke_type, **changed)


def lengthy_request(subject: Subject, invoke_type: InvokeType) -> Request[Any]:
    """Return a request that keeps the back end busy; skip the test if the back end doesn't support the call."""
    must_have(subject, invoke_type)
    try:
        lengthy = subject.lengthy(invoke_type)
    except KeyError:
        pytest.fail(f"add {invoke_type.value} to {type(subject).__name__}.lengthy: every supported call needs arguments there")
    return request(subject, invoke_type, **lengthy)


def unchecked(subject: Subject, invoke_type: InvokeType, **changed: Any) -> Request[Any]:
    """Return the request of a call, supported or not."""
    configs = [] if invoke_type is InvokeType.SYSTEM_SUMMARY else [config(subject, invoke_type)]
    of: Callable[..., Request[Any]] = REQUEST_TYPES[invoke_type].of  # type: ignore[attr-defined]
    return of(*configs, **arguments(subject, invoke_type) | changed)


def method(session: Session, invoke_type: InvokeType) -> Callable[..., Any]:
    """Return the session method for a call."""
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
        session: The session to call.
        subject: The back end under test.
        invoke_type: The call to make.
        typed: Pass entities instead of dicts.
        changed: Arguments that replace the usual ones.
    """
    must_have(subject, invoke_type)
    settings = arguments(subject, invoke_type) | changed
    if invoke_type is not InvokeType.SYSTEM_SUMMARY:
        settings["model_config"] = settings.get("model_config", config(subject, invoke_type))
    if typed:
        made = request(subject, invoke_type)
        settings = {name: getattr(made, name, value) for name, value in settings.items()}
        if "model_config" in settings:
            config_type = type(made).__mro__[1]
            assert issubclass(config_type, BaseModelConfig)
            settings["model_config"] = config_type.model_validate(config(subject, invoke_type))
    if invoke_type is InvokeType.SPEECH2TEXT:
        settings["file"] = BytesIO(settings["file"])
    return method(session, invoke_type)(**settings)


def read(answer: Any) -> Any:
    """Read an answer to its end if it is a stream."""
    return list(answer) if isinstance(answer, Iterator) else answer
