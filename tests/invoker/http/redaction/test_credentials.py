"""Tests for which settings are secret: by whole words of the name, and by known services' key prefixes; no others are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.http.redaction.credentials import is_masked_in_answers, is_secret_name, looks_secret, pieces

SECRET = [
    "X-API-Key",
    "apikey",
    "authToken",
    "Ocp-Apim-Subscription-Key",
    "x-goog-api-key",
    "Cf-Access-Client-Secret",
    "Cookie",
    "Set-Cookie",
    "X-Auth-Token",
    "Authorization",
    "Proxy-Authorization",
    "HTTP-Passphrase",
    "X-Amz-Security-Token",
    "X-Session-Id",
    "session-token",
    "X-Extra-Token",
    "api_key",
    "key",
    "sig",
    "X-Amz-Signature",
    "access_token",
    "xApiKey",
    "X-APIKEY",
    "APIKey",
    "OPENAI_API_KEY",
    "x-functions-key",
    "JSESSIONID",
    "PHPSESSID",
    "X-GitHub-OTP",
    "clientSecret",
    "private_token",
    "X-Vault-Token",
    "X-CSRF-Token",
    "X-Password",
    "pwd",
    "X-RateLimit-Bypass-Key",
    "key2",
    "X-OAuth2",
]
HARMLESS = [
    "X-Keyboard-Layout",
    "X-Author",
    "X-Monkey",
    "x-portkey-provider",
    "X-Tokenizer",
    "max-tokens",
    "x-ratelimit-remaining-tokens",
    "X-Keynote",
    "X-Authority",
    "X-Team",
    "X-Format",
    "api-version",
    "Idempotency-Key",
    "X-Cache-Key",
    "X-Token-Count",
    "X-Auth-Type",
    "WWW-Authenticate",
    "hotkey",
    "keyring",
    "X-Signal",
    "X-Secretary",
    "X-Compass",
    "X-Bypass",
    "OpenAI-Organization",
    "OpenAI-Project",
    "anthropic-version",
    "X-Keystone",
    "X-Passport",
    "authors",
    "Accept-Language",
    "X-Design",
    "X-Key-Name",
    "x-ratelimit-reset-token",
]


@pytest.mark.parametrize("name", SECRET)
def test_a_name_is_secret_by_whole_words(name: str) -> None:
    assert is_secret_name(name) and looks_secret(name, "whatever it is")


@pytest.mark.parametrize("name", HARMLESS)
def test_a_name_that_only_holds_such_letters_is_harmless(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "value",
    [
        "azure-openai",
        "qa-department-1-berlin",
        "https://gateway.example:8443/v1",
        "sk-SK",
        "sk-SK,en;q=0.8",
        "Basic plan",
        "token ring",
        "2026-01-01-preview",
        "org-AbCdEfGh1234567890123456",
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "hf_transformers",
        "xai-compatible-gateway-2",
        "release20261129build7",
        "",
    ],
)
def test_a_word_or_an_address_is_no_secret(value: str) -> None:
    assert not looks_secret("X-Team", value)


@pytest.mark.parametrize(
    "value",
    [
        "sk-not-for-anybodys-eyes",
        "Bearer literal",
        "Basic dXNlcjpwYXNzd29yZA==",
        "hf_abcdefghijklmnopqrstuvwxyzABCDEFGH",
        "gsk_0123456789abcdefghij",
        "nvapi-0123456789abcdefghij",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
        "7f3c9a51e0b84d2f9c6e",
        "http://me:secret@gateway.example",
    ],
)
def test_a_key_of_a_known_form_is_secret_under_any_name(value: str) -> None:
    assert looks_secret("X-Team", value)


@pytest.mark.parametrize("value", ["true", "off", "0", "https://login.example/oauth"])
def test_a_switch_or_an_address_is_no_secret_under_any_name(value: str) -> None:
    assert not looks_secret("X-Auth", value)


@given(
    st.lists(st.sampled_from(["provider", "layout", "author", "monkey", "team", "region"]), min_size=1), st.sampled_from("-_")
)
def test_plain_words_make_no_secret_name(text: list[str], between: str) -> None:
    assert not is_secret_name(between.join(text))
    assert is_secret_name(between.join([*text, "key"]))


@given(st.text(max_size=3000), st.text(max_size=3000))
def test_any_name_and_value_are_checked(name: str, value: str) -> None:
    assert looks_secret(name, value) in (True, False)


@pytest.mark.parametrize(
    ("value", "content"),
    [
        ("Bearer k3y", {"Bearer k3y", "k3y"}),
        ("Basic dXNlcjpwYXNzd29yZA==", {"Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA==", "password", "user:password"}),
        ("theme=dark; sid=0a1b2c3d4e", {"theme=dark; sid=0a1b2c3d4e", "sid=0a1b2c3d4e", "0a1b2c3d4e"}),
    ],
)
def test_what_a_server_may_say_by_itself_is_secret_too(value: str, content: set[str]) -> None:
    assert set(pieces(value)) == content


@pytest.mark.parametrize(
    ("secret", "expected"), [("ollama", False), ("not-needed", False), ("abc12345", True), ("a" * 12, True)]
)
def test_a_short_word_may_be_meant_by_a_model(secret: str, expected: bool) -> None:
    assert is_masked_in_answers(secret) is expected
