"""Tests for rate limits and busy servers: what is retried, when, and how often."""

from __future__ import annotations

from typing import Any

import pytest

from boomerang.invoker.errors import (
    InvokeConnectionError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
)
from boomerang.invoker.events import PhaseEntered
from boomerang.invoker.records.record import Record
from boomerang.invoker.session import Session
from boomerang.kinds import connect
from boomerang.workbench.diagnosis import connection_failures
from boomerang.workbench.diagnosis.error_advice import advice
from tests.invoker.backends.openai_compatible.desk import CONFIG, GOOD, HELLO, opened, streaming
from tests.loopback import STREAM, ClientConnection, Loopback, ReceivedRequest, chunked, whole


def test_a_rate_limit_is_asked_again_after_the_time_that_the_server_wants() -> None:
    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        if len(desk.server.requests) == 1:
            connection.send(whole({"error": {"message": "slow down"}}, 429, Retry_After="0.05"))
        else:
            connection.send(STREAM, *chunked(GOOD))

    with opened(script) as desk:
        assert desk.ask().message.content == "Hello."
        assert any("slow down" in notice and "attempt 2" in notice for notice in desk.notices)
        phases = [note.name for note in desk.record.events if isinstance(note, PhaseEntered)]
        assert phases == ["reading", "retrying", "reading", "generating"]


def test_a_rate_limit_that_is_too_long_is_for_a_person_to_decide() -> None:
    with opened(
        lambda _request, connection: connection.send(whole({"error": {"message": "tomorrow"}}, 429, Retry_After="86400"))
    ) as desk:
        with pytest.raises(InvokeRateLimitError, match="tomorrow") as raised:
            desk.ask()
        assert raised.value.retry_after == 86_400 and len(desk.server.requests) == 1


def test_a_rate_limit_that_names_no_time_is_asked_again_twice() -> None:
    with opened(lambda _request, connection: connection.send(whole({"error": {"message": "slow down"}}, 429))) as desk:
        with pytest.raises(InvokeRateLimitError, match="slow down") as raised:
            desk.ask()
        assert raised.value.retry_after is None and len(desk.server.requests) == 3


def test_three_attempts_are_all() -> None:
    with opened(lambda _request, connection: connection.send(whole({"message": "busy"}, 503, Retry_After="0"))) as desk:
        with pytest.raises(InvokeServerUnavailableError, match="busy"):
            desk.ask()
        assert len(desk.server.requests) == 3
        assert ["busy" in notice for notice in desk.notices] == [True, True]


def test_no_server_at_the_address_is_reported_after_three_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback(streaming(GOOD)) as server:
        address = server.address
    backend = connect("openai_compatible", base_url=f"{address}/v1")
    records: list[Record[Any]] = []
    with pytest.raises(InvokeConnectionError, match="refused") as raised:
        list(Session(backend, record=records.append).model.llm.invoke(CONFIG, HELLO))
    monkeypatch.setattr(connection_failures, "in_container", lambda: True)
    assert "host.docker.internal" in str(advice(raised.value).next_step)
    assert len(records[0].notices()) == 2
    backend.close()
