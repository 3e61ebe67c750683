"""Tests for how calls behave: when they start, how they end, what they report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest

from boomerang.invoker.entities.llm.chunk import LLMResultChunk
from boomerang.invoker.entities.model import ModelFeature, ModelType
from boomerang.invoker.entities.summary import SummaryResult
from boomerang.invoker.entities.tts import TTSResult
from boomerang.invoker.errors import (
    CredentialsValidateFailedError,
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeConnectionError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
    InvokeTimeoutError,
    ProtocolError,
    RunStoppedError,
)
from boomerang.invoker.records.metrics import usage
from boomerang.invoker.records.record import Outcome
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.invoker.session import Session
from tests.invoker.answers import (
    CHAT,
    HI,
    PROBE,
    SPEAK,
    TOOL,
    USAGE,
    answering,
    failing,
    listed,
    recorded,
    session_of,
    text_chunks,
)


def test_nothing_is_sent_before_a_stream_is_read() -> None:
    backend, request = answering()
    session, _ = recorded(backend)
    stream, speech = session.model.llm.invoke(CHAT, HI), session.model.tts.invoke(SPEAK, "Hello.")
    assert request == []
    next(stream)
    assert len(request) == 1
    next(speech)
    assert len(request) == 2
    stream.close()
    speech.close()


def test_audio_is_given_as_it_comes_and_not_at_the_end() -> None:
    made: list[int] = []

    def answer(request: Request[Any], run: Run) -> Iterator[TTSResult]:
        for number in range(3):
            made.append(number)
            yield TTSResult.of(bytes([number]), "audio/mpeg")

    session, _ = session_of(answer)
    speech = session.model.tts.invoke(SPEAK, "Hello.")
    assert next(speech) == b"\x00"
    assert made == [0]
    assert list(speech) == [b"\x01", b"\x02"]


def test_the_media_type_of_audio_is_in_the_record() -> None:
    session, records = recorded(answering()[0])
    audio = b"".join(session.model.tts.invoke(SPEAK, "Hello."))
    assert audio == b"ID3\xff\xfb\x90"
    assert {chunk.mime_type for chunk in records[0].chunks} == {"audio/mpeg"}


def test_audio_that_is_not_hex_is_an_error() -> None:
    session, _ = session_of(lambda request, run: [TTSResult(result="xyz")])
    with pytest.raises(ProtocolError, match="hex"):
        list(session.model.tts.invoke(SPEAK, "Hello."))


@pytest.mark.parametrize(("length", "asks"), [(0, False), (1023, False), (1024, True), (1025, True)])
def test_a_text_below_1024_characters_is_its_own_summary(length: int, asks: bool) -> None:
    backend, request = answering()
    session, records = recorded(backend)
    text = "é" * length
    assert session.model.summary.invoke(text, "Three points.") == ("A story." if asks else text)
    assert bool(request) is asks
    assert bool(records[0].notices()) is not asks


def test_the_limit_of_a_summary_can_be_moved() -> None:
    backend, request = answering()
    session, _ = recorded(backend)
    assert session.model.summary.invoke("text", "", min_summarize_length=5) == "text"
    assert session.model.summary.invoke("text", "", min_summarize_length=4) == "A story."
    assert len(request) == 1


def test_a_one_shot_call_takes_the_first_answer() -> None:
    answers = [SummaryResult(summary="first"), SummaryResult(summary="second")]
    session, _ = session_of(lambda request, run: answers)
    assert session.model.summary.invoke("text", "", 0) == "first"


@pytest.mark.parametrize("kind", ["system_summary", "text_embedding", "speech2text", "moderation"])
def test_no_answer_is_an_error_that_names_the_call(kind: str) -> None:
    session, _ = session_of(lambda request, run: [])
    calls: dict[str, Callable[[], object]] = {
        "system_summary": lambda: session.model.summary.invoke("text", "", 0),
        "text_embedding": lambda: session.model.text_embedding.invoke(PROBE, ["a"]),
        "speech2text": lambda: session.model.speech2text.invoke(PROBE, BytesIO(b"ID3")),
        "moderation": lambda: session.model.moderation.invoke(PROBE, "text"),
    }
    with pytest.raises(ProtocolError, match=f"^No response from {kind}$"):
        calls[kind]()


def test_an_empty_stream_is_an_error() -> None:
    session, records = session_of(lambda request, run: [])
    with pytest.raises(ProtocolError):
        list(session.model.llm.invoke(CHAT, HI))
    assert records[0].outcome is Outcome.FAILED


@pytest.mark.parametrize(
    "error",
    [
        InvokeConnectionError("refused"),
        InvokeTimeoutError("late", clock="total", seconds=1),
        InvokeServerUnavailableError("down"),
        InvokeRateLimitError("slow down"),
        InvokeAuthorizationError("no key"),
        InvokeBadRequestError("no"),
        ProtocolError("cut"),
        InvokeError("something"),
        CredentialsValidateFailedError("wrong key"),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("chunks", [0, 2], ids=["before the first chunk", "amid the stream"])
def test_an_error_keeps_its_type_and_its_words(error: Exception, chunks: int) -> None:
    session, records = session_of(failing(error, *text_chunks("a", "b")[:chunks]))
    read: list[LLMResultChunk] = []
    with pytest.raises(type(error)) as caught:
        read.extend(session.model.llm.invoke(CHAT, HI))
    assert caught.value is error
    assert records[0].error is error
    assert len(records[0].chunks) == chunks


def test_closing_a_stream_stops_the_work_behind_it() -> None:
    ends: list[str] = []

    def answer(request: Request[Any], run: Run) -> Iterator[LLMResultChunk]:
        try:
            yield from text_chunks(*"abcdef")
        finally:
            ends.append("stopped")

    session, records = session_of(answer)
    stream = session.model.llm.invoke(CHAT, HI)
    next(stream)
    stream.close()
    assert ends == ["stopped"]
    assert records[0].outcome is Outcome.STOPPED


def test_a_session_can_be_stopped() -> None:
    session, _ = session_of(lambda request, run: text_chunks(*"abc"))
    stream = session.model.llm.invoke(CHAT, HI)
    next(stream)
    session.stop()
    with pytest.raises(RunStoppedError):
        next(stream)


def test_what_an_invocation_used_is_in_its_record() -> None:
    session, records = recorded(answering()[0])
    list(session.model.llm.invoke(CHAT, HI))
    assert usage(records[0]) == USAGE


def test_tools_take_effect_only_where_the_model_has_the_feature() -> None:
    for features, effect in (((), False), ((ModelFeature.TOOL_CALL,), True)):
        backend, request = answering(models=[listed(ModelType.LLM, *features)])
        session, records = recorded(backend)
        session.model.llm.invoke(CHAT, HI, [TOOL], stream=False)
        assert bool(request[0].tools) is effect  # type: ignore[attr-defined]
        assert bool(records[0].notices()) is not effect


def test_streams_are_read_in_any_order_and_do_not_mix() -> None:
    def answer(request: Request[Any], run: Run) -> list[LLMResultChunk]:
        word = request.prompt_messages[0].content  # type: ignore[attr-defined]
        return text_chunks(*word)

    session, _ = session_of(answer)
    text = ("abc", "xyz")
    streams = [session.model.llm.invoke(CHAT, [{"role": "user", "content": word}]) for word in text]
    read = [next(stream).delta.message.content for _ in range(3) for stream in streams]
    assert read == ["a", "x", "b", "y", "c", "z"]


def test_the_system_model_may_be_chosen_for_a_session() -> None:
    backend, requests = answering()
    Session(backend, system_model="other").model.summary.invoke("text", "", 0)
    Session(backend).model.summary.invoke("text", "", 0)
    assert [request.system_model for request in requests] == ["other", None]  # type: ignore[attr-defined]
