"""Known causes, recognised from the upstream's message: a hint in addition to that message, never a replacement.

An error's kind follows from its type alone; this matches words, so it only gives hints.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from boomerang.invoker.messages.message import Message


@dataclass(frozen=True, slots=True)
class Seen:
    """The searchable facts of an error."""

    text: str
    """The error's message and the upstream's body."""
    status: int | None


def _text_matches(pattern: str) -> Callable[[Seen], bool]:
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda seen: compiled.search(seen.text) is not None


def _status(*codes: int) -> Callable[[Seen], bool]:
    return lambda seen: seen.status in codes


CAUSES: list[tuple[Callable[[Seen], bool], Message]] = [  # the first match applies
    (_text_matches(r"^\s*<(!doctype|html)|content-type: text/html"), Message("diagnosis.web_page")),
    (
        _text_matches(r"summaryinvocation. object is not callable"),
        Message("diagnosis.call_of_summary"),
    ),
    (
        _text_matches(r"voice.{0,40}(field )?required|field required.{0,40}voice"),
        Message("diagnosis.no_voice"),
    ),
    (
        _text_matches(r"(score_threshold|top_n).{0,40}(field )?required"),
        Message("diagnosis.rerank_config"),
    ),
    (_text_matches(r"relevance_score"), Message("diagnosis.rerank_shape")),
    (_text_matches(r"min\(\) (iterable argument is|arg is an) empty"), Message("diagnosis.empty_results")),
    (_text_matches(r"top_n.{0,60}(larger|greater|exceed|number of documents)"), Message("diagnosis.top_n")),
    (
        _text_matches(r"exited without response after \d+ seconds"),
        Message("diagnosis.sdk_clock"),
    ),
    (_text_matches(r"failed to parse response"), Message("diagnosis.sdk_class")),
    (_text_matches(r"timing.?context"), Message("diagnosis.two_threads")),
    (
        _text_matches(r"connection refused|errno 111|actively refused"),
        Message("diagnosis.upstream_refused"),
    ),
    (
        _text_matches(r"certificate|ssl"),
        Message("diagnosis.upstream_certificate"),
    ),
    (
        _text_matches(r"incorrect model credentials|invalid api key|unauthorized"),
        Message("diagnosis.plugin_key"),
    ),
    (_status(401, 403), Message("diagnosis.key")),
    (_status(404), Message("diagnosis.path")),
    (_status(405), Message("diagnosis.page")),
    (_text_matches(r"no space left"), Message("diagnosis.disk")),
    (_status(429), Message("diagnosis.too_many_calls")),
    (_status(400, 422), Message("diagnosis.request")),
]
"""Matching facts → usual cause."""


def known_cause(error: BaseException) -> Message | None:
    """Return the likely cause of a known error; `None` if it is unknown."""
    status = getattr(error, "status_code", None)
    seen = Seen(f"{getattr(error, 'body', None) or ''}\n{error}".strip(), status)
    return next((hint for fits, hint in CAUSES if fits(seen)), None)
