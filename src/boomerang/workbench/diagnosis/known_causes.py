"""Causes that are known by what the upstream said: a hint beside its words, never in their place.

An error's kind comes from its type alone; this looks at words, and so it may only help.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from boomerang.workbench.i18n.translate import N_


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of an error."""

    text: str
    """Its own words and the upstream's body."""
    status: int | None


def _words(pattern: str) -> Callable[[Seen], bool]:
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda seen: compiled.search(seen.text) is not None


def _status(*codes: int) -> Callable[[Seen], bool]:
    return lambda seen: seen.status in codes


CAUSES: list[tuple[Callable[[Seen], bool], str]] = [  # the first that fits counts
    (_words(r"^\s*<(!doctype|html)|content-type: text/html"), N_("HTML came back: the address is a web page and not the API.")),
    (
        _words(r"summaryinvocation. object is not callable"),
        N_("`session.model.summary(...)` was called: it is `session.model.summary.invoke(...)`."),
    ),
    (
        _words(r"voice.{0,40}(field )?required|field required.{0,40}voice"),
        N_("The TTS config has no voice: choose or type one."),
    ),
    (
        _words(r"(score_threshold|top_n).{0,40}(field )?required"),
        N_("The rerank config is incomplete: Dify requires score_threshold and top_n."),
    ),
    (_words(r"relevance_score"), N_("The server uses another shape for rerank results than `relevance_score`.")),
    (_words(r"min\(\) (iterable argument is|arg is an) empty"), N_("The server returned an empty list of results.")),
    (_words(r"top_n.{0,60}(larger|greater|exceed|number of documents)"), N_("Set top_n to the number of documents at most.")),
    (
        _words(r"exited without response after \d+ seconds"),
        N_("The SDK's own clock ran out: make the input smaller, or ask for less."),
    ),
    (_words(r"failed to parse response"), N_("The answer does not fit the SDK's class; the field is named in its words.")),
    (_words(r"timing.?context"), N_("One model object was used from two threads at once: make one call at a time.")),
    (
        _words(r"connection refused|errno 111|actively refused"),
        N_("Nobody listens there. Inside a container, localhost is the container: use the host gateway's name."),
    ),
    (
        _words(r"certificate|ssl"),
        N_("The certificate was not accepted: a private authority has to be named in the connection."),
    ),
    (
        _words(r"incorrect model credentials|invalid api key|unauthorized"),
        N_("The key is wrong, missing, or not allowed for this model; plugins hide the server's words behind this sentence."),
    ),
    (_status(401, 403), N_("The key is wrong, missing, or not allowed for this model.")),
    (_status(404), N_("The address misses or doubles `/v1`, or the server has no model of this name.")),
    (_status(405), N_("The address is a web page and not the API.")),
    (_words(r"no space left"), N_("The disk is full.")),
    (_status(429), N_("The server asks to slow down: wait, or make fewer calls at once.")),
    (_status(400, 422), N_("The server did not take the request as it is: what was sent stands under HTTP, beside its words.")),
]
"""What is seen → what it mostly means."""


def known_cause(error: BaseException) -> str | None:
    """Return the likely cause of an error that has been seen before; `None` for one that has not. English, to be translated."""
    status = getattr(error, "status_code", None)
    seen = Seen(f"{getattr(error, 'body', None) or ''}\n{error}".strip(), status)
    return next((hint for fits, hint in CAUSES if fits(seen)), None)
