"""The error panel: whose fault, what next, the upstream's own message, and no markup from any of it."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from boomerang.invoker.errors import (
    BackendClosedError,
    ConfigError,
    ConnectionFailure,
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeConnectionError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
    InvokeTimeoutError,
    ProtocolError,
    UnsupportedRequestError,
)
from boomerang.invoker.messages.message import Message
from boomerang.playground.run.error_panel import SIDES, details
from boomerang.playground.ui.escape import plain
from boomerang.workbench.diagnosis.error_advice import advice
from tests.scripted import MODELS

SCRIPT = """
import streamlit as st
from boomerang.playground.run import error_panel
error_panel.draw(st.session_state["error"], "test")
"""
RAW = """
import streamlit as st
from boomerang.playground.run import error_panel
error_panel.draw(ValueError("x"), "test", raw=lambda: st.session_state.update(shown=True))
"""
MARKUP = "![x](http://192.0.2.1/x.png) <img src=x> **bold** `code` :red[red] $x^2$ [link](http://192.0.2.1)\n# Title\n- item"


def draw(error: BaseException) -> AppTest:
    """Draw the panel."""
    at = AppTest.from_string(SCRIPT, default_timeout=10)
    at.session_state["error"] = error
    at.run()
    assert not at.exception
    return at


def raised(error: BaseException) -> BaseException:
    """Return an error after raising it, with its traceback."""
    try:
        raise error
    except BaseException as caught:
        return caught


@pytest.mark.parametrize(
    ("error", "side", "step"),
    [
        (UnsupportedRequestError("x"), "Input", "another model"),
        (InvokeBadRequestError("x"), "Input", "named above"),
        (InvokeTimeoutError("x", clock="page", seconds=3), "Connection", "timeout"),
        (InvokeConnectionError("x"), "Connection", "address"),
        (InvokeAuthorizationError("x"), "Connection", "key"),
        (InvokeRateLimitError("x"), "Server", "Wait"),
        (BackendClosedError("x"), "Connection", "selected connection"),
        (InvokeServerUnavailableError("x"), "Server", "cause above"),
        (ProtocolError("x"), "Server", "Chunks"),
        (InvokeError("x"), "Server", "message above"),
        (ConfigError("x"), "Connection", "setting named above"),
        (ValueError("x"), "Playground", "report"),
        (KeyError("x"), "Playground", "report"),
    ],
)
def test_each_class_has_a_side_and_a_next_step(error: BaseException, side: str, step: str) -> None:
    shown = advice(error)
    assert shown.side == side and step in shown.next_step and shown.title
    at = draw(error)
    drawn = " ".join(markdown.value for markdown in at.markdown)
    assert shown.title in drawn and side in drawn and type(error).__name__ in drawn
    assert SIDES[side][1] in drawn


def test_no_class_of_the_family_is_without_advice_of_its_own() -> None:
    def family(kind: type[InvokeError]) -> set[type[InvokeError]]:
        return {kind}.union(*(family(narrower) for narrower in kind.__subclasses__()))

    # The public classes; a back end's own subclasses use the advice of their base class.
    ours = {kind for kind in family(InvokeError) if kind.__module__ == "boomerang.invoker.errors"}
    titles = {kind: advice(kind("x", clock="c", seconds=1) if kind is InvokeTimeoutError else kind("x")).title for kind in ours}
    assert len(set(titles.values())) == len(ours) >= 9


def test_the_hint_of_an_error_is_its_next_step() -> None:
    assert advice(InvokeBadRequestError("x", hint="Choose a shorter text.")).next_step == "Choose a shorter text."


def test_the_upstreams_words_are_kept_to_the_letter() -> None:
    error = InvokeBadRequestError(MARKUP, body=f"  {MARKUP}\n\n", status_code=422, provider="p", model="m", field="top_n")
    at = draw(error)
    assert MARKUP in [code.value for code in at.code]
    shown = details(error)
    for known in ("422", '"top_n"', '"InvokeBadRequestError"', '"provider": "p"'):
        assert known in shown


def test_nothing_of_an_error_is_markup() -> None:
    at = draw(InvokeBadRequestError(MARKUP, field=MARKUP, hint=MARKUP, body=MARKUP))
    drawn = [markdown.value for markdown in at.markdown]
    for markup in ("![x](", "<img", "**bold**", "`code`", ":red[red]", "[link](", "$x"):
        assert not any(markup in text.replace(plain(markup), "") for text in drawn)
    assert not any("\n#" in text or "\n-" in text for text in drawn)


def test_a_fault_of_ours_shows_where_it_is() -> None:
    def broken() -> None:
        raise ZeroDivisionError("ours")

    try:
        broken()
    except ZeroDivisionError as error:
        at = draw(error)
    [_, folded] = [code.value for code in at.code]
    assert "Traceback (most recent call last)" in folded and "in broken" in folded and "ZeroDivisionError: ours" in folded


def test_an_error_of_the_family_shows_no_traceback_but_its_cause() -> None:
    error = InvokeConnectionError("refused")
    error.__cause__ = OSError("port 1")
    shown = details(raised(error))
    assert "Traceback" not in shown and "Caused by OSError: port 1" in shown


@pytest.mark.parametrize("error", [ValueError(), InvokeError(), KeyError("k"), InvokeError("\ud800 half a sign")])
def test_an_error_without_words_or_with_odd_ones_is_drawn(error: BaseException) -> None:
    at = draw(error)
    assert all(code.value for code in at.code)


@pytest.mark.parametrize(
    "text", ["1. one\n2. two", "# a", "- a\n- b", "> q", "a\n===", "a\n---", "&lt;b&gt;", "    code", "| a | b |"]
)
def test_no_block_and_no_entity_comes_out_of_plain_text(text: str) -> None:
    escaped = plain(text)
    assert "\n" not in escaped
    for mark in "#>|&":
        assert mark not in escaped.replace(f"\\{mark}", "")
    assert not escaped.startswith(("1. ", "- ", "    "))


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (InvokeError("x", body="<!DOCTYPE html><p>Welcome"), "web page"),
        (InvokeError("x", status_code=404), "/v1"),
        (InvokeError("x", status_code=401), "key"),
        (InvokeError("'SummaryInvocation' object is not callable"), "summary.invoke"),
        (InvokeError("1 validation error: voice Field required"), "voice"),
        (InvokeError("top_n Field required"), "score_threshold"),
        (InvokeError("KeyError: 'relevance_score'"), "`relevance_score`"),
        (InvokeError("min() iterable argument is empty"), "empty list"),
        (InvokeError("invocation exited without response after 250 seconds"), "timed out"),
        (InvokeConnectionError("[Errno 111] Connection refused"), "host gateway"),
        (InvokeConnectionError("certificate verify failed: self-signed"), "private CA"),
        (OSError(28, "No space left on device"), "disk"),
    ],
)
def test_a_cause_that_was_seen_before_is_reported_beside_the_errors_own_words(error: BaseException, hint: str) -> None:
    at = draw(error)
    [shown] = [markdown.value for markdown in at.markdown if "Common cause" in markdown.value]
    assert hint in shown
    assert any(str(error) in code.value for code in at.code)


@pytest.mark.parametrize(
    ("error", "title"),
    [
        (InvokeBadRequestError("no", status_code=404), "does not know this address or this model"),
        (InvokeBadRequestError("no", status_code=405, body="{}"), "The URL path is wrong"),
        (InvokeBadRequestError("no", status_code=405, body="<html>Hello"), "to a web page"),
        (InvokeBadRequestError("no", status_code=404, body="\n<!DOCTYPE html>"), "to a web page"),
        (ProtocolError("HTML instead of JSON", status_code=200, body="<html>"), "to a web page"),
        (ProtocolError("no JSON", status_code=200, body="{broken"), "Unexpected response format"),
        (InvokeServerUnavailableError("no", status_code=502, body="<html>"), "The model is not available"),
    ],
)
def test_a_wrong_address_is_not_reported_as_an_unknown_model(error: InvokeError, title: str) -> None:
    drawn = " ".join(markdown.value for markdown in draw(error).markdown)
    assert title in drawn and ("Common cause" not in drawn or "web page" not in title)


def test_a_model_that_the_server_does_not_list_is_reported_with_those_that_it_lists() -> None:
    unknown, known = (InvokeBadRequestError("no", status_code=404, model=name) for name in ("nope", "talker"))
    shown = advice(unknown, MODELS)
    assert (shown.title, shown.side) == ("The server does not have this model", "Input")
    assert str(shown.next_step).startswith("The server has no model nope; it lists: talker, ")
    assert advice(known, MODELS) == advice(unknown) != shown


def test_an_answer_that_broke_off_is_not_reported_as_a_server_that_was_not_reached() -> None:
    missing = InvokeConnectionError("The server closed the connection in the middle of its answer: x.")
    assert any("Could not reach" in markdown.value for markdown in draw(missing).markdown)
    missing.answered = True
    shown = " ".join(markdown.value for markdown in draw(missing).markdown)
    assert "The response was cut off" in shown and "Could not reach" not in shown


def test_of_an_error_that_is_unknown_no_cause_is_reported() -> None:
    assert not any("Common cause" in markdown.value for markdown in draw(InvokeError("the cat sat on the keyboard")).markdown)


def test_the_panel_leads_to_what_was_sent() -> None:
    at = AppTest.from_string(RAW, default_timeout=10).run()
    at.button(key="test.raw").click().run()
    assert at.session_state["shown"] is True


def test_the_librarys_words_are_in_the_visitors_language_and_kept_in_english_for_who_is_asked() -> None:
    error = InvokeBadRequestError(Message("inputs.keeps_none_at_all", count=0), hint=Message("inputs.one_document"))
    at = AppTest.from_string(
        f"from boomerang.workbench.i18n import translate\ntranslate.use('zh_Hans')\n{SCRIPT}", default_timeout=10
    )
    at.session_state["error"] = error
    at.run()
    assert not at.exception
    own, copied = (code.value for code in at.code)
    assert own == "`top_n` 为 0，一篇文档也不会保留。" and str(error) in copied
    assert any("请至少给出一篇文档。" in markdown.value for markdown in at.markdown)


@pytest.mark.parametrize(
    ("failure", "step"),
    [
        (ConnectionFailure.REFUSED, "Nobody listens at models.example:8000: is the server running, and is this its port?"),
        (ConnectionFailure.NO_HOST, "There is no host named models.example. Check the address of the connection."),
        (ConnectionFailure.TLS, "perhaps the server speaks http and not https"),
        (ConnectionFailure.PROXY_UNREACHED, "Check the proxy of the connection"),
        (ConnectionFailure.PROXY_LOGIN, "its user and password"),
        (ConnectionFailure.PROXY_REFUSED, "Ask whoever runs the proxy"),
    ],
)
def test_why_a_server_was_not_reached_has_one_next_step_and_nothing_is_guessed_beside_it(
    failure: ConnectionFailure, step: str
) -> None:
    error = InvokeConnectionError("[Errno 111] Connection refused")
    error.failure, error.url = failure, "https://models.example:8000/v1/chat/completions"
    drawn = " ".join(markdown.value for markdown in draw(error).markdown)
    assert plain(step) in drawn and "Common cause" not in drawn
