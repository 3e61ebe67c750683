"""Tests for answer limits, which only the operator can set, in the environment."""

from __future__ import annotations

import pytest

from boomerang.invoker.backends.openai_compatible.opening import opened
from boomerang.invoker.errors import ConfigError
from boomerang.invoker.http.address_policy import Allowed
from boomerang.invoker.http.limits import ANSWER_VARIABLE, EVENTS_VARIABLE, Limits, limits
from tests.connection_settings import settings_of


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Limits()),
        ({ANSWER_VARIABLE: "", EVENTS_VARIABLE: "  "}, Limits()),
        ({ANSWER_VARIABLE: " 3 ", EVENTS_VARIABLE: "7"}, Limits(3 * 2**20, 7)),
    ],
)
def test_limits_are_read_from_the_environment(environment: dict[str, str], expected: Limits) -> None:
    assert limits(environment) == expected


@pytest.mark.parametrize("variable", [ANSWER_VARIABLE, EVENTS_VARIABLE])
@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5", "1e3", "²", "９", "9" * 5000, "256 MB"])
def test_a_limit_that_is_none_is_refused_in_a_sentence(variable: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"^{variable}: expected a whole number from 1 to 1,000,000,000, found “"):
        limits({variable: value})


def test_a_connection_has_the_limits_of_the_environment_and_cannot_set_its_own() -> None:
    settings = settings_of({"name": "a", "base_url": "http://h/v1"})
    with pytest.raises(ConfigError, match=EVENTS_VARIABLE):
        opened(settings, Allowed(), {EVENTS_VARIABLE: "none"})
    with pytest.raises(ConfigError, match="limits"):
        settings_of({"name": "a", "base_url": "http://h/v1", "limits": {"events": 10**9}})
