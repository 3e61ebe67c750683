"""Test a connection: what was called, the response, the duration, and a sentence that names the cause of a failure."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from itertools import takewhile
from time import perf_counter
from typing import Any

from boomerang.invoker.backend import Backend, ListedModel
from boomerang.invoker.connection_kind import Check
from boomerang.invoker.entities.model import ModelPropertyKey, ModelType
from boomerang.invoker.errors import (
    ConfigError,
    InvokeAuthorizationError,
    InvokeConnectionError,
    InvokeError,
    RunStoppedError,
    UnsupportedRequestError,
)
from boomerang.invoker.events import Event, HTTPEnd, HTTPEvent, HTTPRequest, HTTPResponse
from boomerang.invoker.messages.message import Message
from boomerang.invoker.records.record import Record
from boomerang.invoker.run import Run
from boomerang.invoker.session import Session
from boomerang.workbench.diagnosis.connection_failures import Tried, neighbours, sentence
from boomerang.workbench.diagnosis.error_text import error_message

LOWEST_SCORE = -1e9
"""A threshold that keeps every document: rerank scores may be logits, which are mostly negative."""
LONGEST_BODY = 2_000
"""Most characters of a response that a check keeps."""
CALLS: Mapping[str, ModelType] = {
    "llm": ModelType.LLM,
    "llm_structured_output": ModelType.LLM,
    "summary": ModelType.LLM,
    "text_embedding": ModelType.TEXT_EMBEDDING,
    "rerank": ModelType.RERANK,
    "tts": ModelType.TTS,
    "speech2text": ModelType.SPEECH2TEXT,
    "moderation": ModelType.MODERATION,
}
"""Members of `session.model` → the model type each one calls."""


def check_connection(
    backend: Backend, run: Run, at_address: Callable[[str], Backend] | None = None, base_url: str = ""
) -> Check:
    """List the server's models; if it lists none, make the smallest call of one of the connection's own models.

    Args:
        backend: The open connection.
        run: Stops the check from any thread.
        at_address: Opens the same connection at another address, to suggest a correction.
        base_url: Its address.

    Raises:
        RunStoppedError: The run was stopped.
    """
    if not backend.can_fetch_models:
        count = len(backend.models())
        return Check(True, Message("diagnosis.built_in", count=count))
    events: list[Event] = []
    run.add_listener(events.append)
    began = perf_counter()
    try:
        models = backend.fetch_models(run)
    except RunStoppedError:
        raise
    except Exception as error:  # a bug of ours is reported here too, not raised to someone who only runs a test
        seconds, of_this = perf_counter() - began, list(events)  # the code below tries other addresses
        wrong = _wrong_path(error, _status(error, of_this))
        if (
            wrong
            and (named := backend.models())
            and (check := check_call(backend, _asking(named[0]), named[0], run, base_url)).ok
        ):
            return replace(check, verdict=Message("diagnosis.unlisted_answers", model=named[0].model))
        better = _better(at_address, base_url, run) if at_address and wrong else None
        tried = Tried(error, base_url, had_key=_had_key(of_this), answered=_answered(of_this), better=better)
        return replace(_check(False, sentence(tried), of_this, seconds, error), better=better or "")
    verdict = Message("diagnosis.listed", count=len(models)) if models else Message("diagnosis.none_listed")
    return replace(_check(bool(models), verdict, events, perf_counter() - began), listed=tuple(models))


def check_call(backend: Backend, member: str, model: ListedModel, run: Run, base_url: str = "") -> Check:
    """Make the smallest call of a member.

    Args:
        backend: The open connection.
        member: A key of `CALLS`.
        model: The model to call; for a summary, the system model.
        run: Stops the call from any thread.
        base_url: The connection's address.

    Raises:
        RunStoppedError: The run was stopped.
    """
    records: list[Record[Any]] = []

    def begun(record: Record[Any]) -> None:
        records.append(record)
        if run.stopped:  # before the session had anything to stop
            session.stop()

    began = perf_counter()
    try:
        with Session(backend, record=begun, system_model=model.model) as session, run.on_stop(session.stop):
            run.check()
            came = _make(session, member, model)
    except Exception as raised:
        error = _reason(run, raised)
        if isinstance(error, RunStoppedError):
            raise
        events = list(records[-1].events) if records else []
        tried = Tried(
            error,
            base_url,
            had_key=_had_key(events),
            answered=_answered(events),
            model=model.model,
            listed=_names(backend, model.model_type),
        )
        return replace(_check(False, sentence(tried), events, perf_counter() - began, error), model=model.model)
    events = list(records[-1].events) if records else []
    check = _check(came.id != "diagnosis.nothing_ranked", came, events, perf_counter() - began)
    return replace(check, model=model.model)


def _asking(model: ListedModel) -> str:
    """Return the member that calls models of this type."""
    return next(member for member, model_type in CALLS.items() if model_type is model.model_type)


def _reason(run: Run, raised: Exception) -> Exception:
    """Return why a call ended: for a stop by a timer, the timer's error."""
    if isinstance(raised, RunStoppedError):
        try:
            run.check()
        except Exception as error:
            return error
    return raised


def refused(error: Exception, base_url: str = "") -> Check:
    """Return the failed check of a connection that cannot be opened."""
    return Check(False, sentence(Tried(error, base_url)), error=error_message(error))


