"""Tests for the error hierarchy."""

from __future__ import annotations

import re

import pytest

from boomerang.invoker import errors
from boomerang.invoker.errors import (
    BODY_LIMIT,
    InvokeBadRequestError,
    InvokeConnectionError,
    InvokeError,
    InvokeRateLimitError,
    InvokeTimeoutError,
    RunStoppedError,
    UnsupportedRequestError,
    located,
)

TREE = {
    "InvokeConnectionError": "InvokeError",
    "InvokeTimeoutError": "InvokeConnectionError",
    "InvokeServerUnavailableError": "InvokeError",
    "BackendClosedError": "InvokeServerUnavailableError",
    "InvokeRateLimitError": "InvokeError",
    "InvokeAuthorizationError": "InvokeError",
    "InvokeBadRequestError": "InvokeError",
    "UnsupportedRequestError": "InvokeBadRequestError",
    "ProtocolError": "InvokeError",
    "InvokeError": "Exception",
    "CredentialsValidateFailedError": "Exception",
    "ConfigError": "Exception",
    "RunStoppedError": "Exception",
}


def test_the_family_is_as_drawn() -> None:
    result = {name: kind.__base__.__name__ for name, kind in vars(errors).items() if isinstance(kind, type) and kind.__base__}
    assert {name: base for name, base in result.items() if issubclass(getattr(errors, name), Exception)} == TREE
    assert set(re.findall(r"[A-Z]\w+Error", errors.__doc__ or "")) == set(TREE)


def test_an_error_keeps_its_arguments() -> None:
    error = InvokeBadRequestError("no", backend="b", provider="p", model="m", field="f", status_code=400, body="{}", hint="h")
    assert str(error) == error.description == "no"
    assert (error.backend, error.provider, error.model, error.field) == ("b", "p", "m", "f")
    assert (error.status_code, error.body, error.hint) == (400, "{}", "h")


def test_an_error_without_words_has_its_name() -> None:
    assert str(InvokeRateLimitError()) == "InvokeRateLimitError"
    assert InvokeRateLimitError().retry_after is None


def test_a_long_body_is_cut_and_none_stays_none() -> None:
    assert InvokeError("x", body="b" * 10_000).body == "b" * BODY_LIMIT
    assert InvokeError("x").body is None
    assert InvokeError("x", body="").body == ""


def test_a_clock_that_ran_out_says_which_and_is_no_reached_server() -> None:
    error = InvokeTimeoutError("no answer", clock="first byte", seconds=2.5)
    assert isinstance(error, InvokeConnectionError)
    assert (error.clock, error.seconds, str(error)) == ("first byte", 2.5, "no answer")


def test_a_stop_is_no_failure_of_an_invocation() -> None:
    assert not isinstance(RunStoppedError(), InvokeError)
    assert str(RunStoppedError())


def test_a_place_is_filled_in_where_an_error_does_not_say_it_itself() -> None:
    with pytest.raises(UnsupportedRequestError) as caught, located(backend="b", provider="p", model="m"):
        raise UnsupportedRequestError("no", model="another")
    assert (caught.value.backend, caught.value.provider, caught.value.model) == ("b", "p", "another")


def test_other_errors_pass_a_place_untouched() -> None:
    with pytest.raises(ZeroDivisionError), located(backend="b", provider=None, model=None):
        raise ZeroDivisionError
    with pytest.raises(RunStoppedError), located(backend="b", provider=None, model=None):
        raise RunStoppedError
