"""Tests for a record's metrics: each comes from the record, and unknown ones are never zero."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.entities.llm.chunk import LLMUsage
from boomerang.invoker.entities.model import AIModelEntity, PriceConfig
from boomerang.invoker.entities.rerank import RerankDocument, RerankResult
from boomerang.invoker.entities.text_embedding import EmbeddingUsage, TextEmbeddingResult
from boomerang.invoker.entities.tools import ToolCall, ToolCallFunction
from boomerang.invoker.entities.tts import TTSResult
from boomerang.invoker.events import HTTPRequest, HTTPResponse, PhaseEntered, UsageEstimated
from boomerang.invoker.records.metrics import (
    LEAST_TOKENS_FOR_A_RATE,
    MEASURES,
    Metric,
    Origin,
    Unit,
    audio_seconds,
    finish_reason,
    measure,
    usage,
)
from boomerang.invoker.records.record import Outcome, Record
from boomerang.invoker.request import InvokeType
from boomerang.workbench.samples.inputs import CLIP
from tests.invoker.answers import answers_to, request_of, text_chunks

SPOKEN = CLIP.read_bytes()

every_call = pytest.mark.parametrize("invoke_type", InvokeType, ids=lambda invoke_type: invoke_type.value)


def record_of(invoke_type: InvokeType, chunks: list[Any], times: list[float], seconds: float | None = 2.0) -> Record[Any]:
    """Return a record with the given times."""
    record: Record[Any] = Record(request_of(invoke_type), "scripted")
    record.chunks.extend(chunks)
    record.times.extend(times)
    record.seconds = seconds
    record.outcome = Outcome.RUNNING if seconds is None else Outcome.COMPLETED
    return record


def metrics(record: Record[Any]) -> dict[str, Metric]:
    result = measure(record)
    assert len({metric.key for metric in result}) == len(result)
    return {metric.key: metric for metric in result}


def values(record: Record[Any]) -> dict[str, Any]:
    return {key: metric.value for key, metric in metrics(record).items()}


def llm_usage(prompt: int, completion: int, total: int | None = None) -> LLMUsage:
    made = LLMUsage.priced(None, prompt_tokens=prompt, completion_tokens=completion, latency=0.1)
    return made if total is None else made.model_copy(update={"total_tokens": total})


def test_every_invoke_type_is_measured() -> None:
    assert set(MEASURES) == set(InvokeType)


@every_call
def test_before_anything_came_everything_but_what_was_asked_is_unknown(invoke_type: InvokeType) -> None:
    result = values(record_of(invoke_type, [], [], None))
    known = {key for key, value in result.items() if value is not None}
    request = {"documents", "characters", "file_bytes", "payload_bytes", "source_characters", "chunks"}
    assert known <= request
    assert result["chunks"] == 0, "none came, which is known"


@every_call
def test_a_finished_invocation_has_its_numbers(invoke_type: InvokeType) -> None:
    chunks = answers_to(invoke_type)
    result = metrics(record_of(invoke_type, chunks, [0.5 + at for at in range(len(chunks))], 4.0))
    assert result["chunks"].value == len(chunks)
    assert result["latency" if invoke_type is InvokeType.MODERATION else "total"].value == 4.0
    assert ("mean_gap" in result) is (len(chunks) > 1)
    assert all(isinstance(metric.unit, Unit) and isinstance(metric.origin, Origin) for metric in result.values())


def test_an_llm_is_measured_from_its_first_word_to_its_last() -> None:
    chunks = text_chunks(*"abcd", "", usage=llm_usage(7, 10))
    result = metrics(record_of(InvokeType.LLM, chunks, [0.5, 1.0, 2.0, 3.0, 3.1], 3.2))
    assert result["time_to_first_token"].value == 0.5
    assert result["tokens_per_second"].value == pytest.approx(10 / 2.5)
    assert (result["prompt_tokens"].value, result["completion_tokens"].value) == (7, 10)
    assert result["prompt_tokens"].origin is Origin.REPORTED
    assert result["finish_reason"].value == "stop"
    assert result["mean_gap"].value == pytest.approx(2.6 / 4)
    assert result["largest_gap"].value == 1.0


def test_a_chunk_without_words_is_no_first_token_and_a_tool_call_is() -> None:
    silent = text_chunks("", "", usage=None)
    assert values(record_of(InvokeType.LLM, silent, [0.1, 0.2]))["time_to_first_token"] is None
    calling = text_chunks("", "", usage=None)
    function = ToolCallFunction(name="lookup", arguments="")
    calling[1].delta.message.tool_calls = [ToolCall(id="call_1", type="function", function=function)]
    assert values(record_of(InvokeType.LLM, calling, [0.1, 0.2]))["time_to_first_token"] == 0.2


@pytest.mark.parametrize(
    ("completion", "times"),
    [(LEAST_TOKENS_FOR_A_RATE - 1, [0.1, 1.1]), (50, [1.0, 1.0])],
    ids=["too few tokens", "no time passed"],
)
def test_no_rate_where_it_would_mean_nothing(completion: int, times: list[float]) -> None:
    record = record_of(InvokeType.LLM, text_chunks("a", "b", usage=llm_usage(3, completion)), times)
    assert values(record)["tokens_per_second"] is None


def test_no_rate_of_an_answer_that_came_in_one_piece() -> None:
    record = record_of(InvokeType.LLM, text_chunks("a", usage=llm_usage(3, 50)), [0.5])
    assert values(record)["tokens_per_second"] is None


def test_usage_that_is_zero_everywhere_was_not_reported() -> None:
    record = record_of(InvokeType.LLM, text_chunks("a", usage=LLMUsage.empty_usage()), [0.5])
    result = metrics(record)
    assert usage(record) is None
    assert (result["prompt_tokens"].value, result["prompt_tokens"].origin) == (None, Origin.MISSING)
    assert (result["completion_tokens"].value, result["completion_tokens"].origin) == (None, Origin.MISSING)


def test_usage_without_a_sum_was_reported_all_the_same() -> None:
    result = values(record_of(InvokeType.LLM, text_chunks("a", usage=llm_usage(7, 3, total=0)), [0.5]))
    assert (result["prompt_tokens"], result["completion_tokens"]) == (7, 3)


@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5))
def test_usage_is_missing_if_and_only_if_all_of_it_is_zero(prompt: int, completion: int, total: int) -> None:
    record = record_of(InvokeType.LLM, text_chunks("a", usage=llm_usage(prompt, completion, total)), [0.5])
    assert (usage(record) is None) is (prompt == completion == total == 0)


def test_the_last_usage_counts() -> None:
    first, last = text_chunks("a")[0], text_chunks("b", usage=llm_usage(1, 1))[0]
    assert usage(record_of(InvokeType.LLM, [first, last, *text_chunks("c", usage=None)], [1, 2, 3])) == last.delta.usage
    assert usage(record_of(InvokeType.MODERATION, answers_to(InvokeType.MODERATION), [1])) is None


def test_the_finish_reason_is_the_last_that_was_said() -> None:
    assert finish_reason(record_of(InvokeType.LLM, text_chunks("a", "b"), [1, 2])) == "stop"
    assert finish_reason(record_of(InvokeType.LLM, [], [])) is None
    assert finish_reason(record_of(InvokeType.TTS, answers_to(InvokeType.TTS), [1, 2])) is None


def test_embeddings_are_counted_and_their_tokens_are_those_reported() -> None:
    result = values(record_of(InvokeType.TEXT_EMBEDDING, answers_to(InvokeType.TEXT_EMBEDDING), [0.5], 0.5))
    assert (result["vectors"], result["dimensions"], result["tokens"], result["texts_per_second"]) == (2, 2, 4, 4.0)
    free = EmbeddingUsage.priced(None, tokens=0, latency=0)
    none = TextEmbeddingResult(model="tiny", embeddings=[], usage=free)
    result = values(record_of(InvokeType.TEXT_EMBEDDING, [none], [0.5], 0.5))
    assert (result["vectors"], result["dimensions"], result["tokens"], result["texts_per_second"]) == (0, None, None, None)


def test_documents_that_were_left_out_are_counted() -> None:
    kept = RerankResult(model="tiny", docs=[RerankDocument(index=1, text="b", score=0.9)])
    result = values(record_of(InvokeType.RERANK, [kept], [0.5], 0.5))
    assert (result["documents"], result["returned"], result["dropped"], result["documents_per_second"]) == (2, 1, 1, 4.0)


def test_speech_is_counted_in_bytes_not_in_hex() -> None:
    result = values(record_of(InvokeType.TTS, answers_to(InvokeType.TTS), [0.25, 0.5], 0.5))
    assert (result["audio_bytes"], result["time_to_first_audio"], result["characters_per_second"]) == (6, 0.25, 12.0)


def test_a_recording_is_twice_as_long_in_the_request() -> None:
    result = values(record_of(InvokeType.SPEECH2TEXT, answers_to(InvokeType.SPEECH2TEXT), [0.5]))
    assert (result["file_bytes"], result["payload_bytes"], result["characters"]) == (9, 18, 5)


def test_a_summary_is_compared_with_its_source() -> None:
    result = values(record_of(InvokeType.SYSTEM_SUMMARY, answers_to(InvokeType.SYSTEM_SUMMARY), [0.5]))
    assert (result["source_characters"], result["summary_characters"]) == (13, 8)
    assert result["length_ratio"] == pytest.approx(8 / 13)


@every_call
@given(st.lists(st.floats(0, 10), max_size=5), st.one_of(st.none(), st.floats(0, 20)))
def test_no_number_is_ever_wrong_however_it_went(invoke_type: InvokeType, gaps: list[float], seconds: float | None) -> None:
    chunks = answers_to(invoke_type)[: len(gaps)]
    times = [sum(gaps[: at + 1]) for at in range(len(chunks))]
    for metric in measure(record_of(invoke_type, chunks, times, seconds)):
        if isinstance(metric.value, float | int):
            assert metric.value >= 0
            assert metric.until is None or metric.until >= metric.value
        if metric.unit is Unit.PER_SECOND and metric.value is not None:
            assert float(metric.value) > 0
        if metric.origin is Origin.MISSING:
            assert metric.value is None


def with_phases(record: Record[Any], *phases: tuple[float, str]) -> Record[Any]:
    record.events.extend(PhaseEntered(name, seconds=at) for at, name in phases)
    return record


def test_queue_and_loading_are_distinguished_from_the_call() -> None:
    record = with_phases(
        record_of(InvokeType.LLM, text_chunks("a", "b"), [3.0, 4.0], 4.5), (0.0, "waiting"), (1.0, "loading"), (2.5, "reading")
    )
    result = values(record)
    assert (result["waiting_seconds"], result["loading_seconds"], result["call_seconds"]) == (1.0, 1.5, 2.0)
    assert result["time_to_first_token"] == 2.0, "without the queue, with the loading"
    assert result["total"] == 4.5


def test_a_rate_over_the_whole_call_leaves_out_the_queue() -> None:
    kept = RerankResult(model="tiny", docs=[RerankDocument(index=1, text="b", score=0.9)])
    record = with_phases(record_of(InvokeType.RERANK, [kept], [0.5], 0.5), (0.0, "waiting"), (0.25, "inference"))
    assert values(record)["documents_per_second"] == 8.0


def test_the_first_byte_is_that_of_the_first_request_that_was_not_refused() -> None:
    def request(*exchanges: tuple[float, float | None, int]) -> dict[str, Any]:
        record = record_of(InvokeType.LLM, text_chunks("a"), [9.0])
        for sent, answered, status in exchanges:
            record.events.append(HTTPRequest("GET", "/", seconds=sent))
            if answered is not None:
                record.events.append(HTTPResponse(status, seconds=answered))
        return values(record)

    assert "time_to_first_byte" not in request()
    assert request((1.0, 1.5, 200), (3.0, 5.0, 200))["time_to_first_byte"] == 0.5
    assert request((1.0, 1.25, 429), (3.0, 5.0, 200))["time_to_first_byte"] == 2.0
    assert request((1.0, 1.25, 401))["time_to_first_byte"] == 0.25
    assert request((1.0, None, 0))["time_to_first_byte"] is None


def test_without_a_queue_and_loading_there_is_nothing_to_report() -> None:
    result = values(record_of(InvokeType.LLM, text_chunks("a"), [1.0]))
    assert not {"waiting_seconds", "loading_seconds", "call_seconds"} & result.keys()


def test_reasoning_and_text_have_first_times_of_their_own() -> None:
    record = record_of(InvokeType.LLM, text_chunks("<think>", "so", "</think>", "yes", usage=None), [1.0, 2.0, 3.0, 4.0])
    result = values(record)
    assert (result["time_to_first_reasoning"], result["time_to_first_text"], result["reasoning_seconds"]) == (2.0, 4.0, 2.0)
    plain = values(record_of(InvokeType.LLM, text_chunks("yes", usage=None), [1.0]))
    assert "time_to_first_text" not in plain and plain["time_to_first_token"] == 1.0


def test_without_a_usage_the_rate_is_an_estimate_from_chunks() -> None:
    result = metrics(record_of(InvokeType.LLM, text_chunks(*"abcdefghij", usage=None), [0.1 * at for at in range(10)]))
    assert result["tokens_per_second"].value == pytest.approx(10 / 0.9)
    assert result["tokens_per_second"].origin is Origin.ESTIMATED
    assert result["completion_tokens"].origin is Origin.MISSING


def test_a_usage_that_the_back_end_guessed_is_highlighted() -> None:
    record = record_of(InvokeType.LLM, text_chunks("a", usage=llm_usage(3, 4)), [0.5])
    record.events.append(UsageEstimated(seconds=0.5))
    assert metrics(record)["prompt_tokens"].origin is Origin.ESTIMATED


PRICES = PriceConfig.model_validate({"input": "2", "output": "4", "unit": "0.000001", "currency": "EUR"})


def model(**more: Any) -> AIModelEntity:
    return AIModelEntity.model_validate({"model": "tiny", "model_type": "llm", "model_properties": {}} | more)


def test_cost_is_reported_computed_or_unknown_and_says_which() -> None:
    priced = LLMUsage.priced(PRICES, prompt_tokens=1_000, completion_tokens=500, latency=0.1)
    reported = metrics(record_of(InvokeType.LLM, text_chunks("a", usage=priced), [0.5]))["cost"]
    assert (reported.value, reported.origin, reported.detail) == (0.004, Origin.REPORTED, "EUR")
    free = record_of(InvokeType.LLM, text_chunks("a", usage=llm_usage(1_000, 500)), [0.5])
    computed = next(metric for metric in measure(free, model(pricing=PRICES)) if metric.key == "cost")
    assert (computed.value, computed.origin, computed.detail) == (0.004, Origin.COMPUTED, "EUR")
    unknown = metrics(free)["cost"]
    assert (unknown.value, unknown.origin, unknown.headline) == (None, Origin.MISSING, False)


def test_the_share_of_the_context_needs_the_model_that_the_record_was_made_with() -> None:
    record = record_of(InvokeType.LLM, text_chunks("a", usage=llm_usage(60, 40)), [0.5])
    sized = {"context_size": 400}
    result = {metric.key: metric for metric in measure(record, model(model_properties=sized))}
    assert (result["context_use"].value, result["context_use"].detail) == (0.25, "100 / 400")
    for other in (None, model(model="other", model_properties=sized), model()):
        assert "context_use" not in {metric.key for metric in measure(record, other)}


def test_vectors_have_a_least_and_a_largest_norm() -> None:
    norm = metrics(record_of(InvokeType.TEXT_EMBEDDING, answers_to(InvokeType.TEXT_EMBEDDING), [0.5]))["norm"]
    assert (norm.value, norm.until) == (pytest.approx(1.0), pytest.approx(1.0))
    broken = TextEmbeddingResult(
        model="tiny", embeddings=[[float("nan")], [3.0]], usage=EmbeddingUsage.priced(None, tokens=0, latency=0)
    )
    norm = metrics(record_of(InvokeType.TEXT_EMBEDDING, [broken], [0.5]))["norm"]
    assert (norm.value, norm.until) == (3.0, 3.0)


def test_scores_have_a_range() -> None:
    scores = metrics(record_of(InvokeType.RERANK, answers_to(InvokeType.RERANK), [0.5]))["scores"]
    assert (scores.value, scores.until) == (0.1, 0.9)


def test_speech_is_compared_with_how_long_it_plays() -> None:
    halves = [SPOKEN[: len(SPOKEN) // 2], SPOKEN[len(SPOKEN) // 2 :]]
    chunks = [TTSResult.of(half, "audio/mpeg") for half in halves]
    seconds = audio_seconds(SPOKEN)
    assert seconds is not None and 1 < seconds < 60
    result = values(with_phases(record_of(InvokeType.TTS, chunks, [1.0, 2.0], 2.0), (0.0, "loading"), (1.0, "reading")))
    assert result["audio_seconds"] == pytest.approx(seconds)
    assert result["real_time_factor"] == pytest.approx(1.0 / seconds), "loading is no synthesis"


def test_a_recording_is_compared_with_how_long_it_took() -> None:
    record = record_of(InvokeType.SPEECH2TEXT, answers_to(InvokeType.SPEECH2TEXT), [1.0], 1.0)
    record.request = request_of(InvokeType.SPEECH2TEXT, file=SPOKEN)
    result = values(record)
    assert result["real_time_factor"] == pytest.approx(1.0 / result["audio_seconds"])


def test_audio_that_cannot_be_read_has_no_length() -> None:
    assert audio_seconds(b"ID3 sound") is None and audio_seconds(b"") is None
    result = values(record_of(InvokeType.TTS, [TTSResult(result="not hex")], [1.0]))
    assert result["audio_seconds"] is None and result["real_time_factor"] is None


def test_numbers_of_a_finished_record_are_counted_once_and_of_a_running_one_each_time() -> None:
    done = record_of(InvokeType.LLM, text_chunks("a"), [0.5])
    assert all(one is other for one, other in zip(measure(done), measure(done), strict=True))
    running = record_of(InvokeType.LLM, text_chunks("a"), [0.5], None)
    assert values(running)["chunks"] == 1
    running.chunks.extend(text_chunks("b"))
    running.times.append(0.75)
    assert values(running)["chunks"] == 2
