"""Summaries of a server's model, over real sockets: what it calls a limit, what it thinks, and how it ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from invoker import InvokeBadRequestError, ProtocolError
from invoker.backends.openai_compatible.catalogue import described
from invoker.entities.model import ModelPropertyKey, ModelType
from tests.loopback import STREAM, Asked, Script, Wire, chunked, whole

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
    """Give the events of an answer."""
    return [event({"content": text, **more}), event({}, reason), DONE]


def summarised(desk: Desk, text: str = TEXT) -> str:
    """Have a text summarised."""
    return desk.session.model.summary.invoke(text, "Briefly.")


def limits(desk: Desk) -> list[dict[str, int]]:
    """Give what each request said of the longest answer."""
    names = ("max_tokens", "max_completion_tokens")
    return [{name: asked.json[name] for name in names if name in asked.json} for asked in desk.server.asked]


def taking(limit: str, events: Sequence[bytes]) -> Script:
    """Give a script that refuses a limit of any other name."""

    def script(asked: Asked, wire: Wire) -> None:
        wire.send(STREAM, *chunked(events)) if limit in asked.json else wire.send(whole(NOT_TAKEN, 400))

    return script


def of_context(tokens: int) -> dict[str, Any]:
    """Give the settings of a connection whose model reads so many tokens."""
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
    with opened(lambda _asked, wire: wire.send(whole({"message": "no such model"}, 400)), system_model="m") as desk:
        with pytest.raises(InvokeBadRequestError, match="no such model"):
            summarised(desk)
        assert len(desk.server.asked) == 1


def test_a_server_that_takes_neither_name_is_asked_twice() -> None:
    with opened(taking("nothing", []), system_model="m") as desk:
        with pytest.raises(InvokeBadRequestError, match="not supported"):
            summarised(desk)
        assert len(desk.server.asked) == 2


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_a_summary_that_was_cut_says_so(reason: str) -> None:
    with opened(streaming(ended("Boomerang is an", reason)), system_model="m") as desk:
        assert summarised(desk) == "Boomerang is an"
        [notice] = desk.notices
        assert "cut short" in notice and reason in notice
        assert len(desk.server.asked) == 1


def test_summaries_of_many_pieces_that_were_cut_say_so_once() -> None:
    with opened(streaming(ended("Boomerang is an", "length")), **of_context(2_000)) as desk:
        summarised(desk, LONG)
        assert len(desk.server.asked) > 3 and len(desk.notices) == 1


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
def test_thinking_is_no_part_of_a_summary_whoever_opened_it(text: str) -> None:
    with opened(streaming(ended(text, "stop")), system_model="m") as desk:
        assert summarised(desk) == "An inspector."


def test_a_summary_that_speaks_of_the_tag_is_left_as_it_is() -> None:
    text = "The template ends in </think> and the answer follows."
    with opened(streaming(ended(text, "stop")), system_model="m") as desk:
        assert summarised(desk) == text


def thinking(needed: int, end: str = "stop") -> Script:
    """Give a script of a model that thinks, and answers where it has so many tokens."""

    def script(asked: Asked, wire: Wire) -> None:
        enough = asked.json["max_tokens"] >= needed
        thought = event({"reasoning_content": "Let me think."})
        rest = ended("An inspector.", end) if enough else [event({}, "length"), DONE]
        wire.send(STREAM, *chunked([thought, *rest]))

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
        asked = [limit["max_tokens"] for limit in limits(desk)]
        assert asked[0] <= 256 and min(asked[1:]) > 256 and len(asked) > 3
        assert len(desk.notices) == 1


def test_more_room_is_never_more_than_the_context_leaves() -> None:
    with opened(thinking(100_000), **of_context(2_000)) as desk:
        with pytest.raises(ProtocolError, match="finish reason is length"):
            summarised(desk)
        [first, second] = [limit["max_tokens"] for limit in limits(desk)]
        assert first < second < 2_000 - len(TEXT) // 3


def test_a_model_that_thinks_out_of_sight_is_given_more_room_too() -> None:
    answers = [ended("", "length"), ended("An inspector.", "stop")]
    with opened(lambda _asked, wire: wire.send(STREAM, *chunked(answers.pop(0))), system_model="m") as desk:
        assert summarised(desk) == "An inspector."
        assert answers == []