def _make(session: Session, member: str, model: ListedModel) -> Message:
    """Make a call, and describe the result briefly."""
    made = getattr(session.model, member).invoke(**_arguments(member, model))
    if isinstance(made, Generator):
        with closing(made):  # an LLM's first words are enough; closing stops the rest
            made = list(takewhile(lambda chunk: not chunk.delta.message.content, made) if member == "llm" else made)
    match member:
        case "text_embedding":
            return Message("diagnosis.answers_vector", count=len(made.embeddings[0]))
        case "rerank":
            ranked = len(made.docs)
            return Message("diagnosis.answers_ranking", count=ranked) if ranked else Message("diagnosis.nothing_ranked")
        case "tts":
            return Message("diagnosis.answers_sound", count=sum(map(len, made)))
        case "moderation":
            return Message("diagnosis.answers_flagged" if made else "diagnosis.answers_not_flagged")
        case _:
            return Message("diagnosis.answers")


def _arguments(member: str, model: ListedModel) -> dict[str, Any]:
    config = {"provider": model.provider, "model": model.model, "model_type": model.model_type.value}
    chat = model.model_properties.get(ModelPropertyKey.MODE, "chat")
    messages = [{"role": "user", "content": "Say OK."}]
    llm = {"model_config": {**config, "mode": chat, "completion_params": {}}, "prompt_messages": messages}
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"], "additionalProperties": False}
    voice = model.model_properties.get(ModelPropertyKey.DEFAULT_VOICE) or next(
        (voice["mode"] for voice in model.model_properties.get(ModelPropertyKey.VOICES, [])), "alloy"
    )
    arguments: dict[str, dict[str, Any]] = {
        "llm": llm,
        "llm_structured_output": {
            **llm,
            "prompt_messages": [{"role": "user", "content": 'Answer with {"ok": true}.'}],
            "structured_output_schema": schema,
        },
        "summary": {"text": "The server was asked for a summary, and it answered. " * 24, "instruction": "In five words."},
        "text_embedding": {"model_config": config, "texts": ["OK"]},
        "rerank": {
            "model_config": {**config, "score_threshold": LOWEST_SCORE, "top_n": 2},
            "docs": ["The sky is blue.", "Bread is baked."],
            "query": "What colour is the sky?",
        },
        "tts": {"model_config": {**config, "voice": voice}, "content_text": "OK."},
        "speech2text": {"model_config": config, "file": io.BytesIO(_silence())},
        "moderation": {"model_config": config, "text": "Have a nice day."},
    }
    return arguments[member]


def _silence(seconds: float = 1.0, rate_hz: int = 16_000) -> bytes:
    """Return a silent WAV file; a recogniser returns no text for it, which is a valid result."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(bytes(2 * int(seconds * rate_hz)))
    return buffer.getvalue()


def _check(ok: bool, verdict: Message, events: list[Event], seconds: float, error: Exception | None = None) -> Check:
    # Prefer the error's own address: later requests may have gone to other addresses.
    http = [event for event in reversed(events) if isinstance(event, HTTPEvent)]
    address = getattr(error, "url", None) or next((event.url for event in http if isinstance(event, HTTPRequest)), "")
    ended = next((event.body for event in http if isinstance(event, HTTPEnd)), "")
    body = getattr(error, "body", None) or ended
    message = error_message(error) if error is not None else ""
    return Check(ok, verdict, str(address), _status(error, events), seconds, str(body)[:LONGEST_BODY], message)


def _status(error: Exception | None, events: list[Event]) -> int | None:
    statuses = (event.status for event in reversed(events) if isinstance(event, HTTPResponse))
    return getattr(error, "status_code", None) or next(statuses, None)


def _answered(events: list[Event]) -> bool:
    return any(isinstance(event, HTTPResponse) for event in events)


def _had_key(events: list[Event]) -> bool:
    sent = [event.headers for event in events if isinstance(event, HTTPRequest)]
    return any("authorization" in headers or "api-key" in headers or "x-api-key" in headers for headers in sent)


def _names(backend: Backend, model_type: ModelType) -> list[str]:
    return [model.model for model in backend.models() if model.model_type is model_type]


def _wrong_path(error: Exception, status: int | None) -> bool:
    """Return whether the address may not be an API's; some servers, such as LM Studio, answer any path with success."""
    if not isinstance(error, InvokeError) or isinstance(error, UnsupportedRequestError | InvokeConnectionError):
        return False
    return status in (200, 404, 405) or (error.body or "").lstrip().startswith("<")


def _better(at_address: Callable[[str], Backend], base_url: str, run: Run) -> str | None:
    """Find a better address on the same server: one that lists its models, or requires a key to."""
    for candidate in neighbours(base_url):
        try:
            with suppress(ConfigError), closing(at_address(candidate)) as backend:
                if backend.fetch_models(run):
                    return candidate
        except InvokeAuthorizationError as error:  # an API that rejects the key is an API if it answers in JSON
            if (error.body or "").lstrip().startswith("{"):
                return candidate
        except InvokeError:
            pass  # not here either
        try:
            run.check()
        except InvokeError:  # out of time; the original error is still to be reported
            return None
    return None
