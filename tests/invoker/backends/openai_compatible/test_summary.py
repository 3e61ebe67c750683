"""Tests for summaries by a server's model, over real sockets: the token limit's name, reasoning, and how an answer ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from boomerang.invoker.backends.openai_compatible import context_limits
from boomerang.invoker.backends.openai_compatible.model_list.catalogue import described
from boomerang.invoker.entities.model import ModelPropertyKey, ModelType
from boomerang.invoker.errors import InvokeBadRequestError, ProtocolError, RunStoppedError
from tests.loopback import STREAM, ClientConnection, ReceivedRequest, Script, chunked, whole

from .desk import Desk, event, opened, streaming

TEXT = "Boomerang is an inspector. " * 60
LONG = "\n\n".join(f"{TEXT}" for _ in range(6))
NOT_TAKEN = {
    "error": {
        "message": "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        "type": "invalid_request_error",
        "param": "max_tokens",
        "code": "unsupported_parameter",
    }
}
DONE = b"data: [DONE]\n\n"


def ended(text: str, reason: str, **more: str) -> list[bytes]:
    """Return the events of an answer."""
    return [event({"content": text, **more}), event({}, reason), DONE]


def summarised(desk: Desk, text: str = TEXT) -> str:
    """Summarize a text."""
    return desk.session.model.summary.invoke(text, "Briefly.")


def limits(desk: Desk) -> list[dict[str, int]]:
    """Return each request's limits on the answer's length."""
    names = ("max_tokens", "max_completion_tokens")
    return [{name: request.json[name] for name in names if name in request.json} for request in desk.server.requests]


def taking(limit: str, events: Sequence[bytes]) -> Script:
    """Return a script that refuses a limit under any other name."""

    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(STREAM, *chunked(events)) if limit in request.json else connection.send(whole(NOT_TAKEN, 400))

    return script


def of_context(tokens: int) -> dict[str, Any]:
    """Return the settings of a connection whose model has this context size."""
    properties: dict[ModelPropertyKey, Any] = {ModelPropertyKey.CONTEXT_SIZE: tokens}
    return {"models": [described("p", "m", ModelType.LLM).model_copy(update={"model_properties": properties})]}


def test_a_server_that_refuses_max_tokens_is_asked_with_max_completion_tokens() -> None:
    with opened(taking("max_completion_tokens", ended("An inspector.", "stop")), system_model="m") as desk:
        assert summarised(desk) == "An inspector."
        assert limits(desk) == [{"max_tokens": 512}, {"max_completion_tokens": 512}]
        [notice] = desk.notices
        assert notice.startswith("Asked again with max_completion_tokens") and "is not supported" in notice


def test_the_name_of_the_limit_is_remembered_from_piece_to_piece() -> None:
    script = taking("max_completion_tokens", ended("An inspector.", "stop"))
    with opened(script, **of_context(2_000)) as desk:
        assert summarised(desk, LONG) == "An inspector."
        assert [list(limit) for limit in limits(desk)].count(["max_tokens"]) == 1 and len(limits(desk)) > 3
        assert len(desk.notices) == 1


def test_another_refusal_is_final() -> None:
    with opened(
        lambda _request, connection: connection.send(whole({"message": "no such model"}, 400)), system_model="m"
    ) as desk:
        with pytest.raises(InvokeBadRequestError, match="no such model"):
            summarised(desk)
        assert len(desk.server.requests) == 1


def test_a_server_that_takes_neither_name_is_asked_twice() -> None:
    with opened(taking("nothing", []), system_model="m") as desk:
        with pytest.raises(InvokeBadRequestError, match="not supported"):
            summarised(desk)
        assert len(desk.server.requests) == 2


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_a_summary_that_was_cut_says_so(reason: str) -> None:
    with opened(streaming(ended("Boomerang is an", reason)), system_model="m") as desk:
        assert summarised(desk) == "Boomerang is an"
        [notice] = desk.notices
        assert "cut short" in notice and reason in notice
        assert len(desk.server.requests) == 1


def test_summaries_of_many_pieces_that_were_cut_say_so_once() -> None:
    with opened(streaming(ended("Boomerang is an", "length")), **of_context(2_000)) as desk:
        summarised(desk, LONG)
        assert len(desk.server.requests) > 3 and len(desk.notices) == 1


@pytest.mark.parametrize("reason", ["stop", "content_filter", "tool_calls"])
@pytest.mark.parametrize("more", [{}, {"reasoning_content": "Let me think."}], ids=["nothing", "thinking"])
def test_an_empty_summary_is_an_error_that_names_its_end(reason: str, more: dict[str, str]) -> None:
    with opened(streaming(ended("", reason, **more)), system_model="m") as desk:
        with pytest.raises(ProtocolError, match=f"empty.* finish reason is {reason}") as raised:
            summarised(desk)
        assert more.get("reasoning_content", "") in (raised.value.body or "")


@pytest.mark.parametrize(
    "text",
    ["let me think</think>\n\nAn inspector.", "let me\nthink\n</think>An inspector.", "<think>\nhm</think>\nAn inspector."],
)
def test_thinking_is_no_part_of_a_summary_however_it_was_opened(text: str) -> None:
    with opened(streaming(ended(text, "stop")), system_model="m") as desk:
        assert summarised(desk) == "An inspector."


def test_a_summary_that_speaks_of_the_tag_is_left_as_it_is() -> None:
    text = "The template ends in </think> and the answer follows."
    with opened(streaming(ended(text, "stop")), system_model="m") as desk:
        assert summarised(desk) == text


def thinking(needed: int, end: str = "stop") -> Script:
    """Return a script of a model that reasons first, and answers if it gets `needed` tokens."""

    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        enough = request.json["max_tokens"] >= needed
        thought = event({"reasoning_content": "Let me think."})
        rest = ended("An inspector.", end) if enough else [event({}, "length"), DONE]
        connection.send(STREAM, *chunked([thought, *rest]))

    return script


def test_a_model_whose_thinking_used_up_its_tokens_is_asked_again_with_more_room() -> None:
    with opened(thinking(1_000), system_model="m") as desk:
        assert summarised(desk) == "An inspector."
        assert limits(desk) == [{"max_tokens": 512}, {"max_tokens": 512 + 4_096}]
        [notice] = desk.notices
        assert "512" in notice and "4,608" in notice


def test_a_model_that_thinks_has_more_room_from_the_first_time_on() -> None:
    with opened(thinking(257), **of_context(2_000)) as desk:
        assert summarised(desk, LONG) == "An inspector."
        request = [limit["max_tokens"] for limit in limits(desk)]
        assert request[0] <= 256 and min(request[1:]) > 256 and len(request) > 3
        assert len(desk.notices) == 1


def test_more_room_is_never_more_than_the_context_leaves() -> None:
    with opened(thinking(100_000), **of_context(2_000)) as desk:
        with pytest.raises(ProtocolError, match="finish reason is length"):
            summarised(desk)
        [first, second] = [limit["max_tokens"] for limit in limits(desk)]
        assert first < second < 2_000 - len(TEXT) // 3


def test_a_model_that_thinks_out_of_sight_is_given_more_room_too() -> None:
    answers = [ended("", "length"), ended("An inspector.", "stop")]
    with opened(lambda _request, connection: connection.send(STREAM, *chunked(answers.pop(0))), system_model="m") as desk:
        assert summarised(desk) == "An inspector."
        assert answers == []


# The context size: known from the list, or from a refusal.

REFUSALS: list[tuple[Any, int]] = [
    ({"error": {"message": "the request exceeds the available context size.", "n_prompt_tokens": 9_000, "n_ctx": 2048}}, 400),
    ({"error": {"message": "request (9000 tokens) exceeds the available context size (2048 tokens), try increasing it"}}, 400),
    ({"error": {"message": "This model's maximum context length is 2,048 tokens. However, you requested 9000 tokens."}}, 400),
    ({"object": "error", "message": "The input (9000 tokens) is longer than the model's context length (2048 tokens)."}, 400),
    ({"error": "The model is loaded with context length of only 2048 tokens, which is not enough."}, 500),
    ({"detail": "Prompt contains 9000 tokens, too large for model with 2048 maximum context length"}, 422),
    ({"error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 2048. Given: 9000 `inputs` tokens"}, 413),
    ({"message": "Range of input length should be [1, 2048]"}, 400),
]


def small(tokens: int, refusal: Any, status: int, *, listed: dict[str, Any] | None = None) -> Script:
    """Return a script of a model with this context size; it has a model list if an entry is given."""

    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        if request.method == "GET":
            connection.send(whole({"data": [listed]}) if listed else whole({"error": "not found"}, 404))
            return
        sent = sum(len(message["content"]) for message in request.json["messages"]) // 3 + request.json["max_tokens"]
        connection.send(whole(refusal, status)) if sent > tokens else connection.send(
            STREAM, *chunked(ended("An inspector.", "stop"))
        )

    return script


@pytest.mark.parametrize(("refusal", "status"), REFUSALS)
def test_a_text_is_cut_for_the_context_that_a_refusal_names(refusal: Any, status: int) -> None:
    with opened(small(2048, refusal, status), system_model="m", clocks={"total": 60.0}) as desk:
        assert summarised(desk, LONG) == "An inspector."
        assert desk.notices[0].startswith("Cut the text again for a context of 2,048 tokens instead of 8,192: ")
        assert len(desk.notices) == 1
        assert [request.path for request in desk.server.requests].count("/v1/models") == 1


def test_a_refusal_that_names_no_number_halves_the_context() -> None:
    refusal = {"error": {"message": "Please reduce the length of the messages.", "code": "context_length_exceeded"}}
    with opened(small(2500, refusal, 400), system_model="m") as desk:
        assert summarised(desk, LONG) == "An inspector."
        assert ["4,096 tokens instead of 8,192" in desk.notices[0], "2,048 tokens instead of 4,096" in desk.notices[1]] == [
            True
        ] * 2


def test_a_server_that_refuses_every_size_is_asked_four_times() -> None:
    refusal = {"error": {"message": "Please reduce the length of the messages.", "code": "context_length_exceeded"}}
    with opened(small(0, refusal, 400), system_model="m") as desk:
        with pytest.raises(InvokeBadRequestError, match="reduce the length"):
            summarised(desk, LONG)
        assert sum(request.method == "POST" for request in desk.server.requests) == 4


@pytest.mark.parametrize("listed", [{"id": "m", "meta": {"n_ctx": 2048}}, {"id": "m", "max_model_len": 2048}])
def test_the_list_is_asked_once_for_a_context_that_is_not_configured(listed: dict[str, Any]) -> None:
    with opened(small(2048, {"error": "no"}, 400, listed=listed), system_model="m") as desk:
        for _ in range(2):
            assert summarised(desk, LONG) == "An inspector." and desk.notices == []
        assert [request.path for request in desk.server.requests].count("/v1/models") == 1
        assert desk.server.requests[0].path == "/v1/models" and desk.backend.models() == []


def test_a_short_text_fits_any_context_and_no_server_is_asked_for_it() -> None:
    with opened(small(2048, {"error": "no"}, 400), system_model="m") as desk:
        assert summarised(desk) == "An inspector."
        assert [request.method for request in desk.server.requests] == ["POST"]


def test_a_list_that_was_fetched_or_a_context_that_is_known_is_not_asked_for_again() -> None:
    with opened(small(9_999, {"error": "no"}, 400, listed={"id": "m"}), system_model="m") as desk:
        desk.backend.fetch_models()
        summarised(desk, LONG)
        assert [request.path for request in desk.server.requests].count("/v1/models") == 1
    with opened(small(9_999, {"error": "no"}, 400), **of_context(2_000)) as desk:
        summarised(desk, LONG)
        assert {request.method for request in desk.server.requests} == {"POST"}


def test_a_list_that_does_not_come_in_time_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context_limits, "LIST_SECONDS", 0.05)

    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        if request.method == "GET":
            connection.wait_until_gone()
            raise EOFError
        connection.send(STREAM, *chunked(ended("An inspector.", "stop")))

    with opened(script, system_model="m") as desk:
        assert summarised(desk, LONG) == "An inspector."


def test_a_stop_ends_the_wait_for_the_list() -> None:
    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        assert request.method == "GET"
        desk.session.stop()
        connection.wait_until_gone()
        raise EOFError

    with opened(script, system_model="m") as desk:
        with pytest.raises(RunStoppedError):
            summarised(desk, LONG)
        assert len(desk.server.requests) == 1
