"""Test connections from environment variables."""

from __future__ import annotations

import pytest

from boomerang.invoker.backends.openai_compatible.server_presets import PRESETS
from boomerang.kinds import KINDS
from boomerang.workbench.connections.environment import from_environment, whole_address


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, []),
        ({"OPENAI_API_KEY": "sk-1"}, [("OpenAI", "https://api.openai.com/v1", "OPENAI_API_KEY")]),
        ({"OPENAI_API_KEY": "  "}, []),
        (
            {"OPENAI_BASE_URL": "http://localhost:8000/v1/", "OPENAI_API_KEY": "sk-1"},
            [("OpenAI", "http://localhost:8000/v1", "OPENAI_API_KEY")],
        ),
        ({"OPENAI_BASE_URL": "http://localhost:8000"}, [("OpenAI", "http://localhost:8000/v1", "")]),
        ({"OLLAMA_HOST": "0.0.0.0"}, [("Ollama", "http://127.0.0.1:11434/v1", "")]),
        ({"VLLM_API_KEY": "a key alone names no server"}, []),
        (
            {"JINA_API_KEY": "j", "XINFERENCE_ENDPOINT": "http://x:9997"},
            [("Xinference", "http://x:9997/v1", ""), ("Jina", "https://api.jina.ai/v1", "JINA_API_KEY")],
        ),
    ],
)
def test_servers_are_found_by_their_own_variables(variables: dict[str, str], expected: list[tuple[str, str, str]]) -> None:
    result, problems = from_environment(variables, KINDS)
    assert [(one.name, one.base_url, one.api_key_env) for one in result] == expected and problems == []
    assert all(one.api_key == "" for one in result), "the key stays where it is until it is used"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("127.0.0.1", "http://127.0.0.1:11434/v1"),
        ("localhost:99", "http://localhost:99/v1"),
        (":99", "http://localhost:99/v1"),
        ("99", "http://localhost:99/v1"),
        ("[::]:99", "http://[::1]:99/v1"),
        ("0.0.0.0:99", "http://127.0.0.1:99/v1"),
        ("gpu.lab", "http://gpu.lab:11434/v1"),
        ("http://gpu.lab", "http://gpu.lab/v1"),
        ("https://gpu.lab/ollama/v1/", "https://gpu.lab/ollama/v1"),
    ],
)
def test_an_address_is_completed_as_the_servers_own_client_does(settings: str, expected: str) -> None:
    assert whole_address(settings, PRESETS["ollama"]) == expected


def test_what_cannot_be_used_is_reported_and_the_others_are_there() -> None:
    result, problems = from_environment({"OLLAMA_HOST": "http://:::", "OPENAI_API_KEY": "k"}, KINDS)
    assert [one.name for one in result] == ["OpenAI"]
    assert len(problems) == 1 and str(problems[0]).startswith("OLLAMA_HOST: base_url: ")


@pytest.mark.parametrize("address", ["http://[", "[::1", "http://[::1/v1", "http://a:b@c/v1"])
def test_an_address_that_is_none_is_reported_and_the_app_starts(address: str) -> None:
    result, [problem] = from_environment({"OLLAMA_HOST": address}, KINDS)
    assert result == [] and str(problem).startswith("OLLAMA_HOST: base_url: ")


def test_the_query_of_an_address_is_kept_and_a_fragment_is_refused() -> None:
    [result], problems = from_environment({"OPENAI_BASE_URL": "https://x/v1?api-version=2026"}, KINDS)
    assert (result.base_url, result.query, problems) == ("https://x/v1", {"api-version": "2026"}, [])
    found_none, problems = from_environment({"OPENAI_BASE_URL": "https://x/v1#docs"}, KINDS)
    assert found_none == []
    assert [*map(str, problems)] == ["OPENAI_BASE_URL: base_url: must not have a fragment: remove # and the text after it"]
