"""Test how the connection form parses its fields and words its faults."""

from __future__ import annotations

from typing import Any

import pytest

from boomerang.invoker.connection_kind import Check
from boomerang.invoker.errors import ConfigError
from boomerang.invoker.messages.message import Message
from boomerang.invoker.settings import Fault
from boomerang.kinds import KINDS
from boomerang.playground.connections import probe_results
from boomerang.workbench.connections.form_text import kept_proxy, masked_proxy, with_scheme
from boomerang.workbench.diagnosis.settings_errors import field_labels, spoken
from tests.pages.connections.opened_page import made


@pytest.mark.parametrize(
    "properties",
    [
        {"context_size": "32k"},
        {"context_size": 0},
        {"context_size": 16**500},
        {"max_chunks": 1e300},
        {"mode": 5},
        {"voices": [{"mode": "x", "name": 5}]},
        {"default_voice": {}},
    ],
)
def test_what_a_page_could_not_draw_of_a_model_is_refused_before(properties: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"models\[0\]"):
        made(models=[{"model": "m", "model_type": "llm", "model_properties": properties}])


@pytest.mark.parametrize(
    ("typed", "before", "expected"),
    [
        ("http://•••@p:1", "http://a:b@p:1", "http://a:b@p:1"),
        ("http://•••@other:2", "http://a:b@p:1", "http://a:b@other:2"),
        ("http://c:d@p:1", "http://a:b@p:1", "http://c:d@p:1"),
        ("http://•••@p:1", "http://p:1", "http://p:1"),
        ("", "http://a:b@p:1", ""),
    ],
)
def test_the_user_of_a_proxy_stays_behind_its_mask(typed: str, before: str, expected: str) -> None:
    assert kept_proxy(typed, before) == expected and "a:b" not in masked_proxy(before)


@pytest.mark.parametrize(
    ("typed", "whole_one"),
    [
        ("127.0.0.1:9401/v1", "http://127.0.0.1:9401/v1"),
        ("[::1]:8000/v1", "http://[::1]:8000/v1"),
        ("192.168.1.7/v1", "http://192.168.1.7/v1"),
        ("gpu/v1", "http://gpu/v1"),
        ("gpu.example:8000/v1", "https://gpu.example:8000/v1"),
        ("gpu.example:443/v1", "https://gpu.example:443/v1"),
        ("api.openai.com/v1", "https://api.openai.com/v1"),
        (" api.openai.com/v1 ", "https://api.openai.com/v1"),
        ("https://x/v1", "https://x/v1"),
        ("not an address", "not an address"),
        ("[zz]/v1", "[zz]/v1"),
        ("${HOST}/v1", "${HOST}/v1"),
        ("", ""),
    ],
)
def test_a_scheme_that_was_not_typed_is_put_before_the_address(typed: str, whole_one: str) -> None:
    assert with_scheme(typed) == whole_one


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault("base_url", Message("connections.missing")), "Base URL: is missing"),
        (Fault("base_ur", Message("connections.unknown")), "base_ur: is no field that is known here"),
        (
            Fault("timeouts.first_byte", Message("connections.more_than", least=0)),
            "Timeouts to the first byte: must be more than 0",
        ),
        (Fault("models[1].model_type", Message("connections.missing")), "Models b.model_type: is missing"),
        (
            ConfigError(Message("saved.no_folder")),
            "nothing can be saved here: the app was started without a data folder",
        ),
    ],
)
def test_a_fault_is_said_by_the_label_of_its_field(fault: Fault | ConfigError, text: str) -> None:
    assert spoken(fault, field_labels(KINDS), ["a", "b"]) == text


def test_a_result_whose_server_was_not_called_is_one_line() -> None:
    assert "<details" not in probe_results.written([("Server", Check(True, "Nothing has to be reached; models built in: 8."))])
    assert "<strong>LLM</strong> · gpt-9 · The model answers." in probe_results.written(
        [("LLM", Check(True, "The model answers.", model="gpt-9"))]
    )
